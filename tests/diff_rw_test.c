// SPDX-License-Identifier: GPL-2.0-only
/*
 * read, write and mmap of a device file, at each edge of each region and with buffers that fault in
 * the middle, answered by our driver as by the kernel's own.
 */
#include <sys/uio.h>

#include "diff.h"
#include "mem.h"

FIXTURE_VARIANT_ADD(diff, edu){.id = &pci_edu};
FIXTURE_VARIANT_ADD(diff, ivshmem){.id = &pci_ivshmem};
FIXTURE_VARIANT_ADD(diff, nvme){.id = &pci_nvme};
FIXTURE_VARIANT_ADD(diff, e1000e){.id = &pci_e1000e};
FIXTURE_VARIANT_ADD(diff, vga){.id = &pci_vga};
FIXTURE_VARIANT_ADD(diff, igb){.id = &pci_igb};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* True if the region's contents do not change by themselves, so that they can be compared. */
static bool stable(unsigned int index)
{
	return index == VFIO_PCI_ROM_REGION_INDEX || index == VFIO_PCI_CONFIG_REGION_INDEX;
}

/* The state that the device is in, when it is not the usual one; begins each line. */
static const char *state = "";

/* Of the buffer the first @there bytes are in reach. Writes what was read, or zeros. */
static void access_at(struct vfio_dev *dev, struct transcript *t, unsigned int index, uint64_t pos,
		      size_t count, size_t there)
{
	uint64_t at = VFIO_REGION_OFFSET(index) + pos;
	char *buf = before_hole(there);
	long ret;

	if (index < VFIO_PCI_ROM_REGION_INDEX && (pos | count) % pci_narrowest(dev->bdf))
		return;
	memset(buf, 0, there);
	ret = sys(pread(dev->fd, buf, count, at));
	said(t, "%sread %u at %#llx count %#zx there %#zx: %ld %s", state, index,
	     (unsigned long long)pos, count, there, ret,
	     ret > 0 && stable(index) ? hex(buf, ret) : "");
	/* Config space gets back what was there: zeros would switch the device off. */
	if (ret < 0 && index != VFIO_PCI_CONFIG_REGION_INDEX)
		memset(buf, 0, there);
	ret = sys(pwrite(dev->fd, buf, count, at));
	said(t, "%swrite %u at %#llx count %#zx there %#zx: %ld", state, index,
	     (unsigned long long)pos, count, there, ret);
}

static void edges(struct vfio_dev *dev, struct transcript *t, unsigned int index, uint64_t edge)
{
	static const size_t counts[] = {0, 1, 2, 3, 4, 8, 9};
	/* Each read of a ROM looks for the image, which takes long. */
	int step = index == VFIO_PCI_ROM_REGION_INDEX ? 4 : 1;

	for (int off = -9; off <= 9; off += step)
		for (size_t i = 0; i < COUNT(counts); i++)
			access_at(dev, t, index, edge + off, counts[i], 16);
}

static void region(struct vfio_dev *dev, struct transcript *t, unsigned int index)
{
	static const size_t huge[] = {INT32_MAX, 1UL << 31, UINT32_MAX, INT64_MAX, -1UL};
	struct vfio_region_info info;

	vfio_region(dev, index, &info);
	edges(dev, t, index, 0);
	edges(dev, t, index, info.size);
	edges(dev, t, index, VFIO_REGION_OFFSET(1));
	for (size_t i = 0; i < COUNT(huge); i++)
		access_at(dev, t, index, info.size - 8, huge[i], 16);
	for (size_t there = 0; there < 24; there += index == VFIO_PCI_ROM_REGION_INDEX ? 5 : 1)
		for (unsigned int pos = 0; pos < 8; pos += 3)
			access_at(dev, t, index, pos, 24, there);
	/* The fault comes late. */
	access_at(dev, t, index, 0, 1024, 600);
	access_at(dev, t, index, 4, 1024, 1023);
}

static void msix_table(struct vfio_dev *dev, struct transcript *t)
{
	unsigned int cap = vfio_find_cap(dev, PCI_CAP_ID_MSIX);
	uint32_t table, size;

	if (!cap)
		return;
	table = vfio_config_read(dev, cap + PCI_MSIX_TABLE, 4);
	size = 16 * (1 + (vfio_config_read(dev, cap + PCI_MSIX_FLAGS, 2) & PCI_MSIX_FLAGS_QSIZE));
	edges(dev, t, table & PCI_MSIX_TABLE_BIR, table & PCI_MSIX_TABLE_OFFSET);
	edges(dev, t, table & PCI_MSIX_TABLE_BIR, (table & PCI_MSIX_TABLE_OFFSET) + size);
	for (size_t there = 0; there < 32; there++)
		access_at(dev, t, table & PCI_MSIX_TABLE_BIR, (table & PCI_MSIX_TABLE_OFFSET) - 12,
			  32, there);
}

