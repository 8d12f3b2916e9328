# SPDX-License-Identifier: GPL-2.0-only
# A source of a driver as the kernel's tree has it: no header of the SDK, DEFINE_VFIO_PCI_OPS() written
# out. The file named by ops has the callbacks and the core's functions for them.

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

function assign(member, value)
{
	printf "\t.%s%s= %s,\n", member, substr("\t\t\t", 1, 3 - int((length(member) + 1) / 8)), value
}

BEGIN {
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
	# A kernel that can do without the callback just does not call it.
	if (match($0, /vm_ops_huge_fault\([a-z0-9_]*\)/))
		$0 = substr($0, 1, RSTART - 1) substr($0, RSTART + 18, RLENGTH - 19) substr($0, RSTART + RLENGTH)
	print
}

END { printf "%s", comment }
