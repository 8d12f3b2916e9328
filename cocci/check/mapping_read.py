# SPDX-License-Identifier: GPL-2.0-only
"""How a mapping is found is the core's

Id: VPS-MMAP-12
Group: mmap
Severity: error
Reason: what vm_private_data and vm_pgoff of a mapping of a BAR hold is the core's: today the device and the offset in the
  device file; where each mapping is a dma-buf, as posted for the kernel after 7.3, neither. A driver that reads them takes
  another structure for its device.
Prevents: a driver that breaks with the next core; make test MAPPINGS=own
Fix: vfio_pci_core_vma_device(vma), vfio_pci_core_vma_index(vma), vfio_pci_core_vma_offset(vma, vmf->address);
  vfio_pci_core_vma_setup() in .mmap in the place of stores
"""

import re

SDK = re.compile(r"^#include <vfio_pci_sdk/|\bvfio_pci_core_vma_\w+\(", re.M)
MEMBERS = {"vm_private_data": "vfio_pci_core_vma_device()", "vm_pgoff": "vfio_pci_core_vma_index() or _offset()",
           "pgoff": "vfio_pci_core_vma_offset()"}


def check(driver):
    """Of drivers on the SDK alone: the kernel's core has no accessors."""
    if not any(SDK.search(text) for text in driver.texts.values()):
        return
    for f in driver.functions:
        for node in driver.graph(f).nodes:
            for object_, arrow, member in zip(node.tokens, node.tokens[1:], node.tokens[2:]):
                if arrow.text != "->" or member.text not in MEMBERS:
                    continue
                if member.text == "pgoff" and driver.structure(driver.type_of(f, object_.text)) != "vm_fault":
                    continue
                yield driver.hit(f, member, "%s is the core's: use %s" % (member.text, MEMBERS[member.text]))
