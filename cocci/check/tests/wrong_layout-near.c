// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

/* a part of it, which has a layout of its own */
static int acme_load(struct vfio_pci_core_device *vdev)
{
	u32 in[MLX5_ST_SZ_DW(load_state_in)] = {};
	void *part = MLX5_ADDR_OF(load_state_in, in, header);

	MLX5_SET(header_in, part, opcode, ACME_LOAD);
	return acme_exec(vdev, in);
}
