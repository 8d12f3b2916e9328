// SPDX-License-Identifier: GPL-2.0-only
/// read and write stay inside of their buffer
//
//# Id: VPS-INPUT-03
//# Group: input
//# Severity: error
//# Reason: count and position come from user space. A callback that copies count bytes without a look
//#   at either reads or overwrites what stands beside its buffer.
//# Prevents: "vfio/platform: check the bounds of read/write syscalls"; core_rw_test the_end_of_a_region
//# Mend: refuse a position at or behind the end, and copy min(count, size - pos)
//
// Confidence: High
// Options: --no-includes

virtual report
virtual org
virtual context

@concerned@
@@
struct vfio_pci_core_device

@copy depends on concerned exists@
identifier f, d, buf, count, ppos;
typedef loff_t;
type T1, T2;
identifier call = {copy_to_user, copy_from_user, memcpy, memcpy_toio, memcpy_fromio};
position p, q;
@@
f@q(T1 *d, T2 buf, size_t count, loff_t *ppos, ...)
{
  ... when any
  call@p(..., count)
  ... when any
}

@compare exists@
identifier copy.f;
expression a, b;
binary operator op = {<, >, <=, >=, ==, !=};
position q;
@@
f@q(...)
{
  ... when any
  a op b
  ... when any
}

@asks exists@
identifier copy.f;
identifier call = {min, min_t, umin, clamp, clamp_t, check_add_overflow,
	vfio_pci_core_range_intersect_range, simple_read_from_buffer, simple_write_to_buffer};
position q;
@@
f@q(...)
{
  ... when any
  call(...)
  ... when any
}

@initialize:python@
@@
what = "ERROR: [VPS-INPUT-03] count, which is the user's, is never compared with a size"
import re
bounded = set()

@script:python@
q << compare.q;
a << compare.a;
b << compare.b;
count << copy.count;
@@
if re.search(r"\b%s\b" % count, a + " " + b):
    bounded.add((q[0].file, q[0].line))

@script:python@
q << asks.q;
@@
bounded.add((q[0].file, q[0].line))

@script:python@
q << copy.q;
p << copy.p;
d << copy.T1;
@@
cocci.include_match((q[0].file, q[0].line) not in bounded and
    d.split()[-1] in ("vfio_device", "vfio_pci_core_device", "file"))

@script:python depends on report@
p << copy.p;
@@
coccilib.report.print_report(p[0], what)

@script:python depends on org@
p << copy.p;
@@
coccilib.org.print_todo(p[0], what)

@depends on context@
identifier c;
position copy.p;
@@
* c@p(...)
