// SPDX-License-Identifier: GPL-2.0-only
/// A fault inserts the page that faulted and keeps no record of the VMA
//
// Confidence: Moderate: relies on the names tools/migrate/migrate has found by shape
// Options: --no-includes -D fault=... -D fill=... -D head=... -D link=... -D pfn=...
// Comments: fill is remap_pfn_range() or a function that calls it. It fills the whole VMA and must not
//	meet entries that are there already, hence the list; vmf_insert_pfn() leaves an entry that is
//	there alone.

virtual patch
virtual single

// ---- have we been here before?

@depends on patch@
identifier virtual.fault, virtual.head, virtual.link;
iterator I;
expression t, x, E;
statement S;
@@
fault(...)
{
  <...
(
- I(t, \(&E->head\|&E.head\), link) S
|
- I(t, x, \(&E->head\|&E.head\), link) S
)
  ...>
}

@depends on patch@
identifier virtual.fault, virtual.lookup;
expression t;
statement S;
@@
fault(...)
{
  <...
(
- if (lookup(...)) S
|
- t = lookup(...);
- if (t) S
)
  ...>
}

// ---- a new entry, by a helper

@depends on patch@
identifier virtual.fault, virtual.add;
statement S, T;
@@
fault(...)
{
  <...
- if (\(add(...)\|unlikely(add(...))\)) S else
  T
  ...>
}

@depends on patch@
identifier virtual.fault, virtual.add;
expression r;
statement S;
@@
fault(...)
{
  <...
(
- if (\(add(...)\|unlikely(add(...))\)) S
|
- if ((r = add(...))) S
|
- if (add(...) != 0) S
|
- if (add(...) < 0) S
|
- r = add(...);
- if (\(r\|r != 0\|r < 0\|unlikely(r)\|unlikely(r < 0)\)) S
|
- r = add(...);
|
- add(...);
)
  ...>
}

// ---- or made on the spot, in whatever order

@depends on patch@
identifier virtual.fault, virtual.entry, virtual.vma, virtual.link;
identifier alloc = {kmalloc, kzalloc};
identifier list_insert = {list_add, list_add_tail, hlist_add_head};
identifier list_drop = {list_del, list_del_init, hlist_del, hlist_del_init};
struct entry *t;
expression e;
statement S;
@@
fault(...)
{
  <...
(
- t = alloc(...);
- if (\(!t\|unlikely(!t)\)) S
|
- INIT_LIST_HEAD(&t->link);
|
- INIT_HLIST_NODE(&t->link);
|
- t->vma = e;
|
- list_insert(&t->link, ...);
|
- list_drop(&t->link);
|
- kfree(t);
)
  ...>
}

@depends on patch@
identifier virtual.fault, virtual.lookup;
@@
fault(...)
{
  <...
- if (!lookup(...)) { }
  ...>
}

// ---- one page instead of all

@depends on patch@
identifier virtual.fault, virtual.fill, virtual.pfn, vmf;
expression e, E1, E2;
@@
fault(..., struct vm_fault *vmf, ...)
{
  <...
(
- e = fill(...);
- return e ? E1 : E2;
+ return vmf_insert_pfn(vmf->vma, vmf->address, pfn(vmf));
|
- return fill(...) ? E1 : E2;
+ return vmf_insert_pfn(vmf->vma, vmf->address, pfn(vmf));
)
  ...>
}

@ret exists@
identifier virtual.fault, r;
@@
fault(...)
{
  ... when any
(
  vm_fault_t r;
|
  vm_fault_t r = ...;
|
  int r = \(VM_FAULT_NOPAGE\|VM_FAULT_SIGBUS\);
)
  ... when any
}

@isint depends on patch && !ret@
identifier virtual.fault;
@@
fault(..., struct vm_fault *vmf, ...)
{
  ... when any
- int ret;
+ vm_fault_t ret;
  ... when any
}

@noret depends on patch && !ret && !isint@
identifier virtual.fault, vmf;
@@
fault(..., struct vm_fault *vmf, ...)
{
+ vm_fault_t ret;
  ...
}

