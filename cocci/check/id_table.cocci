// SPDX-License-Identifier: GPL-2.0-only
/// The id table is for driver_override only
//
//# Id: VPS-LIFE-09
//# Group: lifetime
//# Severity: error
//# Reason: a plain PCI_DEVICE() entry lets the driver take the device from its native driver as soon as
//#   the module is loaded, on every machine that has one.
//# Prevents: devices that vanish from the host at modprobe; modules.alias of the wrong kind (vfio_pci:)
//# Mend: PCI_DRIVER_OVERRIDE_DEVICE_VFIO(vendor, device)
//
// Confidence: High
// Options: --no-includes

virtual report
virtual org
virtual context

@registers@
@@
vfio_pci_core_register_device(...)

@used depends on registers@
identifier d, t;
@@
struct pci_driver d = { ..., .id_table = t, ... };

@plain@
identifier used.t;
identifier entry = {PCI_DEVICE, PCI_VDEVICE, PCI_DEVICE_SUB, PCI_DEVICE_CLASS,
	PCI_DEVICE_DATA};
position p;
@@
struct pci_device_id t[] = { ..., { entry@p(...), ... }, ... };

@initialize:python@
@@
what = "ERROR: [VPS-LIFE-09] %s() binds without driver_override"

@script:python depends on report@
p << plain.p;
entry << plain.entry;
@@
coccilib.report.print_report(p[0], what % entry)

@script:python depends on org@
p << plain.p;
entry << plain.entry;
@@
coccilib.org.print_todo(p[0], what % entry)

@depends on context@
identifier plain.entry;
position plain.p;
@@
* entry@p(...)
