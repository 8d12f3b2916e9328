// SPDX-License-Identifier: GPL-2.0-only
/*
 * Config space: the capabilities in its first 256 bytes.
 *
 * The next pointer of every capability is virtual, so that capabilities without a table are hidden
 * by unlinking them.
 */

#include <linux/bitfield.h>
#include <linux/bitops.h>
#include <linux/minmax.h>
#include <linux/pci.h>
#include <linux/vfio.h>

#include "vfio_pci_config.h"

#define NEXT_BITS	CFG_BITS(PCI_CAP_LIST_NEXT, 0xff)

/* Read-only in hardware, except for the virtual next pointer. */
static const struct vfio_pci_perm plain_perms[] = {
	{ .virt = NEXT_BITS },
};

/* Extended config space must be announced by the device and must not read as 0. */
static void config_cap_probe_extended(struct vfio_pci_core_device *vdev)
{
	u32 header;

	if (vdev->pdev->cfg_size > PCI_CFG_SPACE_SIZE)
		vdev->extended_caps =
			!vfio_pci_config_hw_read(vdev, PCI_CFG_SPACE_SIZE, 4, &header) && header;
}

/*
 * Power management.  PME stays with the host (only it can act on D3cold), so hide it.  A write of
 * the power state is a request that vfio_pci_user_power_state() carries out.
 */
#define PM_PME_BITS	(PCI_PM_CTRL_PME_ENABLE | PCI_PM_CTRL_PME_STATUS)

static const struct vfio_pci_perm pm_perms[] = {
	{ .virt = NEXT_BITS | CFG_BITS(PCI_PM_PMC, PCI_PM_CAP_PME_MASK) },
	[PCI_PM_CTRL / 4] = {
		.virt  = PM_PME_BITS,
		.write = ~(u32)(PM_PME_BITS | PCI_PM_CTRL_STATE_MASK),
	},
};

static void config_cap_pm_init(struct vfio_pci_core_device *vdev, u16 pos)
{
	u32 pmc = vfio_pci_vconfig_get(vdev, pos + PCI_PM_PMC, 2);
	u32 ctrl = vfio_pci_vconfig_get(vdev, pos + PCI_PM_CTRL, 2);

	vfio_pci_vconfig_set(vdev, pos + PCI_PM_PMC, 2, pmc & ~PCI_PM_CAP_PME_MASK);
	vfio_pci_vconfig_set(vdev, pos + PCI_PM_CTRL, 2, ctrl & ~PM_PME_BITS);
}

static int config_cap_pm_write(struct vfio_pci_core_device *vdev, const struct vfio_pci_cap *cap,
			       unsigned int offset, unsigned int count, u32 val)
{
	int ret;

	mutex_lock(&vdev->config_lock);
	ret = vfio_pci_config_write_bits(vdev, cap, offset, count, val);
	mutex_unlock(&vdev->config_lock);

	/* PCI_D0 to PCI_D3hot have the values of the register field. */
	if (!ret && offset == PCI_PM_CTRL)
		vfio_pci_user_power_state(vdev,
					  (__force pci_power_t)(val & PCI_PM_CTRL_STATE_MASK));

	return ret;
}

/*
 * Vital product data.  A transfer takes several accesses and functions may share the storage, so
 * the host runs the protocol; user space gets an emulation of the two registers.
 */
static const struct vfio_pci_perm vpd_perms[] = {
	{
		.virt  = NEXT_BITS | CFG_BITS(PCI_VPD_ADDR, 0xffff),
		.write = CFG_BITS(PCI_VPD_ADDR, 0xffff),
	},
	[PCI_VPD_DATA / 4] = { .virt = ~0U, .write = ~0U },
};

