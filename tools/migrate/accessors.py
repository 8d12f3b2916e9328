# SPDX-License-Identifier: GPL-2.0-only
"""A driver on the SDK: what it knows of a mapping, and how it zaps, by the core's accessors. Where a store to
vm_private_data has another shape all of them stay, and the review of the outcome names them."""

import re
from typing import Dict, Optional

from migrate import ctext as c
from migrate.change import Change
from migrate.ctext import Function
from migrate.findings import REVIEW
from migrate.tree import Define

WIDTH = 100


def use_accessors(change: Change, name: str, mmap: str, line: int, table: str, owner: str,
                  core: Optional[str]) -> None:
    """owner: the structure that vm_private_data holds; core: its member of the core's, None where it is the core's."""
    text = change.text(name)
    stored = len(re.findall(r"->vm_private_data\s*=(?!=)", c.mask(text)))
    setup = set_up(text, mmap, table, owner, core) if stored == 1 else None
    if stored and not setup:
        change.say(REVIEW, line, "private", "%s() sets vm_private_data, which is the core's, in an unknown way: find "
                   "the device by vfio_pci_core_vma_device(), and call vfio_pci_core_vma_setup()" % mmap)
    define: Dict[str, Define] = {"patch": True, "owner": owner, "core": core, "in_core": core is not None,
                                 "device": setup is not None or not stored}
    change.replace(name, setup or text)
    change.run("sdk_accessors", name, define)
    region = only_region(Function(change.text(name), mmap).source())
    change.run("sdk_zap", name, {"patch": True, "one_region": region is not None, "region": region})
    change.replace(name, container_of_lines(change.text(name)))


def set_up(text: str, mmap: str, table: str, owner: str, core: Optional[str]) -> Optional[str]:
    """vfio_pci_core_vma_setup() in the place of the stores to vm_private_data and vm_ops."""
    fn = Function(text, mmap)
    inside = text[fn.body:fn.end]
    private = re.search(r"^(\t+)(\w+)->vm_private_data = (\w+);\n", inside, re.M)
    ops = list(re.finditer(r"^(\t+)(\w+)->vm_ops = &%s;\n" % table, inside, re.M))
    if not private or len(ops) != 1 or private.groups()[:2] != ops[0].groups() or \
            (fn.type_of(private.group(3)) or "").strip() not in ("struct %s *" % owner, "struct %s*" % owner):
        return None
    indent, vma, device = private.groups()
    first, last = sorted((private, ops[0]), key=lambda m: m.start())
    end = re.search(r"^%sreturn 0;\n" % indent, inside[last.end():], re.M)
    if not end:
        return None
    between = inside[first.end():last.start()] + inside[last.end():last.end() + end.start()]
    if not all(not line or line.startswith(indent) and not re.search(r"\b(return|goto|break)\b", line)
               for line in between.split("\n")):
        return None
    head = "%sreturn vfio_pci_core_vma_setup(" % indent
    call = "%s%s, %s,\0&%s);\n" % (head, "&%s->%s" % (device, core) if core else device, vma, table)
    column = len(head.expandtabs(8))
    whole = call.replace("\0", " ")
    if len(whole.expandtabs(8)) > WIDTH:
        whole = call.replace("\0", "\n" + "\t" * (column // 8) + " " * (column % 8))
    return text[:fn.body] + inside[:first.start()] + inside[first.end():last.start()] + \
        inside[last.end():last.end() + end.start()] + whole + inside[last.end() + end.end():] + text[fn.end:]


def only_region(mmap: str) -> Optional[str]:
    """The region whose mappings are the driver's, where .mmap leaves all others to the core."""
    m = re.search(r"if \((vfio_pci_core_vma_index\(\w+\)|\w+) != ([A-Z]\w*)\)\s*\{?\s*return vfio_pci_core_mmap\(", mmap)
    if not m or not (m.group(1).endswith(")") or re.search(r"\b%s = vfio_pci_core_vma_index\(" % m.group(1), mmap)):
        return None
    return m.group(2)


def container_of_lines(text: str) -> str:
    """On one line, or on one of its own; versions of Coccinelle break them in several ways."""
    def one(m: "re.Match[str]") -> str:
        left, right = m.group(1), "container_of(%s, struct %s, %s);" % m.groups()[1:]
        short = "%s = %s" % (left, right)
        return short if len(short.expandtabs(8)) <= WIDTH else "%s =\n\t\t%s" % (left, right)
    return re.sub(r"^(\t[^\n=]*?) =\s+container_of\(\s*(vfio_pci_core_vma_device\([\w>-]+\)),\s+struct (\w+),\s+(\w+)\);",
                  one, text, flags=re.M)
