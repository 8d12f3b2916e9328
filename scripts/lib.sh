# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What the scripts share: messages, the cache, the KERNELS table, and apt without root.
# Sourced, never run. Callers set `set -eu` themselves.

# Scripts lie at different depths below the top, which is where KERNELS is.
top=$(cd "$(dirname "$0")" && while [ ! -e KERNELS ] && [ "$PWD" != / ]; do cd ..; done && pwd)

die()
{
	echo "${0##*/}: $*" >&2
	exit 1
}

# dkms has no HOME, and nothing to download.
cache=${CACHE:-${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/vfio-pci-sdk}

# Run from a git hook, git would work on the repository of the hook, wherever it is called.
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_COMMON_DIR GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_PREFIX

# say WORD TEXT: a progress line in kbuild's form.
say()
{
	printf '  %-7s %s\n' "$1" "$2"
}

# usage: print the comment block at the top of the calling script.
usage()
{
	sed -n '/^# Usage/,/^[^#]/{s/^# \{0,1\}//p}' "$0"
	exit "${1:-0}"
}

# can_write DIR MEGABYTES ADVICE: die unless the directory exists or can be made, is writable, and has that much space.
# Makes nothing.
can_write()
{
	where=$1
	while [ ! -e "$where" ] && [ ! -L "$where" ]; do
		where=$(dirname "$where")
	done
	[ -d "$where" ] || die "$1 cannot be written: $where is not a directory; $3."
	{ [ -w "$where" ] && [ -x "$where" ]; } || die "$1 cannot be written: you have no write access to $where; $3."
	free=$(df -Pm "$where" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$2" ] || die "$1 has too little space: $2 MB are needed, $free MB are free; free some, or $3."
}

# can_cache MEGABYTES: the same for the cache.
can_cache()
{
	[ "${CACHE:-}${XDG_CACHE_HOME:-}${HOME:-}" ] ||
		die "HOME is not set, so there is no place for downloads; say CACHE=, a directory of yours."
	can_write "$cache" "$1" 'say CACHE=, a directory with space that you can write to'
}

# plain_name WHAT NAME: die unless NAME is safe as part of a path; callers remove what that path names.
plain_name()
{
	echo "$2" | grep -qxE '[a-z0-9][a-z0-9.-]*' || die "'$2' is not the name of $1."
}

# kernels_table: the lines of KERNELS without comments.
kernels_table()
{
	sed 's/#.*//; /^[[:space:]]*$/d' "$top/KERNELS"
}

# kernel_line NAME: sets version, kind, suites and package.
kernel_line()
{
	# shellcheck disable=SC2046 # fields are split on purpose; set -f keeps the * of a package
	set -f -- $(kernels_table | awk -v n="$1" '$1 == n') "$1"
	set +f
	[ $# -ge 7 ] || die "KERNELS has no '$1'; say KERNEL= one of: $(kernels_table |
		awk '{ printf "%s%s", s, $1; s = ", " }')."
	# shellcheck disable=SC2034 # read by the callers
	version=$2 kind=$3 suites=$5 package=$6
}

# first PATH...: the first one that exists.
first()
{
	for path; do
		[ ! -e "$path" ] || { echo "$path"; return; }
	done
}

# installed ROOT RELEASE: sets image, modules, headers and config to where distributions put them below ROOT. Debian's 7.x have
# modules, image and configuration in one directory.
installed()
{
	modules=$(first "$1/lib/modules/$2" "$1/usr/lib/modules/$2")
	image=$(first "$1/boot/vmlinuz-$2" "$modules/vmlinuz")
	config=$(first "$1/boot/config-$2" "$modules/config")
	# The link in modules leads out of an unpacked package.
	headers=$(first "$1/usr/src/linux-headers-$2" "$1/usr/src/kernels/$2")
	[ "$headers" ] || headers=$(first "$modules/build")
}

# headers_move DIR: Debian's packages of headers include each other with absolute paths; make these relative.
headers_move()
{
	# shellcheck disable=SC2016 # make's variables
	sed -i 's|^KBUILD_OUTPUT=.*|KBUILD_OUTPUT := $(abspath $(dir $(lastword $(MAKEFILE_LIST))))|
		s|/usr/src/|$(dir $(lastword $(MAKEFILE_LIST)))../|' "$1/Makefile"
}

# kernel_release KDIR: print the release, as uname -r does where that kernel runs.
kernel_release()
{
	sed -n 's/^#define UTS_RELEASE "\(.*\)"$/\1/p' "$1/include/generated/utsrelease.h"
}

# mirror PATTERN: the archive, among those this machine's apt is configured with, that has a suite
# matched by PATTERN.
mirror()
{
	apt-get update --print-uris 2>/dev/null |
		sed -n "s|^'\\(.*debian.*\\)/dists/\\($1\\)/InRelease'.*|\\1|p" | head -n 1
}

# apt_root SUITES [ARCHITECTURE]: point apt at a root of its own inside the cache, so that packages of
# any suite can be looked up and downloaded by an ordinary user, and the system's apt never hears of
# it. The mirror, proxy and credentials are the system's.
apt_root()
{
	[ "${apt_suites:-}" != "$*" ] || return 0
	unset APT_CONFIG
	command -v apt-get >/dev/null || die "this host has no apt-get, which downloads Debian's packages; a container has it:" \
		"type make demo IN=podman, or IN=docker; every target takes IN=."
	# The lists alone are that large.
	can_cache 100
	apt_suites=$*
	apt_dir=$cache/apt/$(echo "$*" | tr ', ' __)
	mkdir -p "$apt_dir/lists/partial" "$apt_dir/cache/archives/partial"
	: >"$apt_dir/status"
	: >"$apt_dir/sources.list"
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -r "$keyring" ] && signed="[signed-by=$keyring]" || signed=
	for suite in $(echo "$1" | tr , ' '); do
		case $suite in
		*-security) uri=$(mirror '[a-z]*-security') ;;
		*)          uri=$(mirror '[a-z]*') ;;
		esac
		[ -n "$uri" ] || die "apt knows no Debian mirror for $suite; add one to" \
			"/etc/apt/sources.list, or build for headers of your own with KDIR=."
		echo "deb $signed $uri $suite main" >>"$apt_dir/sources.list"
	done
	# Of the system's configuration only what concerns downloading is kept: its hooks
	# (DPkg::, APT::Update::) would run as if the system had been updated. Sandbox::User: root downloads as root, into this
	# cache; others, who may have no name (in a container), as themselves.
	{
		apt-config dump | grep '^Acquire::'
		[ -z "${2:-}" ] || echo "APT::Architecture \"$2\"; APT::Architectures { \"$2\"; };"
		cat <<-EOF
		APT::Sandbox::User "root";
		Acquire::Languages "none";
		Dir::Etc::main "/dev/null";
		Dir::Etc::parts "/dev/null";
		Dir::Etc::sourcelist "$apt_dir/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		Dir::State::lists "$apt_dir/lists";
		Dir::State::status "$apt_dir/status";
		Dir::Cache "$apt_dir/cache";
		EOF
	} >"$apt_dir/apt.conf"
	export APT_CONFIG="$apt_dir/apt.conf"
	say APT "$*"
	# Without the option old lists are good enough for apt where the network is down.
	run "$apt_dir/log" apt-get update -o APT::Update::Error-Mode=any ||
		apt_failed "$apt_dir/log" "cannot get the package lists of $1 (log: $apt_dir/log)"
}

