# SPDX-License-Identifier: GPL-2.0-only
"""What a change is, and the simpler ones: an inode for each vfio device, faults instead of a remap at mmap. A
change is made of runs of cocci/migrate/*.cocci on names that were found by shape; it succeeds completely or
raises Unclear. migrate_list.py has the change that is the reason for all of this."""

import os
import re

import migrate_text as c
from migrate_text import Function, Slice, Unclear

REMAP = r"\b(io_)?remap_pfn_range\s*\("


class Change:
    """One patch."""

    def __init__(self, tree):
        self.tree = tree
        self.files = {}

    def text(self, name):
        return self.files.get(name) or self.tree.read(name)

    def run(self, script, name, defines):
        self.files[name], out = self.tree.spatch(script, name, defines, self.text(name))
        return out

    def replace(self, name, text):
        self.files[name] = text

    def insert_before(self, name, function, code):
        """Put code before a function and the comments above it."""
        text = self.text(name)
        start = Function(text, function).start
        comments = re.search(r"(?:/\*(?:(?!\*/).)*\*/\n+)+$", text[:start], re.S)
        start = comments.start() if comments else start
        self.replace(name, text[:start] + code.strip("\n") + "\n\n" + text[start:])

    def decrypt(self, name, function, table):
        """vmf_insert_pfn() leaves the protection to the caller, so does not decrypt as io_remap_pfn_range() did."""
        text = self.text(name)
        fn = Function(text, function)
        if "pgprot_decrypted" in fn.source():
            return
        ops = re.search(r"^([ \t]*)(\w+)->vm_ops = &%s;\n" % table, text[fn.body:fn.end], re.M)
        if not ops:
            raise Unclear("%s() sets vm_ops in an unknown way" % function)
        stores = list(re.finditer(r"^%s%s->vm_page_prot\s*=[^;]*;\n" % ops.groups(),
                                  text[fn.body:fn.body + ops.start()], re.M))
        at = fn.body + (stores[-1].end() if stores else ops.start())
        self.replace(name, "%s%s%s->vm_page_prot = pgprot_decrypted(%s->vm_page_prot);\n%s" % (
            text[:at], *ops.groups(), ops.group(2), text[at:]))

    def refuse_private(self, name, function, table):
        """A private mapping cannot be filled page by page: vmf_insert_pfn() would BUG()."""
        text = self.text(name)
        fn = Function(text, function)
        if re.search(r"\bVM_(MAY)?SHARE", fn.source()):
            return
        ops = re.search(r"^([ \t]*)(\w+)->vm_ops = &%s;\n" % table, text[fn.body:fn.end], re.M)
        if not ops:
            raise Unclear("%s() sets vm_ops in an unknown way" % function)
        at = fn.body + ops.start()
        sets_up = re.compile(r"%s(%s->vm_\w+\s*\W?=|vm_flags_\w+\(%s,)[^\n]*;\n$" % (
            ops.group(1), ops.group(2), ops.group(2)))
        while sets_up.match(text, text.rfind("\n", 0, at - 1) + 1, at):
            at = text.rfind("\n", 0, at - 1) + 1
        comment = re.search(r"^%s/\*(?:(?!\*/).)*\*/\n\Z" % ops.group(1), text[fn.body:at], re.M | re.S)
        if comment:     # it is about what follows
            at = fn.body + comment.start()
        before = text[:at].rsplit("\n", 2)[-2].strip()
        self.replace(name, "%s%s%sif (!(%s->vm_flags & VM_SHARED))\n%s\treturn -EINVAL;\n\n%s" % (
            text[:at], "" if before in ("", "{") or before.startswith("return") else "\n", ops.group(1), ops.group(2),
            ops.group(1), text[at:]))

    def warn_of_split(self, name, mmap, code):
        """A pfn that does not come from the offset: as long as it was kept in vm_pgoff, or was in the page tables
        already, it followed the VMA."""
        one_page = r"(vma_pages\(\w+\)|vm_end - \w+->vm_start\)?)\s*(!=|>)\s*(1|PAGE_SIZE)\b"
        if "vm_pgoff" not in code and not re.search(one_page, mmap.inside()):
            self.tree.note("review", name, mmap.line(),
                           "%s() computes the pfn without vm_pgoff: when user space unmaps the start of a mapping, the "
                           "rest would fault in the wrong pages; use the offset, or refuse by .may_split" % mmap.name)

    def warn_of_wc(self, name, function):
        """remap_pfn_range() reserved the memory type of what it mapped."""
        m = re.search(r"\bpgprot_writecombine\s*\(", function.inside())
        if m:
            self.tree.note("review", name, c.line_of(function.text, function.body + m.start()),
                           "write-combining stays in vm_page_prot, but x86 maps pages with the type that is reserved "
                           "for them, which remap_pfn_range() did: do it where the device is opened")

    def finish(self, gone=()):
        """Tidy up, and give what has become of the comments that spoke of what is gone."""
        for name in list(self.files):
            original = self.tree.read(name)
            text = self.files[name]
            if gone:
                text, lines = c.drop_comments(text, original, gone)
                for line, word in lines:
                    self.tree.note("changed", name, line, "removed a comment about %s" % word)
            if text == original:
                del self.files[name]
                continue
            text = c.drop_typedefs(c.drop_unused(text, original), gone)
            text = c.tidy(c.align_members(text), original)
            self.files[name] = self.tree.wrap(name, text)

    def commit(self):
        self.tree.new.update(self.files)