@depends on patch@
identifier virtual.fault, virtual.fill, virtual.pfn, vmf, ret.r;
expression e, E1, E2;
statement S, T;
@@
fault(..., struct vm_fault *vmf, ...)
{
  <...
(
- if (!fill(...)) r = VM_FAULT_NOPAGE;
+ r = vmf_insert_pfn(vmf->vma, vmf->address, pfn(vmf));
|
- if (fill(...)) S else T
+ r = vmf_insert_pfn(vmf->vma, vmf->address, pfn(vmf));
+ if (r & VM_FAULT_ERROR) S else T
|
- e = fill(...);
- r = \(e ? E1 : E2\|vmf_error(e)\);
+ r = vmf_insert_pfn(vmf->vma, vmf->address, pfn(vmf));
|
- r = fill(...) ? E1 : E2;
+ r = vmf_insert_pfn(vmf->vma, vmf->address, pfn(vmf));
|
- if (\(fill(...)\|unlikely(fill(...))\)) S
+ r = vmf_insert_pfn(vmf->vma, vmf->address, pfn(vmf));
+ if (r & VM_FAULT_ERROR) S
|
- e = fill(...);
- if (\(e\|e != 0\|e < 0\|unlikely(e)\|unlikely(e != 0)\|unlikely(e < 0)\)) S
+ r = vmf_insert_pfn(vmf->vma, vmf->address, pfn(vmf));
+ if (r & VM_FAULT_ERROR) S
)
  ...>
}

@depends on noret || isint@
identifier virtual.fault, virtual.fill, virtual.pfn, vmf;
expression e;
statement S;
@@
fault(..., struct vm_fault *vmf, ...)
{
  <...
(
- if (fill(...)) S
+ ret = vmf_insert_pfn(vmf->vma, vmf->address, pfn(vmf));
+ if (ret & VM_FAULT_ERROR) S
|
- e = fill(...);
- if (\(e\|e != 0\|e < 0\|unlikely(e)\|unlikely(e != 0)\|unlikely(e < 0)\)) S
+ ret = vmf_insert_pfn(vmf->vma, vmf->address, pfn(vmf));
+ if (ret & VM_FAULT_ERROR) S
)
  ...>
}

@depends on noret || isint@
identifier virtual.pfn;
@@
  ret = vmf_insert_pfn(..., pfn(...));
  <...
- return VM_FAULT_NOPAGE;
+ return ret;
  ...>

@depends on patch@
identifier virtual.fault, virtual.pfn, vmf, v;
@@
fault(..., struct vm_fault *vmf, ...)
{
  ... when any
  struct vm_area_struct *v = vmf->vma;
  <...
  vmf_insert_pfn(
- vmf->vma
+ v
  , vmf->address, pfn(vmf))
  ...>
}

// ---- one page already, but its pfn was kept in vm_pgoff

@depends on single@
identifier virtual.fault, virtual.pfn, vmf;
expression v, e;
@@
fault(..., struct vm_fault *vmf, ...)
{
  <...
  vmf_insert_pfn(v, vmf->address,
- e
+ pfn(vmf)
  )
  ...>
}

// ---- there is nothing to undo, and the error is the one to return

@depends on patch@
identifier virtual.fault;
expression r;
@@
fault(...)
{
  <...
  if (r & VM_FAULT_ERROR) {
    ...
-   r = VM_FAULT_SIGBUS;
    ...
  }
  ...>
}

@depends on patch@
identifier virtual.fault;
expression r;
@@
fault(...)
{
  <...
- if (r & VM_FAULT_ERROR) r = VM_FAULT_SIGBUS;
  ...>
}

@depends on patch@
identifier virtual.fault;
@@
fault(...)
{
  <...
(
- zap_vma_ptes(...);
|
- zap_vma_pages(...);
|
- zap_special_vma_range(...);
)
  ...>
}

@depends on patch@
identifier virtual.fault;
expression r;
statement T;
@@
fault(...)
{
  <...
  if (r & VM_FAULT_ERROR) {
    ...
-   r = VM_FAULT_SIGBUS;
    ...
  } else T
  ...>
}

@depends on patch@
identifier virtual.fault;
expression r;
@@
fault(...)
{
  <...
- if (r & VM_FAULT_ERROR) { }
  ...>
}

@depends on patch@
identifier virtual.fault, l;
expression r;
@@
fault(...)
{
  <...
- if (r & VM_FAULT_ERROR) { goto l; }
l:
  ...>
}

@depends on patch@
identifier virtual.fault, l;
expression r;
@@
fault(...)
{
  <...
- if (r & VM_FAULT_ERROR) { goto l; }
+ if (r & VM_FAULT_ERROR)
+	goto l;
  ...>
}

@depends on patch@
identifier virtual.fault;
expression r, e;
@@
fault(...)
{
  <...
- if (r & VM_FAULT_ERROR) { return e; }
+ if (r & VM_FAULT_ERROR)
+	return e;
  ...>
}

// ---- what it returns is what there is to return

@depends on patch@
identifier virtual.fault, l;
expression r;
@@
fault(...)
{
  <...
- if (r & VM_FAULT_ERROR) goto l;
- r = VM_FAULT_NOPAGE;
l:
  ...>
}

@depends on patch@
identifier virtual.fault, virtual.pfn;
expression r;
constant c;
@@
fault(...)
{
  <...
- r = c;
  r = vmf_insert_pfn(..., pfn(...));
  ...>
}
