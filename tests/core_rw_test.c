// SPDX-License-Identifier: GPL-2.0-only
/* read() and write() on the device file: BARs, I/O ports, ROM, and what must be refused. */
#include <sys/mman.h>

#include "fixture.h"
#include "mem.h"

FIXTURE_VARIANT_ADD(device, edu) { .id = &pci_edu };
FIXTURE_VARIANT_ADD(device, ivshmem) { .id = &pci_ivshmem };
FIXTURE_VARIANT_ADD(device, testdev) { .id = &pci_testdev };
FIXTURE_VARIANT_ADD(device, nvme) { .id = &pci_nvme };
FIXTURE_VARIANT_ADD(device, e1000e) { .id = &pci_e1000e };

static long region_read(struct vfio_dev *dev, unsigned int index, uint64_t offset, void *buf,
			size_t len)
{
	return sys(pread(dev->fd, buf, len, VFIO_REGION_OFFSET(index) + offset));
}

static long region_write(struct vfio_dev *dev, unsigned int index, uint64_t offset, const void *buf,
			 size_t len)
{
	return sys(pwrite(dev->fd, buf, len, VFIO_REGION_OFFSET(index) + offset));
}

TEST_F(edu, registers)
{
	uint32_t value = 0;

	ASSERT_EQ(4, region_read(&self->dev, 0, EDU_ID, &value, 4));
	EXPECT_EQ(EDU_ID_VALUE, value);
	value = 0x12345678;
	ASSERT_EQ(4, region_write(&self->dev, 0, EDU_LIVENESS, &value, 4));
	ASSERT_EQ(4, region_read(&self->dev, 0, EDU_LIVENESS, &value, 4));
	EXPECT_EQ(~0x12345678, value);
	EXPECT_EQ(~0x12345678, edu_read(self->bar, EDU_LIVENESS));
}

/* The memory BAR of ivshmem is plain memory: any offset and length must arrive byte for byte. */
FIXTURE(memory)
{
	struct vfio_dev dev;
	struct vfio_region_info bar;
};

FIXTURE_SETUP(memory)
{
	OPEN_OR_SKIP(&self->dev, NULL, &pci_ivshmem, 0);
	ASSERT_EQ(0, vfio_region(&self->dev, 2, &self->bar));
}

FIXTURE_TEARDOWN(memory)
{
	vfio_close(&self->dev);
}

TEST_F(memory, unaligned_accesses)
{
	uint8_t out[64], back[64], *map;

	map = vfio_mmap(&self->dev, 2, 0, PAGE, PROT_READ);
	ASSERT_NE(MAP_FAILED, map);
	for (unsigned int offset = 0; offset < 9; offset++) {
		for (unsigned int len = 1; len < 20; len++) {
			for (unsigned int i = 0; i < len; i++)
				out[i] = offset * 31 + len * 7 + i + 1;
			ASSERT_EQ(len, region_write(&self->dev, 2, 64 + offset, out, len));
			ASSERT_EQ(0, memcmp(map + 64 + offset, out, len))
			TH_LOG("write of %u bytes at %u", len, offset);
			ASSERT_EQ(len, region_read(&self->dev, 2, 64 + offset, back, len));
			ASSERT_EQ(0, memcmp(back, out, len))
			TH_LOG("read of %u bytes at %u", len, offset);
		}
	}
}

TEST_F(memory, large_accesses)
{
	static uint8_t out[65536 + 3], back[sizeof(out)];
	uint64_t at = self->bar.size - sizeof(out) - 1;

	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = i * 13 + i / 251;
	ASSERT_EQ(sizeof(out), region_write(&self->dev, 2, at, out, sizeof(out)));
	ASSERT_EQ(sizeof(out), region_read(&self->dev, 2, at, back, sizeof(out)));
	EXPECT_EQ(0, memcmp(out, back, sizeof(out)));
}

TEST_F(memory, the_end_of_a_region)
{
	uint64_t size = self->bar.size;
	uint8_t buf[16] = { 0 };

	EXPECT_EQ(4, region_read(&self->dev, 2, size - 4, buf, 4));
	EXPECT_EQ(4, region_read(&self->dev, 2, size - 4, buf, 16)); /* cut short */
	EXPECT_EQ(1, region_write(&self->dev, 2, size - 1, buf, 16));
	EXPECT_EQ(-EINVAL, region_read(&self->dev, 2, size, buf, 4));
	EXPECT_EQ(-EINVAL, region_write(&self->dev, 2, size, buf, 4));
	EXPECT_EQ(-EINVAL, region_read(&self->dev, 2, (1ULL << VFIO_REGION_SHIFT) - 4, buf, 4));
	EXPECT_EQ(0, region_read(&self->dev, 2, 0, buf, 0));
	EXPECT_EQ(0, region_write(&self->dev, 2, 0, buf, 0));
}

