# SPDX-License-Identifier: GPL-2.0-only
"""Find a list of VMAs: a loop over it that zaps. The loop may be of any kind, pop the entries or walk along
them, and leave the zap to a helper. Names do not matter."""

import re

import migrate_text as c
from migrate_text import Function, Unclear

ZAPS = r"\b(zap_vma_ptes|zap_vma_range|zap_page_range|zap_page_range_single)\s*\("

# What it takes to maintain a list of VMAs; whatever else is called meanwhile is the vendor's.
HOUSEKEEPING = re.compile(
    r"^(list_\w+|mutex_\w+|spin_\w+|lockdep_\w+|k[vmz]?free|k[mz]alloc|mm(get|put|grab|drop)\w*|guard|"
    r"mmap_(read|write)_\w+|(down|up)_(read|write)\w*|zap_(vma|page)_\w+|WARN_ON\w*|INIT_LIST_HEAD|sizeof|while|for|"
    r"if|return|switch|cond_resched|likely|unlikely|READ_ONCE|container_of|get_task_mm|unmap_list_of|"
    r"\w+_get_drvdata)$")


class Walk:
    """One function that walks a list to zap, and whose list that is."""

    def __init__(self, text, function, regions, use):
        self.function, self.regions = function, regions
        self.line = c.line_of(text, regions[0][0])
        entry, self.path, self.link = use
        m = re.fullmatch(r"&(\w+)->([\w.]+)", self.path)
        if not m:
            raise Unclear("%s() walks %s, which is not a member of a struct: whose mappings are zapped?" % (
                function.name, self.path))
        self.device, self.head = m.groups()
        self.owner = struct_tag(text, function.type_of(self.device))
        if not self.owner:
            raise Unclear("%s() walks %s: what is %s?" % (function.name, self.path, self.device))
        self.entry = struct_tag(text, entry)
        if not self.entry:
            raise Unclear("%s() walks a list of %s: what is that?" % (function.name, entry.strip(" *") or "something"))


def struct_tag(text, kind):
    """The tag of the struct that a type is or points to."""
    m = re.match(r"(?:const )?(?:struct (\w+)|(\w+)) ?\*?$", kind or "")
    if not m or m.group(1):
        return m and m.group(1)
    found = re.search(r"\btypedef\s+struct\s+(\w+)\s*(?:\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\})?\s*\*?\s*%s\s*;" % m.group(2),
                      c.mask(text))
    return found and found.group(1)


def list_use(function, body):
    """The type of the entries, the list and the link, where a loop goes through a list."""
    for m in re.finditer(r"\b(list_for_each\w*|list_(?:first|last|next)?_?entry\w*)\s*\(", body):
        name = m.group(1)
        args = c.split(body[m.end():c.closing(body, m.end() - 1) - 1])
        args = [re.sub(r"\s*(->|\.)\s*", r"\1", a) for a in args]
        if name.startswith("list_for_each_entry") and len(args) >= 3:
            return function.type_of(args[0]) or "", args[-2], args[-1]
        if re.match(r"list_(first|last)_entry", name) and len(args) == 3:
            return args[1] + " *", args[0], args[2]
        if name.startswith("list_for_each") and len(args) >= 2:
            entry = re.search(r"\blist_entry\s*\(\s*%s\s*,\s*([\w ]+?)\s*,\s*(\w+)\s*\)" % args[0], body)
            if entry:
                return entry.group(1) + " *", args[-1], entry.group(2)
        head = re.fullmatch(r"\(?(&?[\w.>-]+)\)?(?:->|\.)(next|prev)", args[0]) if args else None
        if name == "list_entry" and len(args) == 3 and head:
            whole = head.group(1)
            return args[1] + " *", whole if whole.startswith("&") else "&" + whole, args[2]
    return None


def zappers(text, callbacks):
    """Functions that zap what they are given."""
    names = []
    for name in c.functions(text):
        function = Function(text, name)
        if name not in callbacks and re.search(ZAPS, function.inside()) and not list_use(function, function.inside()):
            names.append(name)
    return names


def vendor_code(source, ours):
    """First call or assignment to a member that has nothing to do with the list, and its offset."""
    masked = c.mask(source)
    start = masked.find("{") + 1
    for m in re.finditer(r"\b([A-Za-z_]\w*)\s*\(|(?:->|\.)\s*(\w+)\s*(?:\+\+|--|[-+|&]?=(?!=))", masked[start:]):
        name = m.group(1) or m.group(2)
        if m.group(1) and (HOUSEKEEPING.match(name) or name in ours):
            continue
        if m.group(2) and name in ours:
            continue
        return name, start + m.start()
    return None


def walks(text):
    """All walks of a file."""
    masked = c.mask(text)
    if not re.search(ZAPS, masked):
        return []
    callbacks = set(re.findall(r"\.(?:open|close|fault|huge_fault|mmap)\s*=\s*(\w+)", masked))
    zap = "|".join([ZAPS] + [r"\b%s\s*\(" % z for z in zappers(text, callbacks)])
    found = []
    for name in c.functions(text):
        function = Function(text, name)
        if name in callbacks or not re.search(zap, function.inside()):
            continue
        loops = [(a, b) for a, b in c.loops(masked, function.body, function.end)]
        back = [(a, b) for a, b in c.jumps_back(masked, function.body, function.end)
                if not vendor_code("{" + text[a:b], [name])]
        # A goto around the loops that does nothing but look for the next mm is a part of the walk.
        regions = back + [(a, b) for a, b in loops if not any(x <= a < y for x, y in back)]
        uses = [list_use(function, masked[a:b]) for a, b in regions if re.search(zap, masked[a:b])]
        if any(uses):
            found.append(Walk(text, function, sorted(regions), next(u for u in uses if u)))
    return found
