// SPDX-License-Identifier: GPL-2.0-only
//
// Not a rule: prepended to all rules, finds the drivers of the vfio-pci core, their call graph, and each pci_driver beside
// them that is no vfio driver.

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
no_vfio = set()

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

// The driver of the PF, beside that of its VFs: its probe registers nothing with vfio.
@others depends on ever concerned@
identifier d, f;
position p;
@@
struct pci_driver d@p = { ..., .probe = f, ... };

@script:python@
p << others.p;
d << others.d;
f << others.f;
@@
if f in callees and "vfio_pci_core_register_device" not in below(f, set()):
    no_vfio.add((p[0].file, str(d)))
else:
    cocci.include_match(False)

@others_handlers@
identifier others.d, h;
position p;
@@
struct pci_driver d@p = { ..., .err_handler = &h, ... };

@script:python@
p << others_handlers.p;
h << others_handlers.h;
@@
no_vfio.add((p[0].file, str(h)))
