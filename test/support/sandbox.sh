#!/bin/sh
# Runs a program as a container would: its own mounts and process numbers, a read-only root, one user without rights.
# Usage: sandbox.sh DIRECTORY UID PROGRAM [ARGUMENT]...; DIRECTORY/mounts lists "source target", one pair per line.
# Everything ends with the process that started it, and nothing is mounted outside.
set -eu
if [ "${INSIDE:-}" = "" ]; then
  exec env INSIDE=yes unshare --mount --pid --fork --kill-child=SIGKILL "$0" "$@"
fi
unset INSIDE
directory=$1
uid=$2
shift 2
root=$directory/root
mkdir -p "$root"
mount -t tmpfs -o mode=755 tmpfs "$root"
mkdir -p "$root/usr" "$root/dev" "$root/proc" "$root/etc"
for name in bin sbin lib lib64; do
  if [ -e "/$name" ]; then ln -s "usr/$name" "$root/$name"; fi
done
mount --rbind /usr "$root/usr"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
echo "user:x:$uid:$uid::/tmp:/bin/sh" >"$root/etc/passwd"
while read -r source target; do
  mkdir -p "$root$target"
  mount --bind "$source" "$root$target"
done <"$directory/mounts"
mount -o remount,ro "$root"
exec /usr/sbin/chroot "$root" /usr/bin/setpriv --reuid="$uid" --regid="$uid" --clear-groups --pdeathsig=KILL -- "$@"
