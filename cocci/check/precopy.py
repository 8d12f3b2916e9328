# SPDX-License-Identifier: GPL-2.0-only
"""PRE_COPY comes with its ioctl

Id: VPS-MIG-07
Group: migration
Severity: error
Reason: VFIO_MIGRATION_PRE_COPY promises VFIO_MIG_GET_PRECOPY_INFO on the saving file, in PRE_COPY and, with
  VFIO_MIGRATION_P2P, in PRE_COPY_P2P; all of the structure is the driver's answer, its flags as well.
Prevents: a VMM that gives up a migration because the ioctl fails
Fix: .unlocked_ioctl with vfio_check_precopy_ioctl(), valid in both states; zero the structure before filling it in
"""

import re


def check(driver):
    flagged = [(f, node) for f in driver.functions for node in driver.graph(f).nodes
               if any(t.text == "VFIO_MIGRATION_PRE_COPY" for t in node.tokens) and any(
                   w.to.endswith("migration_flags") for w in node.writes)]
    handlers = [f for f in driver.part_of("file_ioctl")]
    for f, node in flagged:
        if not handlers and not driver.words & {"VFIO_MIG_GET_PRECOPY_INFO", "vfio_check_precopy_ioctl"}:
            yield driver.hit(f, node.at, "no file has the ioctl VFIO_MIG_GET_PRECOPY_INFO")
    for table in driver.tables if flagged and handlers else ():
        reads = [t.text for t in table.members.get("read", ())] if table.type == "file_operations" else []
        if reads and "unlocked_ioctl" not in table.members and any(f.name in reads for f in driver.part_of("mig_read")):
            yield driver.at_table(table, "this file is read, and has no ioctl VFIO_MIG_GET_PRECOPY_INFO")
    peer = flagged and "VFIO_MIGRATION_P2P" in driver.words
    for f in handlers:
        said = [node for g in driver.below([f]) for node in driver.graph(g).nodes]
        texts = " ".join(node.text for node in said)
        for node in driver.graph(f).nodes:
            if peer and node.kind == "cond" and re.search(r"VFIO_DEVICE_STATE_PRE_COPY\b", node.text) and \
                    "VFIO_DEVICE_STATE_PRE_COPY_P2P" not in texts:
                yield driver.hit(f, node.at, "PRE_COPY_P2P is refused, which VFIO_MIGRATION_P2P promises")
        if flagged and re.search(r"VFIO_MIG_GET_PRECOPY_INFO|vfio_check_precopy_ioctl", texts) and not re.search(
                r"STATE_PRE_?COPY|state\(", texts):
            yield driver.hit(f, f.at, "%s() answers in any state, and PRE_COPY's ioctl is for PRE_COPY only" % f.name)
        yield from echoed(driver, f)


def echoed(driver, f):
    if not driver.has("vfio_check_precopy_ioctl"):
        return
    names = [name for name, kind in driver.locals(f).items() if kind == "struct vfio_precopy_info"]
    for name in names:
        calls = [(c.name, "".join(t.text for t in c.args[n])) for _, c in driver.calls(f) for n in range(len(c.args))]
        if ("copy_from_user", "&" + name) not in calls or any(
                a == "&" + name and c in ("memset", "vfio_check_precopy_ioctl", "memzero_explicit") for c, a in calls):
            continue
        if any(re.fullmatch(r"%s(\.flags)?" % name, w.to) and w.op == "=" and not w.declares
               for node in driver.graph(f).nodes for w in node.writes):
            continue
        for _, c in driver.calls(f):
            if c.name == "copy_to_user" and c.arg(1) == "&" + name:
                yield driver.hit(f, c.at, "%s.flags goes back as the user gave it" % name)
