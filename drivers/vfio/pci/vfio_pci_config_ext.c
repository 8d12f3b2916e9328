// SPDX-License-Identifier: GPL-2.0-only
/*
 * Config space: the extended capabilities, from byte 256 on.
 *
 * The header dword of every capability, with the next pointer, is virtual, so that capabilities
 * without a table are hidden by unlinking them.
 */

#include <linux/bitfield.h>
#include <linux/bitops.h>
#include <linux/math.h>
#include <linux/pci.h>

#include "vfio_pci_config.h"

/* Read-only in hardware, except for the virtual header. */
static const struct vfio_pci_perm plain_perms[] = {
	{ .virt = ~0U },
};

/*
 * Error reporting: user space may clear, mask and set the severity of the function's own errors,
 * and enable ECRC.  Header logs and root port registers are read-only.
 */
#define ERR_UNC_BITS	(PCI_ERR_UNC_UND | PCI_ERR_UNC_DLP | PCI_ERR_UNC_SURPDN |		\
			 PCI_ERR_UNC_POISON_TLP | PCI_ERR_UNC_FCP | PCI_ERR_UNC_COMP_TIME |	\
			 PCI_ERR_UNC_COMP_ABORT | PCI_ERR_UNC_UNX_COMP | PCI_ERR_UNC_RX_OVER |	\
			 PCI_ERR_UNC_MALF_TLP | PCI_ERR_UNC_ECRC | PCI_ERR_UNC_UNSUP |		\
			 PCI_ERR_UNC_ACSV | PCI_ERR_UNC_INTN | PCI_ERR_UNC_MCBTLP |		\
			 PCI_ERR_UNC_ATOMEG | PCI_ERR_UNC_TLPPRE)
#define ERR_COR_BITS	(PCI_ERR_COR_RCVR | PCI_ERR_COR_BAD_TLP | PCI_ERR_COR_BAD_DLLP |	\
			 PCI_ERR_COR_REP_ROLL | PCI_ERR_COR_REP_TIMER | PCI_ERR_COR_ADV_NFAT |	\
			 PCI_ERR_COR_INTERNAL | PCI_ERR_COR_LOG_OVER)

static const struct vfio_pci_perm err_perms[] = {
	{ .virt = ~0U },
	[PCI_ERR_UNCOR_STATUS / 4]	= { .write = ERR_UNC_BITS },
	[PCI_ERR_UNCOR_MASK / 4]	= { .write = ERR_UNC_BITS },
	[PCI_ERR_UNCOR_SEVER / 4]	= { .write = ERR_UNC_BITS },
	[PCI_ERR_COR_STATUS / 4]	= { .write = ERR_COR_BITS },
	[PCI_ERR_COR_MASK / 4]		= { .write = ERR_COR_BITS },
	[PCI_ERR_CAP / 4]		= {
		.write = PCI_ERR_CAP_ECRC_GENE | PCI_ERR_CAP_ECRC_CHKE,
	},
};

/* Power budgeting: only the data select register is writable. */
static const struct vfio_pci_perm pwr_perms[] = {
	{ .virt = ~0U },
	[PCI_PWR_DATA / 4] = { .write = CFG_BITS(PCI_PWR_DATA, 0xff) },
};

/* VC, VC9 and MFVC.  Their arbitration tables are read-only. */
static int config_ext_vc_probe(struct vfio_pci_core_device *vdev, u16 pos,
			       const struct vfio_pci_captype **type)
{
	u32 cap1, cap2;
	int len, ret;

	ret = vfio_pci_config_hw_read(vdev, pos + PCI_VC_PORT_CAP1, 4, &cap1);
	if (!ret)
		ret = vfio_pci_config_hw_read(vdev, pos + PCI_VC_PORT_CAP2, 4, &cap2);
	if (ret)
		return ret;

	len = PCI_CAP_VC_BASE_SIZEOF +
	      PCI_CAP_VC_PER_VC_SIZEOF * (1 + FIELD_GET(PCI_VC_CAP1_EVCC, cap1));

	/* The VC arbitration table has 4 bits per phase. */
	if (cap2 & PCI_VC_CAP2_128_PHASE)
		return round_up(len, 16) + 128 / 2;
	if (cap2 & PCI_VC_CAP2_64_PHASE)
		return round_up(len, 16) + 64 / 2;
	if (cap2 & PCI_VC_CAP2_32_PHASE)
		return round_up(len, 16) + 32 / 2;
	return len;
}

