# SPDX-License-Identifier: GPL-2.0-only
"""What is said about a tree: findings, the reasons they may have, and what to do about each."""

from dataclasses import dataclass
from typing import Dict, Optional, Tuple

LEFT, REVIEW, NOTE, CHANGED = "left", "review", "note", "changed"
ORDER = (LEFT, REVIEW, NOTE, CHANGED)

# Reason: what it means, what to do. docs/migrating.md has this as a table; `tools/migrate/migrate --reasons` prints it.
REASONS: Dict[str, Tuple[str, str]] = {
    # left: the file keeps its list
    "dos-lines": ("Lines end in CR LF, and a patch would change all of them.", "Convert the file first."),
    "parse": ("Coccinelle or the program cannot parse some lines, so it may have missed code in them.",
              "Rewrite the construct, or migrate by hand."),
    "dead-code": ("A statement cannot be reached, and Coccinelle gives up on functions that have one.",
                  "Remove the statement, then run again."),
    "tool": ("spatch failed or took too long.", "Raise TIMEOUT=, or try another Coccinelle with SPATCH=."),
    "list": ("Whose list it is, or what its entries are, cannot be told from this tree.",
             "Give the list's owner a name: a local variable or parameter of the owner's type, the struct declared "
             "in this file or in a header beside it."),
    "global-list": ("One list holds the mappings of all devices.", "Give each device an address space, by hand."),
    "several-lists": ("VMAs are kept in more than one list, or a list in each entry of another.",
                      "Decide which address space each mapping belongs to."),
    "entry": ("An entry of the list holds more than its VMA, or is no VMA.",
              "Decide where the rest of an entry is kept once the list is gone."),
    "other-container": ("VMAs are kept in a container other than a list, or one VMA in a member.",
                        "Replace the zap by unmap_mapping_range() by hand: it needs no VMA."),
    "partial-zap": ("The walk zaps only some of the mappings, or a part of each.",
                    "Decide which offsets of the file are meant, and zap those by unmap_mapping_range()."),
    "vendor-code": ("Code that has nothing to do with the list stands inside code that is removed.",
                    "Move it out first; the line is named."),
    "fault": ("There is no fault handler that maps the device in a shape that can be changed.",
              "Map in one fault handler, in the file of the walk, before migrating."),
    "lock": ("Which lock guards the list, or what holds it afterwards, cannot be told.",
             "Separate the list's lock from others, or migrate by hand."),
    "hot-reset": ("A reset locks several devices in a shape that is not known.",
                  "Make it one pass: down_write_trylock() each memory_lock and zap; up_write() all of them at the "
                  "end."),
    "space": ("Which address space holds the mappings cannot be told.",
              "Name the kernel tree with TREE=, or the address space with AS=inode, AS=sdk or AS=file."),
    "inode": ("drivers/vfio cannot be given an inode for each device.",
              "Add one by hand, or use the SDK's core with AS=sdk."),
    "pfn": ("The page frame at a fault cannot be computed from what .mmap or the fault handler computes.",
            "Compute it in one expression of the offset and the device."),
    "remap": ("A call of remap_pfn_range() at mmap cannot become one fault handler.",
              "Write the fault handler by hand; samples/ and template/ have one."),
    "name": ("A new function's name is taken.", "Rename the existing one first."),
    "shape": ("Something of the old model would be left: code that the scripts do not know uses it.",
              "Make that code do without the list first, or migrate the file by hand."),
    # review: changed, but look
    "log": ("A message was inside code that is gone.", "Print it elsewhere if it is needed."),
    "lock-kept": ("The list's lock has other users and stays.", "Check that they need no exclusion against faults."),
    "zap-order": ("A zap and the lock that gates faults are in an order to look at.",
                  "Zap with the lock held for write, so that nothing is faulted in between."),
    "other-mappings": ("Other mappings of the file are zapped now as well.", "Make sure that they fault back in."),
    "pgoff": ("Code reads vm_pgoff, which is the offset in the file now and not a pfn.", "Adapt it."),
    "private": ("What vm_private_data holds is not the device, or is set in an unknown way.", "Find it from "
                "vfio_pci_core_vma_device(), and call vfio_pci_core_vma_setup() in .mmap."),
    "split": ("The pfn does not depend on vm_pgoff.", "Use the offset, or refuse to split by .may_split."),
    "write-combining": ("x86 takes the memory type from the reservation, which remap_pfn_range() made.",
                        "Reserve the type where the device is opened; see docs/memory-types.md."),
    "one-node": ("Mappings are found through the inode that was opened.",
                 "Check that each device has one node, and that nothing zaps after its last close."),
    "simplify": ("A variable has one value now.", "Simplify."),
    "huge": ("No huge fault handler was made.", "Write it by hand if mappings are large."),
    "gate": ("A fault handler of a vfio-pci variant must hold memory_lock and ask whether memory may be accessed.",
             "Return VM_FAULT_SIGBUS while memory decode is off or the device is in low power."),
    "rule": ("make review finds this in what was written.", "See the rule in docs/review-checklist.md."),
    "api": ("The newest kernel has this no more, or has it otherwise.", "Change the line as the text says."),
    # note, changed: nothing to do
    "note": ("Good to know.", ""),
    "changed": ("Done.", ""),
}


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    kind: str       # left, review, note or changed
    file: str
    line: int
    reason: str     # a key of REASONS
    text: str

    @property
    def advice(self) -> str:
        return REASONS[self.reason][1]

    @property
    def needs_person(self) -> bool:
        return self.kind in (LEFT, REVIEW)


class Unclear(Exception):
    """A person must look. The file and the line are where, if that is known."""

    def __init__(self, reason: str, why: str, line: Optional[int] = None, file: Optional[str] = None) -> None:
        super().__init__(why)
        assert reason in REASONS, reason
        self.reason, self.why, self.line, self.file = reason, why, line, file

    def finding(self, file: str, line: int = 0) -> Finding:
        """What is said of it; file and line are those of the walk, for want of better ones."""
        return Finding(LEFT, self.file or file, self.line if self.line is not None else line, self.reason, self.why)


class OtherModel(Unclear):
    """A list whose entries are not VMAs: reported as left only if the file was named."""

    def __init__(self, entry: str, line: Optional[int] = None) -> None:
        super().__init__("entry", "mappings are found through a list of struct %s, which are no VMAs" % entry, line)
