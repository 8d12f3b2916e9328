// SPDX-License-Identifier: GPL-2.0-only
/*
 * Config space as user space sees it: the engine.
 *
 * Each bit lives either in the hardware or in vconfig, a shadow of config space.  The tables of
 * vfio_pci_config_{std,cap,ext}.c say which, and what user space may write; this file does not
 * know what a capability means.
 *
 * config_lock protects vconfig, and the read-modify-write of hardware registers, against a second
 * writer; exclusive access does that for COMMAND.  Readers take no lock: an access is a
 * single aligned load from vconfig, a writer stores whole registers, and a register that is partly
 * in the hardware has no consistent value anyway while it changes.  The map and the pieces are
 * built before the device is open and stay as they are until it is closed.
 *
 * A config_lock holder may block in pci_user_*() until an external reset ends, and that reset takes
 * access_sem: never nest config_lock and the locks of vfio_pci_access.c, in either order.
 */

#include <linux/minmax.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "vfio_pci_access.h"
#include "vfio_pci_config.h"

/* The map has an index for each byte of config space; PCI_CAP_ID_INVALID* are not indices. */
#define VFIO_PCI_MAX_CAPS	128

/* 7 entries plus the header fit kmalloc-128; growing to 2n + 1 keeps fitting the next size. */
#define VFIO_PCI_FEW_CAPS	7

struct vfio_pci_caps {
	unsigned int		nr;
	unsigned int		max;
	struct vfio_pci_cap	cap[];
};

/*
 * Bytes between capabilities.  Some devices have registers there that their drivers need (be2net).
 * Writing them is as safe as writing a BAR: the IOMMU isolates the device.
 */
static const struct vfio_pci_captype unassigned_type = { .raw_write = true };
static const struct vfio_pci_cap unassigned = { .type = &unassigned_type };

/* Bytes declared PCI_CAP_ID_INVALID_VIRT: they exist in vconfig only. */
static const struct vfio_pci_captype emulated_type = { .rest = { ~0U, ~0U } };
static const struct vfio_pci_cap emulated = { .type = &emulated_type };

static u32 config_mask(unsigned int count)
{
	return ~0U >> (32 - 8 * count);
}

/*
 * A task with exclusive access must not use pci_user_*(): a reset that has already blocked user
 * access to config space waits for that task in vfio_pci_core_reset_prepare().
 */
int vfio_pci_config_hw_read(struct vfio_pci_core_device *vdev, u16 pos, unsigned int count,
			    u32 *val)
{
	bool wait = !vfio_pci_access_is_mine(vdev);
	struct pci_dev *pdev = vdev->pdev;
	u16 word = 0;
	u8 byte = 0;
	int ret;

	switch (count) {
	case 4:
		ret = wait ? pci_user_read_config_dword(pdev, pos, val) :
			     pci_read_config_dword(pdev, pos, val);
		break;
	case 2:
		ret = wait ? pci_user_read_config_word(pdev, pos, &word) :
			     pci_read_config_word(pdev, pos, &word);
		*val = word;
		break;
	default:
		ret = wait ? pci_user_read_config_byte(pdev, pos, &byte) :
			     pci_read_config_byte(pdev, pos, &byte);
		*val = byte;
	}
	return pcibios_err_to_errno(ret);
}

int vfio_pci_config_hw_write(struct vfio_pci_core_device *vdev, u16 pos, unsigned int count,
			     u32 val)
{
	bool wait = !vfio_pci_access_is_mine(vdev);
	struct pci_dev *pdev = vdev->pdev;
	int ret;

	switch (count) {
	case 4:
		ret = wait ? pci_user_write_config_dword(pdev, pos, val) :
			     pci_write_config_dword(pdev, pos, val);
		break;
	case 2:
		ret = wait ? pci_user_write_config_word(pdev, pos, val) :
			     pci_write_config_word(pdev, pos, val);
		break;
	default:
		ret = wait ? pci_user_write_config_byte(pdev, pos, val) :
			     pci_write_config_byte(pdev, pos, val);
	}
	return pcibios_err_to_errno(ret);
}

u32 vfio_pci_vconfig_get(struct vfio_pci_core_device *vdev, u16 pos, unsigned int count)
{
	const u8 *p = vdev->vconfig + pos;

	switch (count) {
	case 4:
		return le32_to_cpu(READ_ONCE(*(const __le32 *)p));
	case 2:
		return le16_to_cpu(READ_ONCE(*(const __le16 *)p));
	default:
		return READ_ONCE(*p);
	}
}

