// SPDX-License-Identifier: GPL-2.0-only
/// A large entry begins inside the mapping and is aligned
//
//# Id: VPS-MMAP-09
//# Group: mmap
//# Severity: error
//# Reason: a huge fault comes with the address that was touched. The entry starts at that address
//#   rounded down, which may lie before the mapping, and may end after it; the frame must also be
//#   aligned. Unchecked, user space sees device memory it has not been given, or the wrong part.
//# Prevents: "vfio/pci: Align huge faults to order", "vfio/pci: Fallback huge faults for unaligned
//#   pfn"; core_fault_test odd_ends and odd_address_has_small_entries
//# Fix: addr = ALIGN_DOWN(vmf->address, PAGE_SIZE << order), the frame from addr, and
//#   VM_FAULT_FALLBACK unless is_aligned_for_order(vma, addr, pfn, order)
//
// Confidence: High

virtual report

@large depends on ever concerned@
identifier f, vmf, order;
@@
f(struct vm_fault *vmf, unsigned int order)
{ ... }

@script:python@
@@
active.clear()
handlers.clear()
rounding.clear()
texts.clear()

@script:python depends on large@
@@
active.add(True)

@script:python@
f << large.f;
@@
handlers.add(f)

@rounds depends on ever large@
expression e, vmf;
position p;
@@
\(ALIGN_DOWN@p\|round_down@p\)(vmf->address, e)

@script:python@
p << rounds.p;
@@
rounding.add(p[0].current_element)
cocci.include_match(False)

@compares depends on ever large@
expression a, b;
binary operator op = {<, >, <=, >=};
position p;
@@
a@p op b

@script:python@
p << compares.p;
a << compares.a;
b << compares.b;
@@
texts.setdefault(p[0].current_element, []).append(a + " ? " + b)
cocci.include_match(False)

@masks depends on ever large@
expression a, b;
position p;
@@
a@p & b

@script:python@
p << masks.p;
a << masks.a;
b << masks.b;
@@
if "PAGE_MASK" not in b and a.replace(" ", "").endswith("->address"):
    rounding.add(p[0].current_element)
texts.setdefault(p[0].current_element, []).append(a + " & " + b)
cocci.include_match(False)

@initialize:python@
@@
what1 = "ERROR: [VPS-MMAP-09] the address is not rounded down to the size of the entry"
what2 = "ERROR: [VPS-MMAP-09] nothing keeps the entry inside the mapping"
what3 = "ERROR: [VPS-MMAP-09] the frame may not be aligned to the size of the entry"
import re
whole = "is_aligned_for_order"
active = set()
handlers = set()
texts = {}
rounding = set()

def near(function):
    found = set()
    for f in above(function, set()):
        found |= below(f, set())
    return found

def said(functions, pattern):
    return any(re.search(pattern, t) for f in functions for t in texts.get(f, []))

def is_asked(f):
    """Is a handler what it is inserted for, which is where all of it can be seen?"""
    return bool(active and above(f, set()) & handlers)

def is_unrounded(f):
    return not near(f) & rounding

def is_outside(f):
    # Rounded down, it may begin before the mapping as well as end behind it.
    known = near(f)
    return whole not in known and not (
        said(known, r"vm_end.*\?|\?.*vm_end") and said(known, r"vm_start.*\?|\?.*vm_start"))

def is_askew(f):
    known = near(f)
    return not known & {whole, "IS_ALIGNED"} and not said(known, "(pfn|frame|phys|pa|off).*&.*(order|size|pages|nr)")

@unrounded depends on ever large@
identifier insert = {vmf_insert_pfn_pmd, vmf_insert_pfn_pud};
expression order != 0;
position p;
@@
(
  insert@p(...)
|
  vfio_pci_vmf_insert_pfn@p(..., order)
)

@script:python@
p << unrounded.p;
@@
cocci.include_match(is_asked(p[0].current_element) and is_unrounded(p[0].current_element))

@script:python depends on report@
p << unrounded.p;
@@
coccilib.report.print_report(p[0], what1)

@unchecked depends on ever large@
identifier insert = {vmf_insert_pfn_pmd, vmf_insert_pfn_pud};
expression order != 0;
position p;
@@
(
  insert@p(...)
|
  vfio_pci_vmf_insert_pfn@p(..., order)
)

@script:python@
p << unchecked.p;
@@
cocci.include_match(is_asked(p[0].current_element) and is_outside(p[0].current_element))

@script:python depends on report@
p << unchecked.p;
@@
coccilib.report.print_report(p[0], what2)

@unaligned depends on ever large@
identifier insert = {vmf_insert_pfn_pmd, vmf_insert_pfn_pud};
expression order != 0;
position p;
@@
(
  insert@p(...)
|
  vfio_pci_vmf_insert_pfn@p(..., order)
)

@script:python@
p << unaligned.p;
@@
cocci.include_match(is_asked(p[0].current_element) and is_askew(p[0].current_element))

@script:python depends on report@
p << unaligned.p;
@@
coccilib.report.print_report(p[0], what3)
