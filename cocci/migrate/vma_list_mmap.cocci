// SPDX-License-Identifier: GPL-2.0-only
/// Leave vm_pgoff to the file offset; set at mmap the flags that remap_pfn_range() used to set
//
// Confidence: Moderate: relies on the names tools/migrate has found by shape
// Options: --no-includes -D mmap=... -D ops=...
// Comments: unmap_mapping_range() finds mappings by their offset in the file. tools/migrate does the
//	rest of the set-up, which depends on what stands beside it.

virtual patch
virtual flags, flags_set

@initialize:python@
where << virtual.mmap;
@@
WHERE = where

def within(p):
    return p[0].current_element == WHERE

@depends on patch@
struct vm_area_struct *vma;
expression e;
position p : script:python() { within(p) };
@@
(
- vma->vm_pgoff@p = e;
|
- vma->vm_pgoff@p += e;
)

@depends on flags@
identifier virtual.ops;
struct vm_area_struct *vma;
position p : script:python() { within(p) };
@@
+ vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
  vma->vm_ops@p = &ops;

@depends on flags_set@
identifier virtual.ops;
struct vm_area_struct *vma;
position p : script:python() { within(p) };
@@
+ vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
  vma->vm_ops@p = &ops;
