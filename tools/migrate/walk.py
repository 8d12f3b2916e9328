# SPDX-License-Identifier: GPL-2.0-only
"""Find a list of VMAs: a loop over it that zaps. The loop may be of any kind, pop the entries or walk along
them, and leave the zap to a helper. Names do not matter. Also find functions that zap VMAs kept elsewhere."""

import re
from typing import Iterable, List, Optional, Sequence, Set, Tuple

from migrate import ctext as c
from migrate.ctext import Function, Region
from migrate.findings import Unclear

Use = Tuple[str, str, str]      # type of the entries, the list, the link

ZAPS = r"\b(zap_(vma|vma_ptes|vma_pages|vma_range|page_range|page_range_single|special_vma_range))\s*\("

# What it takes to maintain a list of VMAs; whatever else is called meanwhile is the vendor's.
HOUSEKEEPING = re.compile(
    r"^(h?list_\w+|mutex_\w+|spin_\w+|lockdep_\w+|k[vmz]?free|k[mz]alloc|mm(get|put|grab|drop)\w*|guard|"
    r"mmap_(read|write)_\w+|(down|up)_(read|write)\w*|zap_(vma|page|special)\w*|WARN_ON\w*|INIT_H?LIST_HEAD|sizeof|"
    r"while|for|if|return|switch|cond_resched|likely|unlikely|READ_ONCE|container_of|get_task_mm|unmap_list_of|"
    r"\w+_get_drvdata)$")


LOG = re.compile(r"((dev|pci|pr|vfio|netdev)_(dbg|info|notice|warn|err|debug)\w*|printk\w*|trace_\w+)$")


def without_logs(masked: str) -> str:
    """Blank calls that log, with every offset unchanged: their arguments are not conditions."""
    for m in re.finditer(r"\b([a-z]\w*)\s*\(", masked):
        if LOG.match(m.group(1)):
            end = c.closing(masked, m.end() - 1)
            masked = masked[:m.start()] + re.sub(r"[^\n]", " ", masked[m.start():end]) + masked[end:]
    return masked


class Walk:
    """One function that walks a list to zap, and whose list that is."""

    def __init__(self, text: str, function: Function, regions: Sequence[Region], use: Use) -> None:
        self.function, self.regions = function, regions
        self.line, self.last = c.line_of(text, regions[0][0]), c.line_of(text, regions[-1][1])
        entry, self.path, self.link = use
        m = re.fullmatch(r"&(\w+)->([\w.]+)", self.path)
        if not m and self.path.count("->") > 1:
            raise Unclear("list", "%s() walks %s: put %s in a local variable of its own first" % (
                function.name, self.path, self.path[1:self.path.rindex("->")]), self.line)
        if not m:
            raise Unclear("global-list", "%s() walks %s, of which there is one for all devices: decide whose mappings "
                          "are zapped" % (function.name, self.path), self.line)
        self.device, self.head = m.groups()
        same = c.assigned(function, self.device)
        if len(same) == 1 and re.fullmatch(r"&\w+->[\w.]+", same[0]):
            raise Unclear("list", "%s() walks %s, where %s is %s: write &%s.%s" % (
                function.name, self.path, self.device, same[0], same[0][1:], self.head), self.line)
        self.owner = struct_tag(text, function.type_of(self.device)) or ""
        if not self.owner:
            raise Unclear("list", "%s() walks %s: the type of %s is not known" % (
                function.name, self.path, self.device), self.line)
        self.entry = struct_tag(text, entry) or ""
        if not self.entry:
            raise Unclear("list", "%s() walks a list of %s, which is declared in no file that was looked at" % (
                function.name, entry.strip(" *") or "something"), self.line)


def struct_tag(text: str, kind: Optional[str]) -> Optional[str]:
    """The tag of the struct that a type is or points to."""
    m = re.match(r"(?:const )?(?:struct (\w+)|(\w+)) ?\*?$", kind or "")
    if not m:
        return None
    if m.group(1):
        return str(m.group(1))
    found = re.search(r"\btypedef\s+struct\s+(\w+)\s*(?:\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\})?\s*\*?\s*%s\s*;" % m.group(2),
                      c.mask(text))
    return found.group(1) if found else None


