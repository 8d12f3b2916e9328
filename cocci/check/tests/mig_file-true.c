// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static struct vfio_pci_core_device *acme_core;

static struct file *acme_set_state(struct vfio_device *vdev, enum vfio_device_mig_state state)
{
	enum vfio_device_mig_state next;
	int ret = vfio_mig_get_next_state(vdev, to_acme(vdev)->state, state, &next);

	return ret ? ERR_PTR(ret) : acme_step(to_acme(vdev), next);
}

static struct file *acme_open_file(struct acme_device *acme)
{
	return anon_inode_getfile("acme_mig", &acme_save_fops, acme, O_RDONLY); // finds VPS-MIG-03
}
