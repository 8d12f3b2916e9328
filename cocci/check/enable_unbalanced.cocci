// SPDX-License-Identifier: GPL-2.0-only
/// open enables, finishes, and undoes both when it fails
//
//# Id: VPS-LIFE-06
//# Group: lifetime
//# Severity: error
//# Reason: vfio_pci_core_enable() powers up, resets and saves the device. A path that fails after
//#   it without vfio_pci_core_disable() leaves it powered and leaks all that was allocated, with
//#   the kernel's core its BARs claimed as well, so that the next open fails; one that succeeds
//#   without vfio_pci_core_finish_enable() has no mmap, and its PF's VF token may change under it.
//# Prevents: a device that stays powered and cannot be opened again; core_mmap_test every_bar
//# Fix: enable first, finish_enable last, vfio_pci_core_disable() on each error path between them
//
// Confidence: High

virtual report

@enables@
@@
vfio_pci_core_enable(...)

@script:python@
@@
active.clear()

@script:python depends on enables@
@@
active.add(True)

@neither depends on ever enables exists@
identifier ret;
type T;
statement S;
position p;
@@
(
  ret = vfio_pci_core_enable@p(...);
  if (\(ret\|ret < 0\|ret != 0\)) S
|
  T ret = vfio_pci_core_enable@p(...);
  if (\(ret\|ret < 0\|ret != 0\)) S
|
  if (\(vfio_pci_core_enable@p(...)\|(ret = vfio_pci_core_enable@p(...))\)) S
)
... when != vfio_pci_core_finish_enable(...)
    when != vfio_pci_core_disable(...)
    when != vfio_pci_core_close_device(...)
    when any
return ...;

// after finish_enable
@late depends on ever enables exists@
expression r, e;
identifier g;
position p;
@@
vfio_pci_core_finish_enable@p(...);
... when != vfio_pci_core_disable(...)
    when != vfio_pci_core_close_device(...)
(
  return -e;
|
  return PTR_ERR(e);
|
  r = g(...);
  if (\(r\|r < 0\|r != 0\)) {
    ... when != vfio_pci_core_disable(...)
        when != vfio_pci_core_close_device(...)
    return r;
  }
)

@enable@
identifier f;
position q;
@@
f@q(...)
{ <+... vfio_pci_core_enable(...) ...+> }

@finish@
identifier f, vdev;
position p, q != enable.q;
@@
f@q(struct vfio_device *vdev)
{ <+... vfio_pci_core_finish_enable@p(...) ...+> }

@initialize:python@
@@
unfinished = "ERROR: [VPS-LIFE-06] no vfio_pci_core_finish_enable() comes after this"
dangling = "ERROR: [VPS-LIFE-06] a path returns after this, neither finished nor disabled"
what2 = "ERROR: [VPS-LIFE-06] there was no vfio_pci_core_enable() before"
what3 = "ERROR: [VPS-LIFE-06] an error path after this has no vfio_pci_core_disable()"
finishes = {"vfio_pci_core_finish_enable"}
ends = finishes | {"vfio_pci_core_disable", "vfio_pci_core_close_device"}
active = set()
open_ends = set()

def near(function):
    found = set()
    for f in above(function, set()):
        found |= below(f, set())
    return found

def what(place):
    f = place.current_element
    if not near(f) & finishes:
        return unfinished
    # A function that ends nothing leaves it to who calls it; another one may do it through a function.
    through = any(below(g, set()) & ends for g in callees[f] if g in callees)
    if (place.file, place.line) in open_ends and callees[f] & ends and not through:
        return dangling
    return ""

@script:python@
p << neither.p;
@@
open_ends.add((p[0].file, p[0].line))

@script:python depends on report@
p << finish.p;
@@
coccilib.report.print_report(p[0], what2)

@script:python depends on report@
p << late.p;
@@
coccilib.report.print_report(p[0], what3)

@bad@
position p;
@@
vfio_pci_core_enable@p(...)

@script:python@
p << bad.p;
@@
cocci.include_match(bool(active) and what(p[0]) != "")

@script:python depends on report@
p << bad.p;
@@
coccilib.report.print_report(p[0], what(p[0]))
