# What ./abode and ./verify need of the machine: a JDK, a C compiler, and the tools of the tests.
# Sourced by both; says on standard error what it installs before it does.

readonly JDK_RELEASE=25

say() { printf '%s\n' "$*" >&2; }

# True if the folder holds a JDK (not only a JRE) of our release.
is_our_jdk() {
  [ -x "$1/bin/javac" ] && [ -r "$1/release" ] &&
    grep -Eq "^JAVA_VERSION=\"$JDK_RELEASE([.\"+-]|\$)" "$1/release"
}

# Prints the home of a JDK of our release, or fails.
find_jdk() {
  local candidate
  if [ -n "${JAVA_HOME:-}" ] && is_our_jdk "$JAVA_HOME"; then
    printf '%s\n' "$JAVA_HOME"
    return 0
  fi
  for candidate in /usr/lib/jvm/*"$JDK_RELEASE"*; do
    if is_our_jdk "$candidate"; then
      printf '%s\n' "$candidate"
      return 0
    fi
  done
  if candidate=$(command -v javac); then
    candidate=$(readlink -f "$candidate")
    candidate=${candidate%/bin/javac}
    if is_our_jdk "$candidate"; then
      printf '%s\n' "$candidate"
      return 0
    fi
  fi
  return 1
}

# Sets and exports JAVA_HOME, installing a JDK if there is none.
require_jdk() {
  local home package
  if ! home=$(find_jdk); then
    if command -v apt-get >/dev/null; then
      refresh_package_lists_if_empty
      for package in "openjdk-$JDK_RELEASE-jdk-headless" "temurin-$JDK_RELEASE-jdk"; do
        if is_available "$package"; then
          install_packages "a JDK $JDK_RELEASE to build and run Abode" "$package"
          break
        fi
      done
    fi
    if ! home=$(find_jdk); then
      say "abode: found no JDK $JDK_RELEASE: looked at JAVA_HOME (${JAVA_HOME:-not set}), /usr/lib/jvm and PATH,"
      say "and the package sources of this machine offer neither openjdk-$JDK_RELEASE-jdk-headless nor temurin-$JDK_RELEASE-jdk."
      say "Install a JDK $JDK_RELEASE (https://adoptium.net/installation/linux) and set JAVA_HOME to it."
      return 1
    fi
  fi
  export JAVA_HOME=$home
}

is_available() {
  local candidate
  candidate=$(LC_ALL=C apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: //p')
  [ -n "$candidate" ] && [ "$candidate" != "(none)" ]
}

is_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# A fresh machine has no package lists; a long-lived one has them already.
refresh_package_lists_if_empty() {
  if [ -z "$(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' -print -quit 2>/dev/null)" ]; then
    refresh_package_lists
  fi
}

refresh_package_lists() {
  say "abode: apt-get update"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update >&2
}

# install_packages WHY PACKAGE...
install_packages() {
  local why=$1
  shift
  if ! command -v apt-get >/dev/null; then
    say "abode: needs $why, which Debian packages as: $*. This machine has no apt-get; install them by its own means."
    return 1
  fi
  say "abode: installing $* ($why)"
  refresh_package_lists_if_empty
  if ! apt_install "$@"; then
    # Lists that are older than the archive name files that are gone.
    refresh_package_lists
    if ! apt_install "$@"; then
      say "abode: could not install $*. What apt-get says is above; install them by hand and try again."
      return 1
    fi
  fi
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq install --yes --no-install-recommends "$@" >&2
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

# require_tools WHY COMMAND=PACKAGE...: installs the packages whose commands are missing, all at once.
require_tools() {
  local why=$1 pair missing=()
  shift
  for pair in "$@"; do
    # Daemons live in sbin, which a user's PATH may lack.
    PATH=$PATH:/usr/sbin:/sbin command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
  done
  [ ${#missing[@]} = 0 ] || install_packages "$why" "${missing[@]}"
}

# What compiling needs, beside the JDK. The wrapper fetches Maven itself with curl and unzip.
require_build_tools() {
  require_jdk || return
  require_tools "to build Abode" \
    gcc=gcc make=make ld=binutils musl-gcc=musl-tools curl=curl unzip=unzip flock=util-linux || return
  # gcc only recommends the headers of the C library, and brings those of the kernel with them.
  if ! [ -e /usr/include/linux/types.h ] || ! [ -e /usr/include/assert.h ]; then
    install_packages "to compile abode-init" libc6-dev linux-libc-dev
  fi
}

# What a virtual machine needs beside what is built.
require_machine_tools() {
  require_tools "for virtual machines" \
    qemu-system-x86_64=qemu-system-x86 mkfs.erofs=erofs-utils mke2fs=e2fsprogs xz=xz-utils || return
  # QEMU 7.2 brings its own; since then it is a package.
  if [ ! -x /usr/lib/qemu/virtiofsd ] && [ ! -x /usr/libexec/virtiofsd ]; then
    install_packages "for folders of the host in virtual machines" virtiofsd || return
  fi
  # A guest's kernel is fetched by its package's name.
  refresh_package_lists_if_empty
}