static void everywhere(struct vfio_dev *dev, struct transcript *t)
{
	static const uint32_t indices[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 255, 1 << 22};
	static const uint32_t legacy[] = {0x3b0, 0x3bc, 0x3c0, 0x3e0, 0xa0000, 0xc0000};

	for (size_t i = 0; i < COUNT(indices); i++)
		region(dev, t, indices[i]);
	for (size_t i = 0; i < COUNT(legacy); i++)
		edges(dev, t, VFIO_PCI_VGA_REGION_INDEX, legacy[i]);
	msix_table(dev, t);
}

/* Decode off, a sleep state: the same again at one place of each region. */
static void when_inaccessible(struct vfio_dev *dev, struct transcript *t)
{
	unsigned int pm = vfio_find_cap(dev, PCI_CAP_ID_PM);

	for (int sleeping = 0; sleeping < 2; sleeping++) {
		if (sleeping && !pm)
			break;
		state = sleeping ? "asleep " : "off ";
		if (sleeping)
			vfio_config_write(dev, pm + PCI_PM_CTRL, 2, 3);
		else
			vfio_set_command(dev, PCI_COMMAND_MEMORY | PCI_COMMAND_IO, 0);
		for (unsigned int index = 0; index <= VFIO_PCI_VGA_REGION_INDEX; index++) {
			struct vfio_region_info info;
			int err = vfio_region(dev, index, &info);

			said(t, "%sregion %u: %d %s", state, index, err, hex(&info, sizeof(info)));
			if (sleeping && index == VFIO_PCI_CONFIG_REGION_INDEX)
				continue;
			access_at(dev, t, index, 0, 4, 8);
			access_at(dev, t, index, 0, 8, 4);
			access_at(dev, t, index, 0, 4, 0);
			access_at(dev, t, index, info.size - 4, 8, 8);
		}
		if (sleeping)
			vfio_config_write(dev, pm + PCI_PM_CTRL, 2, 0);
		else
			vfio_set_command(dev, 0, PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
		state = "";
	}
}

/* The file's own position, and vectors of buffers. */
static void file_position(struct vfio_dev *dev, struct transcript *t)
{
	static const int64_t at[] = {
		0, 3, VFIO_REGION_OFFSET(VFIO_PCI_CONFIG_REGION_INDEX), -4, INT64_MAX, INT64_MIN};
	char *edge = before_hole(8), a[8], b[8];
	struct iovec io[2] = {{a, 4}, {b, 8}};
	off_t config = VFIO_REGION_OFFSET(VFIO_PCI_CONFIG_REGION_INDEX);

	for (int round = 0; round < 3; round++) {
		said(t, "position read: %ld", sys(read(dev->fd, a, 4)));
		said(t, "position read too much: %ld", sys(read(dev->fd, edge, 16)));
		for (size_t i = 0; i < COUNT(at); i++) {
			said(t, "position seek %lld: %ld", (long long)at[i],
			     sys(lseek(dev->fd, at[i], SEEK_SET)));
			said(t, "position read at %lld: %ld", (long long)at[i],
			     sys(pread(dev->fd, a, 4, at[i])));
			said(t, "position write at %lld: %ld", (long long)at[i],
			     sys(pwrite(dev->fd, b, 0, at[i])));
		}
	}
	said(t, "position readv: %ld", sys(preadv(dev->fd, io, 2, config)));
	io[1].iov_base = edge + 4;
	said(t, "position readv, the second faults: %ld", sys(preadv(dev->fd, io, 2, config)));
	io[0].iov_base = edge + 8;
	said(t, "position readv, both fault: %ld", sys(preadv(dev->fd, io, 2, config)));
}

/* Record how much of a write reaches the device if its buffer faults part-way. */
static void failed_write(struct vfio_dev *dev, struct transcript *t)
{
	char *buf, seen[32] = {0}, zero[32] = {0};

	for (unsigned int there = 0; there < 16; there += 4) {
		pwrite(dev->fd, zero, sizeof(zero), VFIO_REGION_OFFSET(2));
		buf = before_hole(there);
		memset(buf, 0x5a, there);
		said(t, "arrived of a write with %u bytes there: %ld", there,
		     sys(pwrite(dev->fd, buf, 24, VFIO_REGION_OFFSET(2))));
		pread(dev->fd, seen, sizeof(seen), VFIO_REGION_OFFSET(2));
		said(t, "arrived of %u: %s", there, hex(seen, sizeof(seen)));
	}
}

static void map_at(struct vfio_dev *dev, struct transcript *t, uint64_t offset, size_t len,
		   int prot, int flags, bool touch)
{
	uint32_t value;
	char *map = mmap(NULL, len, prot, flags, dev->fd, offset);
	long err = map == MAP_FAILED ? -errno : 0;

	said(t, "mmap %#llx length %#zx prot %d flags %#x: %ld", (unsigned long long)offset, len,
	     prot, flags, err);
	if (err)
		return;
	if (touch && prot & PROT_READ) {
		said(t, "mmap %#llx length %#zx prot %d flags %#x first and last: %d %d",
		     (unsigned long long)offset, len, prot, flags, try_read32(map, &value),
		     try_read32(map + ((len + PAGE - 1) & ~(PAGE - 1)) - 4, &value));
	}
	for (int want = 0; want < 8; want++)
		said(t, "mmap %#llx length %#zx prot %d flags %#x mprotect %d: %ld",
		     (unsigned long long)offset, len, prot, flags, want,
		     sys(mprotect(map, len, want)));
	munmap(map, len);
}

static void mmaps(struct vfio_dev *dev, struct transcript *t)
{
	for (unsigned int index = 0; index < 12; index++) {
		uint64_t base = VFIO_REGION_OFFSET(index), size;
		struct vfio_region_info info;

		vfio_region(dev, index, &info);
		size = (info.size + PAGE - 1) & ~(PAGE - 1);
		for (int prot = 0; prot < 8; prot++) {
			map_at(dev, t, base, PAGE, prot, MAP_SHARED, true);
			map_at(dev, t, base, PAGE, prot, MAP_PRIVATE, false);
			map_at(dev, t, base, PAGE, prot, MAP_SHARED_VALIDATE, false);
		}
		for (int pages = -2; pages < 3; pages++) {
			uint64_t off = pages * (long)PAGE;

			map_at(dev, t, base + off, PAGE, PROT_READ, MAP_SHARED, true);
			map_at(dev, t, base + size + off, PAGE, PROT_READ, MAP_SHARED, true);
			map_at(dev, t, base, size + off, PROT_READ, MAP_SHARED, true);
			map_at(dev, t, base + size + off, size, PROT_READ, MAP_SHARED, false);
		}
		map_at(dev, t, base, 1, PROT_READ, MAP_SHARED, true);
		map_at(dev, t, base, 0, PROT_READ, MAP_SHARED, false);
		map_at(dev, t, base, -PAGE, PROT_READ, MAP_SHARED, false);
		map_at(dev, t, base + 1, PAGE, PROT_READ, MAP_SHARED, false);
		map_at(dev, t, base, PAGE, PROT_READ, 0, false);
		vfio_set_command(dev, PCI_COMMAND_MEMORY, 0);
		map_at(dev, t, base, PAGE, PROT_READ, MAP_SHARED, true);
		vfio_set_command(dev, 0, PCI_COMMAND_MEMORY);
	}
	map_at(dev, t, INT64_MAX & ~(PAGE - 1), PAGE, PROT_READ, MAP_SHARED, false);
	map_at(dev, t, 1UL << 63, PAGE, PROT_READ, MAP_SHARED, false);
	map_at(dev, t, -PAGE, PAGE, PROT_READ, MAP_SHARED, false);
	map_at(dev, t, -PAGE, 2 * PAGE, PROT_READ, MAP_SHARED, false);
}

static void everything(struct vfio_dev *dev, struct transcript *t)
{
	everywhere(dev, t);
	when_inaccessible(dev, t);
	file_position(dev, t);
	mmaps(dev, t);
	if (vfio_config_read(dev, 0, 2) == pci_ivshmem.vendor)
		failed_write(dev, t);
}

TEST_F(diff, everything)
{
	diff_run(_metadata, self->bdf, variant->id->name, "rw", everything);
}

TEST_HARNESS_MAIN
