# The two commands of the README. Each sets up what it needs: Rust, a C compiler and make are enough.
#
# GMP and MPFR are built from source, once, for both commands: both use the release profile of one target folder.

CARGO ?= cargo

.PHONY: report test frameworks setup

report: setup
	$(CARGO) run --locked --release --quiet -- report

test: setup
	$(CARGO) test --locked --release --workspace

# The league of frameworks: needs Python 3.11 and the package index. What cannot be installed is reported as not tested.
# One case in EVERY is taken: all of them (EVERY=1) take some hours, most of it in frameworks that compile for each shape.
EVERY ?= 5
frameworks: setup
	harness/adapters/frameworks/setup.sh
	-harness/adapters/candle/setup.sh
	$(CARGO) run --locked --release --quiet -- league --every $(EVERY) --out reports/frameworks

# GMP's configure script needs m4. As root, or with passwordless sudo, the system's package manager installs it.
setup:
	@command -v m4 >/dev/null 2>&1 && exit 0; \
	if [ "$$(id -u)" = 0 ]; then as_root=; elif sudo -n true 2>/dev/null; then as_root=sudo; else as_root=false; fi; \
	echo "m4 is missing (GMP's build needs it); installing it"; \
	if command -v apt-get >/dev/null; then $$as_root apt-get update -qq && $$as_root apt-get install -y -qq m4; \
	elif command -v dnf >/dev/null; then $$as_root dnf install -y -q m4; \
	elif command -v apk >/dev/null; then $$as_root apk add --quiet m4; \
	elif command -v pacman >/dev/null; then $$as_root pacman -S --noconfirm --quiet m4; \
	elif command -v zypper >/dev/null; then $$as_root zypper --non-interactive --quiet install m4; \
	elif command -v brew >/dev/null; then brew install --quiet m4; fi; \
	command -v m4 >/dev/null 2>&1 || { \
	echo "m4 could not be installed. Install it with your system's package manager (the package is called m4)" >&2; \
	echo "and run the command again. Nothing else is needed beside Rust, a C compiler and make." >&2; exit 1; }
