# SPDX-License-Identifier: GPL-2.0-only
"""The old models scripts/migrate knows, and what it takes to leave each of them. A change is made of runs
of cocci/migrate/*.cocci on names that were found by shape; it succeeds completely or raises Unclear."""

import os
import re

import migrate_text as c
from migrate_text import Function, Slice, Unclear

ZAPS = r"\b(zap_vma_ptes|zap_vma_range|zap_page_range|zap_page_range_single)\s*\("
REMAP = r"\b(io_)?remap_pfn_range\s*\("
# What it takes to maintain a list of VMAs; whatever else is called meanwhile is the vendor's.
HOUSEKEEPING = re.compile(
    r"^(list_\w+|mutex_\w+|lockdep_\w+|k[vmz]?free|k[mz]alloc|mm(get|put|grab|drop)\w*|mmap_(read|write)_\w+|"
    r"(down|up)_(read|write)\w*|zap_(vma|page)_\w+|WARN_ON\w*|INIT_LIST_HEAD|sizeof|while|for|if|return|switch|"
    r"cond_resched|likely|unlikely|READ_ONCE|container_of|get_task_mm)$")
GENERIC = re.compile(r"^(lock|mutex|list|head|vmas?|mm|mm_lock|list_lock|mappings|maps)$")


def vendor_code(source, ours, own=()):
    """First call or assignment to a member that has nothing to do with the list, and its offset."""
    masked = c.mask(source)
    start = masked.find("{") + 1
    for m in re.finditer(r"\b([A-Za-z_]\w*)\s*\(|(?:->|\.)\s*(\w+)\s*(?:\+\+|--|[-+|&]?=(?!=))", masked[start:]):
        name = m.group(1) or m.group(2)
        if m.group(1) and (HOUSEKEEPING.match(name) or name in ours or name in own):
            continue
        if m.group(2) and name in ours:
            continue
        return name, start + m.start()
    return None


class OtherModel(Exception):
    """A list whose entries are not VMAs."""


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
        """Put code before a function and the comment that belongs to it."""
        text = self.text(name)
        start = Function(text, function).start
        comment = re.search(r"/\*(?:(?!\*/).)*\*/\n$", text[:start], re.S)
        start = comment.start() if comment else start
        self.replace(name, text[:start] + code.strip("\n") + "\n\n" + text[start:])

    def finish(self, gone=()):
        """Tidy up, and give what has become of the comments that spoke of what is gone."""
        for name in list(self.files):
            original = self.tree.read(name)
            text = self.files[name]
            if text == original:
                del self.files[name]
                continue
            if gone:
                text, lines = c.drop_comments(text, original, gone)
                for line, word in lines:
                    self.tree.note("changed", name, line, "removed a comment that spoke of %s" % word)
            text = c.tidy(c.drop_unused(text, original), original)
            self.files[name] = text

    def commit(self):
        self.tree.new.update(self.files)


# ---- an inode for each vfio device

class DeviceInode(Change):
    subject = "vfio: give each device an inode"
    message = """All mappings of a device then belong to one address space, and unmap_mapping_range() can zap them
without anyone keeping track of VMAs."""

    def __init__(self, tree):
        super().__init__(tree)
        names = ["include/linux/vfio.h"] + tree.grep(
            r"anon_inode_getfile\(\"\[vfio-device\]\"|struct vfio_device, (device|cdev)\)", "drivers/vfio", include="*.c")
        for name in names:
            self.run("vfio_device_inode", name, {"patch": True})
        whole = "\n".join(self.text(n) for n in names)
        for what, pattern in (("struct vfio_device", r"struct completion comp;\n\tstruct inode \*inode;"),
                              ("the function that makes a device", r"->inode = vfio_fs_inode_new\(\);"),
                              ("the function that releases a device", r"vfio_fs_inode_free\(device->inode\);"),
                              ("the function that opens a device", r"->f_mapping = device->inode->i_mapping;")):
            if not re.search(pattern, whole):
                raise Unclear("%s in drivers/vfio has an unknown shape; say --as sdk, or give vfio_device an inode" %
                              what)
        opens = re.findall(r"anon_inode_getfile\(\"\[vfio-device\]\"|struct vfio_device, cdev\)", whole)
        if len(opens) > whole.count("->f_mapping = device->inode->i_mapping;"):
            raise Unclear("not every way to open a vfio device could be changed")
        self.finish()


