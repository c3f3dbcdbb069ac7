#!/bin/sh
# Inside the root of a release: installs the program of /src into /opt/hoshobin/venv, with the logins by token and the
# console, exactly as the locks say it. What only installs (pip, the build backend) does not stay.
set -eu
umask 022

venv=/opt/hoshobin/venv
"/usr/bin/python$1" -m venv "$venv"
pip="$venv/bin/python -m pip --disable-pip-version-check"
cd /src
for lock in requirements-oauth.txt requirements-console.txt requirements-sso.txt; do
  $pip install --quiet --no-compile --require-hashes -r "$lock"
done
$pip install --quiet --no-compile --no-deps --no-build-isolation .
$pip check
"$venv/bin/python" packaging/licences.py >/src/licences.txt
$pip uninstall --quiet --yes hatchling pathspec pluggy trove-classifiers
$pip check
if [ -d "$venv/lib/python$1/site-packages/setuptools" ]; then $pip uninstall --quiet --yes setuptools; fi
$pip uninstall --quiet --yes pip
find "$venv/bin" -type f ! -name hoshobin -delete
find "$venv" -name __pycache__ -prune -exec rm -r {} +
PYTHONHASHSEED=0 "$venv/bin/python" -m compileall -q --invalidation-mode unchecked-hash "$venv/lib"
"$venv/bin/hoshobin" --help >/dev/null