void vfio_pci_vconfig_set(struct vfio_pci_core_device *vdev, u16 pos, unsigned int count, u32 val)
{
	u8 *p = vdev->vconfig + pos;

	switch (count) {
	case 4:
		WRITE_ONCE(*(__le32 *)p, cpu_to_le32(val));
		break;
	case 2:
		WRITE_ONCE(*(__le16 *)p, cpu_to_le16(val));
		break;
	default:
		WRITE_ONCE(*p, val);
	}
}

/* Permissions of @count bytes at @offset, moved down to bit 0. */
static __always_inline struct vfio_pci_perm config_perm_at(const struct vfio_pci_captype *type,
							   unsigned int offset, unsigned int count)
{
	unsigned int index = offset / 4, shift = 8 * (offset % 4);
	struct vfio_pci_perm perm = type->rest;

	if (index < type->nr_perms)
		perm = type->perms[index];

	perm.virt = (perm.virt >> shift) & config_mask(count);
	perm.write = (perm.write >> shift) & config_mask(count);
	return perm;
}

/* Read the hardware only if some of the bits live there. */
int vfio_pci_config_read_bits(struct vfio_pci_core_device *vdev, const struct vfio_pci_cap *cap,
			      unsigned int offset, unsigned int count, u32 *val)
{
	u32 virt = config_perm_at(cap->type, offset, count).virt;
	u16 pos = cap->start + offset;
	u32 hw = 0;

	if (virt != config_mask(count)) {
		int ret = vfio_pci_config_hw_read(vdev, pos, count, &hw);

		if (ret)
			return ret;
	}

	if (virt)
		hw = (hw & ~virt) | (vfio_pci_vconfig_get(vdev, pos, count) & virt);

	*val = hw;
	return 0;
}

/*
 * @hw: current value of the register, if the caller has just read it and excludes other writers;
 * else NULL
 */
static __always_inline int config_do_write_bits(struct vfio_pci_core_device *vdev,
						const struct vfio_pci_cap *cap, unsigned int offset,
						unsigned int count, u32 val, const u32 *hw)
{
	struct vfio_pci_perm perm = config_perm_at(cap->type, offset, count);
	u32 in_virt = perm.write & perm.virt;
	u32 in_hw = perm.write & ~perm.virt;
	u16 pos = cap->start + offset;
	u32 old;
	int ret;

	lockdep_assert(lockdep_is_held(&vdev->config_lock) ||
		       lockdep_is_held_type(&vdev->memory_lock, 0));

	if (in_virt) {
		old = vfio_pci_vconfig_get(vdev, pos, count);
		vfio_pci_vconfig_set(vdev, pos, count, (old & ~in_virt) | (val & in_virt));
	}

	if (!in_hw)
		return 0;

	if (in_hw != config_mask(count)) {
		ret = hw ? 0 : vfio_pci_config_hw_read(vdev, pos, count, &old);
		if (ret)
			return ret;
		val = ((hw ? *hw : old) & ~in_hw) | (val & in_hw);
	}

	return vfio_pci_config_hw_write(vdev, pos, count, val);
}

int vfio_pci_config_write_bits(struct vfio_pci_core_device *vdev, const struct vfio_pci_cap *cap,
			       unsigned int offset, unsigned int count, u32 val)
{
	return config_do_write_bits(vdev, cap, offset, count, val, NULL);
}

int vfio_pci_config_write_bits_over(struct vfio_pci_core_device *vdev,
				    const struct vfio_pci_cap *cap, unsigned int offset,
				    unsigned int count, u32 val, u32 hw)
{
	return config_do_write_bits(vdev, cap, offset, count, val, &hw);
}

static int config_piece_write(struct vfio_pci_core_device *vdev, const struct vfio_pci_cap *cap,
			      unsigned int offset, unsigned int count, u32 val)
{
	int ret;

	if (cap->type->write)
		return cap->type->write(vdev, cap, offset, count, val);

	if (cap->type->raw_write)
		return vfio_pci_config_hw_write(vdev, cap->start + offset, count, val);

	mutex_lock(&vdev->config_lock);
	ret = vfio_pci_config_write_bits(vdev, cap, offset, count, val);
	mutex_unlock(&vdev->config_lock);
	return ret;
}

static int config_piece_read(struct vfio_pci_core_device *vdev, const struct vfio_pci_cap *cap,
			     unsigned int offset, unsigned int count, u32 *val)
{
	if (cap->type->read)
		return cap->type->read(vdev, cap, offset, count, val);

	/* Fast path: most of config space has no virtual bits. */
	if (!cap->type->nr_perms && !cap->type->rest.virt)
		return vfio_pci_config_hw_read(vdev, cap->start + offset, count, val);

	return vfio_pci_config_read_bits(vdev, cap, offset, count, val);
}