def list_use(function: Function, body: str) -> Optional[Use]:
    """The type of the entries, the list and the link, where a loop goes through a list."""
    for m in re.finditer(r"\b(h?list_for_each\w*|h?list_(?:first|last|next)?_?entry\w*)\s*\(", body):
        name = m.group(1).lstrip("h")
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
        head = re.fullmatch(r"\(?(&?[\w.>-]+)\)?(?:->|\.)(next|prev|first)", args[0]) if args else None
        if name == "list_entry" and len(args) == 3 and head:
            whole = head.group(1)
            return args[1] + " *", whole if whole.startswith("&") else "&" + whole, args[2]
        end = re.search(r"\b%s\s*!=\s*(&[\w.>-]+)" % re.escape(args[0]), body) if args else None
        if name == "list_entry" and len(args) == 3 and end:
            return args[1] + " *", end.group(1), args[2]
    return None


def zappers(text: str, callbacks: Set[str]) -> List[str]:
    """Functions that zap what they are given."""
    names = []
    for name in c.functions(text):
        function = Function(text, name)
        if name not in callbacks and re.search(ZAPS, function.inside()) and not list_use(function, function.inside()):
            names.append(name)
    return names


def vendor_code(source: str, ours: Iterable[Optional[str]]) -> Optional[Tuple[str, int]]:
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


START = r"\(*[\w>.\[\]-]*vm_start\)*"
LENGTH = r"(?:[\w>.()\[\]-]*vm_end ?- ?[\w>.()\[\]-]*vm_start\)*|\(*(?:\([\w ]+\) ?)?vma_pages\([^()]*\)\)* ?" \
    r"(?:<< ?PAGE_SHIFT|\* ?PAGE_SIZE)\)*)"


def meant(function: Function, expr: str) -> str:
    """What a local stands for, where that is one thing."""
    expr = re.sub(r"\s*(->|\.)\s*", r"\1", " ".join(expr.split()))
    values = c.assigned(function, expr) if re.fullmatch(r"[a-z_]\w*", expr) else []
    return meant(function, values[0]) if len(values) == 1 and values[0] != expr else expr


def part_of_vma(function: Function, start: str, length: str) -> Optional[str]:
    """What says that not all of a VMA is meant, where something does: a name alone does not."""
    for expr, whole in ((meant(function, start), START), (meant(function, length), LENGTH)):
        if not re.fullmatch(r"[a-z_]\w*", expr) and not re.fullmatch(whole, expr):
            return expr
    return None


def choice(function: Function, region: str) -> Optional[Tuple[str, int]]:
    """What says that a walk does not zap all of all VMAs, as unmap_mapping_range() would, and where."""
    region = without_logs(region)
    m = re.search(r"\bcurrent\b|(?:->|\.)vm_(?:pgoff|flags|file|private_data|ops)\b|"
                  r"(?:->|\.)vm_(?:start|end)\s*(?:[<>]=?|[!=]=)|"
                  r"[<>=]=?\s*\w+(?:->\w+)*->vm_(?:start|end)\b(?!\s*[,;)-])|"
                  r"\bvm_end\s*-[^;,]*?vm_start\s*[<>]", region)
    if m:
        return m.group().strip(" ->.="), m.start()
    for name, at in ((m.group(1), m.end() - 1) for m in re.finditer(ZAPS, region)):
        args = c.split(region[at + 1:c.closing(region, at) - 1])
        if len(args) >= 3 and "vma" != name:
            part = part_of_vma(function, args[1], args[2])
            if part:
                return part, at
    return None


# What else VMAs are kept in, and how they are found again without having been kept.
KEEPERS = (("an xarray", r"\bxa_for_each\w*|\bxas_for_each"), ("an idr", r"\bidr_for_each\w*"),
           ("a hash table", r"\bhash_for_each\w*"), ("an rbtree", r"\brb_(first|next|last|prev|entry)\b|\brbtree_\w+"),
           ("a maple tree", r"\bmt_for_each|\bmas_for_each"))
