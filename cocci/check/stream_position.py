# SPDX-License-Identifier: GPL-2.0-only
"""A stream's position is looked at under its lock

Id: VPS-MIG-04
Group: migration
Severity: error
Reason: stream_open() takes f_pos_lock away. If a callback checks f_pos against the end before it takes the file's lock,
  a second writer may move the position in between, and the callback copies past the end of the buffer.
Prevents: "vfio/qat: fix f_pos race in qat_vf_resume_write()"
Fix: take the lock first, then read the position, check it and copy
"""

import re

CHECK = re.compile(r"check_(add|sub)_overflow$")


def check(driver):
    for f in driver.part_of("mig_read", "mig_write"):
        nodes = driver.graph(f).nodes
        own = f.parameters[-1].name
        if any(w.to == own and "f_pos" in "".join(t.text for t in w.value) for node in nodes for w in node.writes) and \
                not any(re.fullmatch(r"!?%s(!=NULL|==NULL)?" % own, node.text) for node in nodes if node.kind == "cond"):
            yield driver.hit(f, f.at, "pread() and lseek() are not refused: if (%s) return -ESPIPE" % own)._replace(
                id="VPS-MIG-03")
        names = {f.parameters[-1].name} | {w.to for node in nodes for w in node.writes
                                           if "".join(t.text for t in w.value).endswith("->f_pos")}
        read = re.compile(r"(?<![\w)\]])\*(%s)\b|->f_pos\b" % "|".join(map(re.escape, names)))
        taking = [node for node in nodes if any(driver.locks.taking(f, c) for c in node.calls)]
        early = [node for node in nodes if read.search(re.sub(r"&\w+->f_pos", "", node.text)) and
                 not driver.locks.at(f, node) and comes_to(node, set(taking) - {node})]
        sums = {"".join(t.text for t in c.args[2]).lstrip("&") for node in early for c in node.calls
                if CHECK.match(c.name) and len(c.args) > 2}
        sums |= {w.to for node in early for w in node.writes if re.fullmatch(r"\w+", w.to) and w.op == "=" and
                 read.search("".join(t.text for t in w.value))}
        for node in early:
            if compares(node, read) or any(CHECK.match(c.name) and "".join(t.text for t in c.args[2]).lstrip("&") in sums and
                                           any(compares(n, re.compile(r"\b%s\b" % s)) for n in nodes for s in sums)
                                           for c in node.calls if len(c.args) > 2) or (
                    any(w.to in sums for w in node.writes) and
                    any(compares(n, re.compile(r"\b%s\b" % s)) for n in nodes for s in sums)):
                yield driver.hit(f, node.at, "the position is read here, before the lock is taken")
                break


def compares(node, what):
    """True if a condition compares it with a size; a comparison with 0 does not count."""
    m = re.match(r"(.+?)(<=|>=|<|>)(?!=)(.+)$", node.text.replace("->", ".")) if node.kind == "cond" else None
    what = re.compile(what.pattern.replace("->", r"\."))
    return bool(m) and not any(CHECK.match(c.name) for c in node.calls) and "0" not in (m.group(1), m.group(3)) and bool(
        what.search(m.group(1)) or what.search(m.group(3)))


def comes_to(start, wanted):
    seen, todo = set(), [start]
    while todo:
        node = todo.pop()
        if node in wanted:
            return True
        if node not in seen:
            seen.add(node)
            todo += [n for n, _ in node.next]
    return False
