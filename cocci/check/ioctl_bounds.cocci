// SPDX-License-Identifier: GPL-2.0-only
/// What an ioctl copies in is checked before it is used
//
//# Id: VPS-INPUT-04
//# Group: input
//# Severity: error
//# Reason: every member of a structure from user space may have any value: an index reads or writes
//#   beside the array, a count times a size wraps round, an argsz that is too small means that members
//#   were never set.
//# Prevents: a read or write beside an array; core_info_test sizes_that_are_too_small
//# Fix: compare each index with the number of elements (array_index_nospec() when user space can read
//#   the result), memdup_array_user() for arrays, argsz first
//
// Confidence: High

virtual report

@guarded@
expression s, E, n;
identifier m;
position in_if;
@@
\(s.m > n\|s.m >= n\) || <+... E[s.m@in_if] ...+>

@index depends on ever concerned exists@
expression s, E, n;
identifier m;
identifier g !~ "^copy_";
position p != guarded.in_if;
@@
copy_from_user(&s, ...)
... when != g(..., s.m, ...)
    when != g(..., &s, ...)
    when != \(s.m < n\|s.m <= n\|s.m > n\|s.m >= n\|s.m == n\|s.m != n\|array_index_nospec(s.m, n)\)
E[s.m@p]

// the same through a pointer
@pguarded@
expression s, E, n;
identifier m;
position in_if;
@@
\(s->m > n\|s->m >= n\) || <+... E[s->m@in_if] ...+>

@pindex depends on ever concerned exists@
expression s, E, n;
identifier m;
identifier g !~ "^copy_";
position p != pguarded.in_if;
@@
(
s = \(memdup_user\|vmemdup_user\)(...)
|
copy_from_user(s, ...)
)
... when != g(..., s->m, ...)
    when != \(s->m < n\|s->m <= n\|s->m > n\|s->m >= n\|s->m == n\|s->m != n\|array_index_nospec(s->m, n)\)
E[s->m@p]

@product depends on ever concerned exists@
expression s, e, x;
identifier m;
identifier g !~ "^copy_";
type T;
position p;
@@
copy_from_user(&s, ...)
... when != g(..., &s, ...)
    when != \(s.m < e\|s.m <= e\|s.m > e\|s.m >= e\)
(
memdup_user@p(x, s.m * \(sizeof(T)\|sizeof(e)\))
|
memdup_user@p(x, \(sizeof(T)\|sizeof(e)\) * s.m)
|
\(kmalloc@p\|kzalloc@p\|kvmalloc@p\|kvzalloc@p\|vmalloc@p\|vzalloc@p\)(s.m * \(sizeof(T)\|sizeof(e)\), ...)
)

@argsz depends on ever concerned@
identifier S = {vfio_device_info, vfio_region_info, vfio_irq_info, vfio_irq_set,
	vfio_device_ioeventfd, vfio_precopy_info};
struct S s;
identifier f;
identifier g !~ "^copy_";
position q;
@@
f@q(...)
{ <+... \(s.argsz\|g(..., &s, ...)\) ...+> }

@unsized depends on ever concerned exists@
identifier S = {vfio_device_info, vfio_region_info, vfio_irq_info, vfio_irq_set,
	vfio_device_ioeventfd, vfio_precopy_info};
struct S s;
identifier f;
position p, q != argsz.q;
@@
f@q(...)
{
  ... when any
  copy_from_user@p(&s, ...)
  ... when any
}

// a structure of the driver's, if it is in the file
@sized depends on ever concerned@
identifier S;
type T;
@@
struct S { T argsz; ... };

@looks depends on sized@
identifier sized.S;
struct S s;
identifier f;
identifier g !~ "^copy_";
position q;
@@
f@q(...)
{ <+... \(s.argsz\|g(..., &s, ...)\) ...+> }

@own depends on sized exists@
identifier sized.S;
struct S s;
identifier f;
position p != unsized.p, q != looks.q;
@@
f@q(...)
{
  ... when any
  copy_from_user@p(&s, ...)
  ... when any
}

@initialize:python@
@@
what1 = "ERROR: [VPS-INPUT-04] an index from user space is not compared with anything"
what2 = "ERROR: [VPS-INPUT-04] the product wraps round: use memdup_array_user() or kmalloc_array()"
what3 = "ERROR: [VPS-INPUT-04] argsz is never looked at"

@script:python depends on report@
p << index.p;
@@
coccilib.report.print_report(p[0], what1)

@script:python depends on report@
p << pindex.p;
@@
coccilib.report.print_report(p[0], what1)

@script:python depends on report@
p << product.p;
@@
coccilib.report.print_report(p[0], what2)

@script:python depends on report@
p << unsized.p;
@@
coccilib.report.print_report(p[0], what3)

@script:python depends on report@
p << own.p;
@@
coccilib.report.print_report(p[0], what3)
