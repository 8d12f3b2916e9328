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

@script:python@
@@
takers.clear()
sets.clear()

@script:python depends on org@
@@
modes.add("org")

@script:python depends on report@
@@
modes.add("report")

// a set that is held in a variable; elsewhere its name says what it is
@set depends on concerned@
struct vfio_device_set *s;
position p;
@@
s->lock@p

@script:python@
p << set.p;
@@
sets.add((p[0].file, p[0].line))

// who takes an upper lock
@taker depends on concerned@
expression e;
identifier take = {mutex_lock, mutex_lock_interruptible, mutex_lock_killable};
position p;
@@
(
take@p(&e)
|
guard@p(mutex)(&e)
)

@script:python@
p << taker.p;
e << taker.e;
@@
if upper(p[0], e):
    takers.setdefault(p[0].current_element, upper(p[0], e))

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

@under depends on ever concerned exists@
expression l, e;
identifier take = {mutex_lock, mutex_lock_interruptible, mutex_lock_killable};
position p, h != {release.r, scope.s};
@@
\(l->memory_lock@h\|l.memory_lock@h\)
... when != \(up_read\|up_write\)(\(&l->memory_lock\|&l.memory_lock\))
    when any
(
take@p(&e)
|
guard@p(mutex)(&e)
)

@script:python@
p << under.p;
e << under.e;
@@
cocci.include_match(told(p, upper(p[0], e), "memory_lock"))

@depends on context@
identifier c;
position under.p;
@@
* c@p(...)

@inside depends on ever concerned exists@
iterator name scoped_guard;
identifier k;
expression l, e;
identifier take = {mutex_lock, mutex_lock_interruptible, mutex_lock_killable};
position p;
@@
scoped_guard(k, \(&l->memory_lock\|&l.memory_lock\)) {
  ... when any
(
  take@p(&e)
|
  guard@p(mutex)(&e)
)
  ... when any
}

@script:python@
p << inside.p;
e << inside.e;
@@
cocci.include_match(told(p, upper(p[0], e), "memory_lock"))

@depends on context@
identifier c;
position inside.p;
@@
* c@p(...)

@gated depends on ever concerned exists@
expression w, e;
identifier take = {mutex_lock, mutex_lock_interruptible, mutex_lock_killable};
position p;
@@
\(mutex_lock\|guard(mutex)\)(\(&w->igate\|&w.igate\))
... when != mutex_unlock(\(&w->igate\|&w.igate\))
    when any
(
take@p(&e)
|
guard@p(mutex)(&e)
)

@script:python@
p << gated.p;
e << gated.e;
@@
cocci.include_match(told(p, upper(p[0], e), gate))

@depends on context@
identifier c;
position gated.p;
@@
* c@p(...)

// ---- the same in a function that is called under the lock

// where a release comes first on some path, the lock was taken on the same one
@after depends on ever taker exists@
identifier f;
expression l;
position ok;
@@
\(up_read\|up_write\)(\(&l->memory_lock\|&l.memory_lock\))
... when any
f@ok(...)

@through depends on ever taker exists@
identifier f;
expression l;
position p != after.ok, h != {release.r, scope.s};
@@
\(l->memory_lock@h\|l.memory_lock@h\)
... when != \(up_read\|up_write\)(\(&l->memory_lock\|&l.memory_lock\))
    when any
f@p(...)

@script:python@
p << through.p;
f << through.f;
@@
cocci.include_match(told(p, takers.get(f), "memory_lock"))

@depends on context@
identifier c;
position through.p;
@@
* c@p(...)

@within depends on ever taker exists@
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

@script:python@
p << within.p;
f << within.f;
@@
cocci.include_match(told(p, takers.get(f), "memory_lock"))

@depends on context@
identifier c;
position within.p;
@@
* c@p(...)

@behind depends on ever taker exists@
identifier f;
expression w;
position p;
@@
\(mutex_lock\|guard(mutex)\)(\(&w->igate\|&w.igate\))
... when != mutex_unlock(\(&w->igate\|&w.igate\))
    when any
f@p(...)

@script:python@
p << behind.p;
f << behind.f;
@@
cocci.include_match(told(p, takers.get(f), gate))

@depends on context@
identifier c;
position behind.p;
@@
* c@p(...)

@initialize:python@
@@
what = "ERROR: [VPS-MMAP-11] %s is taken under %s"
gate = "igate"
shared = "the set's lock"
takers = {}
sets = set()
modes = set()

def upper(place, lock):
    """Which of the upper locks is it?"""
    member = lock.replace(" ", "")
    if member.endswith("igate"):
        return gate
    return shared if member.endswith("dev_set->lock") or (place.file, place.line) in sets else ""

def told(p, lock, held):
    """Report it, when it is one that may not be taken there."""
    if not lock or lock == held:
        return False
    if "report" in modes:
        coccilib.report.print_report(p[0], what % (lock, held))
    if "org" in modes:
        coccilib.org.print_todo(p[0], what % (lock, held))
    return True
