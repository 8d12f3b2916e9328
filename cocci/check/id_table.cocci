// SPDX-License-Identifier: GPL-2.0-only
/// The id table is for driver_override only
//
//# Id: VPS-LIFE-09
//# Group: lifetime
//# Severity: error
//# Reason: a plain PCI_DEVICE() entry lets the driver take the device from its native driver as soon as
//#   the module is loaded, on every machine that has one.
//# Prevents: devices that vanish from the host at modprobe; modules.alias of the wrong kind (vfio_pci:)
//# Fix: PCI_DRIVER_OVERRIDE_DEVICE_VFIO(vendor, device)
//
// Confidence: High

virtual report

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
what1 = "ERROR: [VPS-LIFE-09] %s() binds without driver_override"
what2 = "ERROR: [VPS-LIFE-09] this entry binds without driver_override"
overridden = set()

def is_overridden(place):
    # Both stand in one entry, which is a line or a few.
    line = int(place.line)
    return any((place.file, str(n)) in overridden for n in range(line - 6, line + 7))

@script:python depends on report@
p << plain.p;
entry << plain.entry;
@@
coccilib.report.print_report(p[0], what1 % entry)

@overrides@
identifier used.t;
expression e;
position o;
@@
struct pci_device_id t[] = { ..., { ..., .override_only = e@o, ... }, ... };

@by_hand@
identifier used.t;
expression e;
position p;
@@
struct pci_device_id t[] = { ..., { ..., .vendor = e@p, ... }, ... };

@script:python@
o << overrides.o;
@@
overridden.add((o[0].file, o[0].line))

@script:python@
p << by_hand.p;
@@
cocci.include_match(not is_overridden(p[0]))

@script:python depends on report@
p << by_hand.p;
@@
coccilib.report.print_report(p[0], what2)