static int config_ext_acs_probe(struct vfio_pci_core_device *vdev, u16 pos,
				const struct vfio_pci_captype **type)
{
	u32 cap, bits;
	int ret;

	ret = vfio_pci_config_hw_read(vdev, pos + PCI_ACS_CAP, 1, &cap);
	if (ret)
		return ret;
	if (!(cap & PCI_ACS_EC))
		return PCI_ACS_EGRESS_CTL_V;

	ret = vfio_pci_config_hw_read(vdev, pos + PCI_ACS_EGRESS_BITS, 1, &bits);
	if (ret)
		return ret;

	/* The egress control vector is a whole number of dwords; size 0 means 256 bits. */
	return PCI_ACS_EGRESS_CTL_V + (bits ? round_up(bits, 32) : 256) / 8;
}

static int config_ext_rebar_probe(struct vfio_pci_core_device *vdev, u16 pos,
				  const struct vfio_pci_captype **type)
{
	u32 ctrl;
	int ret;

	ret = vfio_pci_config_hw_read(vdev, pos + PCI_REBAR_CTRL, 1, &ctrl);
	if (ret)
		return ret;

	/* Header, then a capability and a control register per BAR. */
	return 4 + 8 * FIELD_GET(PCI_REBAR_CTRL_NBAR_MASK, ctrl);
}

static int config_ext_dpa_probe(struct vfio_pci_core_device *vdev, u16 pos,
				const struct vfio_pci_captype **type)
{
	u32 cap;
	int ret;

	ret = vfio_pci_config_hw_read(vdev, pos + PCI_DPA_CAP, 1, &cap);
	if (ret)
		return ret;

	return PCI_DPA_BASE_SIZEOF + FIELD_GET(PCI_DPA_CAP_SUBSTATE_MASK, cap) + 1;
}

static int config_ext_tph_probe(struct vfio_pci_core_device *vdev, u16 pos,
				const struct vfio_pci_captype **type)
{
	u32 cap;
	int ret;

	ret = vfio_pci_config_hw_read(vdev, pos + PCI_TPH_CAP, 4, &cap);
	if (ret)
		return ret;
	if ((cap & PCI_TPH_CAP_LOC_MASK) != PCI_TPH_LOC_CAP)
		return PCI_TPH_BASE_SIZEOF;

	/* The steering tag table is in the capability: 16-bit entries, size field is N - 1. */
	return PCI_TPH_BASE_SIZEOF + 2 * (FIELD_GET(PCI_TPH_CAP_ST_MASK, cap) + 1);
}

static int config_ext_vndr_probe(struct vfio_pci_core_device *vdev, u16 pos,
				 const struct vfio_pci_captype **type)
{
	u32 header;
	int ret;

	ret = vfio_pci_config_hw_read(vdev, pos + PCI_VNDR_HEADER, 4, &header);
	return ret ?: PCI_VNDR_HEADER_LEN(header);
}

static int config_ext_dvsec_probe(struct vfio_pci_core_device *vdev, u16 pos,
				  const struct vfio_pci_captype **type)
{
	u32 header;
	int ret;

	ret = vfio_pci_config_hw_read(vdev, pos + PCI_DVSEC_HEADER1, 4, &header);
	return ret ?: PCI_DVSEC_HEADER1_LEN(header);
}

#define PLAIN(length)		{ CFG_PERMS(plain_perms), .len = (length) }
#define PROBED(least, fn)	{ CFG_PERMS(plain_perms), .len = (least), .probe = (fn) }
#define RAW(least, fn)		{ CFG_PERMS(plain_perms), .len = (least), .probe = (fn),	\
				  .raw_write = true }

