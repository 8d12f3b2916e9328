// SPDX-License-Identifier: GPL-2.0-only
/// Zap by unmap_mapping_range() instead of walking a list of VMAs
//
// Confidence: Moderate: relies on the names tools/migrate/migrate has found by shape
// Options: --no-includes -D zap=... -D walk=...
// Comments: tools/migrate/migrate has replaced the loops that walk by unmap_list_of(). The walk took a lock of its
//	own, which stood above the one that gates faults; the zap now comes after the latter has been
//	taken, so that nothing can be faulted in between.

virtual patch
virtual as_inode, as_sdk, as_file, as_unmap
virtual is_device, is_mdev, late
virtual in_core
virtual bars
virtual relock, alone, callback

// ---- an empty list was no work

@depends on patch@
identifier virtual.zap, virtual.head;
expression E;
statement S;
@@
zap(...)
{
  <...
- if (\(list_empty\|hlist_empty\)(\(&E->head\|&E.head\))) S
  ...>
}

// ---- a walk whose end is that no more faults come: first the lock, then the zap

@depends on patch@
identifier virtual.zap, virtual.gate;
expression o, X;
@@
zap(...)
{
  ... when any
- unmap_list_of(o);
  ... when != up_write(...)
  down_write(\(&X->gate\|&X.gate\));
+ unmap_list_of(o);
  ... when any
}

// a lock that stays, and that was taken inside the loop, waits for faults on their way
@depends on relock@
identifier virtual.lock;
expression o;
@@
+ mutex_lock(&o->lock);
  unmap_list_of(o);
+ mutex_unlock(&o->lock);

// ---- which offsets of which mapping

@depends on bars@
expression o;
@@
- unmap_list_of(o);
+ unmap_mapping_range(mapping_of(o),
+		      VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_BAR0_REGION_INDEX),
+		      VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_ROM_REGION_INDEX), true);

@depends on !bars@
expression o;
@@
- unmap_list_of(o);
+ unmap_mapping_range(mapping_of(o), 0, 0, true);

@depends on as_file@
expression o;
@@
- unmap_mapping_range(mapping_of(o), 0, 0, true);
+ if (o->mapping)
+	unmap_mapping_range(o->mapping, 0, 0, true);

@depends on as_unmap && is_device@
expression o, from, len;
identifier virtual.member;
@@
- unmap_mapping_range(mapping_of(o), from, len, true);
+ vfio_device_unmap(o->member, from, len);

// until 5.13 struct mdev_device was private
@depends on as_unmap && is_mdev@
expression o, from, len;
identifier virtual.member;
@@
- unmap_mapping_range(mapping_of(o), from, len, true);
+ vfio_device_unmap(mdev_dev(o->member), from, len);

@depends on as_unmap && !is_device@
expression o, from, len;
identifier virtual.member;
@@
- unmap_mapping_range(mapping_of(o), from, len, true);
+ vfio_device_unmap(&o->member->dev, from, len);

@depends on late && !in_core@
expression o, from, len;
identifier virtual.vfio;
@@
- unmap_mapping_range(mapping_of(o), from, len, true);
+ if (o->vfio.inode)
+	unmap_mapping_range(o->vfio.inode->i_mapping, from, len, true);

@depends on late && in_core@
expression o, from, len;
identifier virtual.core;
@@
- unmap_mapping_range(mapping_of(o), from, len, true);
+ if (o->core.vdev.inode)
+	unmap_mapping_range(o->core.vdev.inode->i_mapping, from, len, true);

@depends on as_inode && !in_core@
expression o;
identifier virtual.vfio;
@@
- mapping_of(o)
+ o->vfio.inode->i_mapping

@depends on as_inode && in_core@
expression o;
identifier virtual.core;
@@
- mapping_of(o)
+ o->core.vdev.inode->i_mapping

@depends on as_sdk && !in_core@
expression o;
@@
- mapping_of(o)
+ vfio_pci_core_mapping(o)

@depends on as_sdk && in_core@
expression o;
identifier virtual.core;
@@
- mapping_of(o)
+ vfio_pci_core_mapping(&o->core)

// ---- nothing to report to the caller, and nothing to try

@depends on patch && !callback@
identifier virtual.zap;
expression e;
@@
zap(...)
{
  <...
- return e;
+ return;
  ...>
}

@depends on alone@
identifier virtual.zap, virtual.walk, o;
type R, O;
@@
- R zap(O o, ...)
+ void walk(O o)
{ ... }

@depends on !alone && !callback@
identifier virtual.zap, virtual.walk;
type R;
parameter list P;
@@
- R zap(P)
+ void walk(P)
{ ... }
