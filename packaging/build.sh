#!/bin/sh
# Builds the package of one release of Debian: sh packaging/build.sh bookworm|trixie [VERSION]
#
# The program is installed by its locks, with their hashes, into a virtual environment of that release's Python, inside
# a root of that release. The root is made once by mmdebstrap from the mirror that this machine's apt uses, and pip in
# it is given this machine's configuration. Roots and build trees are below .cache/deb (or $HOSHOBIN_ROOTS), the package
# comes into dist/. VERSION replaces the version of pyproject.toml, for a trial of an upgrade.
#
# It is built twice, and must be the same bytes; with HOSHOBIN_ONCE=1 once, for a trial.
#
# dpkg-deb and not debhelper: what debhelper adds to a maintainer script starts and restarts services, which here waits
# for the migration, and the compilation of its helpers would not know a virtual environment.
set -eu
umask 022

release=${1:?usage: sh packaging/build.sh bookworm|trixie [VERSION]}
case $release in
  bookworm) debian=12 python=3.11 next=3.12 ;;
  trixie) debian=13 python=3.13 next=3.14 ;;
  *) echo "対応していないリリースです：$release（bookworm、trixie） / not a supported release: $release" >&2; exit 2 ;;
esac

top=$(cd "$(dirname "$0")/.." && pwd)
. "$top/packaging/needs.sh"
need_root
need mmdebstrap mmdebstrap
need systemd-nspawn systemd-container
need dpkg-deb dpkg

roots=${HOSHOBIN_ROOTS:-$top/.cache/deb}
mkdir -p "$roots" "$top/dist"
base=$roots/build-$release.tar
make_root "$base" "$release" --variant=apt --include=python3-venv

version=${2:-$(sed -n 's/^version = "\(.*\)"/\1/p' "$top/pyproject.toml")}
package_version=$version+deb$debian
maintainer='hoshobin developers <hoshobin@localhost>'
# The same tree gives the same package: no time in it is later than that of its commit.
SOURCE_DATE_EPOCH=$(git -C "$top" log -1 --format=%ct)
export SOURCE_DATE_EPOCH

work=$roots/work-$release

build() ( # PACKAGE: builds it from nothing
  rm -rf "$work"
  mkdir -p "$work/debian" "$work/tree"
  tar -C "$work/debian" -xf "$base"
  mkdir "$work/debian/src"
  git -C "$top" ls-files -z --cached --others --exclude-standard -- CHANGELOG.md LICENSE README.md pyproject.toml 'requirements*.txt' worker config templates docs ops systemd packaging |
    tar -C "$top" --null --files-from=- -cf - | tar -C "$work/debian/src" --no-same-owner -xf -
  sed -i "s/^version = .*/version = \"$version\"/" "$work/debian/src/pyproject.toml"
  lend_pip "$work/debian"

  # shellcheck disable=SC2046  # words of options
  systemd-nspawn --quiet --register=no --keep-unit --as-pid2 --resolv-conf=copy-host $(pip_environment) \
    --setenv=SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" -D "$work/debian" sh /src/packaging/venv.sh "$python"

  tree=$work/tree
  . "$top/packaging/tree.sh"
  find "$tree" -newermt "@$SOURCE_DATE_EPOCH" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
  # shellcheck disable=SC2086  # words of options
  dpkg-deb --root-owner-group ${HOSHOBIN_COMPRESS:--Zxz} --build "$tree" "$1"
  rm -rf "$work"
)

name=hoshobin_${package_version}_$(dpkg --print-architecture).deb
echo "$release: 仮想環境を作成しています（数分） / building the virtual environment: some minutes"
build "$roots/$name"
if [ -z "${HOSHOBIN_ONCE-}" ]; then
  echo "$release: もう一度作成して、同じになることを確かめます / building once more, to compare"
  build "$roots/again-$name"
  cmp "$roots/$name" "$roots/again-$name" || {
    echo "同じソースから、違うパッケージができました / two builds of the same tree differ" >&2
    exit 1
  }
  rm "$roots/again-$name"
fi
mv "$roots/$name" "$top/dist/$name"
