// SPDX-License-Identifier: GPL-2.0-only
/// Change vm_flags through vm_flags_set() and its kin, as 6.3 and later want it
//
// Confidence: High
// Options: --no-includes
// Comments: Linux kernel ("mm: introduce vma->vm_flags wrapper functions") (in v6.3)

virtual patch

@depends on patch@
struct vm_area_struct *vma;
expression e;
@@
(
- vma->vm_flags |= e
+ vm_flags_set(vma, e)
|
- vma->vm_flags &= ~(e)
+ vm_flags_clear(vma, e)
|
- vma->vm_flags &= ~e
+ vm_flags_clear(vma, e)
|
- vma->vm_flags = vma->vm_flags | e
+ vm_flags_set(vma, e)
|
- vma->vm_flags = e
+ vm_flags_reset(vma, e)
)

@depends on patch@
expression E, e;
@@
(
- E->vma->vm_flags |= e
+ vm_flags_set(E->vma, e)
|
- E->vma->vm_flags &= ~(e)
+ vm_flags_clear(E->vma, e)
|
- E->vma->vm_flags &= ~e
+ vm_flags_clear(E->vma, e)
)
