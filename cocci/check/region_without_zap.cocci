// SPDX-License-Identifier: GPL-2.0-only
/// A region of the driver's own that maps device memory is zapped with the BARs
//
//# Id: VPS-RST-02
//# Group: reset
//# Severity: error
//# Reason: on a reset, with decode off and in low power the core zaps the BARs, which it knows. Device
//#   memory that the driver lets user space map through a region of its own stays mapped.
//# Prevents: core_reset_test reset_zaps, for regions instead of BARs
//# Mend: vfio_pci_core_zap_region() or _zap_range() in pci_ops->access_revoke; with the kernel's own
//#   core unmap_mapping_range() wherever the driver learns of a reset
//
// Confidence: High
// Options: --no-includes

virtual report
virtual org
virtual context

@concerned@
@@
struct vfio_pci_core_device

@zaps@
identifier zap = {unmap_mapping_range, unmap_mapping_pages, vfio_pci_core_zap_range,
	vfio_pci_core_zap_region, vfio_pci_zap_bars, vfio_pci_zap_and_down_write_memory_lock,
	zap_vma_ptes, zap_special_vma_range};
@@
zap(...)

@region depends on concerned && !zaps@
identifier ops, f;
@@
struct vfio_pci_regops ops = { ..., .mmap = f, ... };

@insert@
identifier call = {vmf_insert_pfn, vmf_insert_pfn_prot, vmf_insert_pfn_pmd,
	vmf_insert_pfn_pud, vmf_insert_mixed, vmf_insert_mixed_mkwrite, vfio_pci_vmf_insert_pfn};
@@
call(...)

@faults depends on insert exists@
identifier region.f, vma, ops;
position p;
@@
f(..., struct vm_area_struct *vma)
{
  ... when any
  vma->vm_ops@p = &ops
  ... when any
}

@maps exists@
identifier region.f, vma;
position p;
@@
f(..., struct vm_area_struct *vma)
{
  ... when any
  \(io_remap_pfn_range@p\|vm_iomap_memory@p\)(vma, ...)
  ... when any
}

@initialize:python@
@@
what1 = "ERROR: [VPS-RST-02] no zap of this driver reaches this mapping"
what2 = "ERROR: [VPS-RST-02] no zap of this driver reaches this mapping"

@script:python depends on report@
p << faults.p;
@@
coccilib.report.print_report(p[0], what1)

@script:python depends on org@
p << faults.p;
@@
coccilib.org.print_todo(p[0], what1)

@depends on context@
expression v;
position faults.p;
@@
* v->vm_ops@p

@script:python depends on report@
p << maps.p;
@@
coccilib.report.print_report(p[0], what2)

@script:python depends on org@
p << maps.p;
@@
coccilib.org.print_todo(p[0], what2)

@depends on context@
identifier c;
position maps.p;
@@
* c@p(...)