TEST_F(memory, pointers_that_fault)
{
	char *edge = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			  0);

	ASSERT_NE(MAP_FAILED, edge);
	ASSERT_EQ(0, munmap(edge + PAGE, PAGE));
	EXPECT_EQ(-EFAULT, region_read(&self->dev, 2, 0, edge + PAGE, 4));
	EXPECT_EQ(-EFAULT, region_write(&self->dev, 2, 0, edge + PAGE, 4));
	EXPECT_EQ(-EFAULT, region_read(&self->dev, 2, 0, edge + PAGE - 4, 8));
	EXPECT_EQ(-EFAULT, region_write(&self->dev, 2, 0, edge + PAGE - 4, 8));
	EXPECT_EQ(-EFAULT,
		  region_read(&self->dev, VFIO_PCI_CONFIG_REGION_INDEX, 0, edge + PAGE, 4));
	EXPECT_EQ(-EFAULT,
		  region_write(&self->dev, VFIO_PCI_CONFIG_REGION_INDEX, 4, edge + PAGE, 2));
}

TEST_F(device, regions_that_are_not_there)
{
	struct vfio_region_info info;
	uint32_t value = 0;

	for (unsigned int i = 0; i <= VFIO_PCI_ROM_REGION_INDEX; i++) {
		ASSERT_EQ(0, vfio_region(&self->dev, i, &info));
		if (info.size)
			continue;
		EXPECT_EQ(-EINVAL, region_read(&self->dev, i, 0, &value, 4)) TH_LOG("region %u", i);
		EXPECT_EQ(-EINVAL, region_write(&self->dev, i, 0, &value, 4))
		TH_LOG("region %u", i);
	}
	EXPECT_EQ(-EINVAL, region_read(&self->dev, VFIO_PCI_VGA_REGION_INDEX, 0, &value, 4));
	EXPECT_EQ(-EINVAL, region_write(&self->dev, VFIO_PCI_VGA_REGION_INDEX, 0, &value, 4));
	for (unsigned int i = VFIO_PCI_NUM_REGIONS; i < 64; i++) {
		EXPECT_EQ(-EINVAL, region_read(&self->dev, i, 0, &value, 4)) TH_LOG("region %u", i);
		EXPECT_EQ(-EINVAL, region_write(&self->dev, i, 0, &value, 4))
		TH_LOG("region %u", i);
	}
}

TEST_F(device, the_end_of_config_space)
{
	struct vfio_region_info info;
	uint8_t buf[16];

	ASSERT_EQ(0, vfio_region(&self->dev, VFIO_PCI_CONFIG_REGION_INDEX, &info));
	EXPECT_EQ(4, region_read(&self->dev, info.index, info.size - 4, buf, 4));
	EXPECT_EQ(-EFAULT, region_read(&self->dev, info.index, info.size - 4, buf, 8));
	EXPECT_EQ(-EFAULT, region_read(&self->dev, info.index, info.size, buf, 4));
	EXPECT_EQ(-EFAULT, region_write(&self->dev, info.index, info.size, buf, 4));
	EXPECT_EQ(0, region_read(&self->dev, info.index, 0, buf, 0));
}

/* Memory BARs answer EIO while COMMAND.MEM is off, and as before when it is on again. */
TEST_F(device, decode_off)
{
	struct vfio_region_info info;
	uint32_t value = 0;
	unsigned int tried = 0;

	for (unsigned int i = 0; i <= VFIO_PCI_BAR5_REGION_INDEX; i++) {
		uint64_t start, end, flags, last;

		if (!pci_resource(self->dev.bdf, i, &start, &end, &flags) || !(flags & 0x200))
			continue;
		ASSERT_EQ(0, vfio_region(&self->dev, i, &info));
		/* the last word: an MSI-X table at the start is answered without the device */
		last = info.size - 4;
		tried++;
		vfio_set_command(&self->dev, PCI_COMMAND_MEMORY, 0);
		EXPECT_EQ(-EIO, region_read(&self->dev, i, last, &value, 4)) TH_LOG("BAR %u", i);
		EXPECT_EQ(-EIO, region_write(&self->dev, i, last, &value, 4)) TH_LOG("BAR %u", i);
		vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
		EXPECT_EQ(4, region_read(&self->dev, i, last, &value, 4)) TH_LOG("BAR %u", i);
	}
	EXPECT_LT(0, tried);
}

/* Of a BAR with an MSI-X table, the table itself reads as ones and cannot be written. */
TEST_F(device, msix_table)
{
	unsigned int cap = vfio_find_cap(&self->dev, PCI_CAP_ID_MSIX), bar, i;
	uint8_t entry[16], zero[16] = { 0 };
	uint32_t table;

	if (!cap)
		SKIP(return, "no MSI-X");
	table = vfio_config_read(&self->dev, cap + PCI_MSIX_TABLE, 4);
	bar = table & PCI_MSIX_TABLE_BIR;
	table &= PCI_MSIX_TABLE_OFFSET;
	ASSERT_EQ(16, region_write(&self->dev, bar, table, zero, 16));
	ASSERT_EQ(16, region_read(&self->dev, bar, table, entry, 16));
	for (i = 0; i < 16; i++) {
		EXPECT_EQ(0xff, entry[i]) TH_LOG("byte %u", i);
	}
}

