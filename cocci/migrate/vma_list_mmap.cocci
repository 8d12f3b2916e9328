// SPDX-License-Identifier: GPL-2.0-only
/// Leave vm_pgoff to the file offset; set at mmap the flags that remap_pfn_range() used to set
//
// Confidence: Moderate: relies on the names scripts/migrate has found by shape
// Options: --no-includes -D mmap=... -D ops=...
// Comments: unmap_mapping_range() finds mappings by their offset in the file. scripts/migrate does the
//	rest of the set-up, which depends on what stands beside it.

virtual patch
virtual flags, flags_set

@depends on patch@
identifier virtual.mmap;
struct vm_area_struct *vma;
expression e;
@@
mmap(...)
{
  <...
(
- vma->vm_pgoff = e;
|
- vma->vm_pgoff += e;
)
  ...>
}

@depends on flags@
identifier virtual.mmap, virtual.ops;
struct vm_area_struct *vma;
@@
mmap(...)
{
  <...
+ vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
  vma->vm_ops = &ops;
  ...>
}

@depends on flags_set@
identifier virtual.mmap, virtual.ops;
struct vm_area_struct *vma;
@@
mmap(...)
{
  <...
+ vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
  vma->vm_ops = &ops;
  ...>
}
