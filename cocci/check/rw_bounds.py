# SPDX-License-Identifier: GPL-2.0-only
"""read and write stay inside of their buffer

Id: VPS-INPUT-03
Group: input
Severity: error
Reason: count and position come from user space. A callback that copies count bytes without a look at either reads or
  overwrites what stands beside its buffer. That a position is not negative, and that the sum does not wrap, bounds
  nothing; nor does a bound on the count help when the copy begins at the position.
Prevents: "hisi_acc_vfio_pci: Update migration data pointer correctly on saving/resume"
Fix: refuse a position at or beyond the end, and copy min(count, size - pos)
"""

import re

COPY = re.compile(r"(copy_(to|from)_user|memcpy(_toio|_fromio)?)$")
COPIES = re.compile(r"copy_(to|from)_user\(")
HELPS = re.compile(r"(min|min_t|umin|clamp|clamp_t|vfio_pci_core_range_intersect_range|simple_read_from_buffer|"
                   r"simple_write_to_buffer|range_intersect_range)$")


def check(driver):
    for f in driver.part_of("file_ioctl"):
        yield from wraps(driver, f, "")
    for f in driver.functions:
        if len(f.parameters) < 4 or \
                not re.match(r"(const )?struct (vfio_device|vfio_pci_core_device|file) ?\*", f.parameters[0].type):
            continue
        if f.parameters[2].type != "size_t" or not re.match(r"loff_t ?\*", f.parameters[3].type):
            continue
        count, pos = f.parameters[2].name, f.parameters[3].name
        for g, c in copies(driver, f, count):
            yield driver.hit(g, c.at, "count, which is the user's, is never compared with a size")
        yield from wraps(driver, f, pos)
        # a stream that copies each piece to the same place
        moved = any(w.to == "*" + pos and w.op == "+=" for node in driver.graph(f).nodes for w in node.writes)
        if f in driver.part_of("mig_read", "mig_write") and moved:
            aims = {w.to for node in driver.graph(f).nodes for w in node.writes
                    if re.search(r"\*%s\b" % pos, "".join(t.text for t in w.value))}
            for c in [c for _, c in driver.calls(f) if re.match(r"copy_(to|from)_user$", c.name) and len(c.args) > 2]:
                kernel = c.arg(1) if c.name == "copy_to_user" else c.arg(0)
                if not re.search(r"\*%s\b" % pos, kernel) and not any(re.search(r"\b%s\b" % re.escape(a), kernel) for a in aims) \
                        and not any(node.kind in ("cond",) and loops(node) for node in driver.graph(f).nodes) and \
                        re.match(r"&|\w+$|[\w>-]+$", kernel):
                    yield driver.hit(f, c.at, "the position moves on, and each piece is copied to the same place")
                elif pointer_sum(driver, f, kernel, pos):
                    yield driver.hit(f, c.at, "%s counts in structures, %s in bytes" % (kernel, pos))


def copies(driver, f, count, seen=()):
    """(function, call) of each copy whose length is user space's count, without a check of the count before it."""
    if f in seen or bounded(driver, f, count):
        return
    equal = [node for node in driver.graph(f).nodes if node.kind == "cond" and re.search(r"\b%s[=!]=" % count, node.text)]
    for node, c in driver.calls(f):
        if any(comes_to(e, node) for e in equal):
            continue
        if COPY.match(c.name) and len(c.args) > 2 and c.arg(2) == count:
            yield f, c
        for g in driver.targets(f, c):
            for n in range(min(len(c.args), len(g.parameters))):
                if c.arg(n) == count and g.parameters[n].name:
                    yield from copies(driver, g, g.parameters[n].name, seen + (f,))


