#!/bin/sh
# Makes the files of a release in dist/ from the commit HEAD: wheel, sdist and SBOM. `make release` calls it. The Debian
# packages follow (`make deb`), and then the sums of all (packaging/sums.sh, `make sums`).
#
# The wheel and the sdist are built twice, from two checkouts, and must be the same bytes. The SBOM lists what the
# product's locks install, with licences (CycloneDX 1.6). The tool that lists has a lock of its own.
set -eu
cd "$(dirname "$0")/.."
python=${1:?the interpreter of the environment that has hatchling}
python=$(realpath -s "$python")
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ -n "$(git status --porcelain)" ]; then
  echo 'Some files are not committed. The release is made of the commit HEAD alone.' >&2
fi
for turn in first second; do
  mkdir -p "$work/$turn/tree"
  git archive HEAD | tar -x -C "$work/$turn/tree"
  (cd "$work/$turn/tree" && "$python" -m hatchling build -d "$work/$turn/dist" >/dev/null)
done
for file in "$work"/first/dist/*; do
  cmp "$file" "$work/second/dist/${file##*/}" || { echo 'Two builds of the same commit differ.' >&2; exit 1; }
done

"$python" -m venv "$work/installed"
"$work/installed/bin/python" -m pip --disable-pip-version-check install --quiet --require-hashes \
  -r requirements-oauth.txt -r requirements-console.txt -r requirements-sso.txt
"$work/installed/bin/python" -m pip --disable-pip-version-check install --quiet --no-deps "$work"/first/dist/*.whl
rm "$work"/installed/lib/python*/site-packages/hoshobin-*.dist-info/direct_url.json  # it names a folder of this machine
"$python" -m venv "$work/tool"
"$work/tool/bin/python" -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements-sbom.txt

rm -rf dist
mkdir dist
cp "$work"/first/dist/* dist/
version=$("$work/installed/bin/python" -c 'from importlib.metadata import version; print(version("hoshobin"))')
"$work/tool/bin/cyclonedx-py" environment --spec-version 1.6 --output-reproducible --gather-license-texts \
  --output-file "dist/hoshobin-$version.cdx.json" "$work/installed/bin/python"
ls -l dist
echo 'Next, as root: make deb. Then: make sums.'
