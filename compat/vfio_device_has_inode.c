// SPDX-License-Identifier: GPL-2.0-only
/*
 * One inode per device, for kernels whose device files all share the anonymous inode, so that
 * unmap_mapping_range() finds the mappings of one device only.
 *
 * The device file itself cannot be given another f_mapping in ->mmap: mmap_region() counts the
 * writable mapping on file->f_mapping before the callback and uncounts it after, on whatever
 * f_mapping is by then, and the second mmap() fails with EPERM.  So the mappings of a device file
 * share a proxy file that is created with the right f_mapping.  vma_set_file() replaces the device
 * file by it, while mmap_region() continues to use the device file for its counting.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/pseudo_fs.h>

#include "vfio_inode.h"

#define VFIO_SDK_FS_MAGIC 0x76667364	/* "vfsd" */

static struct vfsmount *vfio_sdk_mnt;
static int vfio_sdk_mnt_users;

static int vfio_sdk_fs_init_context(struct fs_context *fc)
{
	return init_pseudo(fc, VFIO_SDK_FS_MAGIC) ? 0 : -ENOMEM;
}

static struct file_system_type vfio_sdk_fs = {
	.name		 = "vfio_pci_sdk",
	.owner		 = THIS_MODULE,
	.init_fs_context = vfio_sdk_fs_init_context,
	.kill_sb	 = kill_anon_super,
};

/**
 * vfio_sdk_inode_get - give a device its inode
 * @node: where to keep it
 *
 * The mount, and with it this module, is pinned only while some device has an inode.
 *
 * Return: 0 or -errno.
 */
int vfio_sdk_inode_get(struct vfio_sdk_inode *node)
{
	struct inode *inode;
	int ret;

	ret = simple_pin_fs(&vfio_sdk_fs, &vfio_sdk_mnt, &vfio_sdk_mnt_users);
	if (ret)
		return ret;

	inode = alloc_anon_inode(vfio_sdk_mnt->mnt_sb);
	if (IS_ERR(inode)) {
		simple_release_fs(&vfio_sdk_mnt, &vfio_sdk_mnt_users);
		return PTR_ERR(inode);
	}

	inode->i_private = node;
	node->inode = inode;
	spin_lock_init(&node->lock);
	return 0;
}

/**
 * vfio_sdk_inode_put - release the inode of a device
 * @node: its inode; no mapping is left, since each one keeps the device open
 */
void vfio_sdk_inode_put(struct vfio_sdk_inode *node)
{
	iput(node->inode);
	node->inode = NULL;
	simple_release_fs(&vfio_sdk_mnt, &vfio_sdk_mnt_users);
}

static int proxy_release(struct inode *inode, struct file *proxy)
{
	struct vfio_sdk_inode *node = proxy->f_mapping->host->i_private;

	spin_lock(&node->lock);
	if (node->proxy == proxy)
		node->proxy = NULL;
	spin_unlock(&node->lock);

	fput(proxy->private_data);
	return 0;
}

static const struct file_operations proxy_fops = {
	.owner	 = THIS_MODULE,
	.release = proxy_release,
};

/* The proxy of this device file, unless its last mapping is being removed. */
static struct file *proxy_find(struct vfio_sdk_inode *node, const struct file *device)
{
	struct file *proxy;

	spin_lock(&node->lock);
	proxy = node->proxy;
	if (proxy && (proxy->private_data != device || !atomic_long_inc_not_zero(&proxy->f_count)))
		proxy = NULL;
	spin_unlock(&node->lock);
	return proxy;
}

static struct file *proxy_make(struct vfio_sdk_inode *node, struct file *device)
{
	struct file *proxy;

	/* vfio.ko's name for a device file, so that /proc/PID/maps does not change. */
	proxy = anon_inode_getfile("[vfio-device]", &proxy_fops, get_file(device), O_RDWR);
	if (IS_ERR(proxy)) {
		fput(device);
		return proxy;
	}
	proxy->f_mapping = node->inode->i_mapping;

	/*
	 * Remember the latest proxy; a concurrent mmap() may have created another, which is
	 * harmless.
	 */
	spin_lock(&node->lock);
	node->proxy = proxy;
	spin_unlock(&node->lock);
	return proxy;
}

/**
 * vfio_sdk_inode_adopt - move a new mapping to the device's address space
 * @node: the device's inode
 * @vma: a new mapping of the device file; mmap_lock held for write
 *
 * The proxy holds the device file, so a mapping still keeps the device open.
 *
 * Return: 0 or -errno.
 */
int vfio_sdk_inode_adopt(struct vfio_sdk_inode *node, struct vm_area_struct *vma)
{
	struct file *proxy = proxy_find(node, vma->vm_file) ?: proxy_make(node, vma->vm_file);

	if (IS_ERR(proxy))
		return PTR_ERR(proxy);

	vma_set_file(vma, proxy);
	fput(proxy);
	return 0;
}
