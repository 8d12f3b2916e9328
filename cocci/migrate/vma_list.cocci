// SPDX-License-Identifier: GPL-2.0-only
/// Find VMAs that are tracked in a list so that they can be zapped one by one
//
// Confidence: High
// Options: --no-includes
// Comments: the shape is a struct with a VMA pointer and a list head, a walk of the list that zaps, and
//	vm_operations that maintain it. Names do not matter. "facts" is for scripts/migrate.

virtual context, org, report, facts

@initialize:python@
@@
def fact(name, pos, *values):
    print("FACT", name, pos[0].line, *(v.replace(" ", "") for v in values), sep="\t")

// ---- the walk: entries of a list are zapped

@walk exists@
identifier fn, T, link, o, O;
identifier zap = {zap_vma, zap_vma_ptes, zap_vma_pages, zap_vma_range, zap_page_range, zap_page_range_single,
		  zap_special_vma_range};
struct T *t; struct T *u;
expression LIST;
iterator I;
position p;
@@
fn@p(struct O *o, ...)
{
  <+...
(
  I(t, u, LIST, link) { ... zap(...); ... }
|
  I(t, LIST, link) { ... zap(...); ... }
)
  ...+>
}

@script:python depends on report@
LIST << walk.LIST; p << walk.p;
@@
coccilib.report.print_report(p[0], "mappings are zapped by a walk of %s: unmap_mapping_range() needs no list" %
                             LIST.replace(" ", ""))

@script:python depends on org@
fn << walk.fn; p << walk.p;
@@
coccilib.org.print_todo(p[0], "%s() walks a list of VMAs to zap them" % fn)

@depends on context exists@
identifier walk.fn;
identifier zap = {zap_vma, zap_vma_ptes, zap_vma_pages, zap_vma_range, zap_page_range, zap_page_range_single,
		  zap_special_vma_range};
@@
fn(...)
{
  <+...
* zap(...)
  ...+>
}

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

@mmap depends on facts exists@
identifier ops.o, fn;
expression E;
position p;
@@
fn(...) { <+... E->vm_ops@p = &o ...+> }

@script:python@
fn << mmap.fn; p << mmap.p; o << ops.o;
@@
fact("mmap", p, fn, o)

@pgoff depends on facts exists@
identifier mmap.fn;
struct vm_area_struct *vma;
expression E;
position p;
@@
fn(...) { <+... \(vma->vm_pgoff@p = E\|vma->vm_pgoff@p += E\) ...+> }

@script:python@
fn << mmap.fn; p << pgoff.p; E << pgoff.E;
@@
print("FACT", "pgoff", p[0].line, fn, E, sep="\t")

// ---- what a fault does

@fill depends on facts exists@
identifier fn;
identifier call = {remap_pfn_range, io_remap_pfn_range, vmf_insert_pfn};
expression v, a, pfn;
position p;
@@
fn(...) { <+... call@p(v, a, pfn, ...) ...+> }

@script:python@
fn << fill.fn; call << fill.call; v << fill.v; pfn << fill.pfn; p << fill.p;
@@
print("FACT", "remap", p[0].line, fn, call, v.replace(" ", ""), pfn, sep="\t")