static const struct vfio_pci_cap *config_piece_at(struct vfio_pci_core_device *vdev, u16 pos)
{
	u8 index = vdev->pci_config_map[pos];

	switch (index) {
	case PCI_CAP_ID_INVALID:
		return &unassigned;
	case PCI_CAP_ID_INVALID_VIRT:
		return &emulated;
	default:
		return &vdev->caps->cap[index];
	}
}

/* Widest naturally aligned access of at most @count bytes that stays within one capability. */
static unsigned int config_chunk_at(const u8 *map, u16 pos, size_t count)
{
	u8 index = map[pos];

	if (count >= 4 && IS_ALIGNED(pos, 4) && *(const u32 *)(map + pos) == index * 0x01010101U)
		return 4;
	if (count >= 2 && IS_ALIGNED(pos, 2) && map[pos + 1] == index)
		return 2;
	return 1;
}

static int config_get_user(const char __user *buf, unsigned int count, u32 *val)
{
	__le32 dword;
	__le16 word;
	u8 byte;

	switch (count) {
	case 4:
		if (get_user(dword, (const __le32 __user *)buf))
			return -EFAULT;
		*val = le32_to_cpu(dword);
		return 0;
	case 2:
		if (get_user(word, (const __le16 __user *)buf))
			return -EFAULT;
		*val = le16_to_cpu(word);
		return 0;
	default:
		if (get_user(byte, (const u8 __user *)buf))
			return -EFAULT;
		*val = byte;
		return 0;
	}
}

static int config_put_user(char __user *buf, unsigned int count, u32 val)
{
	switch (count) {
	case 4:
		return put_user(cpu_to_le32(val), (__le32 __user *)buf);
	case 2:
		return put_user(cpu_to_le16(val), (__le16 __user *)buf);
	default:
		return put_user((u8)val, (u8 __user *)buf);
	}
}

/**
 * vfio_pci_config_rw_single - read or write the first few bytes of a range of config space
 * @vdev: the device, open
 * @buf: user space's buffer
 * @count: bytes wanted, at least 1
 * @ppos: offset in config space; not advanced
 * @iswrite: write, else read
 *
 * Makes a single access of 1, 2 or 4 bytes, the most that alignment, @count and the borders of the
 * capability allow.  Call again for the rest.
 *
 * Context: process, device open; no lock of the core held.
 * Return: bytes done; -EFAULT when the range is not within config space or @buf is not accessible;
 * else the error of the access to the hardware.
 */
ssize_t vfio_pci_config_rw_single(struct vfio_pci_core_device *vdev, char __user *buf, size_t count,
				  loff_t *ppos, bool iswrite)
{
	size_t size = vdev->pdev->cfg_size;
	const struct vfio_pci_cap *cap;
	unsigned int chunk, offset;
	u64 pos = *ppos;
	u32 val;
	int ret;

	if (pos >= size || count > size - pos)
		return -EFAULT;

	chunk = config_chunk_at(vdev->pci_config_map, pos, count);
	cap = config_piece_at(vdev, pos);
	offset = pos - cap->start;

	if (iswrite)
		ret = config_get_user(buf, chunk, &val) ?:
		      config_piece_write(vdev, cap, offset, chunk, val);
	else
		ret = config_piece_read(vdev, cap, offset, chunk, &val) ?:
		      config_put_user(buf, chunk, val);

	return ret ?: (int)chunk;
}
EXPORT_SYMBOL_GPL(vfio_pci_config_rw_single);

ssize_t vfio_pci_config_rw(struct vfio_pci_core_device *vdev, char __user *buf, size_t count,
			   loff_t *ppos, bool iswrite)
{
	loff_t pos = *ppos & VFIO_PCI_OFFSET_MASK;
	size_t done = 0;

	while (done < count) {
		ssize_t ret = vfio_pci_config_rw_single(vdev, buf + done, count - done, &pos,
							iswrite);

		if (ret < 0)
			return ret;

		done += ret;
		pos += ret;
	}

	*ppos += done;
	return done;
}

/**
 * vfio_pci_config_emulate - detach a dword of config space from the hardware
 * @vdev: the device, after vfio_pci_core_enable() and before vfio_pci_core_finish_enable()
 * @pos: offset, a multiple of 4, of bytes that belong to no capability
 * @val: initial value
 *
 * From now on user space reads and writes the shadow copy only.
 *
 * Context: process; the driver's open_device callback.
 */
void vfio_pci_config_emulate(struct vfio_pci_core_device *vdev, u16 pos, u32 val)
{
	vfio_pci_vconfig_set(vdev, pos, sizeof(val), val);
	memset(vdev->pci_config_map + pos, PCI_CAP_ID_INVALID_VIRT, sizeof(val));
}
EXPORT_SYMBOL_GPL(vfio_pci_config_emulate);

