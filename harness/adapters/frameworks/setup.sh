#!/bin/sh
# Sets up the Python environments that the framework workers run in, one for each file of requirements/.
#
#     harness/adapters/frameworks/setup.sh [ENVIRONMENT…]
#
# In: requirements/ENVIRONMENT.txt, with the exact version of every package. Out: the virtual environment
# target/frameworks/ENVIRONMENT, or target/frameworks/ENVIRONMENT.failed with the reason, in which case the others go on.
# An environment whose requirements have not changed since it was installed is left alone. PYTHON names the interpreter,
# FRAMEWORKS_DIR another place than target/frameworks. Nothing outside that place is written, but for pip's own cache.
set -u

here=$(cd "$(dirname "$0")" && pwd)
root=${FRAMEWORKS_DIR:-$(cd "$here/../../.." && pwd)/target/frameworks}
python=${PYTHON:-python3}

# Only what the requirements name: no packages of the user, and none of a path set outside.
unset PYTHONPATH PYTHONHOME VIRTUAL_ENV
export PYTHONNOUSERSITE=1 PIP_REQUIRE_VIRTUALENV=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

# Installs what $2 requires into a new environment $1; says on stdout and stderr what happens.
install_into() {
    rm -rf "$1" &&
        "$python" -m venv "$1" &&
        "$1/bin/python" -m pip install --quiet --requirement "$2" &&
        "$1/bin/python" -m pip check &&
        cp "$2" "$1/requirements.installed"
}

# The last thing said in the log $1, in words that may stand in a report: without the addresses and places of a machine.
reason_in() {
    grep -v '^[[:space:]]*$' "$1" | tail -n 1 |
        sed -e 's|[a-z]*://[^ ]*|the package index|g' -e "s|$root/||g" -e "s|$here/||g"
}

mkdir -p "$root" || exit 1
if [ $# -eq 0 ]; then
    for requirements in "$here"/requirements/*.txt; do
        set -- "$@" "$(basename "$requirements" .txt)"
    done
fi

failures=0
for name in "$@"; do
    requirements=$here/requirements/$name.txt
    environment=$root/$name
    if [ ! -f "$requirements" ]; then
        echo "$name: there is no $requirements; the environments are the names of the files beside it" >&2
        exit 2
    fi
    if cmp -s "$requirements" "$environment/requirements.installed"; then
        rm -f "$environment.failed"
        echo "$name: is set up"
        continue
    fi
    echo "$name: installing into $environment"
    # The file lies there from the start, so that an interrupted run is no success either.
    echo "the installation was interrupted" > "$environment.failed"
    if install_into "$environment" "$requirements" > "$environment.log" 2>&1; then
        rm -f "$environment.failed" "$environment.log"
        echo "$name: installed"
    else
        failures=$((failures + 1))
        reason_in "$environment.log" > "$environment.failed"
        rm -rf "$environment"
        echo "$name: not installed, and so not tested; the reason is in $environment.failed, all else in $environment.log" >&2
    fi
done
# A framework that cannot be installed is reported as not tested; that is no error of this command.
echo "environments: $(($# - failures)) of $# are set up"
