/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared by vfio_pci_config*.c: how a capability describes itself to the engine.
 *
 * Config space is cut into pieces, each a struct vfio_pci_cap: the standard header and the
 * capabilities.  A byte map leads from a byte of config space to its piece, the piece to its type,
 * and the type's table says for each bit where it lives and whether user space may write it.
 */
#ifndef VFIO_PCI_CONFIG_H
#define VFIO_PCI_CONFIG_H

#include "vfio_pci_priv.h"

struct vfio_pci_cap;

/* Bits of a register of any width, shifted to their place in the register's dword. */
#define CFG_BITS(reg, bits)	((u32)(bits) << (8 * ((reg) & 3)))

/**
 * struct vfio_pci_perm - permissions of one dword of a capability
 * @virt: bits that live in vconfig; the others live in the hardware
 * @write: bits that a write changes, wherever they live; writes to the others are dropped
 */
struct vfio_pci_perm {
	u32	virt;
	u32	write;
};

/**
 * struct vfio_pci_captype - a kind of capability
 * @perms: permissions, by dword; index it with the register's offset / 4
 * @nr_perms: entries in @perms
 * @rest: permissions of the dwords after those in @perms
 * @raw_write: writes go to the hardware unchanged, whatever @perms says
 * @len: length in bytes; with @probe, of the part that every capability of this kind has
 * @probe: finds out the length of the capability at @pos, and may name a better @type.  Returns the
 *	length, 0 to hide the capability, or -errno.
 * @init: optional; adjusts vconfig, which holds what the hardware showed
 * @read: optional; replaces vfio_pci_config_read_bits(); may not change vconfig
 * @write: optional; called without config_lock.  Takes it around vfio_pci_config_write_bits() and
 *	other changes to vconfig, and must not take memory_lock while holding it.
 */
struct vfio_pci_captype {
	const struct vfio_pci_perm	*perms;
	unsigned int			nr_perms;
	struct vfio_pci_perm		rest;
	bool				raw_write;
	u16				len;
	int	(*probe)(struct vfio_pci_core_device *vdev, u16 pos,
			 const struct vfio_pci_captype **type);
	void	(*init)(struct vfio_pci_core_device *vdev, u16 pos);
	int	(*read)(struct vfio_pci_core_device *vdev, const struct vfio_pci_cap *cap,
			unsigned int offset, unsigned int count, u32 *val);
	int	(*write)(struct vfio_pci_core_device *vdev, const struct vfio_pci_cap *cap,
			 unsigned int offset, unsigned int count, u32 val);
};

#define CFG_PERMS(table)	.perms = (table), .nr_perms = ARRAY_SIZE(table)

/**
 * struct vfio_pci_cap - a piece of a device's config space
 * @type: how it behaves
 * @start: its first byte
 */
struct vfio_pci_cap {
	const struct vfio_pci_captype	*type;
	u16				start;
};

/* vfio_pci_config.c: hardware, vconfig, pieces.  @count is 1, 2 or 4, and @pos a multiple of it. */
int vfio_pci_config_hw_read(struct vfio_pci_core_device *vdev, u16 pos, unsigned int count,
			    u32 *val);
int vfio_pci_config_hw_write(struct vfio_pci_core_device *vdev, u16 pos, unsigned int count,
			     u32 val);
u32 vfio_pci_vconfig_get(struct vfio_pci_core_device *vdev, u16 pos, unsigned int count);
void vfio_pci_vconfig_set(struct vfio_pci_core_device *vdev, u16 pos, unsigned int count, u32 val);
int vfio_pci_config_read_bits(struct vfio_pci_core_device *vdev, const struct vfio_pci_cap *cap,
			      unsigned int offset, unsigned int count, u32 *val);
int vfio_pci_config_write_bits(struct vfio_pci_core_device *vdev, const struct vfio_pci_cap *cap,
			       unsigned int offset, unsigned int count, u32 val);
int vfio_pci_config_write_bits_over(struct vfio_pci_core_device *vdev,
				    const struct vfio_pci_cap *cap, unsigned int offset,
				    unsigned int count, u32 val, u32 hw);
void vfio_pci_config_emulate(struct vfio_pci_core_device *vdev, u16 pos, u32 val);
int vfio_pci_config_probe(struct vfio_pci_core_device *vdev, u16 pos,
			  const struct vfio_pci_captype **type);
int vfio_pci_config_add(struct vfio_pci_core_device *vdev, const struct vfio_pci_captype *type,
			u16 pos, unsigned int len);

/* vfio_pci_config_std.c, _cap.c, _ext.c: each fills in its part of config space. */
int vfio_pci_config_init_std(struct vfio_pci_core_device *vdev);
int vfio_pci_config_init_cap(struct vfio_pci_core_device *vdev);
int vfio_pci_config_init_ext(struct vfio_pci_core_device *vdev);

#endif /* VFIO_PCI_CONFIG_H */