def wraps(driver, f, pos):
    """A length minus a position that was never compared with anything: the difference wraps."""
    for g in driver.below([f]):
        names = offsets(driver, g, pos if g is f else "")
        if not names:
            continue
        said = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
        left = re.compile(r"[\w>).\]]-(\((size_t|u64|loff_t|unsigned long)\))?(%s)(?![\w>.-])" % said)
        asked = re.compile(r"(?<![\w>.])(%s)(<|>)|(<|>)=?(\(\w+\))?(%s)(?![\w-])" % (said, said))
        nodes = driver.graph(g).nodes
        for node in nodes:
            m = left.search(node.text) if node.kind in ("expr", "return") else None
            looks = [n for n in nodes if n.kind == "switch" or asks(driver, g, n, names) or (
                n.kind == "cond" and asked.search(n.text.replace("->", ".")) and not re.search(r"(<0|<=0)$", n.text) and
                (comes_to(n, node) or not pos))] if m else []
            if m and not looks:
                yield driver.hit(g, node.at, "nothing has compared %s with the end: what is left may wrap" % m.group(3))


def asks(driver, f, node, names):
    """Does a function of the driver's look at the position?"""
    return any(c.arg(n) in names and driver.targets(f, c) for c in node.calls for n in range(len(c.args)))


def offsets(driver, f, pos):
    """Names of the position in the file, and of the offset in a region that comes from it."""
    names = {"*" + pos} if pos else set()
    for node in driver.graph(f).nodes:
        for w in node.writes:
            said = "".join(t.text for t in w.value)
            if re.fullmatch(r"&?\w+->f_pos", said):
                names.add("*" + w.to)
            elif re.search(r"\*\w*pos&\w*OFFSET_MASK", said):
                names.add(w.to)
    return names


def comes_to(start, end):
    seen, todo = set(), [start]
    while todo:
        node = todo.pop()
        if node is end:
            return True
        if node not in seen:
            seen.add(node)
            todo += [n for n, _ in node.next]
    return False


def loops(node):
    seen, todo = set(), [n for n, _ in node.next]
    while todo:
        n = todo.pop()
        if n is node:
            return True
        if n not in seen:
            seen.add(n)
            todo += [x for x, _ in n.next]
    return False


def pointer_sum(driver, f, said, pos):
    """True if it is a pointer to a structure plus an offset in bytes."""
    m = re.fullmatch(r"&?([\w>.-]+)\+\*%s" % re.escape(pos), said)
    kind = driver.type_of(f, m.group(1)) if m else ""
    return bool(m) and bool(re.match(r"(struct \w+) ?\*$", kind) if not said.startswith("&") else re.match(r"struct \w+$", kind))


def bounded(driver, f, count, seen=()):
    """True if the count, or a sum with it, is compared with anything but 0."""
    tainted = {count}
    nodes = driver.graph(f).nodes
    for _ in range(3):
        for node in nodes:
            for w in node.writes:
                said = "".join(x.text for x in w.value)
                if any(re.search(r"\b%s\b" % t, said) for t in tainted) and re.fullmatch(r"\w+", w.to) and \
                        not COPIES.search(said):
                    if w.to != count or w.op == "=":
                        tainted.add(w.to)
            for c in node.calls:
                if re.match(r"check_(add|sub)_overflow$", c.name) and len(c.args) > 2 and any(
                        re.search(r"\b%s\b" % t, c.arg(0) + " " + c.arg(1)) for t in tainted):
                    tainted.add(c.arg(2).lstrip("&"))
    mentions = re.compile(r"\b(%s)\b" % "|".join(map(re.escape, tainted)))
    for node in nodes:
        for c in node.calls:
            if HELPS.match(c.name):
                return True
            for g in driver.targets(f, c) if f not in seen and node.kind != "return" else ():
                if any(mentions.search(c.arg(n)) and p.name and bounded(driver, g, p.name, seen + (f,))
                       for n, p in enumerate(g.parameters)):
                    return True
        if node.kind != "cond" or re.search(r"check_\w+_overflow\(", node.text):
            continue
        m = re.match(r"(.+?)(<=|>=|<|>)(?!=)(.+)$", node.text.replace("->", "."))
        if m and "0" not in (m.group(1), m.group(3)) and (mentions.search(m.group(1)) or mentions.search(m.group(3))):
            return True
    return False