/* Completion toggles the F bit.  On error leave it, as hardware that never completes would. */
static void config_cap_vpd_transfer(struct vfio_pci_core_device *vdev,
				    const struct vfio_pci_cap *cap)
{
	u32 addr = vfio_pci_vconfig_get(vdev, cap->start + PCI_VPD_ADDR, 2);
	__le32 data;

	if (addr & PCI_VPD_ADDR_F) {
		data = cpu_to_le32(vfio_pci_vconfig_get(vdev, cap->start + PCI_VPD_DATA, 4));
		if (pci_write_vpd(vdev->pdev, addr & PCI_VPD_ADDR_MASK, sizeof(data), &data) !=
		    sizeof(data))
			return;
	} else {
		data = 0;
		if (pci_read_vpd(vdev->pdev, addr, sizeof(data), &data) < 0)
			return;
		vfio_pci_vconfig_set(vdev, cap->start + PCI_VPD_DATA, 4, le32_to_cpu(data));
	}

	vfio_pci_vconfig_set(vdev, cap->start + PCI_VPD_ADDR, 2, addr ^ PCI_VPD_ADDR_F);
}

static int config_cap_vpd_write(struct vfio_pci_core_device *vdev, const struct vfio_pci_cap *cap,
				unsigned int offset, unsigned int count, u32 val)
{
	int ret;

	mutex_lock(&vdev->config_lock);
	ret = vfio_pci_config_write_bits(vdev, cap, offset, count, val);
	/* Only a write to the byte with the F bit starts a transfer. */
	if (!ret && offset <= PCI_VPD_ADDR + 1 && offset + count > PCI_VPD_ADDR + 1)
		config_cap_vpd_transfer(vdev, cap);
	mutex_unlock(&vdev->config_lock);

	return ret;
}

/*
 * MSI.  The host programs address and data, user space gets an emulation of them.  The enable bit
 * is set in hardware only while the host has vectors allocated.  The layout depends on the address
 * width; the length ends before the mask bits if the device has none.
 */
#define MSI_FLAGS_BITS	CFG_BITS(PCI_MSI_FLAGS, 0xff)

static const struct vfio_pci_perm msi32_perms[] = {
	{ .virt = NEXT_BITS | MSI_FLAGS_BITS, .write = MSI_FLAGS_BITS },
	[PCI_MSI_ADDRESS_LO / 4]	= { .virt = ~0U, .write = ~0U },
	[PCI_MSI_DATA_32 / 4]		= { .virt = 0xffff, .write = 0xffff },
	[PCI_MSI_MASK_32 / 4]		= { .write = ~0U },
	[PCI_MSI_PENDING_32 / 4]	= { .write = ~0U },
};

static const struct vfio_pci_perm msi64_perms[] = {
	{ .virt = NEXT_BITS | MSI_FLAGS_BITS, .write = MSI_FLAGS_BITS },
	[PCI_MSI_ADDRESS_LO / 4]	= { .virt = ~0U, .write = ~0U },
	[PCI_MSI_ADDRESS_HI / 4]	= { .virt = ~0U, .write = ~0U },
	[PCI_MSI_DATA_64 / 4]		= { .virt = 0xffff, .write = 0xffff },
	[PCI_MSI_MASK_64 / 4]		= { .write = ~0U },
	[PCI_MSI_PENDING_64 / 4]	= { .write = ~0U },
};

static int config_cap_msi_write(struct vfio_pci_core_device *vdev, const struct vfio_pci_cap *cap,
				unsigned int offset, unsigned int count, u32 val)
{
	u16 pos = cap->start + PCI_MSI_FLAGS;
	u32 flags;
	int ret;

	mutex_lock(&vdev->config_lock);

	ret = vfio_pci_config_write_bits(vdev, cap, offset, count, val);
	if (ret || offset > PCI_MSI_FLAGS || offset + count <= PCI_MSI_FLAGS)
		goto out_unlock;

	flags = vfio_pci_vconfig_get(vdev, pos, 2);
	if (READ_ONCE(vdev->irq_type) != VFIO_PCI_MSI_IRQ_INDEX)
		flags &= ~PCI_MSI_FLAGS_ENABLE;
	/* Limit QSIZE to the vectors that the host has allocated. */
	if (FIELD_GET(PCI_MSI_FLAGS_QSIZE, flags) > vdev->msi_qmax) {
		flags &= ~PCI_MSI_FLAGS_QSIZE;
		flags |= FIELD_PREP(PCI_MSI_FLAGS_QSIZE, vdev->msi_qmax);
	}

	vfio_pci_vconfig_set(vdev, pos, 2, flags);
	ret = vfio_pci_config_hw_write(vdev, pos, 2, flags);

out_unlock:
	mutex_unlock(&vdev->config_lock);
	return ret;
}