# ---- an inode for each vfio device

VFIO_FS = """#define VFIO_MAGIC 0x5646494f

static struct vfsmount *vfio_fs_mount;
static int vfio_fs_count;

static int vfio_fs_init_context(struct fs_context *fc)
{
	return init_pseudo(fc, VFIO_MAGIC) ? 0 : -ENOMEM;
}

static struct file_system_type vfio_fs_type = {
	.name = "vfio",
	.owner = THIS_MODULE,
	.init_fs_context = vfio_fs_init_context,
	.kill_sb = kill_anon_super,
};

static struct inode *vfio_fs_inode_new(void)
{
	struct inode *inode;
	int ret;

	ret = simple_pin_fs(&vfio_fs_type, &vfio_fs_mount, &vfio_fs_count);
	if (ret)
		return ERR_PTR(ret);
	inode = alloc_anon_inode(vfio_fs_mount->mnt_sb);
	if (IS_ERR(inode))
		simple_release_fs(&vfio_fs_mount, &vfio_fs_count);
	return inode;
}

static void vfio_fs_inode_free(struct inode *inode)
{
	iput(inode);
	simple_release_fs(&vfio_fs_mount, &vfio_fs_count);
}
"""

# For drivers that cannot see struct vfio_device.
UNMAP = """

/* Take pages of a device away from whoever has them mapped; a fault brings them back */
void vfio_device_unmap(struct device *dev, loff_t start, loff_t len)
{
	struct vfio_device *device = vfio_device_get_from_dev(dev);

	if (!device)
		return;
	unmap_mapping_range(device->inode->i_mapping, start, len, true);
	vfio_device_put(device);
}
EXPORT_SYMBOL_GPL(vfio_device_unmap);"""


class DeviceInode(Change):
    subject = "vfio: give each device an inode"
    message = """All files of vfio devices share the anonymous inode, whose address space says nothing about the
mappings of one device, so drivers keep lists of VMAs to be able to zap them.

Give each device an inode of a pseudo filesystem and its files the address space of that inode, so that
unmap_mapping_range() finds all mappings of the device."""
    HEADER = "include/linux/vfio.h"

    def __init__(self, tree):
        super().__init__(tree)
        names = [self.HEADER] + tree.grep(
            r"anon_inode_getfile\(\"\[vfio-device\]\"|struct vfio_device, (device|cdev)\)", "drivers/vfio",
            include="*.c")
        opaque = hides_devices(tree)
        for name in names:
            self.run("vfio_device_inode", name, {"patch": True})
        whole = "\n".join(self.text(n) for n in names)
        member = r"struct list_head\s+group_next;" if opaque else r"struct completion\s+comp;"
        for what, pattern in (("struct vfio_device", member + r"\n\tstruct inode \*inode;"),
                              ("the function that makes a device", r"->inode = vfio_fs_inode_new\(\);"),
                              ("the function that releases a device", r"vfio_fs_inode_free\(device->inode\);"),
                              ("the function that opens a device", r"->f_mapping = device->inode->i_mapping;")):
            if not re.search(pattern, whole):
                raise Unclear("%s in drivers/vfio has an unknown shape; say --as sdk, or give vfio_device an inode" %
                              what)
        opens = re.findall(r"anon_inode_getfile\(\"\[vfio-device\]\"|struct vfio_device, cdev\)", whole)
        if len(opens) > whole.count("->f_mapping = device->inode->i_mapping;"):
            raise Unclear("not every way to open a vfio device could be changed")
        self.add_filesystem(names)
        if opaque:
            self.add_unmap(names)
        self.finish()

    def add_filesystem(self, names):
        for name in names:
            users = [f for f in c.functions(self.text(name))
                     if re.search(r"\bvfio_fs_inode_(new|free)\(", Function(self.text(name), f).inside())]
            if users:
                self.insert_before(name, users[0], VFIO_FS)

    def add_unmap(self, names):
        export = "EXPORT_SYMBOL_GPL(vfio_device_get_from_dev);"
        prototype = re.compile(r"^(extern )?struct vfio_device \*vfio_device_get_from_dev\([^;]*;\n", re.M)
        where = [n for n in names if export in self.text(n)]
        found = prototype.search(self.text(self.HEADER))
        if len(where) != 1 or not found:
            raise Unclear("vfio_device_get_from_dev() is not there to find a device by")
        self.replace(where[0], self.text(where[0]).replace(export, export + UNMAP))
        self.replace(self.HEADER, self.text(self.HEADER).replace(
            found.group(), found.group() + "%svoid vfio_device_unmap(struct device *dev, loff_t start, loff_t len);\n" %
            (found.group(1) or "")))


