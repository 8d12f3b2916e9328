// SPDX-License-Identifier: GPL-2.0-only
/// Zap by unmap_mapping_range() instead of walking a list of VMAs
//
// Confidence: Moderate: relies on the names scripts/migrate has found by shape
// Options: --no-includes -D zap=... -D walk=...
// Comments: the walk took a lock of its own, which stood above the one that gates faults; the zap
//	now comes after the latter has been taken, so that nothing can be faulted in between.

virtual patch
virtual as_inode, as_sdk, as_file
virtual in_core
virtual bars
virtual keep_lock

// ---- the loop becomes one call

// loops inside loops go with the outermost one
@inner depends on patch@
statement S;
expression e;
position p;
@@
(
  while (...) { <+... while@p (e) S ...+> }
|
  for (...;...;...) { <+... while@p (e) S ...+> }
)

@forever depends on patch exists@
identifier virtual.zap, o;
type R, O;
statement S;
position p != inner.p;
expression e;
@@
R zap(O *o, ...)
{
  ... when any
(
- while@p (e) S
+ unmap_list_of(o);
|
- for@p (...;...;...) S
+ unmap_list_of(o);
)
  ... when any
}

@each depends on patch && !forever exists@
identifier virtual.zap, virtual.head, o;
type R, O;
iterator I;
expression t, x, E;
identifier l;
statement S;
@@
R zap(O *o, ...)
{
  ... when any
(
- I(t, x, &E->head, l) S
+ unmap_list_of(o);
|
- I(t, &E->head, l) S
+ unmap_list_of(o);
)
  ... when any
}

// a lock that stays, and that was taken inside the loop, waits for faults on their way
@depends on forever && keep_lock@
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

@depends on forever || each@
identifier virtual.zap;
expression e;
@@
zap(...)
{
  <...
- return e;
  ...>
}

@depends on forever || each@
identifier virtual.zap, virtual.walk, o;
type R, O;
@@
- R zap(O *o, ...)
+ void walk(O *o)
{ ... }