static const struct vfio_pci_captype msi64_type = {
	CFG_PERMS(msi64_perms),
	.write	= config_cap_msi_write,
};

static int config_cap_msi_probe(struct vfio_pci_core_device *vdev, u16 pos,
				const struct vfio_pci_captype **type)
{
	u32 flags;
	int ret;

	ret = vfio_pci_config_hw_read(vdev, pos + PCI_MSI_FLAGS, 2, &flags);
	if (ret)
		return ret;

	if (flags & PCI_MSI_FLAGS_64BIT) {
		*type = &msi64_type;
		return flags & PCI_MSI_FLAGS_MASKBIT ? PCI_MSI_PENDING_64 + 4 : PCI_MSI_DATA_64 + 2;
	}
	return flags & PCI_MSI_FLAGS_MASKBIT ? PCI_MSI_PENDING_32 + 4 : PCI_MSI_DATA_32 + 2;
}

static const struct vfio_pci_perm pcix_perms[] = {
	{ .virt = NEXT_BITS, .write = CFG_BITS(PCI_X_CMD, 0xffff) },
	[PCI_X_ECC_CSR / 4] = { .write = ~0U },
};

static int config_cap_pcix_probe(struct vfio_pci_core_device *vdev, u16 pos,
				 const struct vfio_pci_captype **type)
{
	u32 cmd;
	int ret;

	ret = vfio_pci_config_hw_read(vdev, pos + PCI_X_CMD, 2, &cmd);
	if (ret)
		return ret;
	if (!PCI_X_CMD_VERSION(cmd))
		return PCI_CAP_PCIX_SIZEOF_V0;

	config_cap_probe_extended(vdev);
	return PCI_CAP_PCIX_SIZEOF_V2;
}

/*
 * PCI Express.  Read-only: phantom functions (the IOMMU has no context for their requester IDs) and
 * ARI forwarding (host policy).  Virtual: FLR, because the host must perform the reset, and the
 * payload and read request sizes, which must suit all devices on the path.
 */
static const struct vfio_pci_perm exp_perms[] = {
	{ .virt = NEXT_BITS },
	[PCI_EXP_DEVCTL / 4] = {
		.virt  = PCI_EXP_DEVCTL_BCR_FLR | PCI_EXP_DEVCTL_PAYLOAD | PCI_EXP_DEVCTL_READRQ,
		.write = (u16)~PCI_EXP_DEVCTL_PHANTOM,
	},
	[PCI_EXP_DEVCTL2 / 4] = { .write = (u16)~PCI_EXP_DEVCTL2_ARI },
};

/*
 * User space reads back the read request size it wrote.  The hardware gets at least MPS: a guest
 * does not know the host's topology and would choose a needlessly small value.
 */
static void config_cap_exp_set_readrq(struct vfio_pci_core_device *vdev, u32 ctrl)
{
	int readrq = 128 << FIELD_GET(PCI_EXP_DEVCTL_READRQ, ctrl);

	pcie_set_readrq(vdev->pdev, max(readrq, pcie_get_mps(vdev->pdev)));
}

static int config_cap_exp_write(struct vfio_pci_core_device *vdev, const struct vfio_pci_cap *cap,
				unsigned int offset, unsigned int count, u32 val)
{
	u16 pos = cap->start + PCI_EXP_DEVCTL;
	u32 old, new, devcap;
	bool flr;
	int ret;

	mutex_lock(&vdev->config_lock);

	old = vfio_pci_vconfig_get(vdev, pos, 2);
	ret = vfio_pci_config_write_bits(vdev, cap, offset, count, val);
	new = vfio_pci_vconfig_get(vdev, pos, 2);

	flr = new & PCI_EXP_DEVCTL_BCR_FLR;
	if (flr)	/* reads as 0 */
		vfio_pci_vconfig_set(vdev, pos, 2, new & ~PCI_EXP_DEVCTL_BCR_FLR);
	if (!ret && (old ^ new) & PCI_EXP_DEVCTL_READRQ)
		config_cap_exp_set_readrq(vdev, new);

	mutex_unlock(&vdev->config_lock);

	/* The PCI core chooses the reset method, which need not be FLR. */
	if (!ret && flr &&
	    !vfio_pci_config_hw_read(vdev, cap->start + PCI_EXP_DEVCAP, 4, &devcap) &&
	    devcap & PCI_EXP_DEVCAP_FLR)
		vfio_pci_core_reset_function(vdev);

	return ret;
}

