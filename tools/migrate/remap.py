# SPDX-License-Identifier: GPL-2.0-only
"""Pages mapped at mmap: remap_pfn_range() in the mmap callback of a vfio device becomes a fault handler."""

import re
from typing import Dict, List, Optional

from migrate import ctext as c
from migrate.accessors import use_accessors
from migrate.change import REMAP, Change, area
from migrate.ctext import Function
from migrate.findings import NOTE, REVIEW, Unclear
from migrate.pfn import has_flags_set, make_huge, must_be_new, pfn_function, stored_pfn
from migrate.slice import Slice
from migrate.tree import Define, Tree

SETS_FLAGS = r"^\t(?:vm_flags_set\(\s*\w+\s*,|\w+->vm_flags\s*\|=)\s*([^;]*?)\)?;"
FLAGS = ("VM_IO", "VM_PFNMAP", "VM_DONTEXPAND", "VM_DONTDUMP")
CORE_HEADER = "include/linux/vfio_pci_core.h"


def is_remap(text: str, named: bool) -> bool:
    """Whoever names a file wants it migrated. Else only mappings count that somebody zaps, and those are the ones of
    vfio-pci variants: fsl-mc, platform and cdx map at mmap in the newest kernel."""
    masked = c.mask(text)
    return re.search(REMAP, masked) is not None and "struct vfio_device" in masked and (
        named or "vfio_pci_core_device" in masked)


def remap_line(text: str) -> int:
    m = re.search(REMAP, c.mask(text))
    return c.line_of(text, m.start()) if m else 0


