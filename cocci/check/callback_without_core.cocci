// SPDX-License-Identifier: GPL-2.0-only
/// init, close_device and release of a driver call the core's
//
//# Id: VPS-LIFE-07
//# Group: lifetime
//# Severity: error
//# Reason: the core's part of a callback is not optional: without its close_device interrupts, mappings
//#   of BARs and the power state stay as the user left them; without its init locks are not
//#   initialised; without its release memory leaks.
//# Prevents: core_irq_test close_with_interrupts, core_mmap_test close_with_a_mapping
//# Fix: call vfio_pci_core_close_device() (last), vfio_pci_core_init_dev(),
//#   vfio_pci_core_release_dev() (last)
//
// Confidence: High

virtual report

@table depends on ever concerned@
identifier ops;
identifier f !~ "^vfio_pci_core_";
identifier m = {init, release, close_device};
@@
struct vfio_device_ops ops = { ..., .m = f, ... };

@core@
identifier call = {vfio_pci_core_init_dev, vfio_pci_core_release_dev,
	vfio_pci_core_close_device, vfio_pci_core_disable};
position p;
@@
call@p(...)

@alone@
identifier table.f;
position p;
@@
f@p(...)
{ ... }

@calls@
identifier table.f, g;
position p;
@@
f(...)
{ <+... g@p(...) ...+> }

@initialize:python@
@@
what = "ERROR: [VPS-LIFE-07] .%s does not call the core's"
right = set()

@script:python@
p << core.p;
@@
right.add((p[0].file, p[0].current_element))

@script:python@
f << table.f;
g << calls.g;
p << calls.p;
@@
if (p[0].file, g) in right:
    right.add((p[0].file, f))

@script:python@
f << table.f;
p << alone.p;
@@
cocci.include_match((p[0].file, f) not in right)

@script:python depends on report@
p << alone.p;
m << table.m;
@@
coccilib.report.print_report(p[0], what % m)
