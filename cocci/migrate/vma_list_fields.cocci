// SPDX-License-Identifier: GPL-2.0-only
/// Remove the list of VMAs, its lock, its entries and who maintained them
//
// Confidence: Moderate: relies on the names scripts/migrate has found by shape
// Options: --no-includes -D entry=... -D owner=... -D head=... -D lock=...
// Comments: the functions named by vmopen, vmclose and add do nothing else; scripts/migrate has looked.

virtual patch
virtual as_file

// ---- loops over the list in functions that stay

@depends on patch@
identifier virtual.head, virtual.link;
iterator I;
expression t, x, E;
statement S;
@@
(
- I(t, &E->head, link) S
|
- I(t, x, &E->head, link) S
)

@depends on patch@
identifier virtual.keptopen;
@@
keptopen(...)
{
  <...
- zap_vma_ptes(...);
  ...>
}

// ---- where the mappings are found instead: the file's address space, kept when it is opened

@depends on as_file@
identifier virtual.owner, virtual.head;
@@
  struct owner {
    ...
+   struct address_space *mapping;
    struct list_head head;
    ...
  };

@depends on as_file@
identifier virtual.owner, fn, i, filep;
struct owner *E;
@@
fn(struct inode *i, struct file *filep)
{
  ... when any
  filep->private_data = E;
+ E->mapping = filep->f_mapping;
  ... when any
}

// ---- the lock and the list

@depends on patch@
identifier virtual.lock;
expression E;
@@
(
- mutex_init(\(&E->lock\|&E.lock\));
|
- mutex_destroy(\(&E->lock\|&E.lock\));
|
- mutex_lock(\(&E->lock\|&E.lock\));
|
- mutex_unlock(\(&E->lock\|&E.lock\));
|
- lockdep_assert_held(\(&E->lock\|&E.lock\));
)

@depends on patch@
identifier virtual.head;
expression E;
@@
(
- INIT_LIST_HEAD(\(&E->head\|&E.head\));
|
- WARN_ON(!list_empty(\(&E->head\|&E.head\)));
|
- WARN_ON_ONCE(!list_empty(\(&E->head\|&E.head\)));
)

@depends on patch@
identifier virtual.owner, virtual.lock;
@@
  struct owner {
    ...
-   struct mutex lock;
    ...
  };

@depends on patch@
identifier virtual.owner, virtual.head;
@@
  struct owner {
    ...
-   struct list_head head;
    ...
  };

@depends on patch@
identifier virtual.vmopen, o;
@@
  struct vm_operations_struct o = {
    ...,
-   .open = vmopen,
    ...
  };

@depends on patch@
identifier virtual.vmclose, o;
@@
  struct vm_operations_struct o = {
    ...,
-   .close = vmclose,
    ...
  };

@depends on patch@
identifier virtual.vmopen;
type R;
@@
- R vmopen(...) { ... }

@depends on patch@
identifier virtual.vmclose;
type R;
@@
- R vmclose(...) { ... }

@depends on patch@
identifier virtual.add;
type R;
@@
- R add(...) { ... }

@depends on patch@
identifier virtual.entry;
@@
- struct entry { ... };

@depends on patch@
identifier virtual.entry, t;
@@
- struct entry *t;
