// SPDX-License-Identifier: GPL-2.0-only
/// Give each vfio device an inode, whose address space all mappings of the device share
//
// Confidence: High
// Options: --no-includes
// Comments: for trees older than 6.10, where all device files share the anonymous inode: nothing can
//	be said there about the mappings of one device. f_mapping is set before the file is seen by
//	anyone. As in 6.10 the inode goes after the driver's release, which may zap; in 6.1 release
//	frees the device, so the inode is remembered.

virtual patch
virtual mount_pseudo

// ---- struct vfio_device

@member@
identifier i;
@@
struct vfio_device { ... struct inode *i; ... };

@comp depends on patch && !member@
@@
  struct vfio_device {
    ...
    struct completion comp;
+   struct inode *inode;
    ...
  };

@depends on patch && !member && !comp@
@@
  struct vfio_device {
    ...
    struct list_head group_next;
+   struct inode *inode;
    ...
  };

// ---- a pseudo filesystem for the inodes, which tools/migrate/migrate writes

@has@
@@
vfio_fs_inode_new(...) { ... }

@init depends on patch && !has@
identifier fn, device, d, o;
@@
fn(struct vfio_device *device, struct device *d, const struct vfio_device_ops *o, ...)
{
  <+...
  init_completion(&device->comp);
  ...+>
}

@opaque depends on patch && !has && !init@
struct vfio_device *device;
@@
  kref_init(&device->kref);

@inc depends on init || opaque@
@@
  #include <linux/module.h>
+ #include <linux/mount.h>

@depends on inc && !mount_pseudo@
@@
  #include <linux/pci.h>
+ #include <linux/pseudo_fs.h>

// ---- born before the driver's init, gone after its release

// The label comes first: a function with a goto to nowhere is not looked at.

@unwind depends on init exists@
identifier init.fn, device;
expression ida;
@@
fn(struct vfio_device *device, ...)
{
  ... when any
  vfio_release_device_set(device);
+ vfio_fs_inode_free(device->inode);
+out_inode:
  ida_free(ida, device->index);
  ... when any
}

@depends on unwind@
identifier init.fn, device, o, ret;
@@
fn(struct vfio_device *device, ...)
{
  ... when any
  ret = ida_alloc_max(...);
  ... when any
  device->ops = o;
+ device->inode = vfio_fs_inode_new();
+ if (IS_ERR(device->inode)) {
+	ret = PTR_ERR(device->inode);
+	goto out_inode;
+ }
  ... when any
}

@freed depends on unwind@
identifier fn, dev, device;
@@
fn(struct device *dev)
{
  ...
  struct vfio_device *device = container_of(dev, struct vfio_device, device);
  ... when any
+ vfio_fs_inode_free(device->inode);
  kvfree(device);
  ... when any
}

@depends on unwind && !freed@
identifier fn, dev, device;
@@
fn(struct device *dev)
{
  ...
  struct vfio_device *device = container_of(dev, struct vfio_device, device);
+ struct inode *inode = device->inode;
  ... when any
  device->ops->release(device);
+ vfio_fs_inode_free(inode);
  ... when any
}

// ---- before 6.1: from the registration, which may fail, to its end, when nobody has it open any more;
// drivers may zap sooner and later

@late depends on init && !unwind@
identifier fn, device;
expression g;
@@
fn(struct vfio_device *device, ...)
{
  ... when any
  device->group = g;
+ device->inode = vfio_fs_inode_new();
+ if (IS_ERR(device->inode)) {
+	vfio_group_put(g);
+	return PTR_ERR(device->inode);
+ }
  ... when any
  refcount_set(&device->refcount, 1);
  ... when any
}

@depends on late@
identifier fn, device;
@@
fn(struct vfio_device *device)
{
  ... when any
  list_del(&device->group_next);
  ... when any
  vfio_group_put(...);
+ vfio_fs_inode_free(device->inode);
+ device->inode = NULL;
}

// ---- before 5.12: as long as the structure itself, which drivers do not see

@depends on opaque@
struct vfio_device *device;
expression flags;
statement S;
@@
  device = kzalloc(sizeof(*device), flags);
  if (!device) S
+ device->inode = vfio_fs_inode_new();
+ if (IS_ERR(device->inode)) {
+	struct vfio_device *err = ERR_CAST(device->inode);
+
+	kfree(device);
+	return err;
+ }
  ... when any
  kref_init(&device->kref);

@depends on opaque@
identifier fn, kref, device;
@@
fn(struct kref *kref)
{
  ...
  struct vfio_device *device = container_of(kref, struct vfio_device, kref);
  ... when any
+ vfio_fs_inode_free(device->inode);
  kfree(device);
  ... when any
}

// ---- every way to open

@there@
expression f, e;
@@
f->f_mapping = e;

@group depends on patch && !there exists@
struct vfio_device *device;
expression filep, mode;
@@
  filep = anon_inode_getfile(..., &vfio_device_fops, device, ...);
  ... when != filep->f_mapping = ...;
  filep->f_mode |= mode;
+ filep->f_mapping = device->inode->i_mapping;

@depends on patch && !there && !group exists@
identifier fn, device;
expression filep, mode;
@@
fn(struct vfio_device *device)
{
  ... when any
  filep = anon_inode_getfile(..., &vfio_device_fops, ...);
  ...
  filep->f_mode |= mode;
+ filep->f_mapping = device->inode->i_mapping;
  ... when any
}

@depends on patch && !there@
identifier fn, i, filep, device;
expression df;
@@
fn(struct inode *i, struct file *filep)
{
  ...
  struct vfio_device *device = container_of(i->i_cdev, struct vfio_device, cdev);
  ...
  filep->private_data = df;
+ filep->f_mapping = device->inode->i_mapping;
  ...
}