# apt_failed LOG WHAT: die with the reason that apt gave in LOG, and what to do about it.
apt_failed()
{
	reason=$(sed -n 's/^ *\(E\|Err\|W\): *//p' "$1" 2>/dev/null)
	absent=$(sed -n "s/^E: The repository '\(.*\) Release' does not have.*/\1/p" "$1" 2>/dev/null | head -n 1)
	[ -z "$absent" ] ||
		die "the mirror has no suite \"$absent\": name one that it has, or another mirror in /etc/apt."
	case $(cat "$1" 2>/dev/null) in
	*'No space left on device'*) die "$2: no space left on device; free some (df -h shows where)." ;;
	*'failure resolving'* | *'ould not resolve'* | *'ould not connect'* | *'nable to connect'* | *'timed out'* | \
		*'is unreachable'* | *'onnection refused'* | *'onnection failed'*)
		die "$2: the mirror cannot be reached; check the network and apt's proxy, then try again" \
			"($(echo "$reason" | grep -iE 'resolv|connect|timed|unreach|refused' | head -n 1))."
		;;
	esac
	die "$2: $(echo "${reason:-apt-get failed}" | head -n 1)"
}

# apt_depends PACKAGE REGEX: names in the newest PACKAGE's Depends that match REGEX.
apt_depends()
{
	apt-cache show --no-all-versions "$1" 2>/dev/null | sed -n 's/^Depends: //p' |
		tr -s ', |' '\n' | grep -x "$2" || true
}

