// SPDX-License-Identifier: GPL-2.0-only
/// Take the lock that gates faults, then zap; for a set of devices only try it
//
// Confidence: Moderate: relies on the names tools/migrate/migrate has found by shape
// Options: --no-includes -D zap=... -D walk=... -D lock=... -D gate=...
// Comments: a walk of the list needed mmap_lock, which stands above the lock that gates faults, so
//	devices were zapped first and locked later, in two passes. unmap_mapping_range() needs no
//	mmap_lock: one pass does both, and an unwind has one kind of lock to release.

virtual patch
virtual alone, zero, still, truth, errno

// ---- hot reset of several devices: the second pass goes

@second depends on patch@
identifier virtual.gate, virtual.lock, m;
iterator I;
expression L, f;
statement S;
position p;
@@
- I@p(m, L, f) {
-   if (!down_write_trylock(&m->gate)) S
-   mutex_unlock(&m->lock);
- }

@script:python around@
p << second.p;
fn;
@@
coccinelle.fn = p[0].current_element

@@
identifier around.fn, second.m;
expression e;
@@
fn(...)
{
  <...
- m = e;
  ...>
}

// The same by index. There is no function around it: 400 lines of ioctl take Coccinelle minutes.

@depends on patch@
identifier virtual.gate, virtual.lock;
expression r, x;
statement S;
@@
- r = down_write_trylock(&x->gate);
- if (\(!r\|r == 0\)) S
+ if (!down_write_trylock(&x->gate)) S
(
- r = 0;
  mutex_unlock(&x->lock);
|
  mutex_unlock(&x->lock);
)

@index depends on patch@
identifier virtual.gate, virtual.lock, i, m;
expression n, e, x;
statement S;
type T;
@@
(
- for (...; i < n; i++) {
-   m = e;
-   if (!down_write_trylock(&m->gate)) S
-   mutex_unlock(&m->lock);
- }
|
- for (...; i < n; i++) {
-   T m;
-   m = e;
-   if (!down_write_trylock(&m->gate)) S
-   mutex_unlock(&m->lock);
- }
|
- for (...; i < n; i++) {
-   T m = e;
-   if (!down_write_trylock(&m->gate)) S
-   mutex_unlock(&m->lock);
- }
|
- for (...; i < n; i++) {
-   if (!down_write_trylock(&x->gate)) S
-   mutex_unlock(&x->lock);
- }
|
- while (i < n) {
-   m = e;
-   if (!down_write_trylock(&m->gate)) S
-   mutex_unlock(&m->lock);
-   i++;
- }
|
- while (i < n) {
-   T m = e;
-   if (!down_write_trylock(&m->gate)) S
-   mutex_unlock(&m->lock);
-   i++;
- }
|
- while (i < n) {
-   if (!down_write_trylock(&x->gate)) S
-   mutex_unlock(&x->lock);
-   i++;
- }
)

@@
identifier index.i, virtual.lock;
expression j, cur, M;
@@
- if (\(j < i\|i > j\))
    up_write(M);
- else
-   mutex_unlock(\(&cur->lock\|&cur.lock\));

@@
identifier index.i, virtual.lock;
expression j, cur, M;
@@
- if (\(j >= i\|i <= j\))
-   mutex_unlock(\(&cur->lock\|&cur.lock\));
- else
    up_write(M);

@state@
identifier around.fn, second.m, flag;
expression x, cur;
@@
fn(...)
{
  <...
- if (\(cur == m\|m == cur\)) flag = x;
  ...>
}

@@
identifier around.fn, state.flag, virtual.lock;
expression cur, M;
@@
fn(...)
{
  <...
- if (flag)
    up_write(M);
- else
-   mutex_unlock(\(&cur->lock\|&cur.lock\));
  ...>
}

// ---- one device: the lock that is tried is there already

@depends on alone@
identifier virtual.zap, virtual.walk, virtual.gate;
expression E, X;
statement S, T;
@@
- if (!zap(E, ...)) S
  if (!down_write_trylock(\(&X->gate\|&X.gate\))) T
+ walk(E);

// ---- the first pass locks and zaps

@depends on alone@
identifier virtual.zap, virtual.walk, virtual.gate;
expression E;
statement S;
@@
  if (
- !zap(E, ...)
+ !down_write_trylock(&E->gate)
     ) S
+ walk(E);

