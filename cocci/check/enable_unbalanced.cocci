// SPDX-License-Identifier: GPL-2.0-only
/// open enables, finishes, and undoes both when it fails
//
//# Id: VPS-LIFE-06
//# Group: lifetime
//# Severity: error
//# Reason: vfio_pci_core_enable() powers up, resets and saves the device. A path that fails after it
//#   without vfio_pci_core_disable() leaves it powered, claimed and with the next open's enable
//#   failing; one that succeeds without vfio_pci_core_finish_enable() has no mmap, no VGA and no VF
//#   token.
//# Prevents: "vfio/nvgrace-gpu: Use a core-only open_device in fallback mode"; core_mmap_test every_bar
//# Mend: enable first, finish_enable last, vfio_pci_core_disable() on each error path between them
//
// Confidence: High
// Options: --no-includes

virtual report
virtual org
virtual context

@leak exists@
expression ret, e, v;
position p;
@@
ret = vfio_pci_core_enable@p(v);
if (ret) { ... return ...; }
... when != vfio_pci_core_disable(...)
    when != vfio_pci_core_close_device(...)
(
  return -e;
|
  return PTR_ERR(e);
|
  return ERR_PTR(e);
)

@leak2 exists@
expression ret, r2, v;
position p;
identifier f;
@@
ret = vfio_pci_core_enable@p(v);
if (ret) { ... return ...; }
... when != vfio_pci_core_disable(...)
    when != vfio_pci_core_close_device(...)
r2 = f(...);
if (\(r2\|r2 < 0\|r2 != 0\)) {
  ... when != vfio_pci_core_disable(...)
      when != vfio_pci_core_close_device(...)
  return r2;
}

@half exists@
expression ret, v;
position p;
@@
ret = vfio_pci_core_enable@p(v);
if (ret) { ... return ...; }
... when != vfio_pci_core_finish_enable(...)
return 0;

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
what1 = "ERROR: [VPS-LIFE-06] an error path after this has no vfio_pci_core_disable()"
what2 = "ERROR: [VPS-LIFE-06] an error path after this has no vfio_pci_core_disable()"
what3 = "ERROR: [VPS-LIFE-06] a path succeeds after this without vfio_pci_core_finish_enable()"
what4 = "ERROR: [VPS-LIFE-06] there was no vfio_pci_core_enable() before"

@script:python depends on report@
p << leak.p;
@@
coccilib.report.print_report(p[0], what1)

@script:python depends on org@
p << leak.p;
@@
coccilib.org.print_todo(p[0], what1)

@depends on context@
identifier c;
position leak.p;
@@
* c@p(...)

@script:python depends on report@
p << leak2.p;
@@
coccilib.report.print_report(p[0], what2)

@script:python depends on org@
p << leak2.p;
@@
coccilib.org.print_todo(p[0], what2)

@depends on context@
identifier c;
position leak2.p;
@@
* c@p(...)

@script:python depends on report@
p << half.p;
@@
coccilib.report.print_report(p[0], what3)

@script:python depends on org@
p << half.p;
@@
coccilib.org.print_todo(p[0], what3)

@depends on context@
identifier c;
position half.p;
@@
* c@p(...)

@script:python depends on report@
p << finish.p;
@@
coccilib.report.print_report(p[0], what4)

@script:python depends on org@
p << finish.p;
@@
coccilib.org.print_todo(p[0], what4)

@depends on context@
identifier c;
position finish.p;
@@
* c@p(...)