static int config_cap_exp_probe(struct vfio_pci_core_device *vdev, u16 pos,
				const struct vfio_pci_captype **type)
{
	struct pci_dev *pdev = vdev->pdev;
	bool linkless = pci_pcie_type(pdev) == PCI_EXP_TYPE_RC_END;

	config_cap_probe_extended(vdev);

	if (FIELD_GET(PCI_EXP_FLAGS_VERS, pcie_caps_reg(pdev)) == 1)
		return linkless ? PCI_CAP_EXP_RC_ENDPOINT_SIZEOF_V1 :
				  PCI_CAP_EXP_ENDPOINT_SIZEOF_V1;

	/* PCI_CAP_EXP_ENDPOINT_SIZEOF_V2 omitted Link Status 2 in older kernels. */
	return linkless ? PCI_CAP_EXP_RC_ENDPOINT_SIZEOF_V2 : PCI_EXP_LNKSTA2 + 2;
}

/* Advanced features: FLR for conventional PCI. */
static const struct vfio_pci_perm af_perms[] = {
	{ .virt = NEXT_BITS },
	[PCI_AF_CTRL / 4] = { .virt = PCI_AF_CTRL_FLR, .write = PCI_AF_CTRL_FLR },
};

static int config_cap_af_write(struct vfio_pci_core_device *vdev, const struct vfio_pci_cap *cap,
			       unsigned int offset, unsigned int count, u32 val)
{
	const u32 wanted = PCI_AF_CAP_TP | PCI_AF_CAP_FLR;
	u16 pos = cap->start + PCI_AF_CTRL;
	u32 ctrl, afcap;
	int ret;

	mutex_lock(&vdev->config_lock);
	ret = vfio_pci_config_write_bits(vdev, cap, offset, count, val);
	ctrl = vfio_pci_vconfig_get(vdev, pos, 1);
	vfio_pci_vconfig_set(vdev, pos, 1, ctrl & ~PCI_AF_CTRL_FLR);
	mutex_unlock(&vdev->config_lock);

	if (!ret && ctrl & PCI_AF_CTRL_FLR &&
	    !vfio_pci_config_hw_read(vdev, cap->start + PCI_AF_CAP, 1, &afcap) &&
	    (afcap & wanted) == wanted)
		vfio_pci_core_reset_function(vdev);

	return ret;
}

static int config_cap_vndr_probe(struct vfio_pci_core_device *vdev, u16 pos,
				 const struct vfio_pci_captype **type)
{
	u32 len;

	return vfio_pci_config_hw_read(vdev, pos + PCI_CAP_FLAGS, 1, &len) ?: len;
}

static int config_cap_ht_probe(struct vfio_pci_core_device *vdev, u16 pos,
			       const struct vfio_pci_captype **type)
{
	u32 kind;
	int ret;

	ret = vfio_pci_config_hw_read(vdev, pos + PCI_CAP_FLAGS + 1, 1, &kind);
	if (ret)
		return ret;

	return kind & HT_3BIT_CAP_MASK ? HT_CAP_SIZEOF_SHORT : HT_CAP_SIZEOF_LONG;
}

static int config_cap_sata_probe(struct vfio_pci_core_device *vdev, u16 pos,
				 const struct vfio_pci_captype **type)
{
	u32 regs;
	int ret;

	ret = vfio_pci_config_hw_read(vdev, pos + PCI_SATA_REGS, 1, &regs);
	if (ret)
		return ret;

	return (regs & PCI_SATA_REGS_MASK) == PCI_SATA_REGS_INLINE ? PCI_SATA_SIZEOF_LONG :
								     PCI_SATA_SIZEOF_SHORT;
}