def has_device_inode(tree):
    text = tree.read("include/linux/vfio.h") if tree.has("include/linux/vfio.h") else ""
    return re.search(r"struct vfio_device \{[^}]*struct inode\s*\*inode;", text) is not None


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
    return "%s->vm_pgoff + (%s)" % (vma, expr) if op else expr


def pfn_function(name, piece, value):
    """The pfn of the page that faulted: that of the first page, as it was computed at mmap, and the way from there."""
    lines = "".join("\t%s\n" % line for line in ["struct vm_area_struct *vma = vmf->vma;"] + piece.lines)
    return """static unsigned long %s(struct vm_fault *vmf)
{
%s
	return %s +
	       ((vmf->address - vma->vm_start) >> PAGE_SHIFT);
}
""" % (name, wrap(lines), "(%s)" % value if c.operators(value) - {"+", "-", "*", "/"} else value)


def wrap(lines):
    """Declarations of at most 100 columns."""
    out = []
    for line in lines.splitlines():
        if len(line.expandtabs(8)) > 100 and " = " in line:
            left, right = line.split(" = ", 1)
            line = "%s =\n\t\t%s" % (left, right)
        out.append(line + "\n")
    return "".join(out)


def must_be_new(text, *names):
    for name in names:
        if re.search(r"\b%s\b" % name, text):
            raise Unclear("%s is what a new function would be called, and is there already: rename it first" % name)


def has_flags_set(tree):
    return tree.has("include/linux/mm.h") and "vm_flags_set(" in tree.read("include/linux/mm.h")


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


# ---- a list of VMAs

