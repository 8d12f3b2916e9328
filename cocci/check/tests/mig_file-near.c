// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* a file of another kind, in a driver without migration */
static struct vfio_pci_core_device *acme_core;

static struct file *acme_open_log(struct acme_device *acme)
{
	return anon_inode_getfile("acme_log", &acme_log_fops, acme, O_RDONLY);
}
