// SPDX-License-Identifier: GPL-2.0-only
/// Fault the pages of a device in, instead of mapping all of them at mmap
//
// Confidence: Moderate: relies on the names tools/migrate/migrate has found by shape
// Options: --no-includes -D fill=... -D mmap=... -D ops=...
// Comments: what is mapped at mmap time is not mapped again after it was zapped, and exists for a moment
//	before unmap_mapping_range() can find the VMA. The pfn must not be kept in vm_pgoff, which is
//	where unmap_mapping_range() looks for the offset in the file.

virtual patch
virtual flags_set, no_flags
virtual private

@depends on patch@
identifier virtual.fill;
struct vm_area_struct *vma;
expression e;
@@
fill(...)
{
  <...
(
- vma->vm_pgoff = e;
|
- vma->vm_pgoff += e;
)
  ...>
}

@depends on patch@
identifier virtual.fill, virtual.ops;
identifier call = {remap_pfn_range, io_remap_pfn_range};
struct vm_area_struct *vma;
expression r;
statement S;
@@
fill(...)
{
  <...
(
- return call(vma, ...);
+ vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
+ vma->vm_ops = &ops;
+
+ return 0;
|
- r = call(vma, ...);
- if (\(r\|r != 0\|r < 0\)) S
+ vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
+ vma->vm_ops = &ops;
|
- if (call(vma, ...)) S
+ vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
+ vma->vm_ops = &ops;
)
  ...>
}

@depends on no_flags@
identifier virtual.fill, virtual.ops;
struct vm_area_struct *vma;
@@
fill(...)
{
  <...
- vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
  vma->vm_ops = &ops;
  ...>
}

@depends on flags_set && !no_flags@
identifier virtual.fill;
struct vm_area_struct *vma;
@@
fill(...)
{
  <...
- vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
+ vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
  ...>
}

// ---- the fault handler needs the device

@there depends on private@
identifier virtual.mmap, virtual.device;
struct vm_area_struct *vma;
expression e;
@@
mmap(...)
{
  <+...
- vma->vm_private_data = e;
+ vma->vm_private_data = device;
  ...+>
}

@depends on private && !there@
identifier virtual.mmap, virtual.ops, virtual.device;
struct vm_area_struct *vma;
@@
mmap(...)
{
  <...
+ vma->vm_private_data = device;
  vma->vm_ops = &ops;
  ...>
}

@depends on private && !there@
identifier virtual.mmap, virtual.fill, virtual.device;
struct vm_area_struct *vma;
@@
mmap(...)
{
  <...
+ vma->vm_private_data = device;
  return fill(..., vma);
  ...>
}