// Where success is true, and what follows it stands in the branch. Not every way may leave it at its end.

@depends on alone && truth exists@
identifier virtual.zap, virtual.walk, virtual.gate;
expression E;
statement S;
@@
  if (
- zap(E, ...)
+ down_write_trylock(&E->gate)
     ) {
+ walk(E);
  ... when any
  } else S

@depends on alone && truth exists@
identifier virtual.zap, virtual.walk, virtual.gate;
expression E;
@@
  if (
- zap(E, ...)
+ down_write_trylock(&E->gate)
     ) {
+ walk(E);
  ... when any
  }

@depends on alone && truth@
identifier virtual.zap, virtual.walk, virtual.gate;
expression E;
statement S;
@@
  if (
- zap(E, ...)
+ down_write_trylock(&E->gate)
     )
+ {
+ walk(E);
  S
+ }

@depends on alone@
identifier virtual.zap, virtual.walk, virtual.gate;
expression E, r;
statement S;
@@
- r = zap(E, ...);
- if (\(!r\|r == 0\))
+ if (!down_write_trylock(&E->gate))
  S
+ walk(E);

// ---- a walk that returned an error when a lock was taken; now it does not fail

@depends on errno@
identifier virtual.zap, virtual.gate;
expression list es;
expression X, r;
statement S, T;
@@
(
- if (zap(es)) S
  if (!down_write_trylock(\(&X->gate\|&X.gate\))) T
+ zap(es);
|
- r = zap(es);
- if (\(r\|r < 0\|r != 0\)) S
  if (!down_write_trylock(\(&X->gate\|&X.gate\))) T
+ r = zap(es);
|
- r = zap(es);
- if (\(r\|r < 0\|r != 0\)) S
  down_write(\(&X->gate\|&X.gate\));
+ r = zap(es);
|
- if (zap(es)) S
  down_write(\(&X->gate\|&X.gate\));
+ zap(es);
)

@depends on errno@
identifier virtual.zap;
expression list es;
expression r, e;
@@
- r = zap(es);
+ zap(es);
  r = e;

// ---- nothing can fail any more

@depends on zero@
identifier virtual.zap;
expression list es;
expression r;
statement S;
@@
(
- if (zap(es)) S
+ zap(es);
|
- if (zap(es) != 0) S
+ zap(es);
|
- if (zap(es) < 0) S
+ zap(es);
|
- r = zap(es);
- if (\(r\|r != 0\|r < 0\)) S
+ zap(es);
+ r = 0;
|
- r = zap(es);
+ zap(es);
+ r = 0;
|
- (void)zap(es);
+ zap(es);
)

@depends on zero@
identifier virtual.zap;
expression r, e;
@@
  zap(...);
- r = 0;
  ... when != r
      when any
  r = e;

// ---- everyone else; the zap does not pass what works on the device, nor the end of a time with the lock held

@depends on alone && !still@
identifier virtual.zap, virtual.walk, virtual.gate;
expression E, X, C;
@@
- if (C) zap(E, ...);
  down_write(\(&X->gate\|&X.gate\));
+ if (C)
+	walk(E);

@depends on patch && !alone && !still@
identifier virtual.zap, virtual.walk, virtual.gate;
expression list es;
expression X, C;
@@
- if (C) zap(es);
  down_write(\(&X->gate\|&X.gate\));
+ if (C)
+	walk(es);

@depends on alone && !still@
identifier virtual.zap, virtual.walk, virtual.gate;
identifier work !~ "^(mutex|spin|lockdep|list|INIT|WARN|cancel|flush|atomic)_";
expression E, X;
@@
- zap(E, ...);
  ... when != zap(...)
      when != work(...)
  down_write(\(&X->gate\|&X.gate\));
+ walk(E);

@depends on patch && !alone && !still@
identifier virtual.zap, virtual.walk, virtual.gate;
identifier work !~ "^(mutex|spin|lockdep|list|INIT|WARN|cancel|flush|atomic)_";
expression list es;
expression X;
@@
- zap(es);
  ... when != zap(...)
      when != work(...)
  down_write(\(&X->gate\|&X.gate\));
+ walk(es);

@depends on alone@
identifier virtual.zap, virtual.walk;
expression E;
@@
- zap(E, ...)
+ walk(E)

@depends on patch && !alone@
identifier virtual.zap, virtual.walk;
@@
- zap
+ walk
  (...)
