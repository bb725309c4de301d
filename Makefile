# The two commands of the README. Each sets up what it needs: Rust, a C compiler and make are enough.
#
# GMP and MPFR are built from source, once, for both commands: both use the release profile of one target folder.

CARGO ?= cargo

.PHONY: report test bench frameworks setup

report: setup
	$(CARGO) run --locked --release --quiet -- report

test: setup
	$(CARGO) test --locked --release --workspace

# Measures what the ladder of enclosures saves, and writes reports/bench.md.
bench: setup
	$(CARGO) bench --locked --bench ladder

# The league of frameworks: needs Python 3.11 and the package index. What cannot be installed is reported as not tested.
# One case in EVERY is taken: all of them (EVERY=1) take some hours. JAX and XLA compile for each shape, but for each row length
# once only, since they get a case as a row alone (rows_per_call in frameworks.toml). OPS leaves out those that no framework has.
EVERY ?= 8
OPS ?= $(shell cat harness/adapters/frameworks/ops.txt)
frameworks: setup
	harness/adapters/frameworks/setup.sh
	-harness/adapters/candle/setup.sh
	$(CARGO) run --locked --release --quiet -- league --every $(EVERY) --op $(OPS) --out reports/frameworks

# GMP's configure script needs m4, and a test compiles the example in C++. As root, or with passwordless sudo, the system's
# package manager installs what is missing.
setup: have-m4
test: have-c++

.PHONY: have-m4 have-c++
have-m4:
	@$(call have,m4,m4,m4,GMP's build needs it)
have-c++:
	@$(call have,c++,g++,gcc-c++,the tests compile a kernel in C++)

# $(1) the command, $(2) its package with apt, apk and brew, $(3) with dnf and zypper, $(4) what it is for.
define have
command -v $(1) >/dev/null 2>&1 && exit 0; \
	if [ "$$(id -u)" = 0 ]; then as_root=; elif sudo -n true 2>/dev/null; then as_root=sudo; else as_root=false; fi; \
	echo "$(1) is missing ($(4)); installing it"; \
	if command -v apt-get >/dev/null; then $$as_root apt-get update -qq && $$as_root apt-get install -y -qq $(2); \
	elif command -v dnf >/dev/null; then $$as_root dnf install -y -q $(3); \
	elif command -v apk >/dev/null; then $$as_root apk add --quiet $(2); \
	elif command -v pacman >/dev/null; then $$as_root pacman -S --noconfirm --quiet $(if $(filter c++,$(1)),gcc,$(2)); \
	elif command -v zypper >/dev/null; then $$as_root zypper --non-interactive --quiet install $(3); \
	elif command -v brew >/dev/null; then brew install --quiet $(2); fi; \
	command -v $(1) >/dev/null 2>&1 || { \
	echo "$(1) could not be installed ($(4)). Install it with your system's package manager and run the command" >&2; \
	echo "again. Nothing else is needed beside Rust, a C compiler and make." >&2; exit 1; }
endef
