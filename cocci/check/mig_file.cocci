// SPDX-License-Identifier: GPL-2.0-only
/// The file of a migration state is a stream
//
//# Id: VPS-MIG-03
//# Group: migration
//# Severity: error
//# Reason: the state is read and written once, in order. Without stream_open() pread() and lseek()
//#   choose the position, and two readers at once share an unlocked f_pos.
//# Prevents: a stream that is read twice or from the middle
//# Fix: stream_open(filp->f_inode, filp) after anon_inode_getfile(); in read and write, return -ESPIPE
//#   if (pos)
//
// Confidence: High

virtual report

@migrates depends on ever concerned@
@@
\(vfio_mig_get_next_state(...)\|VFIO_MIGRATION_STOP_COPY\)

@stream@
identifier f;
position q;
@@
f@q(...)
{ <+... \(stream_open\|nonseekable_open\)(...) ...+> }

@opened depends on migrates exists@
identifier f;
position p, q != stream.q;
@@
f@q(...)
{
  ... when any
  anon_inode_getfile@p(...)
  ... when any
}

@initialize:python@
@@
what = "ERROR: [VPS-MIG-03] no stream_open() for this file"

@script:python depends on report@
p << opened.p;
@@
coccilib.report.print_report(p[0], what)
