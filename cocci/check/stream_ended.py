# SPDX-License-Identifier: GPL-2.0-only
"""Reset and close end the files of the migration

Id: VPS-MIG-05
Group: migration
Severity: error
Reason: the file of a migration is the user's, and outlives a reset, close() of the device, and the device. What
  still points to it sends the state of before the reset, and what it points to is freed at unbind.
Prevents: "vfio/pds: Always clear the save/restore FDs on reset", "vfio/pds: Make sure migration file isn't accessed
  after reset"
Fix: a function that takes the file's lock, marks it disabled, drops the reference and forgets the pointer, called by
  .close_device and by .reset_done (or by what the latter defers to); read, write and ioctl of the file look at the mark
"""

import re

from review_resources import root


def check(driver):
    kept = list(pointers(driver))
    if not kept:
        return
    for part, name in (("close", "close_device"), ("reset_done", "reset_done")):
        for f in driver.part_of(part):
            if f.name.startswith("vfio_pci_core_"):
                continue
            below = reached(driver, f)
            if part == "reset_done" and not any("state" in n.text for g in below for n in driver.graph(g).nodes) and \
                    len(driver.part_of(part)) > 1:
                continue        # the device has another one that migrates
            left = [member for _, member in kept if not any(ends(driver, g, member) for g in below)]
            if left:
                yield driver.hit(f, f.at, ".%s leaves the file in %s as it was" % (name, ", ".join(sorted(set(left)))))
    yield from marks(driver, {kind for kind, _ in kept})


def pointers(driver):
    """(structure of a file, member of the device that points to one)"""
    files = {name for name, kinds in driver.structures.items() if any(
        re.fullmatch(r"struct file ?\*", kind) for kind in kinds.values())}
    for device in driver.devices():
        for member, kind in driver.structures.get(device, {}).items():
            if "*" in kind and driver.structure(kind) in files:
                if not member.startswith("debug"):
                    yield driver.structure(kind), member


def ends(driver, f, member):
    for node in ordinary(driver, f):
        for w in node.writes:
            if re.search(r"(->|\.)%s$" % member, w.to) and "".join(t.text for t in w.value) == "NULL":
                return True
        for c in node.calls:
            if any(re.search(r"(->|\.)%s(->\w+)?$" % member, "".join(t.text for t in a)) for a in c.args) and (
                    c.name == "fput" or re.search(r"(put|disable|free|kill|end|close|release|cancel|clear|drop)", c.name)):
                return True
    return False


def reached(driver, f):
    """The function and what it calls where no state is ERROR."""
    seen, todo = set(), [f]
    while todo:
        g = todo.pop()
        if g not in seen:
            seen.add(g)
            nodes = ordinary(driver, g)
            todo += [h for node, call in driver.calls(g) if node in nodes for h in driver.targets(g, call)]
    return seen


def ordinary(driver, f):
    """The nodes reached by paths that have not checked for the state ERROR."""
    seen, todo = set(), [driver.graph(f).entry]
    while todo:
        node = todo.pop()
        if node not in seen:
            seen.add(node)
            todo += [n for n, truth in node.next if not (truth and node.text.endswith("==VFIO_DEVICE_STATE_ERROR"))]
    return seen


def marks(driver, kinds):
    """The mark that ends a file, and operations of the file that do not look at it."""
    ending = driver.below(driver.part_of("close", "reset_done"))
    marked = {}
    for f in ending:
        for node in driver.graph(f).nodes:
            for w in node.writes:
                m = re.match(r"(.*)->(\w+)$", w.to)
                if m and "".join(t.text for t in w.value) in ("true", "1") and \
                        driver.structure(driver.type_of(f, m.group(1))) in kinds:
                    marked[m.group(2)] = root(w.to)
    for f in driver.part_of("mig_read", "mig_write", "file_ioctl") if marked else ():
        said = " ".join(node.text for g in driver.below([f]) for node in driver.graph(g).nodes)
        if driver.below([f]) & ending or not len(said):
            continue
        if not any(re.search(r"(->|\.)%s\b" % mark, said) for mark in marked) and not re.search(r"->state(==|!=)", said):
            yield driver.hit(f, f.at, "%s() does not look at %s, which says that the device is gone or was reset" % (
                f.name, " or ".join(sorted(marked))))
        for node in driver.graph(f).nodes:
            m = re.search(r"([\w>.-]+)->(%s)\b" % "|".join(marked), node.text) if node.kind == "cond" else None
            kind = driver.structure(driver.type_of(f, m.group(1))) if m else ""
            lock = next((member for member, has in driver.structures.get(kind, {}).items() if re.search(
                r"struct mutex|rw_semaphore|spinlock_t", has)), "")
            if lock and not driver.locks.always(f, node) and any(
                    "%s.%s" % (kind, lock) in driver.locks.always(f, other) for other in driver.graph(f).nodes):
                yield driver.hit(f, node.at, "%s is looked at before %s is taken: the file may be ended in between" % (
                    m.group(2), lock))
