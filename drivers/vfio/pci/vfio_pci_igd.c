// SPDX-License-Identifier: GPL-2.0-only
/*
 * Intel integrated graphics: three read-only regions that its driver needs beside the device.
 *
 * The OpRegion is memory shared by firmware and driver; config space holds its address.  The other
 * two are the config space of the host bridge and of the LPC bridge.
 */
#include <linux/io.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "vfio_pci_config.h"

/* Config space */
#define IGD_ASLS		0xfc

/* OpRegion; the video BIOS table (VBT) is inside if it fits, else at RVDA. */
#define OPREGION_SIZE		0x2000
#define OPREGION_SIGNATURE	"IntelGraphicsMem"
#define OPREGION_KIB		0x10	/* 32 bits: size */
#define OPREGION_VERSION	0x16	/* 16 bits: major, minor */
#define OPREGION_RVDA		0x3ba	/* 64 bits: address or offset of the VBT */
#define OPREGION_RVDS		0x3c2	/* 32 bits: its size */

#define VERSION_2_0		0x0200	/* RVDA is an address */
#define VERSION_2_1		0x0201	/* RVDA is an offset from the OpRegion */

/**
 * struct igd_opregion - the OpRegion and what user space sees of it
 * @mem: the OpRegion; firmware may change it at any time
 * @vbt: the VBT, if it is elsewhere; user space finds it right behind the OpRegion
 * @version: reported in place of the real one: says how to read @rvda
 * @rvda: reported in place of the real one: a host address means nothing to user space
 */
struct igd_opregion {
	void	*mem;
	void	*vbt;
	__le16	version;
	__le64	rvda;
};

static ssize_t igd_opregion_rw(struct vfio_pci_core_device *vdev, char __user *buf, size_t count,
			       loff_t *ppos, bool iswrite)
{
	struct vfio_pci_region *region =
		&vdev->region[VFIO_PCI_OFFSET_TO_INDEX(*ppos) - VFIO_PCI_NUM_REGIONS];
	struct igd_opregion *op = region->data;
	const struct {
		size_t		end;
		const void	*src;
	} parts[] = {
		{ OPREGION_VERSION, op->mem },
		{ OPREGION_VERSION + sizeof(op->version), &op->version },
		{ OPREGION_RVDA, op->mem + OPREGION_VERSION + sizeof(op->version) },
		{ OPREGION_RVDA + sizeof(op->rvda), &op->rvda },
		{ OPREGION_SIZE, op->mem + OPREGION_RVDA + sizeof(op->rvda) },
		{ region->size, op->vbt },
	};
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;
	size_t start = 0, done = 0, len;
	unsigned int i;

	if (pos >= region->size || iswrite)
		return -EINVAL;
	count = min_t(u64, count, region->size - pos);

	for (i = 0; done < count; start = parts[i++].end) {
		if (pos >= parts[i].end)
			continue;
		len = min_t(size_t, count - done, parts[i].end - pos);
		if (copy_to_user(buf + done, parts[i].src + (pos - start), len))
			return -EFAULT;
		pos += len;
		done += len;
	}

	*ppos += count;
	return count;
}

static void igd_opregion_free(struct igd_opregion *op)
{
	if (op->vbt)
		memunmap(op->vbt);
	if (op->mem)
		memunmap(op->mem);
	kfree(op);
}

static void igd_opregion_release(struct vfio_pci_core_device *vdev, struct vfio_pci_region *region)
{
	igd_opregion_free(region->data);
}

static const struct vfio_pci_regops igd_opregion_regops = {
	.rw		= igd_opregion_rw,
	.release	= igd_opregion_release,
};

static u64 igd_opregion_field(const struct igd_opregion *op, unsigned int offset, size_t len)
{
	__le64 val = 0;

	memcpy(&val, op->mem + offset, len);
	return le64_to_cpu(val);
}

/* Map the OpRegion at @addr and the VBT; returns the size of both or -errno. */
static ssize_t igd_opregion_map(struct igd_opregion *op, u32 addr)
{
	u64 rvda;
	u32 rvds;
	size_t size;

	/* All specified versions have this size. */
	op->mem = memremap(addr, OPREGION_SIZE, MEMREMAP_WB);
	if (!op->mem)
		return -ENOMEM;

	size = min_t(u64, igd_opregion_field(op, OPREGION_KIB, 4) * SZ_1K, OPREGION_SIZE);
	if (memcmp(op->mem, OPREGION_SIGNATURE, strlen(OPREGION_SIGNATURE)) || !size)
		return -EINVAL;

	op->version = cpu_to_le16(igd_opregion_field(op, OPREGION_VERSION, 2));
	if (le16_to_cpu(op->version) < VERSION_2_0)
		return size;

	rvda = igd_opregion_field(op, OPREGION_RVDA, 8);
	rvds = igd_opregion_field(op, OPREGION_RVDS, 4);
	if (!rvda || !rvds)
		return size;

	if (le16_to_cpu(op->version) == VERSION_2_0)
		op->version = cpu_to_le16(VERSION_2_1);
	else
		rvda += addr;

	op->vbt = memremap(rvda, rvds, MEMREMAP_WB);
	if (!op->vbt)
		return -ENOMEM;
	op->rvda = cpu_to_le64(OPREGION_SIZE);
	return OPREGION_SIZE + (size_t)rvds;
}

