// SPDX-License-Identifier: GPL-2.0-only
/// A mapping of device memory is VM_IO, VM_PFNMAP, VM_DONTEXPAND and VM_DONTDUMP
//
//# Id: VPS-MMAP-07
//# Group: mmap
//# Severity: error
//# Reason: vmf_insert_pfn() is a BUG() without VM_PFNMAP; without VM_DONTEXPAND mremap() grows the
//#   mapping past what .mmap has checked; without VM_IO and VM_DONTDUMP a debugger or a core dump reads
//#   registers, which may have side effects.
//# Prevents: core_mapping_test resized, core_mmap_test lengths_and_flags
//# Fix: vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP) in .mmap
//
// Confidence: High

virtual report

@frames@
identifier insert = {vmf_insert_pfn, vmf_insert_pfn_prot, vmf_insert_pfn_pmd,
	vmf_insert_pfn_pud, vmf_insert_mixed, vmf_insert_mixed_mkwrite, vm_insert_pfn,
	vfio_pci_vmf_insert_pfn};
@@
insert(...)

@flag@
identifier f, vma;
identifier word = {VM_IO, VM_PFNMAP, VM_DONTEXPAND, VM_DONTDUMP};
position q;
@@
f@q(..., struct vm_area_struct *vma, ...)
{ <+... word ...+> }

// where the core has mapped it and the function goes on
@returned@
position c;
@@
return vfio_pci_core_mmap@c(...);

@core@
identifier f, vma;
position c != returned.c, q;
@@
f@q(..., struct vm_area_struct *vma)
{ <+... vfio_pci_core_mmap@c(...) ...+> }

// any other function that gets the VMA may set them: remap_pfn_range(), a helper
@others@
identifier f, vma;
identifier call != {vfio_pci_core_mmap, vma_pages, container_of, vm_flags_set,
	vm_flags_clear, vm_flags_mod, vm_get_page_prot, linear_page_index, linear_page_delta,
	is_aligned_for_order, vfio_pci_core_vma_device, vfio_pci_core_vma_index,
	vfio_pci_core_vma_offset, vfio_pci_core_vma_setup};
position q;
@@
f@q(..., struct vm_area_struct *vma, ...)
{ <+... call(..., vma, ...) ...+> }

@mapped depends on ever concerned && frames exists@
identifier f, vma, ops;
position p, q != {core.q, others.q};
@@
f@q(..., struct vm_area_struct *vma, ...)
{
  ... when any
  vma->vm_ops@p = &ops
  ... when any
}

// RAM may be dumped and looked at: it has no side effects
@ram@
position r;
@@
\(page_to_pfn@r\|virt_to_pfn@r\|vmalloc_to_pfn@r\)(...)

@initialize:python@
@@
what = "ERROR: [VPS-MMAP-07] pages will be inserted here, but vm_flags lack %s"
flags = {}
of_ram = set()

def missing(function):
    given = flags.get((function.file, function.line), set())
    if function.file in of_ram:
        given = given | {"VM_IO", "VM_DONTDUMP"}
    return " | ".join(f for f in ("VM_IO", "VM_PFNMAP", "VM_DONTEXPAND", "VM_DONTDUMP") if f not in given)

@script:python@
r << ram.r;
@@
of_ram.add(r[0].file)

@script:python@
q << flag.q;
word << flag.word;
@@
flags.setdefault((q[0].file, q[0].line), set()).add(word)

@script:python@
q << mapped.q;
@@
cocci.include_match(missing(q[0]) != "")

@script:python depends on report@
p << mapped.p;
q << mapped.q;
@@
coccilib.report.print_report(p[0], what % missing(q[0]))
