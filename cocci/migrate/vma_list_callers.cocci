// SPDX-License-Identifier: GPL-2.0-only
/// Take the lock that gates faults, then zap; for a set of devices only try it
//
// Confidence: Moderate: relies on the names tools/migrate/migrate has found by shape
// Options: --no-includes -D zap=... -D walk=... -D lock=... -D gate=...
// Comments: a walk of the list needed mmap_lock, which stands above the lock that gates faults, so
//	devices were zapped first and locked later, in two passes. unmap_mapping_range() needs no
//	mmap_lock: one pass does both, and an unwind has one kind of lock to release.

virtual patch
virtual alone, zero, still

// ---- hot reset of several devices: the second pass goes

@second depends on patch@
identifier virtual.gate, virtual.lock, m, fn;
statement S;
@@
fn(...)
{
  <+...
- if (!down_write_trylock(&m->gate)) S
- mutex_unlock(&m->lock);
  ...+>
}

@@
identifier second.fn, second.m;
iterator I;
expression L, f;
@@
fn(...)
{
  <...
- I(m, L, f) { }
  ...>
}

@@
identifier second.fn, second.m;
expression e;
@@
fn(...)
{
  <...
- m = e;
  ...>
}

// The same by index. There is no function around it: 400 lines of ioctl take Coccinelle minutes.

@index depends on patch@
identifier virtual.gate, virtual.lock, i, m;
expression n, e, r;
statement S;
type T;
@@
(
- for (...; i < n; i++) {
-   m = e;
-   r = down_write_trylock(&m->gate);
-   if (\(!r\|r == 0\)) S
-   r = 0;
-   mutex_unlock(&m->lock);
- }
|
- for (...; i < n; i++) {
-   m = e;
-   r = down_write_trylock(&m->gate);
-   if (\(!r\|r == 0\)) S
-   mutex_unlock(&m->lock);
- }
|
- for (...; i < n; i++) {
-   m = e;
-   if (!down_write_trylock(&m->gate)) S
-   mutex_unlock(&m->lock);
- }
|
- for (...; i < n; i++) {
-   T m;
-   m = e;
-   r = down_write_trylock(&m->gate);
-   if (\(!r\|r == 0\)) S
-   r = 0;
-   mutex_unlock(&m->lock);
- }
|
- for (...; i < n; i++) {
-   T m;
-   m = e;
-   r = down_write_trylock(&m->gate);
-   if (\(!r\|r == 0\)) S
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
-   r = down_write_trylock(&m->gate);
-   if (\(!r\|r == 0\)) S
-   r = 0;
-   mutex_unlock(&m->lock);
- }
|
- for (...; i < n; i++) {
-   T m = e;
-   r = down_write_trylock(&m->gate);
-   if (\(!r\|r == 0\)) S
-   mutex_unlock(&m->lock);
- }
|
- for (...; i < n; i++) {
-   T m = e;
-   if (!down_write_trylock(&m->gate)) S
-   mutex_unlock(&m->lock);
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
identifier second.fn, second.m, flag;
expression x, cur;
@@
fn(...)
{
  <...
- if (\(cur == m\|m == cur\)) flag = x;
  ...>
}

@@
identifier second.fn, state.flag, virtual.lock;
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

// ---- everyone else

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
expression E, X;
@@
- zap(E, ...);
  ... when != zap(...)
  down_write(\(&X->gate\|&X.gate\));
+ walk(E);

@depends on patch && !alone && !still@
identifier virtual.zap, virtual.walk, virtual.gate;
expression list es;
expression X;
@@
- zap(es);
  ... when != zap(...)
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
