# SPDX-License-Identifier: GPL-2.0-only
"""Nothing touches a device that is not enabled

Id: VPS-RST-09
Group: reset
Severity: error
Reason: vfio_pci_core_enable() powers the device up, enables its memory and claims its BARs;
  vfio_pci_core_close_device() and vfio_pci_core_disable() undo it. An access before or after, or while the device is
  not open, or between a reset and a write to COMMAND that takes decode away, is a machine check on some hosts and ~0 on
  the others.
Prevents: a host that stops at close of a device, or at a read of debugfs
Fix: touch the device between enable and close; in debugfs ask under a lock whether it is open; in read and write hold
  memory_lock, or let vfio_pci_core_do_io_rw() test (test_mem)
"""

import re

from review_locks import MEMORY

IO = re.compile(r"_*(read[bwlq](_relaxed)?_poll_timeout(_atomic)?|(read|write)[bwlq](_relaxed|_be)?|"
                r"io(read|write)(8|16|32|64)(be|_rep)?|memcpy_(from|to)io|memset_io|"
                r"vfio_pci_core_(setup_barmap|get_iomap|io(read|write)(8|16|32|64)|do_io_rw))$")
ENABLE = "vfio_pci_core_enable"
CLOSE = ("vfio_pci_core_close_device", "vfio_pci_core_disable")
DEBUG = re.compile(r"(debugfs_create_(devm_seqfile|file\w*)|proc_create\w*|device_create_file|sysfs_create_\w+)$")


def touches(call):
    return not call.member and bool(IO.match(call.name))


def check(driver):
    for f in driver.part_of("open", "close"):
        yield from around(driver, f)
    for f in driver.part_of("probe", "init"):
        yield from asleep(driver, f)
    yield from debug(driver)
    for f in driver.below(driver.part_of("read", "write", "region_rw")):
        for node, call in driver.calls(f):
            if call.name == "vfio_pci_core_do_io_rw" and call.arg(1) in ("false", "0") and not driver.targets(f, call) and \
                    MEMORY not in driver.locks.always(f, node):
                yield driver.hit(f, call.at, "the device is touched without memory_lock, and nothing tests whether it answers")


def reaches(driver, f, call):
    """Names of the calls that lead from here to the device, or nothing."""
    if touches(call):
        return [call.name]
    for g in driver.targets(f, call):
        way = driver.locks.way(g, touches)
        if way is not None:
            return [g.name] + way
    return []


def around(driver, f):
    """Accesses before the device is enabled, and after it was closed."""
    calls = driver.calls(f)
    enabling = [n for n, c in calls if c.name == ENABLE]
    closing = [n for n, c in calls if c.name in CLOSE]
    for node, call in calls:
        way = reaches(driver, f, call)
        if not way:
            continue
        if enabling and not any(driver.of(ENABLE, f.file)) and any(leads(node, e) for e in enabling) and not any(
                leads(e, node) for e in enabling):
            yield driver.hit(f, call.at, "%s touches the device before it is enabled" % said(way))
        elif any(n is not node and leads(n, node) for n in closing) and not any(driver.of(n, f.file) for n in CLOSE):
            yield driver.hit(f, call.at, "%s touches the device after it was closed" % said(way))


def asleep(driver, f):
    """BARs that are mapped and read at probe, before the device is enabled."""
    below = driver.below([f])
    if any(re.match(r"(pci_enable_device\w*|pcim_enable_device|vfio_pci_core_enable)$", c.name) for g in below
           for _, c in driver.calls(g)):
        return
    for g in below:
        if any(re.match(r"pcim?_iomap\w*$", c.name) for _, c in driver.calls(g)):
            for _, call in driver.calls(g):
                way = reaches(driver, g, call)
                if way:
                    yield driver.hit(g, call.at, "%s touches a device that pci_enable_device() was not called for" % said(way))
                    return


def debug(driver):
    """Files of debugfs and sysfs that read the device, and ask nothing that open and close say."""
    told = {}
    for part in ("open", "close"):
        told[part] = {m for f in driver.below(driver.part_of(part)) for node in driver.graph(f).nodes for w in node.writes
                      for m in re.findall(r"(?:->|\.)(\w+)$", w.to) if re.fullmatch(
                          "true|false|1|0|NULL|VFIO_DEVICE_STATE_\\w+", "".join(t.text for t in w.value)) or part == "open"}
    marks = told["open"] & told["close"] | {"open_count"}
    for f in driver.functions:
        for _, call in driver.calls(f):
            for g in [g for n in range(len(call.args)) for g in driver.of(call.arg(n), f.file)] if DEBUG.match(call.name) else ():
                way = driver.locks.way(g, touches)
                words = {t.text for h in driver.below([g]) for node in driver.graph(h).nodes if node.kind == "cond"
                         for t in node.tokens}
                if way and not words & marks:
                    yield driver.hit(g, g.at, "%s touches the device, and nothing asks whether it is open" % said([g.name] + way))


def said(way):
    return "%s()" % way[0] + (", through %s()" % way[-1] if len(way) > 1 else "")


def leads(start, end):
    seen, todo = set(), [n for n, _ in start.next]
    while todo:
        node = todo.pop()
        if node is end:
            return True
        if node not in seen:
            seen.add(node)
            todo += [n for n, _ in node.next]
    return False
