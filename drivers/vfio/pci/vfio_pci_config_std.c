// SPDX-License-Identifier: GPL-2.0-only
/*
 * Config space: the standard header.
 *
 * COMMAND enables the BARs and INTx.  The BARs are emulated.
 */

#include <linux/interrupt.h>
#include <linux/log2.h>
#include <linux/pci.h>

#include "vfio_pci_config.h"

#define COMMAND_DECODE	(PCI_COMMAND_IO | PCI_COMMAND_MEMORY)

static const struct vfio_pci_perm header_perms[PCI_STD_HEADER_SIZEOF / 4] = {
	/* Vendor and device ID of a VF read as 0xffff. */
	[PCI_VENDOR_ID / 4]		= { .virt = ~0U },
	/* The host masks INTx with DisINTx.  CAP_LIST is cleared if every capability is hidden. */
	[PCI_COMMAND / 4]		= {
		.virt  = CFG_BITS(PCI_COMMAND, PCI_COMMAND_INTX_DISABLE) |
			 CFG_BITS(PCI_STATUS, PCI_STATUS_CAP_LIST),
		.write = CFG_BITS(PCI_COMMAND, 0xffff),
	},
	/* Passed through: these registers affect the device only. */
	[PCI_CACHE_LINE_SIZE / 4]	= {
		.write = CFG_BITS(PCI_CACHE_LINE_SIZE, 0xff) | CFG_BITS(PCI_LATENCY_TIMER, 0xff) |
			 CFG_BITS(PCI_BIST, 0xff),
	},
	/* BARs are emulated: writes change only what user space reads back. */
	[PCI_BASE_ADDRESS_0 / 4 ... PCI_BASE_ADDRESS_5 / 4] = { .virt = ~0U, .write = ~0U },
	[PCI_ROM_ADDRESS / 4]		= { .virt = ~0U, .write = ~0U },
	/* The first capability may be hidden. */
	[PCI_CAPABILITY_LIST / 4]	= { .virt = CFG_BITS(PCI_CAPABILITY_LIST, 0xff) },
	/* Interrupt Line is scratch space for software.  Pin reads 0 if INTx is not offered. */
	[PCI_INTERRUPT_LINE / 4]	= {
		.virt  = CFG_BITS(PCI_INTERRUPT_LINE, 0xff) | CFG_BITS(PCI_INTERRUPT_PIN, 0xff),
		.write = CFG_BITS(PCI_INTERRUPT_LINE, 0xff),
	},
};

/* VFs known to violate SR-IOV 3.4.1.18 (Interrupt Pin must read 0); do not warn again. */
static const struct pci_device_id vf_with_pin[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_INTEL, 0x270c) },
	{ }
};

static bool config_std_is_bar(unsigned int offset)
{
	return (offset >= PCI_BASE_ADDRESS_0 && offset < PCI_BASE_ADDRESS_5 + 4) ||
	       (offset >= PCI_ROM_ADDRESS && offset < PCI_ROM_ADDRESS + 4);
}

/* True if the BAR occupies two registers, that is, if the host assigned a 64-bit BAR. */
static bool config_std_is_64bit_bar(struct pci_dev *pdev, int bar)
{
	return pci_resource_start(pdev, bar) && pci_resource_flags(pdev, bar) & IORESOURCE_MEM_64;
}

static u32 config_std_bar_type(struct pci_dev *pdev, int bar)
{
	unsigned long flags = pci_resource_flags(pdev, bar);

	if (flags & IORESOURCE_IO)
		return PCI_BASE_ADDRESS_SPACE_IO;

	return (flags & IORESOURCE_PREFETCH ? PCI_BASE_ADDRESS_MEM_PREFETCH : 0) |
	       (flags & IORESOURCE_MEM_64 ? PCI_BASE_ADDRESS_MEM_TYPE_64 : 0);
}

static u64 config_std_rom_size(struct pci_dev *pdev)
{
	if (pci_resource_start(pdev, PCI_ROM_RESOURCE))
		return pci_resource_len(pdev, PCI_ROM_RESOURCE);
	/* Shadow ROM provided by firmware; the device has no ROM BAR. */
	if (pdev->rom && pdev->romlen)
		return roundup_pow_of_two(pdev->romlen);
	return 0;
}

/*
 * Make a value written to a BAR register read back as from hardware: only the address bits that
 * the BAR decodes are kept, its type bits are fixed, and an unimplemented BAR reads 0.
 */