TEST(io_ports)
{
	struct vfio_region_info info;
	uint8_t byte = 0, name[8];
	struct vfio_dev dev;
	uint32_t offset;

	/* pci-testdev, BAR 1: a byte selects a test; then width, type, offset, data, count, name.
	 */
	OPEN_OR_SKIP(&dev, NULL, &pci_testdev, 0);
	ASSERT_EQ(0, vfio_region(&dev, 1, &info));
	ASSERT_EQ(1, region_write(&dev, 1, 0, &byte, 1));
	ASSERT_EQ(1, region_read(&dev, 1, 1, &byte, 1));
	EXPECT_EQ(1, byte);
	ASSERT_EQ(4, region_read(&dev, 1, 4, &offset, 4));
	EXPECT_GT(info.size, offset);
	ASSERT_EQ(8, region_read(&dev, 1, 16, name, 8));
	EXPECT_EQ(-EINVAL, region_read(&dev, 1, info.size, &byte, 1));
	vfio_close(&dev);
}

TEST(rom)
{
	struct vfio_region_info info;
	uint8_t head[4], whole[4096];
	struct vfio_dev dev;

	OPEN_OR_SKIP(&dev, NULL, &pci_e1000e, 0);
	ASSERT_EQ(0, vfio_region(&dev, VFIO_PCI_ROM_REGION_INDEX, &info));
	if (!info.size)
		SKIP(return, "e1000e has no ROM here: install QEMU's ROM files (ipxe-qemu)");
	ASSERT_EQ(4, region_read(&dev, info.index, 0, head, 4));
	EXPECT_EQ(0x55, head[0]);
	EXPECT_EQ(0xaa, head[1]);
	ASSERT_EQ(sizeof(whole), region_read(&dev, info.index, 0, whole, sizeof(whole)));
	EXPECT_EQ(0, memcmp(head, whole, 4));
	ASSERT_EQ(1, region_read(&dev, info.index, 1, head, 1));
	EXPECT_EQ(0xaa, head[0]);
	EXPECT_EQ(-EINVAL, region_write(&dev, info.index, 0, head, 4));
	EXPECT_EQ(-EINVAL, region_read(&dev, info.index, info.size, head, 4));
	vfio_close(&dev);
}

/* The legacy ranges of a graphics card, at the offsets that are their addresses. */
TEST(vga)
{
	struct vfio_region_info info;
	uint8_t pattern[9], back[sizeof(pattern)], misc = 0;
	struct vfio_dev dev;

	OPEN_OR_SKIP(&dev, NULL, &pci_vga, 0);
	if (vfio_region(&dev, VFIO_PCI_VGA_REGION_INDEX, &info) == -EINVAL)
		SKIP(return, "this kernel has no VGA regions (CONFIG_VFIO_PCI_VGA)");
	EXPECT_EQ(0xc0000, info.size);
	EXPECT_EQ(VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE, info.flags);
	vfio_set_command(&dev, 0, PCI_COMMAND_MEMORY | PCI_COMMAND_IO);

	/* Text memory: characters and attributes, with firmware's mode of 80 columns. */
	for (unsigned int i = 0; i < sizeof(pattern); i++)
		pattern[i] = 'a' + i;
	ASSERT_EQ(9, region_write(&dev, info.index, 0xb8001, pattern, 9));
	ASSERT_EQ(9, region_read(&dev, info.index, 0xb8001, back, 9));
	EXPECT_EQ(0, memcmp(pattern, back, 9));
	ASSERT_EQ(1, region_read(&dev, info.index, 0xb8005, back, 1));
	EXPECT_EQ('e', back[0]);

	/* The miscellaneous output register: written at 0x3c2, read at 0x3cc. */
	ASSERT_EQ(1, region_read(&dev, info.index, 0x3cc, &misc, 1));
	misc ^= 0x40;
	ASSERT_EQ(1, region_write(&dev, info.index, 0x3c2, &misc, 1));
	ASSERT_EQ(1, region_read(&dev, info.index, 0x3cc, back, 1));
	EXPECT_EQ(misc, back[0]);
	misc ^= 0x40;
	ASSERT_EQ(1, region_write(&dev, info.index, 0x3c2, &misc, 1));

	/* Cut off at the end of a range, and nothing between them. */
	EXPECT_EQ(2, region_read(&dev, info.index, 0xbfffe, back, 8));
	EXPECT_EQ(1, region_read(&dev, info.index, 0x3df, back, 8));
	EXPECT_EQ(-EINVAL, region_read(&dev, info.index, 0x3e0, back, 1));
	EXPECT_EQ(-EINVAL, region_read(&dev, info.index, 0x9ffff, back, 1));
	EXPECT_EQ(-EINVAL, region_read(&dev, info.index, 0xc0000, back, 1));
	vfio_close(&dev);
}

TEST_HARNESS_MAIN
