// SPDX-License-Identifier: GPL-2.0-only
/// Leave vm_pgoff to the file offset; set at mmap what remap_pfn_range() used to set
//
// Confidence: Moderate: relies on the names scripts/migrate has found by shape
// Options: --no-includes -D mmap=... -D ops=...
// Comments: unmap_mapping_range() finds mappings by their offset in the file. vmf_insert_pfn() leaves
//	the protection to the caller, so does not decrypt as io_remap_pfn_range() did.

virtual patch
virtual decrypt, flags, flags_set

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

@done depends on decrypt@
identifier virtual.mmap;
@@
mmap(...)
{
  <+...
  pgprot_decrypted(...)
  ...+>
}

@prot depends on decrypt && !done@
identifier virtual.mmap;
struct vm_area_struct *vma;
expression e;
@@
mmap(...)
{
  <+...
  vma->vm_page_prot = e;
+ vma->vm_page_prot = pgprot_decrypted(vma->vm_page_prot);
  ...+>
}

@depends on decrypt && !done && !prot@
identifier virtual.mmap, virtual.ops;
struct vm_area_struct *vma;
@@
mmap(...)
{
  <...
+ vma->vm_page_prot = pgprot_decrypted(vma->vm_page_prot);
  vma->vm_ops = &ops;
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