# newest_package PATTERN: of linux-source-7.* for example, the one with the highest version in its name.
newest_package()
{
	apt-cache pkgnames "${1%%\**}" | grep -x "$(echo "$1" | sed 's/\./\\./g; s/\*/[0-9]*/')" | sort -V | tail -n 1
}

# apt_fetch DIR PACKAGE...: download into DIR, when there is space for it and for what is in it.
apt_fetch()
{
	apt_to=$1; shift
	apt-cache show --no-all-versions "$@" 2>/dev/null | awk '$1 == "Size:" { mb += $2 / 1e6 }
		$1 == "Installed-Size:" { mb += $2 / 1e3 } END { print int(mb) + 1 }' >"$apt_dir/needed"
	can_cache "$(cat "$apt_dir/needed")"
	for apt_package; do
		say GET "$apt_package ($(apt-cache show --no-all-versions "$apt_package" 2>/dev/null |
			awk '$1 == "Size:" { printf "%.1f MB", $2 / 1e6; exit }'))"
		(cd "$apt_to" && run "$apt_dir/log" apt-get download "$apt_package") ||
			apt_failed "$apt_dir/log" "cannot download $apt_package (log: $apt_dir/log)"
	done
}

# source_package SUITES PACKAGE [update]: a kernel's source package in the cache; the newest one of
# the mirror when there is none yet or with "update". Sets source to the tarball and source_version.
source_package()
{
	sources=$cache/sources
	mkdir -p "$sources"
	source=$(newest_source "$2")
	if [ -z "$source" ] || [ "${3:-}" ]; then
		apt_root "$1"
		found=$(newest_package "$2")
		[ -n "$found" ] || die "the mirror has no $2 in $1."
		deb_version=$(apt-cache show --no-all-versions "$found" | sed -n 's/^Version: //p')
		source=$sources/${found}_$deb_version.tar.xz
		if [ ! -e "$source" ]; then
			rm -rf "$sources/.new"
			mkdir "$sources/.new"
			apt_fetch "$sources/.new" "$found"
			dpkg-deb --fsys-tarfile "$sources"/.new/*.deb |
				tar -xO "./usr/src/$found.tar.xz" >"$sources/.new/tar"
			mv "$sources/.new/tar" "$source"
			rm -rf "$sources/.new"
		fi
	fi
	source_version=${source##*_}
	source_version=${source_version%.tar.xz}
}

# source_piece DIR PATTERN...: unpack into DIR what the patterns match in the source that source_package() found.
source_piece()
{
	piece=$1; shift
	[ "$source $*" != "$(cat "$piece.made-of" 2>/dev/null)" ] || return 0
	say UNPACK "${source##*/}"
	rm -rf "$piece.new"
	mkdir -p "$piece.new"
	tar -xJf "$source" -C "$piece.new" --strip-components=1 --wildcards "$@"
	rm -rf "$piece"
	mv "$piece.new" "$piece"
	echo "$source $*" >"$piece.made-of"
}

