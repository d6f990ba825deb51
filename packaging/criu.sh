#!/usr/bin/env bash
# Provides a criu that works on this kernel, for snapshots of running containers: the distribution's,
# or else the one of a later Debian, unpacked with its libraries in /usr/local/lib/abode/criu. Nothing
# that is installed is replaced.
set -eu

cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
# shellcheck source=packaging/toolchain.sh
. ./toolchain.sh

readonly SUITE=trixie
readonly KEYS=/usr/share/keyrings/debian-archive-keyring.gpg
readonly ASIDE=/usr/local/lib/abode/criu

works() {
  PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null && PATH=$PATH:/usr/sbin:/sbin as_root "$1" check >/dev/null 2>&1
}

later() {
  local command=$1
  shift
  "$command" -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root "$@"
}

unpack_aside() {
  local packages package
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/packages" "$work/root"
  # Ubuntu has Debian's keys in a package.
  [ -e "$KEYS" ] || install_packages "to know Debian's packages by their signature" debian-archive-keyring || return
  echo "deb [signed-by=$KEYS] http://deb.debian.org/debian $SUITE main" \
    >"$work/sources.list"
  later apt-get -qq update || return
  # Its programs and scripts in other languages are not needed, only what the linker looks for.
  packages=$(later apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts \
    --no-breaks --no-replaces --no-enhances criu | grep -E '^(criu|lib|zlib)' | sort -u) || return
  # shellcheck disable=SC2086
  (cd "$work/packages" && later apt-get -qq download $packages) || return
  for package in "$work"/packages/*.deb; do dpkg-deb -x "$package" "$work/root"; done
  cat >"$work/root/criu" <<'WRAPPER'
#!/bin/sh
here=${0%/*}
libraries=$(echo "$here"/usr/lib/*-linux-gnu)
exec "$libraries"/ld-linux-*.so.? --library-path "$libraries" "$here/usr/sbin/criu" "$@"
WRAPPER
  chmod 755 "$work/root" "$work/root/criu"
  rm -rf "$work/root/usr/share" "$work/root/usr/bin"
  as_root mkdir -p "${ASIDE%/*}"
  as_root rm -rf --one-file-system "$ASIDE"
  as_root cp -a --no-preserve=ownership "$work/root" "$ASIDE"
}

if works "$ASIDE/criu" || works criu; then exit 0; fi
command -v apt-get >/dev/null || { say "abode: no criu works here; install criu 4.1 or newer."; exit 1; }
say "abode: no criu that is installed works on this kernel; unpacking that of Debian $SUITE in $ASIDE"
unpack_aside || { say "abode: could not fetch the criu of Debian $SUITE; install criu 4.1 or newer by hand."; exit 1; }
works "$ASIDE/criu" || { say "abode: the criu of Debian $SUITE does not work here either: $("$ASIDE/criu" check 2>&1 | head -3)"; exit 1; }