/* Capabilities without a length are hidden: bridge-only, host-only or unknown. */
static const struct vfio_pci_captype std_types[] = {
	[PCI_CAP_ID_PM]		= { CFG_PERMS(pm_perms), .len = PCI_PM_SIZEOF,
				    .init = config_cap_pm_init, .write = config_cap_pm_write },
	[PCI_CAP_ID_AGP]	= { CFG_PERMS(plain_perms), .len = PCI_AGP_SIZEOF },
	[PCI_CAP_ID_VPD]	= { CFG_PERMS(vpd_perms), .len = PCI_CAP_VPD_SIZEOF,
				    .write = config_cap_vpd_write },
	[PCI_CAP_ID_MSI]	= { CFG_PERMS(msi32_perms), .len = PCI_MSI_DATA_32 + 2,
				    .probe = config_cap_msi_probe, .write = config_cap_msi_write },
	[PCI_CAP_ID_PCIX]	= { CFG_PERMS(pcix_perms), .len = PCI_CAP_PCIX_SIZEOF_V0,
				    .probe = config_cap_pcix_probe },
	[PCI_CAP_ID_HT]		= { CFG_PERMS(plain_perms), .len = PCI_CAP_SIZEOF,
				    .probe = config_cap_ht_probe },
	[PCI_CAP_ID_VNDR]	= { CFG_PERMS(plain_perms), .len = PCI_CAP_SIZEOF,
				    .probe = config_cap_vndr_probe, .raw_write = true },
	[PCI_CAP_ID_EXP]	= { CFG_PERMS(exp_perms), .len = PCI_CAP_EXP_RC_ENDPOINT_SIZEOF_V1,
				    .probe = config_cap_exp_probe, .write = config_cap_exp_write },
	[PCI_CAP_ID_MSIX]	= { CFG_PERMS(plain_perms), .len = PCI_CAP_MSIX_SIZEOF },
	[PCI_CAP_ID_SATA]	= { CFG_PERMS(plain_perms), .len = PCI_SATA_SIZEOF_SHORT,
				    .probe = config_cap_sata_probe },
	[PCI_CAP_ID_AF]		= { CFG_PERMS(af_perms), .len = PCI_CAP_AF_SIZEOF,
				    .write = config_cap_af_write },
};

/* Walk the capability list of the hardware and unlink hidden capabilities in vconfig. */
int vfio_pci_config_init_cap(struct vfio_pci_core_device *vdev)
{
	DECLARE_BITMAP(seen, PCI_CFG_SPACE_SIZE / 4) = { };
	u32 status = vfio_pci_vconfig_get(vdev, PCI_STATUS, 2);
	u16 prev = PCI_CAPABILITY_LIST;
	bool any = false;
	u16 pos;

	if (!(status & PCI_STATUS_CAP_LIST))
		return 0;

	pos = vfio_pci_vconfig_get(vdev, prev, 1) & ~3;
	while (pos >= PCI_STD_HEADER_SIZEOF && !__test_and_set_bit(pos / 4, seen)) {
		const struct vfio_pci_captype *type = NULL;
		u32 header, id, next;
		int len = 0;
		int ret;

		ret = vfio_pci_config_hw_read(vdev, pos, 2, &header);
		if (ret)
			return ret;

		id = header & 0xff;
		next = header >> 8;

		if (id < ARRAY_SIZE(std_types) && std_types[id].len) {
			type = &std_types[id];
			len = vfio_pci_config_probe(vdev, pos, &type);
			if (len < 0)
				return len;
		}

		if (len) {
			ret = vfio_pci_config_add(vdev, type, pos, len);
			if (ret)
				return ret;
			prev = pos + PCI_CAP_LIST_NEXT;
			any = true;
		} else {
			pci_dbg(vdev->pdev, "hiding cap %#x@%#x\n", id, pos);
			vfio_pci_vconfig_set(vdev, prev, 1, next);
		}

		pos = next & ~3;
	}

	if (!any)
		vfio_pci_vconfig_set(vdev, PCI_STATUS, 2, status & ~PCI_STATUS_CAP_LIST);

	return 0;
}