class VmaList(Change):
    """Found by cocci/migrate/vma_list.cocci in one file; its owner may be declared in a header."""

    def __init__(self, tree, name, facts, options):
        super().__init__(tree)
        self.name, self.options = name, options
        self.original = tree.read(name)
        self.facts = facts
        self.line = int(facts["walk"][0][0])
        self.find_list()
        self.find_entry()
        self.find_lock()
        self.find_functions()
        self.look_at_vendor_code()
        self.find_space()
        self.find_pfn()
        self.subject = "%s: zap mappings by unmap_mapping_range()" % area(name)
        self.message = """The mm finds the mappings of an address space by itself, so the list of VMAs goes, with %s and
the order it needed between mmap_lock and the driver's locks. A fault inserts the page that faulted; vm_pgoff
stays the offset in the file, which is what unmap_mapping_range() looks for.""" % (
            "its lock" if not self.keep_lock else "its entries")
        self.change()

    def function(self, name):
        return Function(self.original, name)

    def source(self, name):
        return self.function(name).source()

    def find_list(self):
        _, walk, self.owner, self.entry, self.link, path = self.facts["walk"][0]
        m = re.match(r"&\w+->([\w.]+)$", path)
        if not m:
            raise Unclear("the list %s is not a member of a struct" % path)
        self.head = m.group(1)
        self.zap, self.helpers = walk, []
        for _, inner, outer in self.facts["loop"]:
            if inner == walk and outer != walk and "struct mm_struct" in self.source(outer):
                self.zap, self.helpers = outer, [walk]
        # Whatever touches the list and is called by the walk alone is a part of it.
        callers = {f: {g for g in c.functions(self.original) if g != f and c.calls(self.function(g).inside(), f)}
                   for f in c.functions(self.original) if re.search(r"->%s\b" % re.escape(self.head), self.source(f))}
        self.helpers += [f for f, who in callers.items() if who and who <= {self.zap, *self.helpers} and
                         f not in (self.zap, *self.helpers)]

    def find_lock(self):
        locks = set()
        for f in [self.zap] + self.helpers:
            locks |= set(re.findall(r"\bmutex_(?:try)?lock\(&\w+->([\w.]+)\)", c.mask(self.source(f))))
        if len(locks) != 1:
            raise Unclear("%s() takes %s: which one guards the list?" % (
                self.zap, " and ".join(sorted(locks)) or "no mutex"))
        self.lock = locks.pop()
        self.files_of_owner = [n for n in [self.name] + self.headers() if re.search(
            r"^struct %s \{" % self.owner, self.tree.read(n), re.M)]
        if len(self.files_of_owner) != 1:
            raise Unclear("struct %s is declared in %d files that were looked at" % (
                self.owner, len(self.files_of_owner)))

    def headers(self):
        pattern = r"^struct (%s|%s) \{" % (self.owner, self.entry)
        here = os.path.dirname(self.name) or "."
        found = self.tree.grep(pattern, here, include="*.h")
        if self.tree.has("include/linux/mm.h"):
            found += self.tree.grep(pattern, "include", include="*.h")
        return sorted(set(found))

    def find_entry(self):
        for name in [self.name] + self.headers():
            m = re.search(r"^struct %s \{([^}]*)\};" % self.entry, c.mask(self.tree.read(name)), re.M)
            if not m:
                continue
            self.entry_file = name
            members = [" ".join(x.split()) for x in m.group(1).split(";") if x.strip()]
            if "vm_area_struct" not in m.group(1):
                raise OtherModel
            vma = [x for x in members if re.match(r"struct vm_area_struct \*\s*\w+$", x)]
            more = [x for x in members if x not in vma and not re.match(r"struct list_head %s$" % self.link, x)]
            if len(vma) != 1 or more:
                raise Unclear("struct %s holds more than a VMA (%s): what becomes of that when the list goes?" % (
                    self.entry, ", ".join(more) or "several VMAs"))
            self.vma = vma[0].split("*")[1].strip()
            return
        raise Unclear("struct %s is declared in no file that was looked at" % self.entry)

    def find_functions(self):
        tables = {}
        for line, table, member, f in self.facts["ops"]:
            tables.setdefault(table, {})[member] = f
        adds = [f for _, f in self.facts["add"]]
        remaps = {f: (call, line) for line, f, call, _, _ in self.facts["remap"]}
        self.table = self.fault = None
        for table, members in tables.items():
            fault = members.get("fault")
            if fault and fault in c.functions(self.original):
                body = self.source(fault)
                maps = [f for f in remaps if f == fault or c.calls(body, f)]
                if maps:
                    self.table, self.fault, self.ops = table, fault, members
                    self.fill = maps[0]
        if not self.fault:
            raise Unclear("no fault handler maps the device: its pages are mapped elsewhere, once, and would not come "
                          "back after a zap")
        self.fill_call, _ = remaps[self.fill]
        self.mmaps = [f for _, f, table in self.facts["mmap"] if table == self.table]
        if len(self.mmaps) != 1:
            raise Unclear("%s is used by %d functions" % (self.table, len(self.mmaps)))
        self.mmap = self.mmaps[0]
        self.adds = [f for f in adds if f not in (self.fault, self.mmap, self.fill, self.ops.get("open"))]
        if len(self.adds) > 1:
            raise Unclear("entries are made by several functions: %s" % ", ".join(self.adds))
        self.add = self.adds[0] if self.adds else None

    def look_at_vendor_code(self):
        """Code of the vendor must stay: it may stand beside the list's, not inside it."""
        ours = {self.vma, self.link, self.zap, self.add, self.fill, "next", "prev"} | set(self.helpers)
        self.drop = {}
        for f in [self.zap] + self.helpers:
            fn = self.function(f)
            inside = fn.inside()
            for m in re.finditer(r"\b(while|for|list_for_each\w*)\s*\(", inside):
                end = c.closing(inside, m.end() - 1)
                brace = inside.find("{", end)
                if brace < 0 or inside[end:brace].strip():
                    continue
                self.stop_at(vendor_code(inside[brace:c.closing(inside, brace)], ours), fn, fn.body + brace,
                             "the walk of the list")
        if self.add:
            fn = self.function(self.add)
            self.stop_at(vendor_code(fn.source(), ours), fn, fn.start, "making an entry")
        for member in ("open", "close"):
            f = self.ops.get(member)
            if not f or f not in c.functions(self.original):
                continue
            signs = r"\b(%s|zap_vma_ptes|%s)\b" % (self.head.split(".")[-1], self.add or self.head)
            if not re.search(signs, self.source(f)):
                continue
            found = vendor_code(self.source(f), ours)
            if found:
                line = c.line_of(self.original, self.function(f).start + found[1])
                self.tree.note("note", self.name, line,
                               "%s() does more than maintain the list: the rest of it is kept" % f)
                self.drop[member] = None
            else:
                self.drop[member] = f
        zap = self.function(self.zap)
        rest = zap.source()
        for m in reversed(list(re.finditer(r"\b(while|for|list_for_each\w*)\s*\(", c.mask(rest)))):
            end = c.closing(c.mask(rest), m.end() - 1)
            brace = c.mask(rest).find("{", end)
            if brace >= 0 and not c.mask(rest)[end:brace].strip():
                rest = rest[:m.start()] + rest[c.closing(c.mask(rest), brace):]
        beside = vendor_code(rest, ours)
        gates = [e for _, f, e in self.facts["gate"] if f == self.fault]
        self.gate = gates[0].split("->")[-1] if gates else None
        if self.gate and "." in self.gate:
            if re.search(r"if\s*\(!\s*%s\s*\(" % self.zap, self.original):
                raise Unclear("%s() is tried with %s, a lock in another struct" % (self.zap, self.gate))
            self.gate = self.gate.split(".")[-1]
        users = self.lock_users()
        mine = {self.zap, self.fault, self.fill, self.add, self.ops.get("open"), self.ops.get("close"), *self.helpers}
        others = sorted(f for f in users if f not in mine and not re.search(r"\b%s\s*\(" % self.zap, self.source(f)))
        self.keep_lock = not self.gate or bool(others)
        if others and self.gate:
            self.tree.note("note", self.name, self.function(others[0]).line(),
                           "%s stays: %s() takes it for something else" % (self.lock, others[0]))
        if beside and not self.keep_lock:
            self.tree.note("review", self.name, zap.line(),
                           "%s() does more than zap (%s): callers now hold %s when it runs" % (
                               self.zap, beside[0], self.gate))
        returns_locked = c.calls(self.original, self.zap) and any(
            re.search(r"\b%s\s*\(" % self.zap, self.source(f)) and re.search(
                r"mutex_unlock\(&\w+->%s\)" % re.escape(self.lock), self.source(f))
            for f in c.functions(self.original) if f not in mine)
        if self.keep_lock and returns_locked:
            raise Unclear("%s() returns with %s held and %s: who unlocks, and when, must be decided" % (
                self.zap, self.lock, "no other lock gates faults" if not self.gate else "others need that lock"))

    def stop_at(self, found, fn, base, where):
        if found:
            line = c.line_of(self.original, base + found[1])
            raise Unclear("%s:%d: %s does more than that (%s): decide where it belongs" % (
                self.name, line, where, found[0]))

    def lock_users(self):
        pattern = re.compile(r"\bmutex_(?:try)?lock\(&\w+->%s\)" % re.escape(self.lock))
        return [f for f in c.functions(self.original) if pattern.search(c.mask(self.source(f)))]

    def find_space(self):
        declaration = self.tree.read(self.files_of_owner[0])
        body = re.search(r"^struct %s \{.*?^\};" % self.owner, declaration, re.S | re.M).group()
        m = re.search(r"\bstruct vfio_device\s+(\w+);", body)
        self.vfio = m.group(1) if m else None
        m = re.search(r"\bstruct vfio_pci_core_device\s+(\w+);", body)
        self.core = m.group(1) if m else None
        space = self.options.space
        if space == "auto":
            if not self.vfio and not self.core:
                space = "file"
            elif has_device_inode(self.tree) or any(
                    self.tree.has("drivers/vfio/" + f) for f in ("vfio_main.c", "vfio.c")):
                space = "inode"
            elif self.owner == "vfio_pci_core_device" or self.core:
                space = "sdk"
            else:
                raise Unclear("no inode of vfio_device to be seen from here: say --as inode or --as sdk")
        if space == "inode" and not self.vfio and not self.core:
            raise Unclear("struct %s holds no vfio_device, so has no inode of one: say --as file" % self.owner)
        self.space = space
        self.needs_inode = space == "inode" and self.tree.has("include/linux/vfio.h") and \
            not has_device_inode(self.tree)
        mmap = self.source(self.mmap)
        self.bars = "VFIO_PCI_ROM_REGION_INDEX" in mmap or self.owner == "vfio_pci_core_device"
        if not self.bars and re.search(r"->mmap\s*\(", mmap):
            self.tree.note("review", self.name, self.function(self.mmap).line(),
                           "%s() has other ways to map, and all mappings of the file are zapped now: do those fault "
                           "back in?" % self.mmap)

    def find_pfn(self):
        self.prefix = re.sub(r"_?fault$", "", self.fault) or self.fault
        self.pfn = self.prefix + "_pfn"
        must_be_new(self.original, self.pfn)
        stores = [(f, e) for _, f, e in self.facts["pgoff"] if f == self.mmap]
        if stores:
            fn = self.function(self.mmap)
            piece = Slice(fn)
            value = piece.expression(stored_pfn(fn))
            private = re.search(r"->vm_private_data\s*=\s*(\w+);", fn.inside())
            if piece.device and (not private or private.group(1) != piece.device):
                raise Unclear("the pfn is computed from %s, which %s() does not keep in vm_private_data" % (
                    piece.device, self.mmap))
        else:
            fn = self.function(self.fill)
            expr = c.calls(self.source(self.fill), self.fill_call)[0][2]
            caller = self.function(self.fault) if self.fill != self.fault else None
            piece = Slice(fn, caller)
            value = piece.expression(expr)
        self.pfn_code = pfn_function(self.pfn, piece, value)
        later = [f for f in c.functions(self.original) if f not in (self.mmap, self.fault, self.fill)
                 and re.search(r"->vm_pgoff\b", self.function(f).inside())]
        if stores:
            for f in later:
                self.tree.note("review", self.name, self.function(f).line(),
                               "%s() uses vm_pgoff: it is the offset in the file now, not a pfn" % f)

    def change(self):
        walk = re.sub(r"_and_\w*lock$", "", self.zap)
        if walk != self.zap:
            walk += "_mappings"
            must_be_new(self.original, walk)
        head, lock, names = self.head, self.lock, set()
        missing = "VM_PFNMAP" not in self.source(self.mmap)
        define = {
            "patch": True, "owner": self.owner, "entry": self.entry, "vma": self.vma, "link": self.link,
            "zap": self.zap, "walk": walk, "add": self.add, "fault": self.fault, "mmap": self.mmap, "ops": self.table,
            "vmopen": self.drop.get("open"), "vmclose": self.drop.get("close"),
            "keptopen": self.ops.get("open") if "open" in self.drop else None, "gate": self.gate, "pfn": self.pfn,
            "vfio": self.vfio, "core": self.core, "in_core": self.core is not None, "as_" + self.space: True,
            "bars": self.bars, "keep_lock": self.keep_lock,
            "fill": self.fill if self.fill != self.fault else self.fill_call,
            "flags": missing and not has_flags_set(self.tree), "flags_set": missing and has_flags_set(self.tree),
            "shared": not re.search(r"\bVM_(MAY)?SHARE", self.source(self.mmap)),
            "decrypt": self.fill_call.startswith("io_") and "pgprot_decrypted" not in self.source(self.mmap)}
        files = [self.name] + [f for f in dict.fromkeys(self.files_of_owner + [self.entry_file]) if f != self.name]
        nested = "." in head or "." in lock
        if nested or GENERIC.match(head) or GENERIC.match(lock):
            outer = head.rsplit(".", 1)[0] if "." in head else None
            if nested and (not outer or "." in outer or lock.rsplit(".", 1)[0] != outer):
                raise Unclear("the list (%s) and its lock (%s) are not side by side" % (head, lock))
            last = [x.split(".")[-1] for x in (head, lock)]
            flat = ["%s__%s" % (self.owner, x) for x in last]
            for f in files:
                self.run("vma_list_flatten", f, dict(define, nested=nested, outer=outer, head=last[0], flathead=flat[0],
                                                     lock=None if self.keep_lock else last[1], flatlock=flat[1]))
            head, lock = flat[0], self.lock if self.keep_lock else flat[1]
        define.update(head=head, lock=lock if "." not in lock else None)
        files += [f for f in self.other_users(head, lock) if f not in files]
        for f in files:
            self.run("vma_list_zap", f, define)
            self.run("vma_list_callers", f, define)
        self.run("vma_list_fault", self.name, define)
        self.run("vma_list_fault", self.name, dict(define, fault=self.mmap))
        self.run("vma_list_mmap", self.name, define)
        for f in files:
            self.run("vma_list_fields", f, dict(define, lock=None if self.keep_lock else lock))
        for f in self.helpers + ([self.fill] if self.fill != self.fault else []):
            self.run("vma_list_fields", self.name, {"patch": True, "add": f})
        if "(vmf)" in self.source_of_new(self.fault):
            self.insert_before(self.name, self.fault, self.pfn_code)
        if wants_huge(self.tree, self.options.huge, self.name, self.function(self.fault).line()):
            make_huge(self, self.name, self.fault, self.prefix, self.pfn)
        self.replace(self.name, c.reword_flags(self.text(self.name), self.mmap))
        names = {head, self.entry, self.head.split(".")[-1] if not GENERIC.match(self.head.split(".")[-1]) else head}
        names |= {f for f in (self.add, self.drop.get("open"), self.drop.get("close"), *self.helpers) if f}
        if walk != self.zap:
            names.add(self.zap)
        if not self.keep_lock:
            names |= {lock} | (set() if GENERIC.match(self.lock.split(".")[-1]) else {self.lock.split(".")[-1]})
        self.finish(names)
        self.verify(names, walk)

    def source_of_new(self, name):
        return Function(self.text(self.name), name).source()

    def other_users(self, head, lock):
        if GENERIC.match(self.head) or "." in self.head:
            return []
        where = os.path.dirname(self.name) or "."
        if os.path.basename(where) == "pci":
            where = os.path.dirname(where) or "."
        return self.tree.grep(r"(->|\.)(%s|%s)\b|\b%s\(" % (head, lock, self.zap), where, include="*.c")

    def verify(self, names, walk):
        """Never half: nothing of the old model may be left."""
        for name, text in self.files.items():
            masked = c.mask(text)
            for word in names:
                m = re.search(r"\b%s\b" % word, masked)
                if m:
                    raise Unclear("%s:%d: %s is still used after all scripts: unknown shape" % (
                        name, self.line_in_original(name, text, m.start()), word))
        new = self.text(self.name)
        if re.search(r"->vm_pgoff\s*([-+|&^]|<<|>>)?=(?!=)", c.mask(new)):
            raise Unclear("vm_pgoff is written somewhere else, too: it must stay the offset in the file")
        fault = "\n".join(Function(new, f).source() for f in c.functions(new) if f.startswith(self.prefix))
        if not re.search(r"\bvmf_insert_pfn\s*\(", fault) or re.search(REMAP, fault):
            raise Unclear("%s() could not be made to insert a page: unknown shape" % self.fault)
        if "unmap_mapping_range" not in Function(new, walk).source():
            raise Unclear("%s() could not be changed: unknown shape" % self.zap)
        if self.space == "file" and "->f_mapping" not in new:
            raise Unclear("no function that opens the file stores struct %s in private_data: where to keep the "
                          "mapping?" % self.owner)
        if self.space == "file":
            self.tree.note("review", self.name, self.line,
                           "mappings are found through the inode that was opened: is there one node for each device?")

    def line_in_original(self, name, text, offset):
        line = text[text.rfind("\n", 0, offset) + 1:text.find("\n", offset)]
        at = self.tree.read(name).find(line)
        return c.line_of(self.tree.read(name), at) if at >= 0 else 0


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
            raise Unclear("%s() maps parts of a VMA" % fill.name)
        piece = Slice(fill, mmap if callers else None)
        value = piece.expression(stored_pfn(fill))
        if not piece.device:
            raise Unclear("the pfn does not depend on the device")
        prefix = re.sub(r"_?(mmap)?$", "", mmap.name) + "_mmap"
        table, fault, pfn = prefix + "_ops", prefix + "_fault", prefix + "_pfn"
        must_be_new(self.original, table, fault, pfn)
        private = [m for m in re.finditer(r"->vm_private_data\b", masked)]
        stored = re.search(r"->vm_private_data\s*=\s*(\w+);", mmap.inside())
        if len(private) > (1 if stored else 0):
            raise Unclear("vm_private_data is read already; it should hold %s" % piece.device)
        define = {"patch": True, "fill": fill.name, "mmap": mmap.name, "ops": table, "device": piece.device,
                  "decrypt": call.startswith("io_"), "private": not stored or stored.group(1) != piece.device,
                  "flags_set": has_flags_set(tree),
                  "shared": not re.search(r"\bVM_(MAY)?SHARE", fill.source() + mmap.source())}
        self.run("mmap_remap", name, define)
        code = pfn_function(pfn, piece, value) + """
static vm_fault_t %s(struct vm_fault *vmf)
{
	return vmf_insert_pfn(vmf->vma, vmf->address, %s(vmf));
}

static const struct vm_operations_struct %s = {
	.fault = %s,
};
""" % (fault, pfn, table, fault)
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
        self.message = """What is mapped at mmap time does not come back after a zap, and vm_pgoff held the pfn, so
unmap_mapping_range() could not find the mapping. Now vm_pgoff is the offset in the file and each page is
inserted when it is touched."""


def is_remap(text):
    masked = c.mask(text)
    return re.search(REMAP, masked) and re.search(r"->vm_pgoff\s*=[^=]", masked) and "struct vfio_device" in masked


def remap_line(text):
    return c.line_of(text, re.search(REMAP, c.mask(text)).start())
