// SPDX-License-Identifier: GPL-2.0-only
/// Give each vfio device an inode, whose address space all mappings of the device share
//
// Confidence: High
// Options: --no-includes
// Comments: for trees older than 6.10, where all device files share the anonymous inode: nothing can
//	be said there about the mappings of one device. f_mapping is set before the file is seen by
//	anyone. The inode goes before the driver's release, which may free the device.

virtual patch

// ---- struct vfio_device

@member@
identifier i;
@@
struct vfio_device { ... struct inode *i; ... };

@depends on patch && !member@
@@
  struct vfio_device {
    ...
    struct completion comp;
+   struct inode *inode;
    ...
  };

// ---- a pseudo filesystem for the inodes

@has@
@@
vfio_fs_inode_new(...) { ... }

@init depends on patch && !has@
identifier fn, device, d, o;
@@
fn(struct vfio_device *device, struct device *d, const struct vfio_device_ops *o)
{
  <+...
  init_completion(&device->comp);
  ...+>
}

@inc depends on init@
@@
  #include <linux/module.h>
+ #include <linux/mount.h>

@depends on inc@
@@
  #include <linux/pci.h>
+ #include <linux/pseudo_fs.h>

@depends on init@
identifier fn, dev, device;
type R;
@@
+ #define VFIO_MAGIC 0x5646494f
+
+ static struct vfsmount *vfio_fs_mount;
+ static int vfio_fs_count;
+
+ static int vfio_fs_init_context(struct fs_context *fc)
+ {
+	return init_pseudo(fc, VFIO_MAGIC) ? 0 : -ENOMEM;
+ }
+
+ static struct file_system_type vfio_fs_type = {
+	.name = "vfio",
+	.owner = THIS_MODULE,
+	.init_fs_context = vfio_fs_init_context,
+	.kill_sb = kill_anon_super,
+ };
+
+ static struct inode *vfio_fs_inode_new(void)
+ {
+	struct inode *inode;
+	int ret;
+
+	ret = simple_pin_fs(&vfio_fs_type, &vfio_fs_mount, &vfio_fs_count);
+	if (ret)
+		return ERR_PTR(ret);
+	inode = alloc_anon_inode(vfio_fs_mount->mnt_sb);
+	if (IS_ERR(inode))
+		simple_release_fs(&vfio_fs_mount, &vfio_fs_count);
+	return inode;
+ }
+
+ static void vfio_fs_inode_free(struct inode *inode)
+ {
+	iput(inode);
+	simple_release_fs(&vfio_fs_mount, &vfio_fs_count);
+ }
+
R fn(struct device *dev)
{
  ...
  struct vfio_device *device = container_of(dev, struct vfio_device, device);
  ...
}

// ---- born before the driver's init, gone before its release

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

@depends on init@
identifier fn, dev, device;
expression ida;
@@
fn(struct device *dev)
{
  ...
  struct vfio_device *device = container_of(dev, struct vfio_device, device);
  ...
  ida_free(ida, device->index);
+ vfio_fs_inode_free(device->inode);
  ...
}

// ---- every way to open

@there@
expression f, e;
@@
f->f_mapping = e;

@group depends on patch && !there@
struct vfio_device *device;
expression filep;
@@
  filep = anon_inode_getfile(..., &vfio_device_fops, device, ...);
  ... when != filep->f_mapping = ...;
  filep->f_mode |= (FMODE_PREAD | FMODE_PWRITE);
+ filep->f_mapping = device->inode->i_mapping;

@depends on patch && !there && !group@
identifier fn, device;
expression filep;
@@
fn(struct vfio_device *device)
{
  ...
  filep = anon_inode_getfile(..., &vfio_device_fops, ...);
  ...
  filep->f_mode |= (FMODE_PREAD | FMODE_PWRITE);
+ filep->f_mapping = device->inode->i_mapping;
  ...
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
