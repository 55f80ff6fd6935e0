#!/bin/sh
# First process of a lab: runs in new network, mount and process namespaces, gives
# the lab file systems of its own where its programs insist on fixed paths, and
# becomes the program that holds the namespaces open. As everything of the lab
# hangs on this process, its end ends the lab, mounts and processes alike.
# Usage: enter.sh PAUSE DIRECTORY
set -eu
pause=$1
directory=$2

# Nothing mounted here is seen outside.
mount --make-rprivate /
mount -t proc proc /proc

# /run: sockets of containerd and its shims, network namespaces of pods.
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/netns /run/lock
mount -t tmpfs tmpfs /run/netns
mount --bind "$directory/var-log" /var/log

# /var/lib/kubelet and /var/lib/containerd are the lab's; all else stays as it is.
mkdir /run/var-lib
mount --rbind /var/lib /run/var-lib
mount -t tmpfs -o mode=755 tmpfs /var/lib
for entry in /run/var-lib/*; do
  name=${entry##*/}
  case $name in kubelet | containerd) continue ;; esac
  if [ -L "$entry" ]; then
    cp -P "$entry" "/var/lib/$name"
  elif [ -d "$entry" ]; then
    mkdir "/var/lib/$name"
    mount --rbind "$entry" "/var/lib/$name"
  fi
done
mkdir /var/lib/kubelet /var/lib/containerd
mount --bind "$directory/kubelet" /var/lib/kubelet
mount --bind "$directory/containerd" /var/lib/containerd

# A kubelet sets these for the whole machine; here it finds them set already.
mkdir /run/kernel
pretend() {
  echo "$2" >"/run/kernel/$(basename "$1")"
  mount --bind "/run/kernel/$(basename "$1")" "/proc/sys/$1"
}
pretend vm/overcommit_memory 1
pretend vm/panic_on_oom 0
pretend kernel/panic 10
pretend kernel/panic_on_oops 1
pretend kernel/keys/root_maxkeys 1000000
pretend kernel/keys/root_maxbytes 25000000

# Within the lab mounts are shared, as volumes and network namespaces of pods need.
mount --make-rshared /
exec "$pause" lab "$directory"
