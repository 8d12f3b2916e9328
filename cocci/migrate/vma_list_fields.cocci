// SPDX-License-Identifier: GPL-2.0-only
/// Remove the list of VMAs, its lock, its entries and who maintained them
//
// Confidence: Moderate: relies on the names tools/migrate/migrate has found by shape
// Options: --no-includes -D entry=... -D owner=... -D head=... -D lock=...
// Comments: the functions named by vmopen, vmclose and add do nothing else; tools/migrate/migrate has looked.

virtual patch
virtual as_file, named

// ---- loops over the list in functions that stay

@depends on patch@
identifier virtual.head, virtual.link;
iterator I;
expression t, x, E;
statement S;
@@
(
- I(t, \(&E->head\|&E.head\), link) S
|
- I(t, x, \(&E->head\|&E.head\), link) S
)

@depends on patch@
identifier virtual.keptopen;
@@
keptopen(...)
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

// ---- where the mappings are found instead: the file's address space, kept when it is opened

@depends on as_file && !named@
identifier virtual.owner, virtual.head;
type L;
@@
  struct owner {
    ...
+   struct address_space *mapping;
    L head;
    ...
  };

@depends on as_file && named@
identifier virtual.owner, virtual.holder, virtual.outer;
@@
  struct owner {
    ...
+   struct address_space *mapping;
    struct holder outer;
    ...
  };

@stored depends on as_file@
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

// or what is stored belongs to one file, and the device is found on the way

@declared depends on as_file && !stored@
identifier virtual.owner, fn, i, filep, E;
expression e, x;
@@
fn(struct inode *i, struct file *filep)
{
  ... when any
  struct owner *E = e;
  ... when any
  filep->private_data = x;
+ E->mapping = filep->f_mapping;
  ... when any
}

@depends on as_file && !stored && !declared@
identifier virtual.owner, fn, i, filep;
struct owner *E;
expression e, x;
@@
fn(struct inode *i, struct file *filep)
{
  ... when any
  E = e;
  ... when any
  filep->private_data = x;
+ E->mapping = filep->f_mapping;
  ... when any
}

// ---- the lock and the list

@depends on patch@
identifier virtual.lock;
identifier take = {mutex_lock_interruptible, mutex_lock_killable, down_read_interruptible,
		   down_read_killable, down_write_killable};
expression E;
statement S;
@@
- if (take(\(&E->lock\|&E.lock\))) S

@depends on patch@
identifier virtual.lock;
identifier try = {mutex_trylock, down_read_trylock, down_write_trylock, spin_trylock};
expression E;
statement S;
@@
- if (!try(\(&E->lock\|&E.lock\))) S

@depends on patch@
identifier virtual.lock;
identifier call = {mutex_init, mutex_destroy, mutex_lock, mutex_lock_nested, mutex_unlock, init_rwsem,
		   down_read, up_read, down_write, up_write, spin_lock_init, spin_lock, spin_unlock,
		   spin_lock_irq, spin_unlock_irq, spin_lock_irqsave, spin_unlock_irqrestore, spin_lock_bh,
		   spin_unlock_bh, lockdep_assert_held, lockdep_assert_held_write, lockdep_assert_held_read};
expression E;
@@
- call(\(&E->lock\|&E.lock\), ...);

@depends on patch@
identifier virtual.head;
expression E;
@@
(
- INIT_LIST_HEAD(\(&E->head\|&E.head\));
|
- INIT_HLIST_HEAD(\(&E->head\|&E.head\));
|
- \(WARN_ON\|WARN_ON_ONCE\)(!\(list_empty\|hlist_empty\)(\(&E->head\|&E.head\)));
)

@depends on patch@
identifier virtual.holder, virtual.lock;
type L;
@@
  struct holder {
    ...
-   L lock;
    ...
  };

@depends on patch@
identifier virtual.holder, virtual.head;
type L;
@@
  struct holder {
    ...
-   L head;
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

// .mmap may have called it for the first mapping
@depends on patch@
identifier virtual.vmopen;
struct vm_area_struct *vma;
@@
(
- vmopen(...);
|
- vma->vm_ops->open(vma);
)

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
