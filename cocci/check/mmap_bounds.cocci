// SPDX-License-Identifier: GPL-2.0-only
/// mmap refuses what lies outside of the region
//
//# Id: VPS-INPUT-02
//# Group: input
//# Severity: error
//# Reason: offset and length come from user space. Unchecked, the fault handler maps what follows in
//#   physical memory: another device, or RAM.
//# Prevents: "vfio/pci: Add missing range check in vfio_pci_mmap"; core_mmap_test far_offsets and
//#   lengths_and_flags
//# Fix: offset in the region plus vma->vm_end - vma->vm_start, added without overflow, is at most the
//#   region's size; or call vfio_pci_core_mmap()
//
// Confidence: Moderate: any comparison with a length will do

virtual report

@script:python@
@@
active.clear()
callees.clear()
texts.clear()
assigned.clear()
takes.clear()
bounded.clear()

@populates depends on ever concerned@
identifier vma, ops;
@@
\(vma->vm_ops = &ops\|io_remap_pfn_range(vma, ...)\|remap_pfn_range(vma, ...)\)

@script:python depends on populates@
@@
active.add(True)

@given depends on populates@
identifier f, vma;
position q;
@@
f@q(..., struct vm_area_struct *vma, ...)
{ ... }

@script:python@
f << given.f;
@@
takes.add(f)
cocci.include_match(False)

@calls depends on ever populates@
identifier g;
expression list es;
position p;
@@
g@p(es)

@script:python@
p << calls.p;
g << calls.g;
es << calls.es;
@@
call(p[0].current_element, g, str(es))
cocci.include_match(False)

@assigns depends on ever populates@
expression x, y;
position p;
@@
x@p = y

@script:python@
p << assigns.p;
x << assigns.x;
y << assigns.y;
@@
assign(p[0].current_element, x, y)
cocci.include_match(False)

@declares depends on ever populates@
identifier x;
type T;
expression y;
position p;
@@
T x@p = y;

@script:python@
p << declares.p;
x << declares.x;
y << declares.y;
@@
assign(p[0].current_element, x, y)
cocci.include_match(False)

@asks depends on ever populates@
expression e;
statement S1, S2;
position p;
@@
if@p (e) S1 else S2

@script:python@
p << asks.p;
e << asks.e;
@@
texts.setdefault(p[0].current_element, []).append(e)
cocci.include_match(False)

@compares depends on ever populates@
expression a, b;
binary operator op = {<, >, <=, >=, ==, !=};
position p;
@@
a@p op b

@script:python@
p << compares.p;
a << compares.a;
b << compares.b;
@@
texts.setdefault(p[0].current_element, []).append(a + " " + b)
cocci.include_match(False)

// where the core has mapped it and the function goes on
@returned depends on ever populates@
position c;
@@
return vfio_pci_core_mmap@c(...);

@core depends on ever populates@
identifier f, vma;
position c != returned.c, q;
@@
f@q(..., struct vm_area_struct *vma)
{ <+... vfio_pci_core_mmap@c(...) ...+> }

@script:python@
f << core.f;
@@
bounded.add(f)

@maps depends on ever populates exists@
identifier f, vma, ops;
position p;
@@
f(..., struct vm_area_struct *vma, ...)
{
  ... when any
(
  vma->vm_ops@p = &ops
|
  \(io_remap_pfn_range@p\|remap_pfn_range@p\)(vma, ...)
)
  ... when any
}

@initialize:python@
@@
what = "ERROR: [VPS-INPUT-02] nothing compares offset and length with the size of the region"
import re
ram = {"virt_to_phys", "virt_to_page", "virt_to_pfn", "page_to_pfn", "page_to_phys", "vmalloc_to_pfn", "__pa"}
# Functions that are given the VMA and do not look at its length.
blind = re.compile(r"vfio_pci_core_(mmap|vma_\w+)|container_of|to_\w+|vma_pages|vm_(flags|get)_\w+|\w*remap_pfn_range|"
    r"vm_iomap_memory|vma_set_\w+|\w*(print|dbg|debug|info|warn|err)\w*|(IS_)?ERR\w*|(un)?likely|WARN\w*$")
active = set()
callees = {}
texts = {}
assigned = {}
takes = set()
bounded = set()

def call(function, g, args):
    callees.setdefault(function, {}).setdefault(g, []).append(args)
    m = re.match(r"check_\w+_overflow$", g) and re.match(r"(.*), *& *(\w+)$", args)
    if m:
        assign(function, m.group(2), m.group(1))

def assign(function, variable, value):
    assigned.setdefault(function, []).append((variable.strip(), value))

def mentions(text, variables):
    return re.search(r"vm_end|vma_pages", text) or any(
        re.search(r"(?<![\w>.])%s\b" % re.escape(v), text) for v in variables)

def lengths(function):
    """Variables that depend on the length of the mapping."""
    known = set()
    while True:
        more = {x for x, y in assigned.get(function, []) if mentions(y, known)} - known
        if not more:
            return known
        known |= more

def compares(function):
    known = lengths(function)
    texts_here = [t for t in texts.get(function, []) if not re.fullmatch(r"\s*\w+ *-> *vm_end\W*\w+ *-> *vm_start\s*", t)]
    said = [re.sub(r"check_\w+_overflow ?\([^()]*(\([^()]*\)[^()]*)*\)", "", t) for t in texts_here]
    if function in bounded or any(mentions(t, known) for t in said):
        return True
    for g, calls in callees.get(function, {}).items():
        if g in takes or blind.match(g) or re.match("check_", g):
            continue
        # Somebody else is given the length, or the VMA.
        if any(mentions(args, known) or re.search(r"\bvma\b(?! *->)", args) for args in calls):
            return True
    return False

def as_long_as_asked(function):
    """Does it map as much as the user asks for, or from where the user says? Then being RAM makes it worse."""
    calls = callees.get(function, {})
    return any(re.search(r"vm_end|vm_pgoff|vma_pages", args) for g in calls if "remap_pfn_range" in g for args in calls[g])

def is_bounded(function):
    related = above(function, set()) | below(function, set())
    return any(compares(f) or set(callees.get(f, ())) & ram and not as_long_as_asked(f) for f in related & takes)

@script:python@
p << maps.p;
@@
cocci.include_match(bool(active) and not is_bounded(p[0].current_element))

@script:python depends on report@
p << maps.p;
@@
coccilib.report.print_report(p[0], what)
