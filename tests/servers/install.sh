#!/bin/sh
# Installs from apt what some tests need, where it is missing: Dovecot and Postfix for those marked `servers`, a C
# compiler for the kill points (tests/crash/kill_points.c), systemd-analyze for the unit
# (tests/service/test_systemd_unit.py), promtool for the alerts (tests/views/test_limits.py), rsyslog for its sample (tests/test_samples.py), Chromium and a Japanese font for the console (tests/console/test_app_in_browser.py), and the mails of Python's own tests where the interpreter came without them
# (tests/flow).
#
# It makes no mail server of this machine: nothing is started now (policy-rc.d), nothing is enabled for the next
# boot, and Postfix gets no configuration. The tests start private copies on loopback and stop them.
# It removes nothing: where apt would take a package away (another mail server, say), it says so and leaves.
# Exit 0 also where it cannot install; the tests then list what they skipped, and fail for it under CI=true.
set -eu

# Debian has the tests of one or two versions of Python, each in a package with the version in its name.
debian_python_tests() {
  found=$(apt-cache pkgnames libpython3. 2>/dev/null | grep -x 'libpython3\.[0-9]*-testsuite' | sort -V | tail -n 1)
  echo "${found:-libpython3.11-testsuite}"
}

program() { [ -x "/usr/sbin/$1" ] || command -v "$1" >/dev/null 2>&1; }

# A new machine has no lists of packages yet, and the name above comes from them.
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && [ -z "$(apt-cache pkgnames libpython3. 2>/dev/null | head -n 1)" ]; then apt-get update; fi

missing=
program dovecot || missing="dovecot-imapd"
program postfix || missing="$missing postfix"
echo '#include <stdio.h>' | cc -E - >/dev/null 2>&1 || missing="$missing gcc libc6-dev"
program systemd-analyze || missing="$missing systemd"
program promtool || missing="$missing prometheus"
if ! program rsyslogd || ! ls /usr/lib/*/rsyslog/lmnsd_gtls.so >/dev/null 2>&1; then missing="$missing rsyslog rsyslog-gnutls"; fi
program chromium || missing="$missing chromium"
# The same Chromium without windows takes half of the processor time. Ubuntu has no such package; without it, or the
# network, the tests take the other one.
if ! program chromium-headless-shell && [ "$(id -u)" = 0 ] && apt-cache policy chromium-headless-shell 2>/dev/null | grep -q 'Candidate: [0-9]'; then
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium-headless-shell ||
    echo "The browser tests take longer, because this was not installed: chromium-headless-shell"
fi
fc-list 2>/dev/null | grep -qi cjk || missing="$missing fontconfig fonts-noto-cjk"
if ! "${PYTHON:-python3}" -c 'import test.test_email' 2>/dev/null && ! ls /usr/lib/python3*/test/test_email >/dev/null 2>&1; then
  missing="$missing $(debian_python_tests)"
fi
if [ -z "$missing" ]; then exit 0; fi

line="apt-get update && apt-get install --no-install-recommends$(printf ' %s' $missing)"
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "一部のテストには管理者権限での導入が必要です（いまは省略します）: sudo make servers"
  echo "Some of the tests need this, as root on Debian or Ubuntu (left out for now): $line"
  exit 0
fi

apt-get update
# $missing is a list of words on purpose
if removals=$(apt-get -s install --no-install-recommends $missing | grep '^Remv '); then
  echo "導入すると次のパッケージが削除されるため、何も導入しませんでした。"
  echo "Nothing was installed, because apt would remove these packages:"
  echo "$removals"
  exit 0
fi

policy=/usr/sbin/policy-rc.d
kept=$policy.before-hoshobin-tests
mark="# for the installation of the mail servers of hoshobin's tests: start nothing"
# A run that was killed may have left ours behind, beside the true one or where there was none.
if [ -e "$policy" ] && ! grep -qxF "$mark" "$policy"; then mv -f "$policy" "$kept"; fi
restore() {
  rm -f "$policy"
  if [ -e "$kept" ]; then mv "$kept" "$policy"; fi
}
trap restore EXIT
trap 'exit 1' HUP INT TERM
printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$policy"
chmod 755 "$policy"

echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections
# needrestart (Ubuntu) would restart services of this machine after an upgrade of a shared library
DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get install -y --no-install-recommends $missing
if command -v systemctl >/dev/null 2>&1; then
  case $missing in *dovecot*) systemctl --quiet disable dovecot.service dovecot.socket >/dev/null 2>&1 || true ;; esac
  case $missing in *prometheus*) systemctl --quiet disable prometheus.service >/dev/null 2>&1 || true ;; esac
  case $missing in *postfix*) systemctl --quiet disable postfix.service >/dev/null 2>&1 || true ;; esac
  case $missing in *rsyslog*) systemctl --quiet disable rsyslog.service >/dev/null 2>&1 || true ;; esac
fi
