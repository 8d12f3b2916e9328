# SPDX-License-Identifier: GPL-2.0-only
"""The page frame at a fault, and the functions that are generated to compute and to insert it."""

import re
from typing import Dict

from migrate import ctext as c
from migrate.change import Change
from migrate.ctext import Function
from migrate.findings import Unclear
from migrate.slice import Slice
from migrate.tree import Define, Tree

DISTANCE = "((vmf->address - vma->vm_start) >> PAGE_SHIFT)"


def huge_pieces(tree: Tree, prefix: str) -> str:
    """The helper that inserts an entry of any order."""
    value = "__pfn_to_pfn_t(pfn, PFN_DEV)" if tree.has("include/linux/pfn_t.h") else "pfn"
    cases = "".join(c.tabs("""#ifdef CONFIG_ARCH_SUPPORTS_%s_PFNMAP
        case %s_ORDER:
                return vmf_insert_pfn_%s(vmf, %s, false);
#endif
""") % (level, level, level.lower(), value) for level in ("PMD", "PUD"))
    head = "static vm_fault_t %s_insert_pfn(" % prefix
    return head + c.tabs("""struct vm_fault *vmf, unsigned long pfn,
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
""") % ("\t" * (len(head) // 8) + " " * (len(head) % 8), cases)


def stored_pfn(function: Function) -> str:
    """What is stored in vm_pgoff, as an expression of the offset in the file."""
    stores = re.findall(r"\b(\w+)->vm_pgoff\s*([-+|&^]|<<|>>)?=(?!=)\s*([^;]*);", function.inside())
    if len(stores) != 1 or stores[0][1] not in ("", "+"):
        raise Unclear("pfn", "%s() changes vm_pgoff in an unknown way" % function.name)
    vma, op, expr = map(str, stores[0])
    return "%s->vm_pgoff + %s" % (vma, in_sum(expr)) if op else expr


def in_sum(expr: str) -> str:
    """An expression as it must be written between other summands."""
    return "(%s)" % expr if c.operators(expr) - {"+", "-", "*", "/"} else expr


def pfn_function(name: str, piece: Slice, value: str) -> str:
    """The pfn of the page that faulted: that of the first page, as it was computed at mmap, and the way from there."""
    lines = "".join("\t%s\n" % line for line in ["struct vm_area_struct *vma = vmf->vma;"] + piece.lines)
    value = in_sum(value)
    short = "\treturn %s + %s;" % (value, DISTANCE)
    return "static unsigned long %s(struct vm_fault *vmf)\n{\n%s\n%s\n}\n" % (
        name, wrap(lines),
        short if len(short.expandtabs(8)) <= 80 else "\treturn %s +\n\t       %s;" % (value, DISTANCE))


def first_pfn_function(name: str, piece: Slice, value: str) -> str:
    """The pfn of the first page of a VMA, as it was computed at mmap."""
    return "static unsigned long %s(struct vm_area_struct *vma)\n{\n%s%s\treturn %s;\n}\n" % (
        name, wrap("".join("\t%s\n" % line for line in piece.lines)), "\n" if piece.lines else "", value)


def wrap(lines: str) -> str:
    """Declarations of at most 100 columns."""
    out = []
    for line in lines.splitlines():
        if len(line.expandtabs(8)) > 100 and " = " in line:
            left, right = line.split(" = ", 1)
            at = right.rfind(" + ") + 2 if len(right) > 84 and " + " in right else 0
            line = "%s =\n\t\t%s" % (left, right[:at] + "\n\t\t" + right[at + 1:] if at else right)
        out.append(line + "\n")
    return "".join(out)


def must_be_new(text: str, *names: str) -> None:
    for name in names:
        if re.search(r"\b%s\b" % name, text):
            raise Unclear("name", "%s is what a new function would be called, and is there already: rename it "
                          "first" % name)


def has_flags_set(tree: Tree, text: str) -> bool:
    """vm_flags can be written until 6.2; where no kernel can be seen, a file that does is for such a one."""
    if tree.has("include/linux/mm.h"):
        return "vm_flags_set(" in tree.read("include/linux/mm.h")
    return not re.search(r"->vm_flags\s*[|&]?=(?!=)", c.mask(text))


def make_huge(change: Change, name: str, fault: str, prefix: str, pfn: str) -> None:
    names: Dict[str, Define] = {"patch": True, "handler": fault, "pfn": pfn,
                                "huge": prefix + "_huge_fault", "insert": prefix + "_insert_pfn"}
    change.insert_before(name, fault, huge_pieces(change.tree, prefix))
    change.run("vma_list_huge", name, names)
    text = change.text(name)
    end = Function(text, prefix + "_huge_fault").end
    text = text[:end] + c.tabs("""

static vm_fault_t %s(struct vm_fault *vmf)
{
        return %s(vmf, 0);
}""") % (fault, names["huge"]) + text[end:]
    text = re.sub(r"\t\.huge_fault\s*= %s,\n" % names["huge"],
                  lambda m: "#ifdef CONFIG_ARCH_SUPPORTS_HUGE_PFNMAP\n%s#endif\n" % m.group(), text)
    if "__pfn_to_pfn_t(" in text and "<linux/pfn_t.h>" not in text:
        last = [m.end() for m in re.finditer(r"^#include <linux/.*>\n", text, re.M)]
        if last:
            text = text[:last[-1]] + "#include <linux/pfn_t.h>\n" + text[last[-1]:]
    change.replace(name, text)
