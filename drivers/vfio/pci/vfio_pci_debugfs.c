// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs, below vfio/<device>/pci: the module parameters as latched by each device; writing a
 * parameter later does not change them.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "vfio_pci_priv.h"

static struct vfio_pci_core_device *debugfs_seq_device(struct seq_file *seq)
{
	struct device *dev = seq->private;

	return to_vfio_pci_core(container_of(dev, struct vfio_device, device));
}

static int debugfs_nointxmask_show(struct seq_file *seq, void *unused)
{
	seq_puts(seq, debugfs_seq_device(seq)->nointxmask ? "Y\n" : "N\n");
	return 0;
}

static int debugfs_disable_idle_d3_show(struct seq_file *seq, void *unused)
{
	seq_puts(seq, debugfs_seq_device(seq)->disable_idle_d3 ? "Y\n" : "N\n");
	return 0;
}

/* vfio.ko removes the directory when the device is unregistered. */
void vfio_pci_debugfs_init(struct vfio_pci_core_device *vdev)
{
	struct device *dev = &vdev->vdev.device;
	struct dentry *dir;

	if (IS_ERR_OR_NULL(vdev->vdev.debug_root))
		return;

	dir = debugfs_create_dir("pci", vdev->vdev.debug_root);
	debugfs_create_devm_seqfile(dev, "nointxmask", dir, debugfs_nointxmask_show);
	debugfs_create_devm_seqfile(dev, "disable_idle_d3", dir, debugfs_disable_idle_d3_show);
}
