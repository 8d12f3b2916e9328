// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sample live-migration with something left out, for tests that must notice it:
 *
 *   lacks=precopy   offers neither PRE_COPY nor P2P, which nothing is wrong with
 *   lacks=log       offers a dirty log that stays empty
 *   lacks=register  does not load one of the registers
 *   lacks=trapped   has the ops for trapped registers, but traps none: it is not registered
 */
#include <linux/io.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/moduleparam.h>
#include <linux/string.h>
#include <vfio_pci_sdk/live.h>

static char *lacks = "";
module_param(lacks, charp, 0444);
MODULE_PARM_DESC(lacks, "what to leave out");

static struct vfio_pci_live_ops liveedu_ops;

static int liveedu_init(struct vfio_pci_core_device *vdev, const struct vfio_pci_live_ops *ops)
{
	liveedu_ops = *ops;
	if (!strcmp(lacks, "precopy")) {
		liveedu_ops.stop_p2p = NULL;
		liveedu_ops.run_p2p = NULL;
		liveedu_ops.precopy_left = NULL;
	}
	if (!strcmp(lacks, "trapped"))
		liveedu_ops.trapped = NULL;
	return vfio_pci_live_init(vdev, &liveedu_ops);
}

static void liveedu_dirty(struct vfio_pci_core_device *vdev, u64 iova, u64 len)
{
	if (strcmp(lacks, "log"))
		vfio_pci_live_dirty(vdev, iova, len);
}

static void liveedu_writel(u32 value, void __iomem *reg)
{
	if (strcmp(lacks, "register") || ((unsigned long)reg & 0xfff) != 0x04)
		writel(value, reg);
}

#undef vfio_pci_live_init
#undef vfio_pci_live_dirty
#undef writel
#define vfio_pci_live_init	liveedu_init
#define vfio_pci_live_dirty	liveedu_dirty
#define writel			liveedu_writel
#include "../../../samples/live-migration/main.c"