static int igd_opregion_init(struct vfio_pci_core_device *vdev)
{
	struct igd_opregion *op;
	ssize_t size;
	u32 addr;
	int ret;

	ret = pci_read_config_dword(vdev->pdev, IGD_ASLS, &addr);
	if (ret)
		return ret;
	if (!addr || addr == U32_MAX)
		return -ENODEV;

	op = kzalloc(sizeof(*op), GFP_KERNEL_ACCOUNT);
	if (!op)
		return -ENOMEM;

	size = igd_opregion_map(op, addr);
	ret = size < 0 ? size :
	      vfio_pci_core_register_dev_region(vdev,
						PCI_VENDOR_ID_INTEL |
						VFIO_REGION_TYPE_PCI_VENDOR_TYPE,
						VFIO_REGION_SUBTYPE_INTEL_IGD_OPREGION,
						&igd_opregion_regops, size,
						VFIO_REGION_INFO_FLAG_READ, op);
	if (ret) {
		igd_opregion_free(op);
		return ret;
	}

	/* A guest's firmware writes the address of its own copy here. */
	vfio_pci_config_emulate(vdev, IGD_ASLS, addr);
	return 0;
}

/* Make one aligned read of at most @len bytes; returns its width. */
static int igd_bridge_read(struct pci_dev *bridge, unsigned int pos, size_t len, __le32 *val)
{
	u32 dword = 0;
	u16 word;
	u8 byte;
	int ret;

	if (len >= 4 && !(pos % 4)) {
		len = 4;
		ret = pci_user_read_config_dword(bridge, pos, &dword);
	} else if (len >= 2 && !(pos % 2)) {
		len = 2;
		ret = pci_user_read_config_word(bridge, pos, &word);
		dword = word;
	} else {
		len = 1;
		ret = pci_user_read_config_byte(bridge, pos, &byte);
		dword = byte;
	}

	*val = cpu_to_le32(dword);
	return ret ?: len;
}

static ssize_t igd_bridge_rw(struct vfio_pci_core_device *vdev, char __user *buf, size_t count,
			     loff_t *ppos, bool iswrite)
{
	struct vfio_pci_region *region =
		&vdev->region[VFIO_PCI_OFFSET_TO_INDEX(*ppos) - VFIO_PCI_NUM_REGIONS];
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;
	size_t done = 0;
	__le32 val;
	int len;

	if (pos >= region->size || iswrite)
		return -EINVAL;
	count = min_t(u64, count, region->size - pos);

	while (done < count) {
		len = igd_bridge_read(region->data, pos + done, count - done, &val);
		if (len < 0)
			return len;
		if (copy_to_user(buf + done, &val, len))
			return -EFAULT;
		done += len;
	}

	*ppos += count;
	return count;
}

static void igd_bridge_release(struct vfio_pci_core_device *vdev, struct vfio_pci_region *region)
{
	pci_dev_put(region->data);
}

static const struct vfio_pci_regops igd_bridge_regops = {
	.rw		= igd_bridge_rw,
	.release	= igd_bridge_release,
};

static int igd_bridge_init(struct vfio_pci_core_device *vdev, unsigned int devfn,
			   unsigned int class, unsigned int subtype)
{
	struct pci_dev *bridge = pci_get_domain_bus_and_slot(0, 0, devfn);
	int ret;

	if (!bridge)
		return -ENODEV;

	if (bridge->vendor == PCI_VENDOR_ID_INTEL && bridge->class == class << 8)
		ret = vfio_pci_core_register_dev_region(vdev,
							PCI_VENDOR_ID_INTEL |
							VFIO_REGION_TYPE_PCI_VENDOR_TYPE, subtype,
							&igd_bridge_regops, bridge->cfg_size,
							VFIO_REGION_INFO_FLAG_READ, bridge);
	else
		ret = -EINVAL;
	if (ret)
		pci_dev_put(bridge);
	return ret;
}

bool vfio_pci_is_intel_display(struct pci_dev *pdev)
{
	return pdev->vendor == PCI_VENDOR_ID_INTEL && pci_is_display(pdev);
}

/* -ENODEV: not integrated, or no OpRegion.  vfio_pci_core_disable() releases the regions. */
int vfio_pci_igd_init(struct vfio_pci_core_device *vdev)
{
	int ret;

	ret = igd_opregion_init(vdev);
	if (ret)
		return ret;

	ret = igd_bridge_init(vdev, PCI_DEVFN(0, 0), PCI_CLASS_BRIDGE_HOST,
			      VFIO_REGION_SUBTYPE_INTEL_IGD_HOST_CFG);
	if (ret)
		return ret;

	return igd_bridge_init(vdev, PCI_DEVFN(0x1f, 0), PCI_CLASS_BRIDGE_ISA,
			       VFIO_REGION_SUBTYPE_INTEL_IGD_LPC_CFG);
}
