// SPDX-License-Identifier: GPL-2.0-only
/// vm_pgoff keeps the offset in the device file, never a page frame number
//
//# Id: VPS-MMAP-03
//# Group: mmap
//# Severity: error
//# Reason: unmap_mapping_range() finds mappings by their offset in the device file. A VMA whose
//#   vm_pgoff was replaced is not found: user space goes on touching a device that is in reset or has
//#   decode off.
//# Prevents: mappings that no zap finds; core_mmap_test all_processes_are_zapped
//# Fix: leave vm_pgoff alone and compute the frame in the fault handler, from vmf->pgoff;
//#   tools/migrate/migrate --as sdk does it for a plain remap
//
// Confidence: High

virtual report

@back@
identifier saved;
expression v, e;
position p;
@@
saved = v->vm_pgoff
... when any
v->vm_pgoff@p = e
... when any
v->vm_pgoff = saved

@undo@
identifier saved;
expression v;
position p;
@@
saved = v->vm_pgoff
... when any
v->vm_pgoff@p = saved

@set depends on ever concerned@
expression v, e;
position p != {back.p, undo.p};
@@
(
v->vm_pgoff@p = e
|
v->vm_pgoff@p += e
|
v->vm_pgoff@p -= e
|
v->vm_pgoff@p &= e
|
v->vm_pgoff@p |= e
|
v->vm_pgoff@p ^= e
|
v->vm_pgoff@p <<= e
|
v->vm_pgoff@p >>= e
)

@initialize:python@
@@
what = "ERROR: [VPS-MMAP-03] vm_pgoff is overwritten, zaps will not find this mapping"

@script:python depends on report@
p << set.p;
@@
coccilib.report.print_report(p[0], what)