static void config_std_shape_bar(struct vfio_pci_core_device *vdev, u16 reg)
{
	struct pci_dev *pdev = vdev->pdev;
	int bar = (reg - PCI_BASE_ADDRESS_0) / 4;
	u32 keep = 0, type = 0;
	u64 size;

	if (reg == PCI_ROM_ADDRESS) {
		size = config_std_rom_size(pdev);
		if (size)
			keep = -size | PCI_ROM_ADDRESS_ENABLE;
	} else if (bar && config_std_is_64bit_bar(pdev, bar - 1)) {
		size = pci_resource_len(pdev, bar - 1);
		keep = -size >> 32;
	} else if (pci_resource_start(pdev, bar)) {
		size = pci_resource_len(pdev, bar);
		keep = -size;
		type = config_std_bar_type(pdev, bar);
	}

	vfio_pci_vconfig_set(vdev, reg, 4, (vfio_pci_vconfig_get(vdev, reg, 4) & keep) | type);
}

static bool config_std_bars_lost(struct vfio_pci_core_device *vdev)
{
	int i;

	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		u32 bar;

		if (!vdev->rbar[i])
			continue;
		if (vfio_pci_config_hw_read(vdev, PCI_BASE_ADDRESS_0 + 4 * i, 4, &bar) ||
		    bar != vdev->rbar[i])
			return true;
	}

	return false;
}

/* Some devices reset through registers in a BAR, unknown to the host.  VFs have no BARs. */
static void config_std_restore_bars(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	u32 cmd;
	int i;

	if (pdev->is_virtfn)
		return;

	pci_info_ratelimited(pdev, "reset recovery - restoring BARs\n");

	for (i = 0; i < PCI_STD_NUM_BARS; i++)
		vfio_pci_config_hw_write(vdev, PCI_BASE_ADDRESS_0 + 4 * i, 4, vdev->rbar[i]);
	vfio_pci_config_hw_write(vdev, PCI_ROM_ADDRESS, 4, vdev->rbar[PCI_ROM_RESOURCE]);

	/* nointx devices must keep DisINTx set; the reset cleared it. */
	if (vdev->nointx && !vfio_pci_config_hw_read(vdev, PCI_COMMAND, 2, &cmd))
		vfio_pci_config_hw_write(vdev, PCI_COMMAND, 2, cmd | PCI_COMMAND_INTX_DISABLE);
}

static int config_std_write_command(struct vfio_pci_core_device *vdev,
				    const struct vfio_pci_cap *cap, unsigned int count, u32 val)
{
	u32 old = vfio_pci_vconfig_get(vdev, PCI_COMMAND, 2);
	/*
	 * Decode bits that were set, are written as set again, but read back clear: the device was
	 * reset without the host's knowledge, or hardwires them.
	 */
	u32 keep = old & val & COMMAND_DECODE;
	bool lost = config_std_bars_lost(vdev);
	unsigned long flags;
	u32 hw;
	int ret;

	if (vdev->pdev->no_command_memory)
		keep &= ~PCI_COMMAND_MEMORY;

	/* The INTx handler changes DisINTx, in this register, under irqlock. */
	spin_lock_irqsave(&vdev->irqlock, flags);
	ret = vfio_pci_config_hw_read(vdev, PCI_COMMAND, max(count, 2U), &hw);
	if (!ret && (lost || keep & ~hw)) {
		spin_unlock_irqrestore(&vdev->irqlock, flags);
		config_std_restore_bars(vdev);
		spin_lock_irqsave(&vdev->irqlock, flags);
		ret = vfio_pci_config_hw_read(vdev, PCI_COMMAND, max(count, 2U), &hw);
	}
	if (!ret)
		ret = vfio_pci_config_write_bits_over(vdev, cap, PCI_COMMAND, count, val, hw);
	spin_unlock_irqrestore(&vdev->irqlock, flags);
	if (ret)
		return ret;

	/* The decode bits live in the hardware; vconfig keeps what user space wrote, see @keep. */
	old = vfio_pci_vconfig_get(vdev, PCI_COMMAND, 2) & ~COMMAND_DECODE;
	vfio_pci_vconfig_set(vdev, PCI_COMMAND, 2, old | (val & COMMAND_DECODE));
	return 0;
}

/* The byte of COMMAND with DisINTx, which the INTx handler changes under irqlock. */
static int config_std_write_command_high(struct vfio_pci_core_device *vdev,
					 const struct vfio_pci_cap *cap, u32 val)
{
	unsigned long flags;
	int ret;

	spin_lock_irqsave(&vdev->irqlock, flags);
	ret = vfio_pci_config_write_bits(vdev, cap, PCI_COMMAND + 1, 1, val);
	spin_unlock_irqrestore(&vdev->irqlock, flags);

	return ret;
}

/*
 * Apply a change of DisINTx.  The interrupt code takes igate, which is above memory_lock, so
 * nothing is held here and another writer may race: recheck virq_disabled after masking.
 * Unmasking is safe, it is a no-op while virq_disabled is set.
 */
