// SPDX-License-Identifier: GPL-2.0-only
/// Zap by offsets of the device file, not in an address space
//
// Confidence: High
// Options: --no-includes
// Comments: which address space a mapping belongs to is for the SDK's core to know. A driver whose .mmap leaves all
//	regions but one to the core zaps that one.

virtual patch
virtual one_region

@depends on one_region@
expression E;
identifier virtual.region;
@@
- unmap_mapping_range(vfio_pci_core_mapping(E), 0, 0, true)
+ vfio_pci_core_zap_region(E, region)

@depends on patch@
expression E;
@@
- unmap_mapping_range(vfio_pci_core_mapping(E), 0, 0, true)
+ vfio_pci_core_zap_range(E, 0, LLONG_MAX & PAGE_MASK)

@depends on patch@
expression E, from, len;
@@
- unmap_mapping_range(vfio_pci_core_mapping(E), from, len, true)
+ vfio_pci_core_zap_range(E, from, len)

// what was moved by hand, for the kernel's own core

@depends on patch@
expression E;
@@
(
- unmap_mapping_range(E->vdev.inode->i_mapping, 0, 0, true)
+ vfio_pci_core_zap_range(E, 0, LLONG_MAX & PAGE_MASK)
|
- unmap_mapping_range(E.vdev.inode->i_mapping, 0, 0, true)
+ vfio_pci_core_zap_range(&E, 0, LLONG_MAX & PAGE_MASK)
)

@depends on patch@
expression E, from, len;
@@
(
- unmap_mapping_range(E->vdev.inode->i_mapping, from, len, true)
+ vfio_pci_core_zap_range(E, from, len)
|
- unmap_mapping_range(E.vdev.inode->i_mapping, from, len, true)
+ vfio_pci_core_zap_range(&E, from, len)
)
