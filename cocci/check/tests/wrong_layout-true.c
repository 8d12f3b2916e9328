// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

static int acme_load(struct vfio_pci_core_device *vdev)
{
	u32 in[MLX5_ST_SZ_DW(load_state_in)] = {};

	MLX5_SET(save_state_in, in, opcode, ACME_LOAD); // finds VPS-ERR-09
	return acme_exec(vdev, in);
}
