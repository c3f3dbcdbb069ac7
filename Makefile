# Two commands are all a newcomer needs: `make demo` and `make test`. Both do all set-up first.
#
# Needed beforehand: python3 (3.11, 3.12 or 3.13) and make; nothing else, and no root.
# Another interpreter: make PYTHON=python3.12 …     More for pytest: make test PYTEST_ARGS="-k letter"

PYTHON ?= python3
# Unless told otherwise the files of tests are shared out over the cores; output of single tests (-s) needs one process.
PYTEST_ARGS ?= --numprocesses=auto --maxprocesses=4 --dist=loadfile --no-loadscope-reorder
CRASH_ARGS ?=
SOAK ?=
RELEASE ?= bookworm trixie
# Python keeps what it has compiled, whatever the environment says: tests rewrite each assertion of 230 files before
# they compile it, and mypy, linters and workers would each compile all of it again.
export PYTHONDONTWRITEBYTECODE :=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# A lock is a list of versions and hashes and nothing else: no address of an index, no path, no header.
COMPILE := .cache/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-emit-find-links

# What is installed, as it goes: on a terminal each package on one line that is written over, in a pipe the stage alone.
# A shell without pipefail would lose pip's exit code, so a file says that it failed.
define INSTALL
	@echo '$(1)'
	@rm -f $@.failed; if [ -t 1 ]; then { $(PIP) install $(2) || touch $@.failed; } | awk -v all=$(3) \
	  '/^Collecting/ { printf "\r\033[K  %d/%s %s", ++done, all, $$2; fflush() } \
	   /^Installing collected/ { printf "\r\033[K  組み込んでいます / unpacking"; fflush() } END { printf "\r\033[K" }'; \
	else $(PIP) install --quiet $(2) || touch $@.failed; fi; ! rm $@.failed 2>/dev/null
endef

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo console manual test quick small-tests lint bench crash soak release dist deb deb-try sums lock clean venv corpora servers servers-if-asked

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

demo: venv  ## the whole of the work against embedded mail servers
	$(BIN)/hoshobin demo

console: venv  ## the demo's office in a browser: address and login are printed, Ctrl+C ends it
	$(BIN)/hoshobin demo --console

manual: venv  ## the manual with its pictures, made from the demo's office, in build/manual/ (Chromium: make servers)
	$(BIN)/python -m tests.build_manual build/manual

test: venv corpora servers-if-asked  ## every test; with SERVERS=install (or CI=true) what some of them need is installed first
	$(BIN)/python -m pytest $(PYTEST_ARGS)

quick: venv  ## the linters, and the tests that need no server and start no process, side by side
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target small-tests lint

# Their databases lie in memory where that is a folder: a tenth of the time went into waiting for the disk.
# Tests of random inputs try a quarter of their turns here (tests/support/turns.py).
small-tests: export HOSHOBIN_QUICK := 1
small-tests: export TMPDIR := $(shell test -w /dev/shm && echo /dev/shm || echo "$${TMPDIR:-/tmp}")
small-tests:
	+$(BIN)/python -m pytest $(PYTEST_ARGS) -o tmp_path_retention_policy=failed -m "not servers and not crash and not process"

lint: venv  ## ruff, mypy (strict), the contracts of the layout and the prose of docstrings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --cache-dir .cache/imports
	$(BIN)/python tests/prose.py

bench: venv servers-if-asked  ## the measurements of docs/performance.md
	$(BIN)/python -m bench

crash: venv servers-if-asked  ## every system call of a whole run as a kill point, with the figures of docs/reliability.md
	$(BIN)/python tests/crash/every_call.py $(CRASH_ARGS)

soak: venv servers-if-asked  ## 10,000 notices through a service that is killed every few seconds; SOAK="1000 --seed 7" for others
	$(BIN)/python tests/crash/soak.py $(SOAK)

dist: venv  ## wheel and source distribution, in dist/
	$(BIN)/python -m hatchling build -d dist

deb:  ## the packages for Debian 12 and 13, in dist/, built twice and compared (as root; RELEASE=bookworm for one): mmdebstrap, systemd-container
	@for release in $(RELEASE); do sh packaging/build.sh $$release || exit; done

