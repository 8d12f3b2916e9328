// SPDX-License-Identifier: GPL-2.0-only
/// A fault handler inserts device memory under memory_lock
//
//# Id: VPS-MMAP-04
//# Group: mmap
//# Severity: error
//# Reason: memory_lock, held for read, is what keeps a reset or a write to COMMAND from coming between
//#   the question whether device memory may be touched and the entry that lets user space touch it.
//# Prevents: race_fault_test race_with_zaps: an entry that appears after the zap survives it
//# Fix: vfio_pci_core_access_begin() and _end(), or upstream down_read(&vdev->memory_lock), around
//#   vfio_pci_vmf_insert_pfn(); no lock of the driver's own will do, resets take this one
//
// Confidence: High

virtual report

@pages@
identifier page = {virt_to_phys, virt_to_page, virt_to_pfn, page_to_pfn, page_to_phys,
	vmalloc_to_pfn, __pa};
@@
page(...)

// unless the core is to know of it: this function wants the lock
@gated depends on pages@
identifier f;
position g;
@@
f@g(...)
{ <+... vfio_pci_vmf_insert_pfn(...) ...+> }

@ram depends on pages@
identifier f;
identifier page = {virt_to_phys, virt_to_page, virt_to_pfn, page_to_pfn, page_to_phys,
	vmalloc_to_pfn, __pa};
position own != gated.g;
@@
f@own(...)
{ <+... page(...) ...+> }

// a handler has the fault and at most the order of the entry
@more@
identifier f, vmf;
type T1, T2;
identifier a, b;
position q;
@@
f@q(struct vm_fault *vmf, T1 a, T2 b, ...)
{ ... }

@pointer@
identifier f, vmf, a;
type T;
position q;
@@
f@q(struct vm_fault *vmf, T *a)
{ ... }

@release@
expression l;
position r;
@@
(
  up_read(&l->memory_lock@r)
|
  up_read(&l.memory_lock@r)
)

@locked exists@
identifier insert = {vmf_insert_pfn, vmf_insert_pfn_prot, vmf_insert_pfn_pmd,
	vmf_insert_pfn_pud, vmf_insert_mixed, vmf_insert_mixed_mkwrite, vm_insert_pfn,
	vfio_pci_vmf_insert_pfn};
expression l;
position ok, h != release.r;
@@
\(l->memory_lock@h\|l.memory_lock@h\)
... when != \(up_read(&l->memory_lock)\|up_read(&l.memory_lock)\)
insert@ok(...)

// the same by the core's functions, of which it has more for itself
@begun exists@
identifier insert = {vmf_insert_pfn, vmf_insert_pfn_prot, vmf_insert_pfn_pmd,
	vmf_insert_pfn_pud, vmf_insert_mixed, vmf_insert_mixed_mkwrite, vm_insert_pfn,
	vfio_pci_vmf_insert_pfn};
identifier begin = {vfio_pci_core_access_begin, vfio_pci_core_access_lock,
	vfio_pci_core_access_revoke, vfio_pci_access_read_lock, vfio_pci_access_read_lock_killable,
	vfio_pci_access_read_trylock};
expression l;
position ok;
@@
begin(l)
... when != \(vfio_pci_core_access_end(l)\|vfio_pci_core_access_unlock(l)\|vfio_pci_core_access_restore(l)\|vfio_pci_access_read_unlock(l)\)
insert@ok(...)

@map depends on ever concerned exists@
identifier f, vmf;
identifier insert = {vmf_insert_pfn, vmf_insert_pfn_prot, vmf_insert_pfn_pmd,
	vmf_insert_pfn_pud, vmf_insert_mixed, vmf_insert_mixed_mkwrite, vm_insert_pfn,
	vfio_pci_vmf_insert_pfn};
position p != {locked.ok, begun.ok}, q != {more.q, pointer.q, ram.own};
@@
f@q(struct vm_fault *vmf, ...)
{
  ... when any
  insert@p(...)
  ... when any
}

// a helper that leaves the lock to its caller
@helper depends on ever concerned exists@
identifier f;
identifier insert = {vmf_insert_pfn, vmf_insert_pfn_prot, vmf_insert_pfn_pmd,
	vmf_insert_pfn_pud, vmf_insert_mixed, vmf_insert_mixed_mkwrite, vm_insert_pfn,
	vfio_pci_vmf_insert_pfn};
position p != {locked.ok, begun.ok}, q != {map.q, ram.own};
@@
f@q(...)
{
  ... when any
  insert@p(...)
  ... when any
}

@called exists@
identifier helper.f;
expression l;
position ok, h != release.r;
@@
\(l->memory_lock@h\|l.memory_lock@h\)
... when != \(up_read(&l->memory_lock)\|up_read(&l.memory_lock)\)
f@ok(...)

@called_begun exists@
identifier helper.f;
identifier begin = {vfio_pci_core_access_begin, vfio_pci_core_access_lock,
	vfio_pci_core_access_revoke, vfio_pci_access_read_lock, vfio_pci_access_read_lock_killable,
	vfio_pci_access_read_trylock};
expression l;
position ok;
@@
begin(l)
... when != \(vfio_pci_core_access_end(l)\|vfio_pci_core_access_unlock(l)\|vfio_pci_core_access_restore(l)\|vfio_pci_access_read_unlock(l)\)
f@ok(...)

@call exists@
identifier helper.f, h, vmf;
position p != {called.ok, called_begun.ok}, q != {more.q, pointer.q};
@@
h@q(struct vm_fault *vmf, ...)
{
  ... when any
  f@p(...)
  ... when any
}

@initialize:python@
@@
what1 = "ERROR: [VPS-MMAP-04] %s() without memory_lock: the entry may appear after the zap"
what2 = "ERROR: [VPS-MMAP-04] %s() inserts a page without memory_lock: it may appear after the zap"

@script:python depends on report@
p << map.p;
insert << map.insert;
@@
coccilib.report.print_report(p[0], what1 % insert)

@script:python depends on report@
p << call.p;
f << helper.f;
@@
coccilib.report.print_report(p[0], what2 % f)
