/* SPDX-License-Identifier: GPL-2.0-only */
/* An inode, and so an address space, per device, for kernels before v6.10. */
#ifndef VFIO_PCI_SDK_VFIO_INODE_H
#define VFIO_PCI_SDK_VFIO_INODE_H

#include <linux/spinlock.h>

struct file;
struct inode;
struct vm_area_struct;

/**
 * struct vfio_sdk_inode - a device's inode
 * @inode: lives until vfio_sdk_inode_put(); NULL if vfio.ko has its own
 * @lock: protects @proxy
 * @proxy: the file that new mappings get; not referenced, its release clears the pointer
 */
struct vfio_sdk_inode {
	struct inode	*inode;
	spinlock_t	lock;	/* leaf */
	struct file	*proxy;
};

#ifdef HAVE_VFIO_DEVICE_HAS_INODE
static inline int vfio_sdk_inode_get(struct vfio_sdk_inode *node)
{
	return 0;
}

static inline void vfio_sdk_inode_put(struct vfio_sdk_inode *node)
{
}
#else
int vfio_sdk_inode_get(struct vfio_sdk_inode *node);
void vfio_sdk_inode_put(struct vfio_sdk_inode *node);
int vfio_sdk_inode_adopt(struct vfio_sdk_inode *node, struct vm_area_struct *vma);
#endif

#endif /* VFIO_PCI_SDK_VFIO_INODE_H */