deb-try: venv  ## these packages in booted systems (as root): installed, used, updated, removed; says what it needs
	$(BIN)/python -m tests.try_deb $(RELEASE)

venv: $(VENV)/.installed  ## .venv with the locked packages and this project

# The bounces that flufl.bounce is tested with stand in its source distribution alone; without them their tests are skipped.
corpora: .cache/corpora/.fetched

.cache/corpora/.fetched: $(VENV)/.locked
	@rm -rf $(@D) && mkdir -p $(@D)
	@sed -n '/^flufl-bounce==/,/[^\]$$/p' requirements-dev.txt >$(@D)/lock.txt
	@if $(PIP) download --quiet --retries 1 --no-deps --no-binary :all: --no-build-isolation --require-hashes \
	  -d $(@D) -r $(@D)/lock.txt; then touch $@; else \
	  echo 'The mails of flufl.bounce could not be fetched; the tests that need them are skipped.'; fi

servers:  ## what some tests need, from apt: Dovecot, Postfix, a C compiler, systemd; servers are started by the tests alone
	sh tests/servers/install.sh

servers-if-asked:
	@case "$${CI:-},$(SERVERS)" in true,*|*,install) sh tests/servers/install.sh ;; esac

release: venv  ## the files of a release in dist/: wheel and sdist (built twice and compared), SBOM; then: make deb, make sums
	sh packaging/release.sh $(BIN)/python

sums:  ## dist/SHA256SUMS over all files of a release; refuses where one is missing or of another version
	sh packaging/sums.sh

lock: .cache/lock/bin/uv  ## renews requirements.txt (the product), -oauth (and logins by token), -console, -sso (and company accounts), -sbom (what lists a release), -dev (all)
	$(COMPILE) --upgrade --all-extras --group dev -o requirements-dev.txt pyproject.toml
	$(COMPILE) --upgrade --group build -c requirements-dev.txt -o requirements.txt pyproject.toml
	$(COMPILE) --upgrade --group build --extra google --extra microsoft -c requirements-dev.txt \
		-o requirements-oauth.txt pyproject.toml
	$(COMPILE) --upgrade --group build --extra console -c requirements-dev.txt -o requirements-console.txt pyproject.toml
	$(COMPILE) --upgrade --group build --extra console --extra sso -c requirements-dev.txt -o requirements-sso.txt pyproject.toml
	$(COMPILE) --upgrade --group sbom -o requirements-sbom.txt

clean:  ## removes what make has made
	rm -rf .venv* .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis .bench build dist

# Each stamp stands for a finished step, so nothing is installed a second time without a cause.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || { \
	  echo 'Python 3.11、3.12、3.13 のいずれかが必要です。例: make PYTHON=python3.12 venv'; \
	  echo 'Python 3.11, 3.12 or 3.13 is needed. For example: make PYTHON=python3.12 venv'; exit 1; } >&2
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3-venv; fi
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
	  echo '仮想環境を作る部品がありません。次の行を実行してから、もう一度お試しください。'; \
	  echo 'The part of Python that makes virtual environments is missing. Run this line, then try again:'; \
	  echo '  sudo apt-get update && sudo apt-get install -y python3-venv'; exit 1; } >&2
	@echo '1/3 仮想環境（$(VENV)）を作成しています / making the virtual environment'
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.locked: $(VENV)/.made requirements-dev.txt
	$(call INSTALL,2/3 必要なパッケージを取得して組み込んでいます（1〜3分） / installing packages: 1 to 3 minutes,--require-hashes -r requirements-dev.txt,$$(grep -c '^[a-z].*==' requirements-dev.txt))
	@touch $@

$(VENV)/.installed: $(VENV)/.locked pyproject.toml
	$(call INSTALL,3/3 保証便を組み込んでいます / installing hoshobin,--no-deps --no-build-isolation --editable .,1)
	@touch $@

.cache/lock/bin/uv: | $(VENV)/.made
	$(BIN)/python -m venv .cache/lock
	.cache/lock/bin/python -m pip --disable-pip-version-check install --quiet uv
