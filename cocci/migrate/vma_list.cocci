// SPDX-License-Identifier: GPL-2.0-only
/// What belongs to a list of VMAs: vm_operations, who uses them, and what a fault does
//
// Confidence: High
// Options: --no-includes
// Comments: only facts, for tools/migrate, which finds the list itself: a walk may be made of a goto, pop its entries,
//	or be spread over helpers. The function is that of the position, not one in the pattern: Coccinelle follows
//	no function that has a statement which is never reached.

virtual facts

@initialize:python@
@@
def fact(name, pos, *values):
    print("FACT", name, pos[0].line, *(v.replace(" ", "") for v in values), sep="\t")

// ---- the vm_operations and who uses them

@ops depends on facts@
identifier o, member, f;
position p;
@@
struct vm_operations_struct o@p = { ..., .member = f, ... };

@script:python@
o << ops.o; p << ops.p; member << ops.member; f << ops.f;
@@
fact("ops", p, o, member, f)

@mmap depends on facts@
identifier ops.o;
expression E;
position p;
@@
E->vm_ops@p = &o

@script:python@
p << mmap.p; o << ops.o;
@@
fact("mmap", p, p[0].current_element, o)

@pgoff depends on facts@
struct vm_area_struct *vma;
expression E;
position p;
@@
(
vma->vm_pgoff@p = E
|
vma->vm_pgoff@p += E
)

@script:python@
p << pgoff.p; E << pgoff.E;
@@
print("FACT", "pgoff", p[0].line, p[0].current_element, E, sep="\t")

// ---- what a fault does

@fill depends on facts@
identifier call = {remap_pfn_range, io_remap_pfn_range, vmf_insert_pfn};
expression v, a, pfn;
position p;
@@
call@p(v, a, pfn, ...)

@script:python@
call << fill.call; v << fill.v; pfn << fill.pfn; p << fill.p;
@@
print("FACT", "remap", p[0].line, p[0].current_element, call, v.replace(" ", ""), pfn, sep="\t")
