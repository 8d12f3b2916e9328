// SPDX-License-Identifier: GPL-2.0-only
/// Locks are taken from top to bottom
//
//# Id: VPS-MMAP-11
//# Group: mmap
//# Severity: error
//# Reason: dev_set->lock, igate, memory_lock: the core takes them in this order when it resets and sets
//#   up interrupts. Somebody who takes them the other way round waits for the core, which waits for
//#   him.
//# Prevents: a deadlock that lockdep names (lab kernels have it on); core_reset_test hot_reset
//# Mend: take the upper lock first, or do not hold the lower one
//
// Confidence: High
// Options: --no-includes

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

@igate depends on concerned exists@
expression l, v;
position p, h != release.r;
@@
\(l->memory_lock@h\|l.memory_lock@h\)
... when != \(up_read\|up_write\)(\(&l->memory_lock\|&l.memory_lock\))
    when any
\(mutex_lock\|guard(mutex)\)(\(&v->igate@p\|&v.igate@p\))

@set depends on concerned exists@
expression l, v;
position p, h != release.r;
@@
\(l->memory_lock@h\|l.memory_lock@h\)
... when != \(up_read\|up_write\)(\(&l->memory_lock\|&l.memory_lock\))
    when any
\(mutex_lock\|guard(mutex)\)(\(&v->dev_set->lock@p\|&v.dev_set->lock@p\))

@set2 depends on concerned exists@
expression v, w;
position p;
@@
mutex_lock(\(&w->igate\|&w.igate\))
... when != mutex_unlock(\(&w->igate\|&w.igate\))
mutex_lock(\(&v->dev_set->lock@p\|&v.dev_set->lock@p\))

@initialize:python@
@@
what1 = "ERROR: [VPS-MMAP-11] igate is taken under memory_lock"
what2 = "ERROR: [VPS-MMAP-11] the set's lock is taken under memory_lock"
what3 = "ERROR: [VPS-MMAP-11] the set's lock is taken under igate"

@script:python depends on report@
p << igate.p;
@@
coccilib.report.print_report(p[0], what1)

@script:python depends on org@
p << igate.p;
@@
coccilib.org.print_todo(p[0], what1)

@depends on context@
expression v;
position igate.p;
@@
* \(v->igate@p\|v.igate@p\)

@script:python depends on report@
p << set.p;
@@
coccilib.report.print_report(p[0], what2)

@script:python depends on org@
p << set.p;
@@
coccilib.org.print_todo(p[0], what2)

@depends on context@
expression v;
position set.p;
@@
* v->lock@p

@script:python depends on report@
p << set2.p;
@@
coccilib.report.print_report(p[0], what3)

@script:python depends on org@
p << set2.p;
@@
coccilib.org.print_todo(p[0], what3)

@depends on context@
expression v;
position set2.p;
@@
* v->lock@p
