// SPDX-License-Identifier: GPL-2.0-only
/// Device memory is not mapped at mmap without a way to take it back
//
//# Id: VPS-MMAP-01
//# Group: mmap
//# Severity: error
//# Reason: what remap_pfn_range() maps at mmap time cannot be mapped again after a zap: there is no
//#   fault handler. So the driver either never zaps, and user space touches a device that is in reset,
//#   asleep or has decode off, or the mapping is dead after the first reset.
//# Prevents: "vfio/nvgrace-gpu" before v6.19 was like this; core_reset_test reset_zaps
//# Fix: set vma->vm_ops to a .fault (and .huge_fault) that inserts pages under memory_lock; call
//#   vfio_pci_core_mmap() for a BAR; tools/migrate/migrate does it for a plain remap
//
// Confidence: High

virtual report

@ram@
identifier f, vma;
identifier page = {virt_to_phys, virt_to_page, virt_to_pfn, page_to_pfn, page_to_phys,
	vmalloc_to_pfn, __pa};
position own;
@@
f@own(..., struct vm_area_struct *vma, ...)
{ <+... page(...) ...+> }

// populate_in_mmap's
@handled@
identifier f, vma, ops;
position q;
@@
f@q(..., struct vm_area_struct *vma, ...)
{ <+... vma->vm_ops = &ops ...+> }

@map depends on ever concerned exists@
identifier f, vma;
identifier call = {remap_pfn_range, io_remap_pfn_range, vm_iomap_memory};
position p, q != {ram.own, handled.q};
@@
f@q(..., struct vm_area_struct *vma, ...)
{
  ... when any
  call@p(vma, ...)
  ... when any
}

@initialize:python@
@@
what = "ERROR: [VPS-MMAP-01] %s() at mmap: nothing maps these pages again after a zap"

@script:python depends on report@
p << map.p;
call << map.call;
@@
coccilib.report.print_report(p[0], what % call)
