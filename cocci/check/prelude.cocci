// SPDX-License-Identifier: GPL-2.0-only
//
// Not a rule: prepended to all rules, finds the drivers of the vfio-pci core and their call graph.

virtual report

@concerned@
@@
struct vfio_pci_core_device

@script:python@
@@
callees.clear()

@calls depends on ever concerned@
identifier g;
position p;
@@
g@p(...)

@script:python@
p << calls.p;
g << calls.g;
@@
callees.setdefault(p[0].current_element, set()).add(g)
cocci.include_match(False)

@initialize:python@
@@
callees = {}

def below(function, seen):
    """The function and whom it calls, and so on."""
    seen.add(function)
    for g in callees.get(function, ()):
        if g not in seen:
            below(g, seen)
    return seen

def above(function, seen):
    """The function and who calls it, and so on."""
    seen.add(function)
    for f in list(callees):
        if function in callees[f] and f not in seen:
            above(f, seen)
    return seen
