#!/usr/bin/env bash
# Kernel tests on Debian's own kernel, in a QEMU guest that sees this machine's files: what depends
# on a kernel is tried on a second one, and 32-bit system calls are there.
#
# usage: tests/vm/run.sh [TEST...]     of tests/kernel (default: int80 exact one_tape)
#        tests/vm/run.sh --shell FILE  a script of your own
#
# No KVM is needed.  Kernel and modules come from Debian's package, unpacked once below
# ${XDG_CACHE_HOME:-$HOME/.cache}/bpftape/vm; nothing is installed.  Skipped (77) without the
# programs of `tests/deps.sh vm`, or if the package cannot be fetched.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$(realpath "${BPFTAPE_BUILD:-$root/build-dev}")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/bpftape/vm
PATH=$PATH:/usr/sbin:/sbin

skip() { echo "skipped: $*"; exit 77; }

# The kernel's package, the one that linux-image-amd64 stands for.
fetch() {
	local name
	if compgen -G "$cache/linux-image-*.deb" >/dev/null; then return; fi
	name=$(apt-cache depends linux-image-amd64 2>/dev/null |
		sed -n 's/.*Depends: \(linux-image-[0-9][^ ]*\)/\1/p' | head -1)
	[ -n "$name" ] || skip "apt knows no linux-image-amd64 (apt-get update?)"
	echo "vm: fetching $name"
	(cd "$new" && timeout 300 apt-get -qq -o APT::Sandbox::User=root download "$name") ||
		skip "$name cannot be fetched"
	mv "$new"/linux-image-*.deb "$cache/"
}

# bzImage to vmlinux: the emulated processor would be slow at that.  A kernel that is not packed
# with xz boots as it is.
unpack_kernel() {	# BZIMAGE
	python3 - "$1" >"$new/kernel" <<-'PY' || cp "$1" "$new/kernel"
	import lzma, struct, sys
	image = open(sys.argv[1], "rb").read()
	start, size = struct.unpack_from("<II", image, 0x248)	# payload_offset, payload_length
	start += (image[0x1f1] + 1) * 512			# setup_sects
	sys.stdout.buffer.write(lzma.decompress(image[start:start + size - 4]))
	PY
}

# A file system in memory: busybox, init, and the modules that it needs to see our files.
make_initrd() {	# VERSION
	local tree=$new/tree module
	mkdir -p "$tree"/{bin,lib,proc,dev,memory,files,all}
	install -m 755 "$(command -v busybox)" "$tree/bin/busybox" &&
		install -m 755 "$here/init" "$tree/init" || return 1
	depmod -b "$new/unpacked" "$1" || return 1
	for module in virtio_pci 9pnet_virtio 9p overlay; do
		modprobe -d "$new/unpacked" -S "$1" --show-depends $module |
			awk '/^insmod/ { print $2 }'
	done | awk '!seen[$0]++' >"$new/paths"
	while read -r module; do
		cp "$module" "$tree/lib/" && basename "$module" >>"$tree/modules" || return 1
	done <"$new/paths"
	(cd "$tree" && find . | cpio --quiet -o -H newc -R 0:0) >"$new/initrd"
}

# Fill the cache; what is there is a whole one.
prepare() {
	local new=$cache/new version
	if [ "$cache/initrd" -nt "$here/init" ] && [ "$cache/initrd" -nt "$here/run.sh" ]; then
		return
	fi
	rm -rf "$new" && mkdir -p "$new" || skip "no folder $new"
	fetch
	dpkg -x "$cache"/linux-image-*.deb "$new/unpacked"
	version=$(basename "$new"/unpacked/lib/modules/*)
	unpack_kernel "$new/unpacked/boot/vmlinuz-$version"
	if ! make_initrd "$version"; then
		echo "vm: no initial file system could be made"
		exit 1
	fi
	mv "$new/initrd" "$new/kernel" "$cache/" && rm -rf "$new"
}

guest() {	# SCRIPT: runs it as root; its exit code
	local code map=security_model=none,multidevs=remap
	: >"$tmp/out"
	timeout -k 5 600 qemu-system-x86_64 -machine pc -accel tcg,thread=multi -cpu max -smp 2 \
		-m 1536 -display none -monitor none -vga none -nic none -no-reboot -nodefaults \
		-kernel "$cache/kernel" -initrd "$cache/initrd" \
		-append "console=ttyS0 panic=-1 oops=panic mitigations=off quiet script=$1" \
		-virtfs "local,path=/,mount_tag=files,readonly=on,$map" \
		-serial file:"$tmp/console" -serial file:"$tmp/out" </dev/null
	code=$(sed -n 's/^exit code \([0-9]*\).*/\1/p' "$tmp/out" | tail -1)
	tr -d '\r' <"$tmp/out" | grep -v '^exit code [0-9]*$'
	if [ -z "$code" ]; then
		echo "vm: the guest ended early (its last words):"
		tail -30 "$tmp/console"
		return 1
	fi
	return "$code"
}

[ "$(id -u)" = 0 ] || skip "not root: the guest could not read all files"
[ "$(uname -m)" = x86_64 ] || skip "the guest is for x86_64"
for program in qemu-system-x86_64 busybox cpio depmod python3 dpkg apt-get; do
	command -v $program >/dev/null || skip "no $program (tests/deps.sh vm)"
done
prepare
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

if [ "${1:-}" = --shell ]; then
	guest "$(realpath "$2")"
	exit
fi
[ $# -gt 0 ] || set -- int80 exact one_tape
cat >"$tmp/script" <<EOF
export BPFTAPE_BUILD=$build BPFTAPE_CALLS=20000 BPFTAPE_THREADS=2 BPFTAPE_IS_SLOW=1
cd $root
echo "Linux \$(uname -r), \$(nproc) processors"
bad=0
for name in $*; do
	start=\$SECONDS
	bash tests/kernel/\$name.sh
	code=\$?
	echo "\$name: exit code \$code, \$((SECONDS - start)) s"
	[ \$code = 0 ] || bad=1
done
exit \$bad
EOF
guest "$tmp/script"
