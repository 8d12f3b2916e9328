# SPDX-License-Identifier: GPL-2.0-only
# A source of a driver as the kernel's tree has it: no header of the SDK, DEFINE_VFIO_PCI_OPS() written
# out. The file named by ops has the callbacks and the core's functions for them. With locks set, memory_lock takes the
# place of the SDK's access functions; begin: the source calls vfio_pci_core_access_begin(). vma: which accessors of
# mappings it calls, of device, index, offset and setup.

function define_ops(    i, line, base)
{
	base = name
	sub(/_ops$/, "", base)
	if (!("open_device" in given) && "open_device" in core) {
		print "static int " base "_open_device(struct vfio_device *core_vdev)"
		print "{"
		print "\tstruct vfio_pci_core_device *vdev ="
		print "\t\tcontainer_of(core_vdev, struct vfio_pci_core_device, vdev);"
		print "\tint ret;"
		print ""
		print "\tret = vfio_pci_core_enable(vdev);"
		print "\tif (ret)"
		print "\t\treturn ret;"
		print ""
		print "\tvfio_pci_core_finish_enable(vdev);"
		print "\treturn 0;"
		print "}"
		print ""
		given["open_device"] = base "_open_device"
	}
	printf "%s", comment
	print "static const struct vfio_device_ops " name " = {"
	assign("name", given["name"])
	for (i = 1; i <= count; i++)
		assign(callback[i], callback[i] in given ? given[callback[i]] : core[callback[i]])
	# What the core has nothing for.
	for (line in given)
		if (line != "name" && !(line in core))
			assign(line, given[line])
	print "};"
}

# The lines of the SDK's access locks as upstream's drivers have them.
function plain_locks()
{
	if (begin && /^static [^=]*\(/ && !/;$/) {
		print "static int " prefix "_access_begin(struct vfio_pci_core_device *vdev)"
		print "{"
		print "\tdown_read(&vdev->memory_lock);"
		print "\tif (!vdev->pm_runtime_engaged && __vfio_pci_memory_enabled(vdev))"
		print "\t\treturn 0;"
		print ""
		print "\tup_read(&vdev->memory_lock);"
		print "\treturn -EIO;"
		print "}"
		print ""
		begin = 0
	}
	gsub(/vfio_pci_core_access_begin\(/, prefix "_access_begin(")
	plain_lock("vfio_pci_core_access_end", "up_read")
	plain_lock("vfio_pci_core_access_lock", "down_write")
	plain_lock("vfio_pci_core_access_unlock", "up_write")
	plain_lock("vfio_pci_core_assert_access_locked", "lockdep_assert_held_write")
}

function plain_lock(sdk, upstream,    arg)
{
	if (!match($0, sdk "\\([^()]*\\);"))
		return
	arg = substr($0, RSTART + length(sdk) + 1, RLENGTH - length(sdk) - 3)
	arg = arg ~ /^&/ ? arg ".memory_lock" : "&" arg "->memory_lock"
	$0 = substr($0, 1, RSTART - 1) upstream "(" arg ");" substr($0, RSTART + RLENGTH)
}

# The accessors of mappings as functions of the driver, in 7.3's form: the core keeps the device in vm_private_data, and
# vm_pgoff is the offset in the device file. Where a mapping is a dma-buf, only their bodies change.
function own_accessors()
{
	if (/^static [^=]*\(/ && !/;$/) {
		if (uses["device"]) {
			print "static struct vfio_pci_core_device *" prefix "_vma_device(const struct vm_area_struct *vma)"
			print "{\n\treturn vma->vm_private_data;\n}\n"
		}
		if (uses["index"]) {
			print "static unsigned int " prefix "_vma_index(const struct vm_area_struct *vma)"
			print "{\n\treturn vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT);\n}\n"
		}
		if (uses["offset"]) {
			print "static u64 " prefix "_vma_offset(const struct vm_area_struct *vma, unsigned long addr)"
			print "{\n\tu64 pos = (u64)vma->vm_pgoff << PAGE_SHIFT;\n"
			print "\treturn (pos & VFIO_PCI_OFFSET_MASK) + (addr - vma->vm_start);\n}\n"
		}
		if (uses["setup"]) {
			print "static int " prefix "_vma_setup(struct vfio_pci_core_device *vdev, struct vm_area_struct *vma,"
			print "\t\t\tconst struct vm_operations_struct *ops)"
			print "{\n\tvma->vm_private_data = vdev;\n\tvma->vm_ops = ops;\n\treturn 0;\n}\n"
		}
		split("", uses)
	}
	for (word in renamed)
		gsub("vfio_pci_core_vma_" word "\\(", prefix "_vma_" word "(")
}

function assign(member, value)
{
	printf "\t.%s%s= %s,\n", member, substr("\t\t\t", 1, 3 - int((length(member) + 1) / 8)), value
}

BEGIN {
	split(vma, words, " ")
	for (i in words)
		uses[words[i]] = renamed[words[i]] = 1
	while ((getline line < ops) > 0) {
		split(line, part, " ")
		callback[++count] = part[1]
		core[part[1]] = part[2]
	}
}

/^#include <vfio_pci_sdk\// { next }

# A comment right above the ops stands above the table.
/^\/\*/ { held = 1 }
held && !inside { comment = comment $0 "\n"; if (/\*\/$/) held = 0; next }

/^DEFINE_VFIO_PCI_OPS\(/ {
	name = $0
	gsub(/^DEFINE_VFIO_PCI_OPS\(|,.*$/, "", name)
	inside = 1
	next
}
inside && /^\);/ {
	define_ops()
	inside = 0
	comment = ""
	next
}
inside {
	gsub(/^[ \t]*\.|,$/, "")
	split($0, part, /[ \t]*=[ \t]*/)
	given[part[1]] = part[2]
	next
}

{
	printf "%s", comment
	comment = ""
	if (vma != "")
		own_accessors()
	if (locks)
		plain_locks()
	# A kernel that can do without the callback just does not call it.
	if (match($0, /vm_ops_huge_fault\([a-z0-9_]*\)/))
		$0 = substr($0, 1, RSTART - 1) substr($0, RSTART + 18, RLENGTH - 19) substr($0, RSTART + RLENGTH)
	print
}

END { printf "%s", comment }
