#!/bin/sh
# Makes .venv from the hash-locked lists beside this file, and does nothing when it already matches them.
# pip installs only uv; uv installs the rest, which takes seconds where pip takes a minute.
set -eu

cd "$(dirname "$0")/.."
venv=.venv
stamp=$venv/.lock-hash

fail() { printf 'scrip: %s\n' "$1" >&2; exit 2; }

# A version manager's shim may be on PATH and still not work, so every candidate is run, not only looked up.
works() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

has_venv() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

# Version managers stand before the system on PATH. What they compile lacks the system's profile-guided optimisation:
# Scrip takes 7 % more of the processor on it.
find_system_python() {
    found=
    IFS=:
    for folder in $PATH; do [ ! -x "$folder/python3" ] || found=$folder/python3; done
    unset IFS
    echo "$found"
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        works "$PYTHON" && { echo "$PYTHON"; return; }
        fail "PYTHON=$PYTHON is not a Python 3.11 or newer ($("$PYTHON" -V 2>&1 | head -n 1))."
    fi
    system=$(find_system_python)
    works "$system" && has_venv "$system" && { echo "$system"; return; }
    for candidate in python3.13 python3.12 python3.11 python3 python3.14; do
        works "$candidate" && { echo "$candidate"; return; }
    done
    found=$(python3 -V 2>/dev/null || true)
    fail "Python 3.11 or newer is needed, but ${found:-no working python3} was found; install it or set PYTHON=/path/to/python3."
}

wanted=$(cat requirements/bootstrap.txt requirements/dev.txt requirements/install.sh pyproject.toml | cksum)
wanted="$wanted $(pwd -P)"
matches() { [ -x $venv/bin/scrip ] && [ -x $venv/bin/python ] && [ "$(cat $stamp 2>/dev/null || true)" = "$wanted" ]; }
matches && exit 0
[ -w . ] || fail "$PWD cannot be written, and .venv and var are made there; clone into a folder of your own."

# Two at once, such as make run and make test in a fresh clone, would remove each other's work: the second waits.
if command -v flock >/dev/null; then
    exec 9<requirements/install.sh
    flock 9
    matches && exit 0
fi

# An environment that was interrupted, or whose Python has gone with a system upgrade, is made anew.
if [ -x $venv/bin/pip ] && works $venv/bin/python; then
    echo "Updating $venv to the lock ..."
else
    python=$(find_python)
    echo "Installing into $venv with $("$python" -V) ..."
    rm -rf $venv
    "$python" -m venv $venv >/dev/null 2>&1 || { rm -rf $venv; fail "$python cannot make a virtual environment; on Debian install python3-venv."; }
fi

rm -f $stamp
$venv/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/bootstrap.txt ||
    fail "pip could not install uv; its message stands above, and the usual cause is that no package index is reachable."
export VIRTUAL_ENV="$PWD/$venv"
# Like pip, uv trusts what the machine trusts: a bank's own certificate authority stands between it and the index.
export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-true}"
$venv/bin/uv pip sync --quiet --require-hashes requirements/bootstrap.txt requirements/dev.txt ||
    fail "uv could not install the locked packages; its message stands above."
$venv/bin/uv pip install --quiet --offline --no-deps --no-build-isolation --editable . ||
    fail "Scrip itself could not be installed; uv's message stands above."
printf '%s\n' "$wanted" > $stamp
