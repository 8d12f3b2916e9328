// SPDX-License-Identifier: GPL-2.0-only
/// Offset and length are added without wrapping round
//
//# Id: VPS-INPUT-05
//# Group: input
//# Severity: error
//# Reason: two 64-bit numbers of the user's add up to a small one: a check of the sum passes, and
//#   the access that follows begins far beyond the end.
//# Prevents: a bound that a large offset passes; core_mmap_test far_offsets
//# Fix: check_add_overflow(), or check the offset against the size, then the length against the
//#   rest
//
// Confidence: High

virtual report

@sum depends on ever concerned exists@
expression s, n, e;
identifier m1, m2;
position p;
@@
copy_from_user(&s, ...)
... when != check_add_overflow(s.m1, s.m2, e)
    when != check_add_overflow(s.m2, s.m1, e)
    when != \(s.m1 > e\|s.m1 >= e\|s.m1 < e\|s.m2 > e\|s.m2 >= e\|s.m2 < e\)
(
s.m1 + s.m2@p > n
|
s.m1 + s.m2@p >= n
|
n < s.m1 + s.m2@p
)

@psum depends on ever concerned exists@
expression s, n, e;
identifier m1, m2;
position p;
@@
(
s = \(memdup_user\|vmemdup_user\)(...)
|
copy_from_user(s, ...)
)
... when != check_add_overflow(s->m1, s->m2, e)
    when != check_add_overflow(s->m2, s->m1, e)
    when != \(s->m1 > e\|s->m1 >= e\|s->m1 < e\|s->m2 > e\|s->m2 >= e\|s->m2 < e\)
(
s->m1 + s->m2@p > n
|
s->m1 + s->m2@p >= n
|
n < s->m1 + s->m2@p
)

@kept depends on ever concerned exists@
idexpression x;
expression s, n, e;
identifier m1, m2;
position p;
@@
copy_from_user(&s, ...)
... when != check_add_overflow(s.m1, s.m2, e)
    when != check_add_overflow(s.m2, s.m1, e)
    when != \(s.m1 > e\|s.m1 >= e\|s.m1 < e\|s.m2 > e\|s.m2 >= e\|s.m2 < e\)
x = s.m1 + s.m2@p
... when != x = n
\(x > n\|x >= n\|n < x\)

@pkept depends on ever concerned exists@
idexpression x;
expression s, n, e;
identifier m1, m2;
position p;
@@
(
s = \(memdup_user\|vmemdup_user\)(...)
|
copy_from_user(s, ...)
)
... when != check_add_overflow(s->m1, s->m2, e)
    when != check_add_overflow(s->m2, s->m1, e)
    when != \(s->m1 > e\|s->m1 >= e\|s->m1 < e\|s->m2 > e\|s->m2 >= e\|s->m2 < e\)
x = s->m1 + s->m2@p
... when != x = n
\(x > n\|x >= n\|n < x\)

@initialize:python@
@@
what = "ERROR: [VPS-INPUT-05] the sum of two numbers from user space may wrap round"
seen = set()

def first(place):
    """Not a + b once more as b + a."""
    key = place.file, place.line
    return key not in seen and not seen.add(key)

@script:python depends on report@
p << sum.p;
@@
if first(p[0]):
    coccilib.report.print_report(p[0], what)

@script:python depends on report@
p << psum.p;
@@
if first(p[0]):
    coccilib.report.print_report(p[0], what)

@script:python depends on report@
p << kept.p;
@@
if first(p[0]):
    coccilib.report.print_report(p[0], what)

@script:python depends on report@
p << pkept.p;
@@
if first(p[0]):
    coccilib.report.print_report(p[0], what)
