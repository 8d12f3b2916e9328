// SPDX-License-Identifier: GPL-2.0-only
/// Offset and length are added without wrapping round
//
//# Id: VPS-INPUT-05
//# Group: input
//# Severity: error
//# Reason: two 64-bit numbers of the user's add up to a small one: a check of the sum passes, and what
//#   is then done begins far behind the end.
//# Prevents: "vfio/qat: fix overflow check in qat_vf_resume_write()"; core_mmap_test far_offsets
//# Mend: check_add_overflow(), or compare the offset first and the length with what is left behind it
//
// Confidence: High
// Options: --no-includes

virtual report
virtual org
virtual context

@concerned@
@@
struct vfio_pci_core_device

// members of what an ioctl has copied in; checked one by one before, or widened, they are right
@sum depends on concerned exists@
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

@initialize:python@
@@
what = "ERROR: [VPS-INPUT-05] the sum of two numbers from user space may wrap round"

@script:python depends on report@
p << sum.p;
@@
coccilib.report.print_report(p[0], what)

@script:python depends on org@
p << sum.p;
@@
coccilib.org.print_todo(p[0], what)

@depends on context@
expression s;
identifier m;
position sum.p;
@@
* s.m@p
