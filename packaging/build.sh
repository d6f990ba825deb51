#!/usr/bin/env bash
# Builds the abode command of a checkout: build.sh CHECKOUT. Called by ./abode when something is stale.
set -eu

checkout=$1
build=$checkout/.build
mkdir -p "$build"
# shellcheck source=packaging/toolchain.sh
. "$checkout/packaging/toolchain.sh"
require_build_tools

# One build at a time. Who waited finds the work done, and must not do it again.
before=$(readlink "$build/current" 2>/dev/null || true)
exec 9>"$build/lock"
if ! flock --nonblock 9; then
  say "abode: waiting for another build of this checkout"
  flock 9
  [ "$(readlink "$build/current" 2>/dev/null || true)" = "$before" ] || exit 0
fi

log=$build/log
if [ -n "$before" ]; then
  say "building abode (its sources changed; log in $log) …"
else
  say "building abode (first run; log in $log) …"
fi

explain() {
  say "abode: the build failed; the end of $log:"
  tail -n 25 "$log" >&2
}
trap explain ERR

# The moment the sources were read: what changes from now on makes the result stale.
touch "$build/began"

# The formatter's and the tests' verdicts belong to ./verify.
"$checkout/mvnw" --file "$checkout/pom.xml" --quiet --batch-mode --no-transfer-progress \
  --threads 2 --projects cli --also-make -DskipTests package >"$log" 2>&1 9>&-

number=$((${before:-0} + 1))
into=$build/$number
rm -rf --one-file-system "$into"
mkdir "$into"
cp -R "$checkout/cli/target/lib" "$into/lib"
cp "$checkout/cli/target/abode-cli.jar" "$into/lib/"
cp "$checkout/cli/target/abode-front" "$into/"
# No two builds have the same, so that an engine runs lines only for a command that is its own.
id=$number.$(date +%s%N)

class_path=
for jar in "$into"/lib/*.jar; do
  class_path=$class_path:$jar
done
class_path=${class_path#:}

common="-cp $class_path --enable-native-access=ALL-UNNAMED -XX:-UsePerfData -XX:+UseSerialGC"
client="$common -Xmx96m -XX:TieredStopAtLevel=1"
engine="$common -Xms24m -Xmx128m -Xss512k -XX:+ExitOnOutOfMemoryError"
# A thread that waits wakes up by way of one other thread instead of two.
engine="$engine -Djdk.pollerMode=1"

# A cache made under other options is ignored without a word, so each is made and checked under the
# very options it is used with: AOTMode=on refuses to start where the cache does not fit. But for one. The
# engine waits for the kernel more than it computes, and what the optimizing compiler does to a launch
# costs more than it gives. So the rehearsal does without it, and its methods are compiled quickly ever
# after, with no code that counts for the other compiler, which is a fifth slower. What no rehearsal comes
# to often, digests and ciphers above all, is optimized as usual.
for role in client engine; do
  options=${!role}
  cache=$into/$role.aot
  # shellcheck disable=SC2086
  "$JAVA_HOME/bin/java" $options -XX:TieredStopAtLevel=1 -XX:AOTCacheOutput="$cache" \
    dev.abode.cli.Rehearsal "$role" >>"$log" 2>&1 9>&-
  # shellcheck disable=SC2086
  "$JAVA_HOME/bin/java" $options -XX:AOTCache="$cache" -XX:AOTMode=on \
    dev.abode.cli.Main --version >>"$log" 2>&1 9>&-
  printf '%s\n' "$options -XX:AOTCache=$cache -Dabode.build=$id" >"$into/$role.args"
done

printf '%s\n' "$JAVA_HOME" "$checkout" "$id" >"$into/complete"
touch --reference="$build/began" "$into/complete"
ln -sfn "$number" "$build/next"
mv -T "$build/next" "$build/current"

for old in "$build"/[0-9]*; do
  if [ "${old##*/}" -lt $((number - 2)) ]; then
    rm -rf --one-file-system "$old"
  fi
done
