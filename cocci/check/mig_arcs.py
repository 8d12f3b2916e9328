# SPDX-License-Identifier: GPL-2.0-only
"""What migration_flags announce the driver can do

Id: VPS-MIG-11
Group: migration
Severity: error
Reason: vfio_mig_get_next_state() asks for every arc of what is announced, and for no other. An arc that set_state refuses
  is a migration that fails in the middle, with the guest stopped.
Prevents: a migration that fails when a second device of the guest migrates (P2P), or in PRE_COPY
Fix: handle the arc, or do not announce what needs it
"""

import re

STATE = "VFIO_DEVICE_STATE_"
ARC = re.compile(r"(\w[\w>.-]*)==%s(\w+)\)?&&\(?(\w[\w>.-]*)==%s(\w+)" % (STATE, STATE))
BASE = {("STOP", "STOP_COPY"), ("STOP_COPY", "STOP"), ("STOP", "RESUMING"), ("RESUMING", "STOP")}
STOP = {("RUNNING", "STOP"), ("STOP", "RUNNING")}
P2P = {("RUNNING", "RUNNING_P2P"), ("RUNNING_P2P", "RUNNING"), ("RUNNING_P2P", "STOP"), ("STOP", "RUNNING_P2P")}
PRE_COPY = {("RUNNING", "PRE_COPY"), ("PRE_COPY", "RUNNING")}
BOTH = {("PRE_COPY", "PRE_COPY_P2P"), ("PRE_COPY_P2P", "PRE_COPY"), ("PRE_COPY_P2P", "STOP_COPY"),
        ("PRE_COPY_P2P", "RUNNING_P2P"), ("RUNNING_P2P", "PRE_COPY_P2P")}


def check(driver):
    flags = set()
    for f in driver.functions:
        for node in driver.graph(f).nodes:
            for w in node.writes:
                if re.search(r"(->|\.)migration_flags$", w.to):
                    flags |= {t.text for t in w.value if t.text.startswith("VFIO_MIGRATION_")}
    if flags:
        yield from arcs(driver, flags)


def arcs(driver, flags):
    peer, early = "VFIO_MIGRATION_P2P" in flags, "VFIO_MIGRATION_PRE_COPY" in flags
    wanted = BASE | (P2P if peer else STOP)
    if early:
        wanted |= PRE_COPY | (BOTH if peer else {("PRE_COPY", "STOP_COPY")})
    for f in driver.functions:
        said = "".join(t.text for t in f.tokens)
        found = {(a, b) for _, a, _, b in ARC.findall(said)}
        if len(found) < 4 or "switch(" in said or not re.search(r"return ?ERR_PTR\(-E", said):
            continue
        if not set(driver.part_of("set_state")) & driver.above(f):
            continue
        missing = sorted(wanted - found)
        if missing:
            yield driver.hit(f, f.at, "there is no arc from %s" % ", and none from ".join("%s to %s" % arc for arc in missing))