/* Capabilities without a length are hidden: root-complex-only, host-only or unknown. */
static const struct vfio_pci_captype ext_types[] = {
	[PCI_EXT_CAP_ID_ERR]	= { CFG_PERMS(err_perms), .len = PCI_ERR_ROOT_COMMAND },
	[PCI_EXT_CAP_ID_VC]	= PROBED(PCI_CAP_VC_BASE_SIZEOF, config_ext_vc_probe),
	[PCI_EXT_CAP_ID_DSN]	= PLAIN(PCI_EXT_CAP_DSN_SIZEOF),
	[PCI_EXT_CAP_ID_PWR]	= { CFG_PERMS(pwr_perms), .len = PCI_EXT_CAP_PWR_SIZEOF },
	[PCI_EXT_CAP_ID_MFVC]	= PROBED(PCI_CAP_VC_BASE_SIZEOF, config_ext_vc_probe),
	[PCI_EXT_CAP_ID_VC9]	= PROBED(PCI_CAP_VC_BASE_SIZEOF, config_ext_vc_probe),
	[PCI_EXT_CAP_ID_VNDR]	= RAW(PCI_VNDR_HEADER + 4, config_ext_vndr_probe),
	[PCI_EXT_CAP_ID_ACS]	= PROBED(PCI_ACS_EGRESS_CTL_V, config_ext_acs_probe),
	[PCI_EXT_CAP_ID_ARI]	= PLAIN(PCI_EXT_CAP_ARI_SIZEOF),
	[PCI_EXT_CAP_ID_ATS]	= PLAIN(PCI_EXT_CAP_ATS_SIZEOF),
	[PCI_EXT_CAP_ID_SRIOV]	= PLAIN(PCI_EXT_CAP_SRIOV_SIZEOF),
	[PCI_EXT_CAP_ID_MCAST]	= PLAIN(PCI_EXT_CAP_MCAST_ENDPOINT_SIZEOF),
	[PCI_EXT_CAP_ID_PRI]	= PLAIN(PCI_EXT_CAP_PRI_SIZEOF),
	[PCI_EXT_CAP_ID_REBAR]	= PROBED(PCI_REBAR_CTRL + 4, config_ext_rebar_probe),
	[PCI_EXT_CAP_ID_DPA]	= PROBED(PCI_DPA_BASE_SIZEOF, config_ext_dpa_probe),
	[PCI_EXT_CAP_ID_TPH]	= PROBED(PCI_TPH_BASE_SIZEOF, config_ext_tph_probe),
	[PCI_EXT_CAP_ID_LTR]	= PLAIN(PCI_EXT_CAP_LTR_SIZEOF),
	[PCI_EXT_CAP_ID_DVSEC]	= RAW(PCI_DVSEC_HEADER1 + 4, config_ext_dvsec_probe),
};

/* The list begins at a fixed offset: its first entry cannot be unlinked, only blanked. */
static const struct vfio_pci_captype anchor_type = PLAIN(PCI_CAP_SIZEOF);

static u32 config_ext_header_with_next(u32 header, u16 next)
{
	return (header & ~(0xffcU << 20)) | (u32)next << 20;
}

/* As vfio_pci_config_init_cap(), for the extended capability list. */
int vfio_pci_config_init_ext(struct vfio_pci_core_device *vdev)
{
	DECLARE_BITMAP(seen, PCI_CFG_SPACE_EXP_SIZE / 4) = { };
	u16 pos = PCI_CFG_SPACE_SIZE, prev = 0;
	bool any = false;

	if (!vdev->extended_caps)
		return 0;

	while (pos >= PCI_CFG_SPACE_SIZE && !__test_and_set_bit(pos / 4, seen)) {
		const struct vfio_pci_captype *type = NULL;
		u16 id, next;
		u32 header;
		int len = 0;
		int ret;

		ret = vfio_pci_config_hw_read(vdev, pos, 4, &header);
		if (ret)
			return ret;

		id = PCI_EXT_CAP_ID(header);
		next = PCI_EXT_CAP_NEXT(header);

		if (id < ARRAY_SIZE(ext_types) && ext_types[id].len) {
			type = &ext_types[id];
			len = vfio_pci_config_probe(vdev, pos, &type);
			if (len < 0)
				return len;
		}

		if (len) {
			ret = vfio_pci_config_add(vdev, type, pos, len);
			any = true;
			prev = pos;
		} else if (prev) {
			pci_dbg(vdev->pdev, "hiding ecap %#x@%#x\n", id, pos);
			header = vfio_pci_vconfig_get(vdev, prev, 4);
			vfio_pci_vconfig_set(vdev, prev, 4,
					     config_ext_header_with_next(header, next));
		} else {
			ret = vfio_pci_config_add(vdev, &anchor_type, pos, anchor_type.len);
			vfio_pci_vconfig_set(vdev, pos, 4, config_ext_header_with_next(0, next));
			prev = pos;
		}
		if (ret)
			return ret;

		pos = next;
	}

	if (!any && prev)
		vfio_pci_vconfig_set(vdev, PCI_CFG_SPACE_SIZE, 4, 0);

	return 0;
}