class Remap(Change):
    """One call that fills the VMA."""

    def __init__(self, tree: Tree, name: str, huge: bool, sdk: bool) -> None:
        super().__init__(tree, name)
        self.sdk = sdk
        self.original = tree.read(name)
        self.fill = self.find_fill()
        self.line = self.fill.line()
        self.mmap = self.find_mmap()
        self.call = "io_remap_pfn_range" if "io_remap_pfn_range" in self.fill.inside() else "remap_pfn_range"
        self.stored = re.search(r"->vm_pgoff\s*\+?=(?!=)", self.fill.inside()) is not None
        self.piece = Slice(self.fill, self.mmap if self.mmap is not self.fill else None)
        self.value = self.find_pfn()
        self.device = self.find_device()
        self.core = self.find_core()
        self.private = not re.search(r"\bVM_(MAY)?SHARE", self.fill.source() + self.mmap.source())
        self.prefix = re.sub(r"_?(mmap)?$", "", self.mmap.name) + "_mmap"
        self.table, self.fault, self.pfn = (self.prefix + end for end in ("_ops", "_fault", "_pfn"))
        must_be_new(self.original, self.table, self.fault, self.pfn)
        self.subject = "%s: fault mappings in" % area(name)
        self.message = self.tell()
        self.make(huge)

    # ---- what there is

    def find_fill(self) -> Function:
        fills = [Function(self.original, f) for f in c.functions(self.original)]
        fills = [f for f in fills if re.search(REMAP, f.inside()) and not re.search(r"\bstruct vm_fault\b", f.source())]
        if len(fills) != 1:
            raise Unclear("remap", "%d functions call remap_pfn_range()%s" % (
                len(fills), ": " + ", ".join(f.name for f in fills) if fills else ""),
                fills[1].line() if len(fills) > 1 else None)
        return fills[0]

    def find_mmap(self) -> Function:
        callers = [f for f in c.functions(self.original) if f != self.fill.name and c.calls(
            Function(self.original, f).inside(), self.fill.name)]
        if len(callers) > 1:
            raise Unclear("remap", "%s() is called by several functions" % self.fill.name, self.line)
        mmap = Function(self.original, callers[0]) if callers else self.fill
        for f in (self.fill, mmap):
            if not f.parameter(r"struct vm_area_struct \*"):
                raise Unclear("remap", "%s() does not get the VMA" % f.name, f.line())
        return mmap

    def find_pfn(self) -> str:
        vma = self.fill.parameter(r"struct vm_area_struct \*")
        args = c.calls(self.fill.source(), self.call)
        if len(args) != 1 or args[0][:2] != [vma, "%s->vm_start" % vma]:
            raise Unclear("remap", "%s() maps a VMA in several pieces: a fault handler would have to know which one it "
                          "is in" % self.fill.name, self.line)
        return self.piece.expression(stored_pfn(self.fill) if self.stored else args[0][2])

    def find_device(self) -> str:
        device = self.piece.device
        if not device:
            raise Unclear("remap", "%s() does not compute the pfn from a device that it finds by container_of() or in "
                          "private_data: let it do so, for a fault handler to start from" % self.fill.name, self.line)
        self.kept = re.search(r"->vm_private_data\s*=\s*(\w+);", self.mmap.inside())
        if len(re.findall(r"->vm_private_data\b", c.mask(self.original))) > (1 if self.kept else 0):
            raise Unclear("remap", "vm_private_data is read already; it should hold %s" % device, self.line)
        return device

    def find_core(self) -> Optional[str]:
        """The vfio_pci_core_device of a variant, as an expression of the device."""
        kind = re.match(r"struct (\w+)", (self.mmap.type_of(self.device) or self.fill.type_of(self.device) or ""))
        if not kind:
            return None
        if kind.group(1) == "vfio_pci_core_device":
            return self.device
        body = self.tree.declaration(self.name, kind.group(1))[1]
        m = re.search(r"\bstruct vfio_pci_core_device\s+(\w+);", body)
        return "%s->%s" % (self.device, m.group(1)) if m else None

    # ---- what becomes of it

    def tell(self) -> str:
        text = """What is mapped at mmap does not come back after unmap_mapping_range() has zapped it. Insert each page
when it is touched."""
        if self.stored:
            text += """ Leave the offset in the file in vm_pgoff, which held the pfn: unmap_mapping_range() finds
mappings by that offset."""
        if self.core:
            text += " memory_lock keeps faults out while a reset or a write to the COMMAND register goes on."
        if self.private:
            text += " Refuse private mappings: vmf_insert_pfn() must not be called for one that may be written."
        return text

    def make(self, huge: bool) -> None:
        name, fill = self.name, self.fill
        define: Dict[str, Define] = {
            "patch": True, "fill": fill.name, "mmap": self.mmap.name, "ops": self.table, "device": self.device,
            "private": not self.kept or self.kept.group(1) != self.device,
            "flags_set": has_flags_set(self.tree, self.original), "no_flags": self.complete_flags()}
        self.run("mmap_remap", name, define)
        if self.call.startswith("io_"):
            self.decrypt(name, fill.name, self.table)
        if self.private:
            self.refuse_private(name, fill.name, self.table)
        for f in dict.fromkeys((self.mmap.name, fill.name)):
            self.warn_of_wc(Function(self.original, f))
        self.warn_of_split(fill, "\n".join([self.value, *self.piece.lines[1:]]))
        self.insert_before(name, fill.name, pfn_function(self.pfn, self.piece, self.value) + self.handler())
        if self.core and "vfio_pci_vmf_insert_pfn(" in self.text(name):
            if huge:
                self.say(REVIEW, self.line, "huge", "%s() uses vfio_pci_vmf_insert_pfn(), which takes an order: make "
                         "the .huge_fault of it by hand" % self.fault)
        elif self.wants_huge(huge, self.line):
            make_huge(self, name, self.fault, self.prefix, self.pfn)
        if self.sdk and self.core:
            kind = re.match(r"struct (\w+)", self.mmap.type_of(self.device) or self.fill.type_of(self.device) or "")
            assert kind
            use_accessors(self, name, self.mmap.name, self.line, self.table, kind.group(1),
                          self.core.partition("->")[2] or None)
        self.finish()
        self.verify()
        if self.core:
            self.say(NOTE, self.line, "note", "%s() faults pages in: vfio-pci-core's zaps at reset and power-down find "
                     "them now" % self.mmap.name)
        else:
            self.say(NOTE, self.line, "note", "%s() faults pages in: nothing zaps them yet; unmap_mapping_range() on "
                     "the device's address space now can" % self.mmap.name)

    def complete_flags(self) -> bool:
        """If the function already sets some of these vm_flags, make it set all of them there and return True."""
        text = self.text(self.name)
        for f in dict.fromkeys((self.fill.name, self.mmap.name)):
            function = Function(text, f)
            m = re.search(SETS_FLAGS, function.inside(), re.M)
            if m and any(flag in m.group(1) for flag in FLAGS):
                missing = [flag for flag in FLAGS if not re.search(r"\b%s\b" % flag, m.group(1))]
                at = function.body + m.end(1)
                self.replace(self.name, text[:at] + "".join(" | " + flag for flag in missing) + text[at:])
                return True
        return False

    def handler(self) -> str:
        insert = "vmf_insert_pfn(vmf->vma, vmf->address, %s(vmf))" % self.pfn
        if not self.core:
            body = "\treturn %s;\n" % insert
        else:
            body = self.gated(insert)
        return c.tabs("""
static vm_fault_t %s(struct vm_fault *vmf)
{
%s}

static const struct vm_operations_struct %s = {
        .fault = %s,
};
""") % (self.fault, body, self.table, self.fault)

    def gated(self, insert: str) -> str:
        """A fault of a vfio-pci variant: under memory_lock, while memory may be accessed."""
        assert self.core
        header = self.tree.read(CORE_HEADER) if self.tree.has(CORE_HEADER) and not self.sdk else None
        kind = "struct vfio_pci_core_device *" if self.core == self.device else \
            (self.mmap.type_of(self.device) or self.fill.type_of(self.device) or "")
        access = "->" if self.core == self.device else "."
        lines = ["\t%s%s = vmf->vma->vm_private_data;\n" % (kind, self.device)]
        lock = "&%s%smemory_lock" % (self.core, access)
        core = self.core if access == "->" else "&" + self.core
        if header is None or "vfio_pci_vmf_insert_pfn(" in header:
            lines += ["\tvm_fault_t ret;\n\n", "\tdown_read(%s);\n" % lock,
                      "\tret = vfio_pci_vmf_insert_pfn(%s, vmf, %s(vmf), 0);\n" % (core, self.pfn)]
        else:
            lines += ["\tvm_fault_t ret = VM_FAULT_SIGBUS;\n\n", "\tdown_read(%s);\n" % lock]
            if "pm_runtime_engaged" in header:
                lines += ["\tif (!%s%spm_runtime_engaged)\n\t" % (self.core, access)]
            lines += ["\tret = %s;\n" % insert]
            self.say(REVIEW, self.line, "gate", "%s() takes memory_lock, but this kernel's core exports no function "
                     "that tells whether memory decode is on: return VM_FAULT_SIGBUS while it is off" % self.fault)
        return "".join(lines + ["\tup_read(%s);\n\n" % lock, "\treturn ret;\n"])

    def verify(self) -> None:
        new = c.mask(self.text(self.name))
        problems: List[bool] = [
            re.search(REMAP, new) is not None, re.search(r"->vm_pgoff\s*=[^=]", new) is not None,
            not re.search(r"vm_ops = &%s;|vfio_pci_core_vma_setup\([^;]*&%s\);" % (self.table, self.table), new),
            not re.search(r"->vm_private_data = %s;|vfio_pci_core_vma_setup\(" % self.device, new)]
        if any(problems):
            raise Unclear("remap", "%s() has an unknown shape" % self.fill.name, self.line)
