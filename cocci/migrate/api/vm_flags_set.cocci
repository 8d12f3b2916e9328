// SPDX-License-Identifier: GPL-2.0-only
/// Change vm_flags through vm_flags_set() and its kin, as 6.3 and later want it
//
// Confidence: High
// Options: --no-includes
// Comments: Linux kernel ("mm: introduce vma->vm_flags wrapper functions") (in v6.3)

virtual patch

@depends on patch@
struct vm_area_struct *v;
expression e;
@@
(
- v->vm_flags |= e
+ vm_flags_set(v, e)
|
- v->vm_flags &= ~(e)
+ vm_flags_clear(v, e)
|
- v->vm_flags &= ~e
+ vm_flags_clear(v, e)
|
- v->vm_flags = v->vm_flags | e
+ vm_flags_set(v, e)
|
- v->vm_flags = e
+ vm_flags_reset(v, e)
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