def vfio_header(tree):
    return tree.read(DeviceInode.HEADER) if tree.has(DeviceInode.HEADER) else ""


def has_device_inode(tree):
    header = vfio_header(tree)
    return re.search(r"struct vfio_device \{[^}]*struct inode\s*\*inode;", header) is not None or \
        "vfio_device_unmap(" in header


def hides_devices(tree):
    """Until 5.12 struct vfio_device was private to vfio.c."""
    return vfio_header(tree) != "" and not re.search(r"^struct vfio_device \{", vfio_header(tree), re.M) and \
        tree.has("drivers/vfio/vfio.c")


def inode_comes_late(tree):
    """Until 6.1 making a vfio device could not fail, so the inode is made when it is registered."""
    return re.search(r"\bvoid vfio_init_group_dev\(", vfio_header(tree)) is not None


# ---- what both models share

def huge_pieces(tree, prefix, pfn):
    """The helper that inserts an entry of any order."""
    value = "__pfn_to_pfn_t(pfn, PFN_DEV)" if tree.has("include/linux/pfn_t.h") else "pfn"
    cases = "".join("""#ifdef CONFIG_ARCH_SUPPORTS_%s_PFNMAP
	case %s_ORDER:
		return vmf_insert_pfn_%s(vmf, %s, false);
#endif
""" % (level, level, level.lower(), value) for level in ("PMD", "PUD"))
    head = "static vm_fault_t %s_insert_pfn(" % prefix
    return head + """struct vm_fault *vmf, unsigned long pfn,
%sunsigned int order)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long size = PAGE_SIZE << order;
	unsigned long start = ALIGN_DOWN(vmf->address, size);

	pfn -= (vmf->address - start) >> PAGE_SHIFT;
	if (order && (start < vma->vm_start || start + size > vma->vm_end ||
		      !IS_ALIGNED(pfn, 1UL << order)))
		return VM_FAULT_FALLBACK;

	switch (order) {
	case 0:
		return vmf_insert_pfn(vma, vmf->address, pfn);
%s	default:
		return VM_FAULT_FALLBACK;
	}
}
""" % ("\t" * (len(head) // 8) + " " * (len(head) % 8), cases)


def stored_pfn(function):
    """What is stored in vm_pgoff, as an expression of the offset in the file."""
    stores = re.findall(r"\b(\w+)->vm_pgoff\s*([-+|&^]|<<|>>)?=(?!=)\s*([^;]*);", function.inside())
    if len(stores) != 1 or stores[0][1] not in ("", "+"):
        raise Unclear("%s() changes vm_pgoff in an unknown way" % function.name)
    vma, op, expr = stores[0]
    return "%s->vm_pgoff + %s" % (vma, in_sum(expr)) if op else expr


def in_sum(expr):
    """An expression as it must be written between other summands."""
    return "(%s)" % expr if c.operators(expr) - {"+", "-", "*", "/"} else expr


def pfn_function(name, piece, value):
    """The pfn of the page that faulted: that of the first page, as it was computed at mmap, and the way from there."""
    lines = "".join("\t%s\n" % line for line in ["struct vm_area_struct *vma = vmf->vma;"] + piece.lines)
    value = in_sum(value)
    way = "((vmf->address - vma->vm_start) >> PAGE_SHIFT)"
    short = "\treturn %s + %s;" % (value, way)
    return "static unsigned long %s(struct vm_fault *vmf)\n{\n%s\n%s\n}\n" % (
        name, wrap(lines), short if len(short.expandtabs(8)) <= 80 else "\treturn %s +\n\t       %s;" % (value, way))


def first_pfn_function(name, piece, value):
    """The pfn of the first page of a VMA, as it was computed at mmap."""
    return "static unsigned long %s(struct vm_area_struct *vma)\n{\n%s%s\treturn %s;\n}\n" % (
        name, wrap("".join("\t%s\n" % line for line in piece.lines)), "\n" if piece.lines else "", value)


def wrap(lines):
    """Declarations of at most 100 columns."""
    out = []
    for line in lines.splitlines():
        if len(line.expandtabs(8)) > 100 and " = " in line:
            left, right = line.split(" = ", 1)
            at = right.rfind(" + ") + 2 if len(right) > 84 and " + " in right else 0
            line = "%s =\n\t\t%s" % (left, right[:at] + "\n\t\t" + right[at + 1:] if at else right)
        out.append(line + "\n")
    return "".join(out)


def must_be_new(text, *names):
    for name in names:
        if re.search(r"\b%s\b" % name, text):
            raise Unclear("%s is what a new function would be called, and is there already: rename it first" % name)


def has_flags_set(tree, text):
    """vm_flags can be written until 6.2; where no kernel can be seen, a file that does is for such a one."""
    if tree.has("include/linux/mm.h"):
        return "vm_flags_set(" in tree.read("include/linux/mm.h")
    return not re.search(r"->vm_flags\s*[|&]?=(?!=)", c.mask(text))


def wants_huge(tree, huge, name, line):
    if huge and "ARCH_SUPPORTS_HUGE_PFNMAP" not in (tree.read("mm/Kconfig") if tree.has("mm/Kconfig") else ""):
        tree.note("note", name, line, "no huge fault handler: this tree has no huge pfnmaps (they came with 6.12)")
        return False
    return huge


def make_huge(change, name, fault, prefix, pfn):
    names = {"patch": True, "handler": fault, "pfn": pfn,
             "huge": prefix + "_huge_fault", "insert": prefix + "_insert_pfn"}
    change.insert_before(name, fault, huge_pieces(change.tree, prefix, pfn))
    change.run("vma_list_huge", name, names)
    text = change.text(name)
    end = Function(text, names["huge"]).end
    text = text[:end] + """

static vm_fault_t %s(struct vm_fault *vmf)
{
	return %s(vmf, 0);
}""" % (fault, names["huge"]) + text[end:]
    text = re.sub(r"\t\.huge_fault\s*= %s,\n" % names["huge"],
                  lambda m: "#ifdef CONFIG_ARCH_SUPPORTS_HUGE_PFNMAP\n%s#endif\n" % m.group(), text)
    if "__pfn_to_pfn_t(" in text and "<linux/pfn_t.h>" not in text:
        last = [m.end() for m in re.finditer(r"^#include <linux/.*>\n", text, re.M)]
        if last:
            text = text[:last[-1]] + "#include <linux/pfn_t.h>\n" + text[last[-1]:]
    change.replace(name, text)


def area(name):
    where = re.sub(r"^drivers/", "", os.path.dirname(name))
    return where or os.path.splitext(os.path.basename(name))[0]


# ---- pages mapped at mmap

class Remap(Change):
    """remap_pfn_range() in the mmap callback of a vfio device, with the pfn in vm_pgoff."""

    def __init__(self, tree, name, options):
        super().__init__(tree)
        self.name, self.original = name, tree.read(name)
        masked = c.mask(self.original)
        fills = [f for f in c.functions(self.original) if re.search(REMAP, Function(self.original, f).inside())
                 and not re.search(r"\bstruct vm_fault\b", Function(self.original, f).source())]
        if len(fills) != 1:
            raise Unclear("%d functions call remap_pfn_range()" % len(fills))
        fill = Function(self.original, fills[0])
        self.line = fill.line()
        callers = [f for f in c.functions(self.original) if f != fill.name and c.calls(
            Function(self.original, f).inside(), fill.name)]
        if len(callers) > 1:
            raise Unclear("%s() is called by several functions" % fill.name)
        mmap = Function(self.original, callers[0]) if callers else fill
        vma = fill.parameter(r"struct vm_area_struct \*")
        if not vma or not mmap.parameter(r"struct vm_area_struct \*"):
            raise Unclear("%s() does not get the VMA" % (fill.name if not vma else mmap.name))
        call = "io_remap_pfn_range" if "io_remap_pfn_range" in fill.inside() else "remap_pfn_range"
        args = c.calls(fill.source(), call)
        if len(args) != 1 or args[0][:2] != [vma, "%s->vm_start" % vma]:
            raise Unclear("%s() maps a VMA in several pieces: a fault handler would have to know which one it is in" %
                          fill.name)
        piece = Slice(fill, mmap if callers else None)
        stored = re.search(r"->vm_pgoff\s*\+?=(?!=)", fill.inside())
        value = piece.expression(stored_pfn(fill) if stored else args[0][2])
        if not piece.device:
            raise Unclear("%s() does not compute the pfn from a device that it finds by container_of() or in "
                          "private_data: what should a fault handler start from?" % fill.name)
        prefix = re.sub(r"_?(mmap)?$", "", mmap.name) + "_mmap"
        table, fault, pfn = prefix + "_ops", prefix + "_fault", prefix + "_pfn"
        must_be_new(self.original, table, fault, pfn)
        private = [m for m in re.finditer(r"->vm_private_data\b", masked)]
        stored = re.search(r"->vm_private_data\s*=\s*(\w+);", mmap.inside())
        if len(private) > (1 if stored else 0):
            raise Unclear("vm_private_data is read already; it should hold %s" % piece.device)
        define = {"patch": True, "fill": fill.name, "mmap": mmap.name, "ops": table, "device": piece.device,
                  "private": not stored or stored.group(1) != piece.device,
                  "flags_set": has_flags_set(tree, self.original)}
        shared = not re.search(r"\bVM_(MAY)?SHARE", fill.source() + mmap.source())
        self.run("mmap_remap", name, define)
        if call.startswith("io_"):
            self.decrypt(name, fill.name, table)
        code = pfn_function(pfn, piece, value) + """
static vm_fault_t %s(struct vm_fault *vmf)
{
	return vmf_insert_pfn(vmf->vma, vmf->address, %s(vmf));
}

static const struct vm_operations_struct %s = {
	.fault = %s,
};
""" % (fault, pfn, table, fault)
        if shared:
            self.refuse_private(name, fill.name, table)
        for f in dict.fromkeys((mmap, fill)):
            self.warn_of_wc(name, f)
        self.warn_of_split(name, fill, "\n".join([value, *piece.lines[1:]]))
        self.insert_before(name, fill.name, code)
        if wants_huge(tree, options.huge, name, self.line):
            make_huge(self, name, fault, prefix, pfn)
        self.finish()
        new = c.mask(self.text(name))
        if re.search(REMAP, new) or re.search(r"->vm_pgoff\s*=[^=]", new) or "vm_ops = &" + table not in new or \
           not re.search(r"->vm_private_data = %s;" % piece.device, new):
            raise Unclear("%s() has an unknown shape" % fill.name)
        tree.note("note", name, self.line, "%s() faults pages in: nothing zaps them yet; unmap_mapping_range() on the "
                  "device's address space now can" % mmap.name)
        self.subject = "%s: fault mappings in" % area(name)
        self.message = """What is mapped at mmap does not come back after unmap_mapping_range() has zapped it. Insert
each page when it is touched."""
        if re.search(r"->vm_pgoff\s*\+?=(?!=)", fill.inside()):
            self.message += """ Leave the offset in the file in vm_pgoff, which held the pfn: unmap_mapping_range()
finds mappings by that offset."""
        if shared:
            self.message += " Refuse private mappings: vmf_insert_pfn() must not be called for one that may be written."


def is_remap(text, named):
    """Whoever names a file wants it migrated; else only those count where a zap would not even find the mapping."""
    masked = c.mask(text)
    return re.search(REMAP, masked) and "struct vfio_device" in masked and (
        named or re.search(r"->vm_pgoff\s*=[^=]", masked))


def remap_line(text):
    return c.line_of(text, re.search(REMAP, c.mask(text)).start())
