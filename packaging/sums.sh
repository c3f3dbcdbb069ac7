#!/bin/sh
# Writes dist/SHA256SUMS over every file of a release; `make sums` calls it after `make release` and `make deb`.
#
# It refuses where one is missing or is not of this version: the person who signs the sums signs what others install.
# With --without-deb for a release that has no Debian packages.
set -eu
cd "$(dirname "$0")/.."
version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)

wanted="hoshobin-$version-py3-none-any.whl hoshobin-$version.tar.gz hoshobin-$version.cdx.json"
if [ "${1-}" != --without-deb ]; then
  for debian in $(sed -n -E 's/^ *[a-z]+\) debian=([0-9]+) .*/\1/p' packaging/build.sh | tr '\n' ' '); do
    wanted="$wanted hoshobin_$version+deb${debian}_$(dpkg --print-architecture).deb"
  done
fi
missing=
for file in $wanted; do [ -e "dist/$file" ] || missing="$missing $file"; done
other=
for file in dist/*; do
  case " $wanted SHA256SUMS SHA256SUMS.asc " in *" ${file##*/} "*) ;; *) other="$other ${file##*/}" ;; esac
done
if [ -n "$missing$other" ]; then
  [ -z "$missing" ] || echo "dist に足りないもの（make release、make deb）： / missing in dist (make release, make deb):$missing" >&2
  [ -z "$other" ] || echo "dist にある、この版のものではないもの： / not of this version, in dist:$other" >&2
  exit 1
fi
rm -f dist/SHA256SUMS dist/SHA256SUMS.asc
# shellcheck disable=SC2086  # names of files
(cd dist && sha256sum -- $wanted >SHA256SUMS)
cat dist/SHA256SUMS