# kernel_scripts: checkpatch is in no package but the kernel's source; the same series for everyone, so
# that everyone sees the same complaints.
kernel_scripts()
{
	dir=$cache/kernel-scripts
	[ ! -e "$dir/checkpatch.pl" ] || return 0
	source_package bookworm,bookworm-security linux-source-6.12
	say UNPACK "${source##*/}"
	rm -rf "$dir.new"
	mkdir -p "$dir.new"
	tar -xJf "$source" -C "$dir.new" --strip-components=2 --occurrence=1 \
		linux-source-6.12/scripts/checkpatch.pl linux-source-6.12/scripts/const_structs.checkpatch \
		linux-source-6.12/scripts/spelling.txt
	mv "$dir.new" "$dir"
}

# kernel_doc: sets kernel_doc to the path of the kernel's script kernel-doc, from the first packaged kernel or, if that
# is not in the cache yet, from a package of 2 MB.
kernel_doc()
{
	first=$(kernels_table | awk '$3 == "packages" { print $1; exit }')
	for dir in "$cache/kernels/$first" "$cache/kernel-doc"; do
		kernel_doc=$(find "$dir/usr/lib" -path '*/scripts/kernel-doc' 2>/dev/null | head -n 1)
		[ -z "$kernel_doc" ] || return 0
	done
	kernel_line "$first"
	apt_root "$suites"
	headers=$(apt_depends "$package" 'linux-image-[0-9].*' | head -n 1 | sed 's/image/headers/')
	kbuild=$(apt_depends "$headers" 'linux-kbuild-.*' | head -n 1)
	[ -n "$kbuild" ] || die "the mirror has no linux-kbuild package, which has kernel-doc, in $suites."
	rm -rf "$dir"
	mkdir -p "$dir"
	apt_fetch "$dir" "$kbuild"
	dpkg-deb -x "$dir"/*.deb "$dir"
	rm "$dir"/*.deb
	kernel_doc=$(find "$dir/usr/lib" -path '*/scripts/kernel-doc' | head -n 1)
	[ -n "$kernel_doc" ] || die "$kbuild has no kernel-doc: see $dir."
}

newest_source()
{
	find "$cache/sources" -name "${1}_*.tar.xz" | sort -V | tail -n 1
}

# run LOG COMMAND...: output to LOG; to the terminal too with V=1.
run()
{
	run_log=$1; shift
	if [ "${V:-0}" = 1 ]; then
		echo "+ $*"
		rm -f "$run_log"
		"$@"
	else
		"$@" >"$run_log" 2>&1
	fi
}

# files PATTERN...: the files of this tree that git knows, new ones included, and that the patterns match.
files()
{
	(cd "$top" && git ls-files --cached --others --exclude-standard -- "$@" | sort -u | while read -r file; do
		[ ! -e "$file" ] || echo "$file"
	done)
}

# copy_tree DIR: copy this tree's files, with their dates, to DIR.
copy_tree()
{
	mkdir -p "$1"
	(cd "$top" && files . | cpio -pdm --quiet "$1")
}

# kernel_piece DIR: what a driver touches of the newest kernel's source: its headers are the lab
# kernel's, the lists are short. Sets lab; fails when that kernel is not in the cache.
kernel_piece()
{
	lab=$(kernels_table | awk '$3 == "lab" { name = $1 } END { print name }')
	[ -e "$cache/kernels/$lab/release" ] || return 1
	mkdir -p "$1/drivers/vfio/pci" "$1/include/linux" "$1/include/uapi/linux"
	cp "$cache/kernels/$lab/build"/include/linux/vfio*.h "$1/include/linux"
	cp "$cache/kernels/$lab/build/include/uapi/linux/vfio.h" "$1/include/uapi/linux"
	printf 'menu "VFIO"\n\nsource "drivers/vfio/pci/mlx5/Kconfig"\n\nendmenu\n' >"$1/drivers/vfio/pci/Kconfig"
	# shellcheck disable=SC2016 # make's
	echo 'obj-$(CONFIG_MLX5_VFIO_PCI) += mlx5/' >"$1/drivers/vfio/pci/Makefile"
	printf '%s\nS:\tMaintained\n\n' 'VFIO DRIVER' 'VFIO XE PCI DRIVER' 'ZD1211RW' >"$1/MAINTAINERS"
}
