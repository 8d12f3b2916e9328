// SPDX-License-Identifier: GPL-2.0-only
/// Nothing touches user memory under memory_lock
//
//# Id: VPS-MMAP-10
//# Group: mmap
//# Severity: error
//# Reason: user memory may have to be faulted in, which takes mmap_lock; it may even be a mapping of
//#   this device. A fault on the device takes mmap_lock first and memory_lock then: with a writer
//#   waiting for either lock both sides wait for ever.
//# Prevents: a deadlock that lockdep names (lab kernels have it on); docs/architecture.md, locks
//# Mend: copy to a buffer of the kernel's first, then take the lock, and the other way round for
//#   reading
//
// Confidence: High
// Options: --no-includes
// Comments: context mode shows what is direct only.

virtual report
virtual org
virtual context

@concerned@
@@
struct vfio_pci_core_device

@release@
expression l;
position r;
@@
\(up_read\|up_write\)(\(&l->memory_lock@r\|&l.memory_lock@r\))

@scope@
iterator name scoped_guard;
identifier k;
expression l;
statement S;
position s;
@@
scoped_guard(k, \(&l->memory_lock@s\|&l.memory_lock@s\)) S

@under depends on concerned exists@
expression l;
identifier call = {copy_to_user, copy_from_user, __copy_to_user, __copy_from_user, get_user,
	put_user, __get_user, __put_user, clear_user, memdup_user, memdup_array_user,
	vmemdup_user, memdup_user_nul, copy_struct_from_user, simple_read_from_buffer,
	simple_write_to_buffer, strncpy_from_user, strndup_user, get_user_pages, get_user_pages_fast, get_user_pages_remote,
	pin_user_pages, pin_user_pages_fast, pin_user_pages_remote, mmap_read_lock,
	mmap_read_lock_killable, mmap_write_lock, mmap_write_lock_killable};
position p, h != {release.r, scope.s};
@@
\(l->memory_lock@h\|l.memory_lock@h\)
... when != \(up_read\|up_write\)(\(&l->memory_lock\|&l.memory_lock\))
    when any
call@p(...)

@inside depends on concerned exists@
iterator name scoped_guard;
identifier k;
expression l;
identifier call = {copy_to_user, copy_from_user, __copy_to_user, __copy_from_user, get_user,
	put_user, __get_user, __put_user, clear_user, memdup_user, memdup_array_user,
	vmemdup_user, memdup_user_nul, copy_struct_from_user, simple_read_from_buffer,
	simple_write_to_buffer, strncpy_from_user, strndup_user, get_user_pages, get_user_pages_fast, get_user_pages_remote,
	pin_user_pages, pin_user_pages_fast, pin_user_pages_remote, mmap_read_lock,
	mmap_read_lock_killable, mmap_write_lock, mmap_write_lock_killable};
position p;
@@
scoped_guard(k, \(&l->memory_lock\|&l.memory_lock\)) {
  ... when any
  call@p(...)
  ... when any
}

// ---- the same in a function that is called under the lock

@touches depends on concerned@
identifier call = {copy_to_user, copy_from_user, __copy_to_user, __copy_from_user, get_user,
	put_user, __get_user, __put_user, clear_user, memdup_user, memdup_array_user,
	vmemdup_user, memdup_user_nul, copy_struct_from_user, simple_read_from_buffer,
	simple_write_to_buffer, strncpy_from_user, strndup_user, get_user_pages, get_user_pages_fast, get_user_pages_remote,
	pin_user_pages, pin_user_pages_fast, pin_user_pages_remote, mmap_read_lock,
	mmap_read_lock_killable, mmap_write_lock, mmap_write_lock_killable};
position p != {under.p, inside.p};
@@
call@p(...)

@through depends on touches exists@
identifier f;
expression l;
position p, h != {release.r, scope.s};
@@
\(l->memory_lock@h\|l.memory_lock@h\)
... when != \(up_read\|up_write\)(\(&l->memory_lock\|&l.memory_lock\))
    when any
f@p(...)

@within depends on touches exists@
iterator name scoped_guard;
identifier f, k;
expression l;
position p;
@@
scoped_guard(k, \(&l->memory_lock\|&l.memory_lock\)) {
  ... when any
  f@p(...)
  ... when any
}

@initialize:python@
@@
what1 = "ERROR: [VPS-MMAP-10] %s() under memory_lock"
what2 = "ERROR: [VPS-MMAP-10] %s() under memory_lock"
what3 = "ERROR: [VPS-MMAP-10] %s() touches user memory, under memory_lock"
what4 = "ERROR: [VPS-MMAP-10] %s() touches user memory, under memory_lock"
helpers = set()

@script:python@
p << touches.p;
@@
helpers.add((p[0].file, p[0].current_element))

@script:python depends on report@
p << under.p;
call << under.call;
@@
coccilib.report.print_report(p[0], what1 % call)

@script:python depends on org@
p << under.p;
call << under.call;
@@
coccilib.org.print_todo(p[0], what1 % call)

@depends on context@
identifier under.call;
position under.p;
@@
* call@p(...)

@script:python depends on report@
p << inside.p;
call << inside.call;
@@
coccilib.report.print_report(p[0], what2 % call)

@script:python depends on org@
p << inside.p;
call << inside.call;
@@
coccilib.org.print_todo(p[0], what2 % call)

@depends on context@
identifier inside.call;
position inside.p;
@@
* call@p(...)

@script:python depends on report@
p << within.p;
f << within.f;
@@
if (p[0].file, f) in helpers:
    coccilib.report.print_report(p[0], what3 % f)

@script:python depends on org@
p << within.p;
f << within.f;
@@
if (p[0].file, f) in helpers:
    coccilib.org.print_todo(p[0], what3 % f)

@script:python depends on report@
p << through.p;
f << through.f;
@@
if (p[0].file, f) in helpers:
    coccilib.report.print_report(p[0], what4 % f)

@script:python depends on org@
p << through.p;
f << through.f;
@@
if (p[0].file, f) in helpers:
    coccilib.org.print_todo(p[0], what4 % f)