/* A capability does not extend beyond the half of config space in which it begins. */
static unsigned int config_half_end(struct vfio_pci_core_device *vdev, u16 pos)
{
	return pos < PCI_CFG_SPACE_SIZE ? PCI_CFG_SPACE_SIZE : vdev->pdev->cfg_size;
}

/* Length of the capability at @pos, -errno, or 0 when it has to be hidden. */
int vfio_pci_config_probe(struct vfio_pci_core_device *vdev, u16 pos,
			  const struct vfio_pci_captype **type)
{
	/* Handlers and probes rely on the registers within len. */
	if (pos + (*type)->len > config_half_end(vdev, pos) || vdev->caps->nr == VFIO_PCI_MAX_CAPS)
		return 0;

	return (*type)->probe ? (*type)->probe(vdev, pos, type) : (*type)->len;
}

static int config_shadow(struct vfio_pci_core_device *vdev, u16 pos, unsigned int len)
{
	while (len) {
		unsigned int count = len >= 4 ? 4 : len >= 2 ? 2 : 1;
		u32 val;
		int ret;

		/* Use the saved header, except COMMAND: core_probe_intx() may have set DisINTx. */
		if (pos < PCI_STD_HEADER_SIZEOF && pos != PCI_COMMAND) {
			val = vdev->pdev->saved_config_space[pos / 4];
		} else {
			ret = vfio_pci_config_hw_read(vdev, pos, count, &val);
			if (ret)
				return ret;
		}

		vfio_pci_vconfig_set(vdev, pos, count, val);
		pos += count;
		len -= count;
	}

	return 0;
}

static int config_grow_pieces(struct vfio_pci_core_device *vdev)
{
	unsigned int max = vdev->caps->max * 2 + 1;
	struct vfio_pci_caps *caps = krealloc(vdev->caps, struct_size(caps, cap, max),
					      GFP_KERNEL_ACCOUNT);

	if (!caps)
		return -ENOMEM;
	caps->max = max;
	vdev->caps = caps;
	return 0;
}

/*
 * Declare @len bytes at @pos, a multiple of 4, to be a capability of their own.  Clamp the length:
 * some devices place a PCIe v2 capability too close to the end of config space.
 */
int vfio_pci_config_add(struct vfio_pci_core_device *vdev, const struct vfio_pci_captype *type,
			u16 pos, unsigned int len)
{
	u8 *map = vdev->pci_config_map + pos;
	unsigned int index;
	int ret;

	if (vdev->caps->nr == vdev->caps->max && config_grow_pieces(vdev))
		return -ENOMEM;
	index = vdev->caps->nr++;
	len = min(len, config_half_end(vdev, pos) - pos);

	if (memchr_inv(map, PCI_CAP_ID_INVALID, len))
		pci_warn(vdev->pdev, "PCI config conflict @%#x: %u bytes overlap another capability\n",
			 pos, len);

	vdev->caps->cap[index] = (struct vfio_pci_cap){ .type = type, .start = pos };
	memset(map, index, len);

	ret = config_shadow(vdev, pos, len);
	if (ret)
		return ret;

	if (type->init)
		type->init(vdev, pos);

	return 0;
}

/*
 * Build the map and vconfig.  Called from enable, before user space can access the device.  On
 * error the caller calls vfio_config_free(), as at close.
 */
int vfio_config_init(struct vfio_pci_core_device *vdev)
{
	int size = vdev->pdev->cfg_size;
	int ret;

	BUILD_BUG_ON(VFIO_PCI_MAX_CAPS > PCI_CAP_ID_INVALID_VIRT);

	vdev->extended_caps = false;
	vdev->vconfig = kzalloc(2 * size, GFP_KERNEL_ACCOUNT);
	vdev->caps = kmalloc(struct_size(vdev->caps, cap, VFIO_PCI_FEW_CAPS), GFP_KERNEL_ACCOUNT);
	if (!vdev->vconfig || !vdev->caps)
		return -ENOMEM;

	vdev->caps->nr = 0;
	vdev->caps->max = VFIO_PCI_FEW_CAPS;
	vdev->pci_config_map = vdev->vconfig + size;
	memset(vdev->pci_config_map, PCI_CAP_ID_INVALID, size);

	ret = vfio_pci_config_init_std(vdev);
	if (!ret)
		ret = vfio_pci_config_init_cap(vdev);
	if (!ret)
		ret = vfio_pci_config_init_ext(vdev);
	return ret;
}

/* An external reset reads vconfig, with exclusive access, to see whether the device is open. */
void vfio_config_free(struct vfio_pci_core_device *vdev)
{
	vfio_pci_core_assert_access_locked(vdev);

	kfree(vdev->caps);
	vdev->caps = NULL;
	kfree(vdev->vconfig);
	vdev->vconfig = NULL;
	vdev->pci_config_map = NULL;
}
