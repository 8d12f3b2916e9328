// SPDX-License-Identifier: GPL-2.0-only
/// Migration has all of its callbacks, its flags and STOP_COPY
//
//# Id: VPS-MIG-01
//# Group: migration
//# Severity: error
//# Reason: vfio calls set_state, get_state and, since 6.2, get_data_size without asking whether they
//#   are there, and refuses devices whose flags lack STOP_COPY; the three callbacks of dirty logging
//#   belong together.
//# Prevents: a NULL call by the first user who asks for the state; vfio_pci_core_register_device()
//#   fails with EINVAL
//# Fix: set migration_flags = VFIO_MIGRATION_STOP_COPY | ..., mig_ops and log_ops before the device is
//#   registered, with every member
//
// Confidence: High

virtual report
virtual has_migration_get_data_size

@mig depends on ever concerned@
identifier ops;
position p;
@@
struct vfio_migration_ops ops@p = { ... };

@migmember@
identifier ops, m;
expression e;
position p;
@@
struct vfio_migration_ops ops@p = { ..., .m = e, ... };

@log depends on ever concerned@
identifier ops;
position p;
@@
struct vfio_log_ops ops@p = { ... };

@logmember@
identifier ops, m;
expression e;
position p;
@@
struct vfio_log_ops ops@p = { ..., .m = e, ... };

@flags depends on ever concerned@
expression v, e;
position p;
@@
v->migration_flags@p = e

@flagged@
expression v, e;
@@
\(v->migration_flags = e\|v.migration_flags = e\)

@unflagged depends on ever concerned && !flagged@
expression v, e;
position p;
@@
\(v->mig_ops@p = e\|v.mig_ops@p = e\)

@initialize:python@
@@
what1 = "ERROR: [VPS-MIG-01] the ops lack .%s"
what2 = "ERROR: [VPS-MIG-01] the ops lack .%s"
what4 = "ERROR: [VPS-MIG-01] nothing sets migration_flags"
what3 = "ERROR: [VPS-MIG-01] the flags lack VFIO_MIGRATION_STOP_COPY"
import re
always = ["migration_set_state", "migration_get_state"]
logging = ["log_start", "log_stop", "log_read_and_clear"]
newer = []
given = {}

def missing(ops, wanted):
    return ", .".join(m for m in wanted if m not in given.get((ops.file, ops.line), []))

@script:python depends on has_migration_get_data_size@
@@
newer[:] = ["migration_get_data_size"]

@script:python@
p << migmember.p;
m << migmember.m;
@@
given.setdefault((p[0].file, p[0].line), []).append(m)

@script:python@
p << logmember.p;
m << logmember.m;
@@
given.setdefault((p[0].file, p[0].line), []).append(m)

@script:python depends on report@
p << mig.p;
@@
if missing(p[0], always + newer):
    coccilib.report.print_report(p[0], what1 % missing(p[0], always + newer))

@script:python depends on report@
p << log.p;
@@
if missing(p[0], logging):
    coccilib.report.print_report(p[0], what2 % missing(p[0], logging))

@script:python depends on report@
p << flags.p;
e << flags.e;
@@
if re.search(r"^[A-Z0-9_ |]*$", e) and "VFIO_MIGRATION_STOP_COPY" not in e:
    coccilib.report.print_report(p[0], what3)

@script:python depends on report@
p << unflagged.p;
@@
coccilib.report.print_report(p[0], what4)
