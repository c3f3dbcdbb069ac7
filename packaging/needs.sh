# shellcheck shell=sh
# What build.sh and try.sh have in common: what they need, a root of a release, and pip's configuration in it.

need_root() {
  [ "$(id -u)" = 0 ] && return
  echo "root で実行してください（mmdebstrap と systemd-nspawn のため）。" >&2
  echo "Run this as root: mmdebstrap and systemd-nspawn need it." >&2
  exit 2
}

need() { # PROGRAM PACKAGE
  command -v "$1" >/dev/null && return
  echo "$1 がありません： apt-get install -y $2" >&2
  echo "$1 is missing: apt-get install -y $2" >&2
  exit 2
}

# The mirror that this machine's apt takes Debian from; empty where it has none, and mmdebstrap then takes its own.
mirror() {
  # shellcheck disable=SC2016  # fields of apt
  apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Identifier: Packages' 2>/dev/null |
    awk '$1 == "Debian" { print $2; exit }'
}

make_root() { # TAR RELEASE OPTION…
  [ -e "$1" ] && return
  tar=$1 release=$2
  shift 2
  echo "$release: Debian を用意しています（1〜2分） / making a root of Debian: 1 to 2 minutes"
  # shellcheck disable=SC2046  # no mirror is no word
  mmdebstrap --quiet --components=main "$@" "$release" "$tar.part.tar" $(mirror)
  mv "$tar.part.tar" "$tar"
}

# What pip in a root is given of this machine's configuration: its index, its way there and its certificates. Exported, so
# that no address comes into a command line.
lend_pip() { # ROOT
  for key in index-url extra-index-url trusted-host proxy timeout; do
    value=$(python3 -m pip config get "global.$key" 2>/dev/null | tr ' ' '\n' | grep -v '^file:' | tr '\n' ' ') || true
    [ -z "$value" ] || export "PIP_$(echo "$key" | tr 'a-z-' 'A-Z_')=${value% }"
  done
  certificates=${PIP_CERT:-/etc/ssl/certs/ca-certificates.crt}
  [ -e "$certificates" ] || return 0
  cp -L "$certificates" "$1/src/ca.pem"
  export PIP_CERT=/src/ca.pem
}

# The variables of pip and of proxies, as options of systemd-nspawn that name them alone.
pip_environment() {
  env | sed -n -E 's/^(PIP_(INDEX_URL|EXTRA_INDEX_URL|TRUSTED_HOST|PROXY|TIMEOUT|DEFAULT_TIMEOUT|CERT)|[A-Za-z]+_(proxy|PROXY))=.*/--setenv=\1/p'
}
