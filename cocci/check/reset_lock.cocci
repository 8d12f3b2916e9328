// SPDX-License-Identifier: GPL-2.0-only
/// A reset handler takes no mutex that is held over user memory
//
//# Id: VPS-RST-05
//# Group: reset
//# Severity: error
//# Reason: the core resets with memory_lock held for write. A handler that waits for a mutex whose
//#   owner copies to user space, which may fault on the device and wait for memory_lock, waits for
//#   ever.
//# Prevents: the ABBA deadlock that mlx5vf_pci_aer_reset_done() tells of, since "vfio/mlx5: Use its own
//#   PCI reset_done error handler"; hisilicon, virtio and xe defer the work of theirs, too
//# Mend: mutex_trylock(), and leave a note for the owner when it fails; or do not copy under that mutex
//# Ask: Which locks do the reset handlers take through functions of other files or of the parent
//#   driver, and who may hold them while user memory is touched? A good answer is a list, each lock
//#   with its longest holder.
//
// Confidence: High
// Options: --no-includes

virtual report
virtual org
virtual context

@concerned@
@@
struct vfio_pci_core_device

@table depends on concerned@
identifier h, f;
identifier m = {reset_done, reset_prepare};
@@
struct pci_error_handlers h = { ..., .m = f, ... };

@copies exists@
expression x;
identifier lock;
identifier call = {copy_to_user, copy_from_user, __copy_to_user, __copy_from_user, get_user,
	put_user, __get_user, __put_user, clear_user, memdup_user, memdup_array_user,
	vmemdup_user, memdup_user_nul, copy_struct_from_user, simple_read_from_buffer,
	simple_write_to_buffer, strncpy_from_user, strndup_user, get_user_pages, get_user_pages_fast, get_user_pages_remote,
	pin_user_pages, pin_user_pages_fast, pin_user_pages_remote, mmap_read_lock,
	mmap_read_lock_killable, mmap_write_lock, mmap_write_lock_killable};
@@
(
mutex_lock(&x->lock)
|
guard(mutex)(&x->lock)
)
... when != mutex_unlock(&x->lock)
    when any
call(...)

@takes exists@
identifier table.f, copies.lock;
expression x;
position p;
@@
f(...)
{
  ... when any
(
  mutex_lock@p(&x->lock)
|
  guard@p(mutex)(&x->lock)
)
  ... when any
}

@helper depends on table@
identifier copies.lock, g;
expression x;
@@
g(...)
{ <+... \(mutex_lock\|guard(mutex)\)(&x->lock) ...+> }

@through exists@
identifier table.f, helper.g;
position p;
@@
f(...)
{
  ... when any
  g@p(...)
  ... when any
}

@initialize:python@
@@
what1 = "ERROR: [VPS-RST-05] %s is held elsewhere while user memory is touched"
what2 = "ERROR: [VPS-RST-05] %s() takes a mutex that is held elsewhere while user memory is touched"

@script:python depends on report@
p << takes.p;
lock << copies.lock;
@@
coccilib.report.print_report(p[0], what1 % lock)

@script:python depends on org@
p << takes.p;
lock << copies.lock;
@@
coccilib.org.print_todo(p[0], what1 % lock)

@depends on context@
identifier c;
position takes.p;
@@
* c@p(...)

@script:python depends on report@
p << through.p;
g << helper.g;
@@
coccilib.report.print_report(p[0], what2 % g)

@script:python depends on org@
p << through.p;
g << helper.g;
@@
coccilib.org.print_todo(p[0], what2 % g)

@depends on context@
identifier helper.g;
position through.p;
@@
* g@p(...)
