// SPDX-License-Identifier: GPL-2.0-only
/// BARs are mapped when a device is enabled: ask for the mapping instead of making it
//
// Confidence: Moderate
// Options: --no-includes
// Comments: vfio_pci_core_setup_barmap() is gone in 7.x; vfio_pci_core_get_iomap() gives the mapping or
//	an error pointer.

virtual patch

@asks@
identifier fn, ret;
@@
  fn(...)
  {
  <+...
  ret = vfio_pci_core_setup_barmap(...);
  ...+>
  }

@depends on patch@
expression vdev, bar, ret, io;
@@
(
- ret = vfio_pci_core_setup_barmap(vdev, bar);
- if (ret)
-	return ret;
  ...
- io = vdev->barmap[bar];
+ io = vfio_pci_core_get_iomap(vdev, bar);
+ if (IS_ERR(io))
+	return PTR_ERR(io);
|
- ret = vfio_pci_core_setup_barmap(&vdev, bar);
- if (ret)
-	return ret;
  ...
- io = vdev.barmap[bar];
+ io = vfio_pci_core_get_iomap(&vdev, bar);
+ if (IS_ERR(io))
+	return PTR_ERR(io);
)

// where only the existence mattered, there is nothing to ask
@depends on patch@
expression vdev, bar, ret;
@@
- ret = vfio_pci_core_setup_barmap(vdev, bar);
- if (ret)
-	return ret;

// what held its result may have no other use
@depends on patch@
identifier asks.fn, asks.ret;
type T;
@@
  fn(...)
  {
  ... when any
- T ret;
  ... when != ret
  }
