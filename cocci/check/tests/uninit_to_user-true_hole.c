// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

struct acme_device {
	struct vfio_pci_core_device core_device;
	struct mutex state_mutex;
	u32 state;
};

struct acme_stats {
	u32 errors;
	u64 bytes;
};

static void acme_fill(struct acme_stats *stats)
{
	stats->errors = 1;
	stats->bytes = 2;
}

static int acme_get_stats(struct acme_device *acme, void __user *to)
{
	struct vfio_precopy_info info;
	struct acme_stats stats;

	acme_fill(&stats);
	memset(&info, 0, sizeof(info));
	return copy_to_user(to, &stats, sizeof(stats)) ? -EFAULT : 0; // finds VPS-INPUT-07
}
