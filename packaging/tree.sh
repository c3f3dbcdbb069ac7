# shellcheck shell=sh disable=SC2154
# Lays out the package's tree from the built root; part of build.sh, whose variables it uses.
src=$work/debian/src

mkdir -p "$tree/opt/hoshobin" "$tree/usr/share/doc/hoshobin" "$tree/usr/share/lintian/overrides" "$tree/usr/bin" \
  "$tree/usr/sbin" "$tree/usr/lib/systemd/system" "$tree/usr/lib/sysusers.d" "$tree/usr/lib/tmpfiles.d" \
  "$tree/usr/share/hoshobin" "$tree/DEBIAN"
mv "$work/debian/opt/hoshobin/venv" "$tree/opt/hoshobin/venv"

find "$tree/opt" -type f -name '*.so*' -exec chmod a-x {} +
rm -f "$tree/opt/hoshobin/venv/.gitignore"

# The catalogue, the templates and the sample PDFs are data that people look at. The program finds them where they were.
worker=$tree/opt/hoshobin/venv/lib/python$python/site-packages/worker
for folder in shipped/config shipped/templates cli/demo/samples; do
  mv "$worker/$folder" "$tree/usr/share/hoshobin/"
  ln -s "/usr/share/hoshobin/${folder##*/}" "$worker/$folder"
done

for unit in "$src"/systemd/*.service "$src"/systemd/*.socket "$src"/systemd/*.timer; do
  sed 's|file:/opt/hoshobin/src/docs/|file:/usr/share/doc/hoshobin/|' "$unit" >"$tree/usr/lib/systemd/system/${unit##*/}"
done
# The reader needs no configuration, and commands use it before the service is enabled.
mkdir "$tree/usr/lib/systemd/system/sockets.target.wants"
ln -s ../hoshobin-reader.socket "$tree/usr/lib/systemd/system/sockets.target.wants/"
install -m 755 "$src/packaging/files/hoshobin-office" "$tree/usr/sbin/hoshobin-office"
sed 's|/usr/local/sbin/|/usr/sbin/|' "$src/packaging/files/hoshobin" >"$tree/usr/bin/hoshobin"
chmod 755 "$tree/usr/bin/hoshobin"
install -m 644 "$src/packaging/files/hoshobin.sysusers" "$tree/usr/lib/sysusers.d/hoshobin.conf"
install -m 644 "$src/packaging/files/hoshobin.tmpfiles" "$tree/usr/lib/tmpfiles.d/hoshobin.conf"
install -m 644 "$src/packaging/files/hoshobin.lintian-overrides" "$tree/usr/share/lintian/overrides/hoshobin"

install -m 644 "$src/systemd/hoshobin-console-sso.conf" "$src"/ops/prometheus-rules.yml "$src"/ops/rsyslog.conf "$src"/ops/vector.toml \
  "$tree/usr/share/hoshobin/"

for document in install.md backup.ja.md console.md first-submission.ja.md office.ja.md office-commands.ja.md rules.ja.md issuers.md \
  events.md log-format.md operations.ja.md reliability.md security.ja.md; do
  install -m 644 "$src/docs/$document" "$tree/usr/share/doc/hoshobin/$document"
done
gzip -9n <"$src/CHANGELOG.md" >"$tree/usr/share/doc/hoshobin/CHANGELOG.md.gz"
gzip -9n >"$tree/usr/share/doc/hoshobin/changelog.gz" <<CHANGELOG
hoshobin ($package_version) $release; urgency=medium

  * See /usr/share/doc/hoshobin/CHANGELOG.md.gz.

 -- $maintainer  $(date -R -u -d "@$SOURCE_DATE_EPOCH")
CHANGELOG
{
  cat "$src/LICENSE"
  printf '\nThe virtual environment in /opt/hoshobin/venv also holds these, each with its licence files beside it.\n'
  printf 'The text of Apache-2.0 is in /usr/share/common-licenses/Apache-2.0.\n\n'
  cat "$src/licences.txt"
} >"$tree/usr/share/doc/hoshobin/copyright"

for script in preinst prerm postinst postrm; do
  sed "s/@VERSION@/$package_version/" "$src/packaging/maintainer/$script" >"$tree/DEBIAN/$script"
  chmod 755 "$tree/DEBIAN/$script"
done
cat >"$tree/DEBIAN/control" <<CONTROL
Package: hoshobin
Version: $package_version
Architecture: $(dpkg --print-architecture)
Maintainer: $maintainer
Installed-Size: $(du -k -s --exclude=DEBIAN "$tree" | cut -f 1)
Depends: python3 (>= $python), python3 (<< $next), ca-certificates, default-dbus-system-bus | dbus-system-bus, libc6, libgcc-s1, libstdc++6, systemd, tzdata, zlib1g
Recommends: fonts-noto-cjk, sudo
Suggests: caddy
Section: mail
Priority: optional
Description: submits electronic-surety notices to issuers of public works
 hoshobin (保証便) reads the notices with authentication keys of electronic
 sureties from a mailbox, a shared folder or its web console, and submits each
 to its issuer by mail: never to the wrong place, never twice, never lost in
 silence. What is not certain waits for a person.
CONTROL
(cd "$tree" && find opt usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$tree/DEBIAN/md5sums"