FINDS = r"\b(find_vma\w*|vma_lookup|for_each_vma\w*|vma_next|vma_find|find_exact_vma|\w+_(?:get|find)_vma)\s*\("


def callbacks_of(masked: str) -> Set[str]:
    return set(re.findall(r"\.(?:open|close|fault|huge_fault|page_mkwrite|mmap)\s*=\s*(\w+)", masked))


def walks(text: str) -> List[Walk]:
    """All walks of a file."""
    masked = c.mask(text)
    if not re.search(ZAPS, masked):
        return []
    callbacks = callbacks_of(masked)
    zap = "|".join([ZAPS] + [r"\b%s\s*\(" % z for z in zappers(text, callbacks)])
    found: List[Walk] = []
    for name in c.functions(text):
        function = Function(text, name)
        if name in callbacks or not re.search(zap, function.inside()):
            continue
        loops = [(a, b) for a, b in c.loops(masked, function.body, function.end)]
        back = [(a, b) for a, b in c.jumps_back(masked, function.body, function.end)
                if not vendor_code("{" + text[a:b], [name])]
        # A goto around the loops that does nothing but look for the next mm is a part of the walk.
        regions = back + [(a, b) for a, b in loops if not any(x <= a < y for x, y in back)]
        uses = [use for use in (list_use(function, masked[a:b]) for a, b in regions if re.search(zap, masked[a:b]))
                if use]
        if uses:
            for a, b in regions:
                look_inside(function, masked, a, b, zap)
            found.append(Walk(text, function, sorted(regions), uses[0]))
    return found


def look_inside(function: Function, masked: str, start: int, end: int, zap: str) -> None:
    """A list of VMAs in each entry of another list is too much."""
    outer = list_use(function, masked[start:end])
    for a, b in c.loops(masked, masked.index("(", start) + 1, end):
        inner = list_use(function, masked[a:b])
        if outer and inner and inner[1] != outer[1] and re.search(zap, masked[a:b]):
            raise Unclear("several-lists", "%s() zaps the VMAs of %s for each entry of %s: decide which address space "
                          "all of them belong to" % (function.name, inner[1], outer[1]), c.line_of(masked, a))


def others(text: str, known: Iterable[str]) -> List[Tuple[int, Optional[str], str]]:
    """Lines where a VMA is zapped that is kept in no list, what it is kept in, and why that is left. The known
    functions have been found already."""
    masked = c.mask(text)
    callbacks = callbacks_of(masked)
    found: List[Tuple[int, Optional[str], str]] = []
    for name in c.functions(text):
        inside = Function(text, name).inside()
        m = re.search(ZAPS, inside)
        if not m or name in callbacks or name in known or re.search(FINDS, inside):
            continue
        line = c.line_of(text, Function(text, name).body + m.start())
        keeper = next((what for what, pattern in KEEPERS if re.search(pattern, inside)), None)
        if keeper:
            found.append((line, keeper, "%s() zaps VMAs that are kept in %s: unmap_mapping_range() needs none of them, "
                          "but only lists are migrated" % (name, keeper)))
            continue
        vma = c.split(inside[m.end():c.closing(inside, m.end() - 1) - 1])[0]
        macro = re.search(r"\b(?!h?list_for_each)(\w*for_each\w*)\s*\(", inside)
        if macro and re.search(r"^#define\s+%s\(.*\blist_" % macro.group(1), masked, re.M):
            found.append((line, "list", "%s() walks a list by %s(), which is not one of the kernel's macros: write "
                          "what it stands for" % (name, macro.group(1))))
            continue
        stored = re.search(r"\b%s\s*=\s*([^;=]*(?:->|\.)\w+)\s*[;,]" % re.escape(vma), inside)
        kept = stored.group(1) if stored else vma
        if re.search(r"(->|\.)\w+$", kept) and not re.match(r"vmf\b", kept) and \
           re.search(r"(->|\.)%s\s*=\s*\w*vma\w*\s*;" % re.findall(r"\w+", kept)[-1], masked):
            found.append((line, None, "%s() zaps a VMA that is remembered in %s, not in a list: unmap_mapping_range() "
                          "needs no VMA" % (name, kept)))
    return found
