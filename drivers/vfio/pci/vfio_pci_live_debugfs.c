// SPDX-License-Identifier: GPL-2.0-only
/* Live migration: debugfs, vfio-pci-sdk/<device>/live. */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "vfio_pci_live_priv.h"

static struct dentry *live_debugfs_root;

static const char *live_state_name(enum vfio_device_mig_state state)
{
	static const char *const names[] = {
		[VFIO_DEVICE_STATE_ERROR]		= "ERROR",
		[VFIO_DEVICE_STATE_STOP]		= "STOP",
		[VFIO_DEVICE_STATE_RUNNING]		= "RUNNING",
		[VFIO_DEVICE_STATE_STOP_COPY]		= "STOP_COPY",
		[VFIO_DEVICE_STATE_RESUMING]		= "RESUMING",
		[VFIO_DEVICE_STATE_RUNNING_P2P]		= "RUNNING_P2P",
		[VFIO_DEVICE_STATE_PRE_COPY]		= "PRE_COPY",
		[VFIO_DEVICE_STATE_PRE_COPY_P2P]	= "PRE_COPY_P2P",
	};

	return names[state];
}

static int live_show(struct seq_file *seq, void *unused)
{
	struct vfio_pci_live *live = seq->private;

	live_lock(live);
	seq_printf(seq, "state %s\n", live_state_name(live->state));
	seq_printf(seq, "saved %llu\n", live->saved);
	seq_printf(seq, "loaded %llu\n", live->loaded);
	seq_printf(seq, "resets %llu\n", live->resets);
	seq_printf(seq, "granule %llu\n", live_log_page_size(live));
	live_unlock(live);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(live);

void live_debugfs_add(struct vfio_pci_live *live)
{
	live->dir = debugfs_create_dir(pci_name(live->vdev->pdev), live_debugfs_root);
	debugfs_create_file("live", 0400, live->dir, live, &live_fops);
}

/* Waits for readers. */
void live_debugfs_remove(struct vfio_pci_live *live)
{
	debugfs_remove_recursive(live->dir);
	live->dir = NULL;
}

void __init vfio_pci_live_debugfs_init(void)
{
	live_debugfs_root = debugfs_create_dir("vfio-pci-sdk", NULL);
}

void vfio_pci_live_debugfs_exit(void)
{
	debugfs_remove_recursive(live_debugfs_root);
}