static void config_std_follow_intx_disable(struct vfio_pci_core_device *vdev)
{
	bool disable, changed;

	mutex_lock(&vdev->config_lock);
	disable = vfio_pci_vconfig_get(vdev, PCI_COMMAND, 2) & PCI_COMMAND_INTX_DISABLE;
	changed = disable != vdev->virq_disabled;
	WRITE_ONCE(vdev->virq_disabled, disable);
	mutex_unlock(&vdev->config_lock);

	if (!changed)
		return;

	if (disable)
		vfio_pci_intx_mask(vdev);
	if (!READ_ONCE(vdev->virq_disabled))
		vfio_pci_intx_unmask(vdev);
}

/* Both bytes of COMMAND are written under memory_lock, never under config_lock. */
static int config_std_header_write(struct vfio_pci_core_device *vdev,
				   const struct vfio_pci_cap *cap, unsigned int offset,
				   unsigned int count, u32 val)
{
	int ret;

	if (offset == PCI_COMMAND) {
		if (val & PCI_COMMAND_MEMORY)
			vfio_pci_core_access_lock(vdev);
		else
			vfio_pci_core_access_revoke(vdev);
		ret = config_std_write_command(vdev, cap, count, val);
		vfio_pci_core_access_restore(vdev);
	} else if (offset == PCI_COMMAND + 1) {
		vfio_pci_core_access_lock(vdev);
		ret = config_std_write_command_high(vdev, cap, val);
		vfio_pci_core_access_unlock(vdev);
	} else {
		mutex_lock(&vdev->config_lock);
		ret = vfio_pci_config_write_bits(vdev, cap, offset, count, val);
		if (config_std_is_bar(offset))
			config_std_shape_bar(vdev, offset & ~3);
		mutex_unlock(&vdev->config_lock);
	}

	if (!ret && (offset == PCI_COMMAND || offset == PCI_COMMAND + 1))
		config_std_follow_intx_disable(vdev);

	return ret;
}

/* no_command_memory devices hardwire COMMAND.MEM to 0; return the emulated bit. */
static int config_std_no_memory_read(struct vfio_pci_core_device *vdev,
				     const struct vfio_pci_cap *cap, unsigned int offset,
				     unsigned int count, u32 *val)
{
	int ret = vfio_pci_config_read_bits(vdev, cap, offset, count, val);

	if (!ret && offset == PCI_COMMAND)
		*val |= vfio_pci_vconfig_get(vdev, PCI_COMMAND, 1) & PCI_COMMAND_MEMORY;

	return ret;
}

static void config_std_header_init(struct vfio_pci_core_device *vdev, u16 pos)
{
	struct pci_dev *pdev = vdev->pdev;
	u8 *vconfig = vdev->vconfig;
	int i;

	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		u16 reg = PCI_BASE_ADDRESS_0 + 4 * i;

		vdev->rbar[i] = vfio_pci_vconfig_get(vdev, reg, 4);
		config_std_shape_bar(vdev, reg);
	}
	vdev->rbar[PCI_ROM_RESOURCE] = vfio_pci_vconfig_get(vdev, PCI_ROM_ADDRESS, 4);
	config_std_shape_bar(vdev, PCI_ROM_ADDRESS);

	if (pdev->is_virtfn) {
		vfio_pci_vconfig_set(vdev, PCI_VENDOR_ID, 2, pdev->vendor);
		vfio_pci_vconfig_set(vdev, PCI_DEVICE_ID, 2, pdev->device);

		if (vconfig[PCI_INTERRUPT_PIN] && !pci_match_id(vf_with_pin, pdev))
			pci_warn(pdev, "Hardware bug: VF reports bogus INTx pin %u\n",
				 vconfig[PCI_INTERRUPT_PIN]);
	}

	if (!IS_ENABLED(CONFIG_VFIO_PCI_INTX) || pdev->is_virtfn || vdev->nointx || !pdev->irq ||
	    pdev->irq == IRQ_NOTCONNECTED)
		vconfig[PCI_INTERRUPT_PIN] = 0;

	/* These devices always decode memory; show the bit as pci_enable_device() sets it. */
	if (pdev->no_command_memory)
		vconfig[PCI_COMMAND] |= PCI_COMMAND_MEMORY;
}

static const struct vfio_pci_captype header_type = {
	CFG_PERMS(header_perms),
	.init	= config_std_header_init,
	.write	= config_std_header_write,
};

static const struct vfio_pci_captype no_command_memory_header_type = {
	CFG_PERMS(header_perms),
	.init	= config_std_header_init,
	.read	= config_std_no_memory_read,
	.write	= config_std_header_write,
};

int vfio_pci_config_init_std(struct vfio_pci_core_device *vdev)
{
	return vfio_pci_config_add(vdev, vdev->pdev->no_command_memory ?
				   &no_command_memory_header_type : &header_type,
				   0, PCI_STD_HEADER_SIZEOF);
}
