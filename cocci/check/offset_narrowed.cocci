// SPDX-License-Identifier: GPL-2.0-only
/// Offsets and lengths have 64 bits and no sign
//
//# Id: VPS-INPUT-01
//# Group: input
//# Severity: error
//# Reason: a BAR can be larger than 4 GiB, an offset in the device file has 40 bits below the index.
//#   Cut to 32 bits or made negative it passes a check that the real value would not, and then reaches
//#   another part of the device.
//# Prevents: BARs above 4 GiB read as others; core_mmap_test far_offsets
//# Fix: u64 or resource_size_t for offsets and lengths, size_t for what is copied
//
// Confidence: High

virtual report

@assign depends on ever concerned@
typedef u32, s32, u16, u8;
idexpression {int, unsigned int, u32, s32, u16, u8} x;
expression e, v;
position p;
@@
(
x@p = v->vm_end - v->vm_start
|
x@p = e & VFIO_PCI_OFFSET_MASK
|
x@p = v->vm_pgoff << PAGE_SHIFT
|
x@p = pci_resource_len(...)
|
x@p = pci_resource_start(...)
)

@declare depends on ever concerned@
identifier x;
expression e, v;
position p;
@@
(
\(int\|unsigned int\|u32\|s32\|u16\|u8\) x@p = v->vm_end - v->vm_start;
|
\(int\|unsigned int\|u32\|s32\|u16\|u8\) x@p = e & VFIO_PCI_OFFSET_MASK;
|
\(int\|unsigned int\|u32\|s32\|u16\|u8\) x@p = v->vm_pgoff << PAGE_SHIFT;
|
\(int\|unsigned int\|u32\|s32\|u16\|u8\) x@p = pci_resource_len(...);
|
\(int\|unsigned int\|u32\|s32\|u16\|u8\) x@p = pci_resource_start(...);
)

@initialize:python@
@@
what1 = "ERROR: [VPS-INPUT-01] %s is too small for this value"
what2 = "ERROR: [VPS-INPUT-01] %s is too small for this value"

@script:python depends on report@
p << assign.p;
x << assign.x;
@@
coccilib.report.print_report(p[0], what1 % x)

@script:python depends on report@
p << declare.p;
x << declare.x;
@@
coccilib.report.print_report(p[0], what2 % x)
