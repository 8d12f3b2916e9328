// SPDX-License-Identifier: GPL-2.0-only
/* Config space as the driver shows it: header, BAR sizing, capabilities. */
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>

#include "fixture.h"
#include "mem.h"

FIXTURE_VARIANT_ADD(device, edu) { .id = &pci_edu };
FIXTURE_VARIANT_ADD(device, ivshmem) { .id = &pci_ivshmem };
FIXTURE_VARIANT_ADD(device, testdev) { .id = &pci_testdev };
FIXTURE_VARIANT_ADD(device, nvme) { .id = &pci_nvme };
FIXTURE_VARIANT_ADD(device, e1000e) { .id = &pci_e1000e };

TEST_F(device, identity)
{
	EXPECT_EQ(variant->id->vendor, vfio_config_read(&self->dev, PCI_VENDOR_ID, 2));
	EXPECT_EQ(variant->id->device, vfio_config_read(&self->dev, PCI_DEVICE_ID, 2));
	EXPECT_EQ(variant->id->vendor | (uint32_t)variant->id->device << 16,
		  vfio_config_read(&self->dev, PCI_VENDOR_ID, 4));
	/* cannot be changed */
	vfio_config_write(&self->dev, PCI_VENDOR_ID, 4, 0xdeadbeef);
	vfio_config_write(&self->dev, PCI_CLASS_REVISION, 4, 0xdeadbeef);
	EXPECT_EQ(variant->id->vendor, vfio_config_read(&self->dev, PCI_VENDOR_ID, 2));
	EXPECT_NE(0xdeadbeef, vfio_config_read(&self->dev, PCI_CLASS_REVISION, 4));
}

/* Reads of any width and alignment return the same bytes, also across several fields. */
TEST_F(device, widths_agree)
{
	for (unsigned int pos = 0; pos < PCI_STD_HEADER_SIZEOF; pos++) {
		uint32_t word = vfio_config_read(&self->dev, pos, 4), byte;

		for (unsigned int i = 0; i < 4; i++) {
			byte = vfio_config_read(&self->dev, pos + i, 1);
			EXPECT_EQ(byte, (word >> 8 * i) & 0xff) TH_LOG("byte %#x", pos + i);
		}
		EXPECT_EQ(word & 0xffff, vfio_config_read(&self->dev, pos, 2)) TH_LOG("%#x", pos);
	}
}

TEST_F(device, command_bits)
{
	uint16_t on = vfio_config_read(&self->dev, PCI_COMMAND, 2);
	const uint16_t bits[] = { PCI_COMMAND_MEMORY, PCI_COMMAND_MASTER,
				  PCI_COMMAND_INTX_DISABLE };

	for (unsigned int i = 0; i < sizeof(bits) / sizeof(*bits); i++) {
		vfio_config_write(&self->dev, PCI_COMMAND, 2, on | bits[i]);
		EXPECT_TRUE(vfio_config_read(&self->dev, PCI_COMMAND, 2) & bits[i])
		TH_LOG("bit %#x", bits[i]);
		vfio_config_write(&self->dev, PCI_COMMAND, 2, on & ~bits[i]);
		EXPECT_FALSE(vfio_config_read(&self->dev, PCI_COMMAND, 2) & bits[i])
		TH_LOG("bit %#x", bits[i]);
	}
	vfio_config_write(&self->dev, PCI_COMMAND, 2, on);
	EXPECT_EQ(on, vfio_config_read(&self->dev, PCI_COMMAND, 2));
}

/* Writing all ones reads back the size; the hardware BAR does not change. */
TEST_F(device, bar_sizing)
{
	uint64_t start, end, flags, before, after;

	for (unsigned int i = 0; i < 6; i++) {
		unsigned int pos = PCI_BASE_ADDRESS_0 + 4 * i;
		uint32_t old = vfio_config_read(&self->dev, pos, 4), mask, high_old = 0;
		bool there = pci_resource(self->dev.bdf, i, &start, &end, &flags), wide;
		uint64_t size;

		wide = there && (old & PCI_BASE_ADDRESS_MEM_TYPE_64) && !(old & 1);
		vfio_config_write(&self->dev, pos, 4, 0xffffffff);
		mask = vfio_config_read(&self->dev, pos, 4);
		vfio_config_write(&self->dev, pos, 4, old);
		EXPECT_EQ(old, vfio_config_read(&self->dev, pos, 4)) TH_LOG("BAR %u", i);
		if (!there) {
			EXPECT_EQ(0, mask) TH_LOG("BAR %u", i);
			continue;
		}
		size = ~(uint64_t)(mask & (old & 1 ? ~3U : ~15U)) + 1;
		if (wide) {
			high_old = vfio_config_read(&self->dev, pos + 4, 4);
			vfio_config_write(&self->dev, pos + 4, 4, 0xffffffff);
			size -= (uint64_t)vfio_config_read(&self->dev, pos + 4, 4) << 32;
			vfio_config_write(&self->dev, pos + 4, 4, high_old);
			EXPECT_EQ(high_old, vfio_config_read(&self->dev, pos + 4, 4));
		} else {
			size &= 0xffffffff;
		}
		EXPECT_EQ(end - start + 1, size) TH_LOG("BAR %u mask %#x", i, mask);
		EXPECT_EQ(old & 0xf, mask & 0xf) TH_LOG("BAR %u", i);
		before = start;
		ASSERT_TRUE(pci_resource(self->dev.bdf, i, &after, &end, &flags));
		EXPECT_EQ(before, after);
		i += wide;
	}
}

TEST_F(device, rom_sizing)
{
	uint64_t start, end, flags;
	uint32_t mask;

	vfio_config_write(&self->dev, PCI_ROM_ADDRESS, 4, PCI_ROM_ADDRESS_MASK);
	mask = vfio_config_read(&self->dev, PCI_ROM_ADDRESS, 4) & PCI_ROM_ADDRESS_MASK;
	if (pci_resource(self->dev.bdf, 6, &start, &end, &flags)) {
		EXPECT_EQ(end - start, ~mask);
	} else {
		EXPECT_EQ(0, mask);
	}
}

/* The mapping keeps working while the guest rewrites the device's BARs. */
TEST_F(edu, bar_address_is_virtual)
{
	uint32_t old = vfio_config_read(&self->dev, PCI_BASE_ADDRESS_0, 4);

	vfio_config_write(&self->dev, PCI_BASE_ADDRESS_0, 4, 0xabc00000);
	EXPECT_EQ(0xabc00000, vfio_config_read(&self->dev, PCI_BASE_ADDRESS_0, 4) & ~0xfU);
	EXPECT_EQ(EDU_ID_VALUE, edu_read(self->bar, EDU_ID));
	vfio_config_write(&self->dev, PCI_BASE_ADDRESS_0, 4, old);
	EXPECT_EQ(EDU_ID_VALUE, edu_read(self->bar, EDU_ID));
}

/* The hardware's config space, past the driver. */
static int raw_config(const char *bdf)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", bdf);
	return open(path, O_RDONLY);
}

/* Each capability shown is one that the hardware has there; the chain is sound and ends. */
TEST_F(device, capabilities)
{
	unsigned int pos, left = 48, msi = 0;
	int raw = raw_config(self->dev.bdf);
	uint8_t id;

	ASSERT_LE(0, raw);
	pos = vfio_config_read(&self->dev, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST
		      ? vfio_config_read(&self->dev, PCI_CAPABILITY_LIST, 1)
		      : 0;
	for (; pos; pos = vfio_config_read(&self->dev, pos + PCI_CAP_LIST_NEXT, 1)) {
		ASSERT_NE(0, left--);
		ASSERT_LE(PCI_STD_HEADER_SIZEOF, pos);
		ASSERT_EQ(0, pos & 3);
		ASSERT_EQ(1, pread(raw, &id, 1, pos));
		EXPECT_EQ(id, vfio_config_read(&self->dev, pos, 1)) TH_LOG("at %#x", pos);
		msi += id == PCI_CAP_ID_MSI || id == PCI_CAP_ID_MSIX;
	}
	if (variant->id != &pci_ivshmem && variant->id != &pci_testdev)
		EXPECT_LT(0, msi);
	close(raw);
}

TEST_F(device, extended_capabilities)
{
	unsigned int pos = PCI_CFG_SPACE_SIZE, left = 480;
	struct vfio_region_info info;
	int raw = raw_config(self->dev.bdf);
	uint32_t header, real;

	ASSERT_LE(0, raw);
	ASSERT_EQ(0, vfio_region(&self->dev, VFIO_PCI_CONFIG_REGION_INDEX, &info));
	if (info.size <= PCI_CFG_SPACE_SIZE)
		SKIP(return, "%s has no extended config space", variant->id->name);
	for (; pos; pos = PCI_EXT_CAP_NEXT(header)) {
		ASSERT_NE(0, left--);
		ASSERT_EQ(0, pos & 3);
		header = vfio_config_read(&self->dev, pos, 4);
		ASSERT_EQ(4, pread(raw, &real, 4, pos));
		/* A first capability that is hidden shows as id 0 and keeps its link. */
		if (PCI_EXT_CAP_ID(header)) {
			EXPECT_EQ(PCI_EXT_CAP_ID(real), PCI_EXT_CAP_ID(header)) TH_LOG("%#x", pos);
		}
	}
	close(raw);
}

TEST_F(device, interrupt_line_is_virtual)
{
	uint8_t pin = vfio_config_read(&self->dev, PCI_INTERRUPT_PIN, 1);

	vfio_config_write(&self->dev, PCI_INTERRUPT_LINE, 1, 0x5b);
	EXPECT_EQ(0x5b, vfio_config_read(&self->dev, PCI_INTERRUPT_LINE, 1));
	vfio_config_write(&self->dev, PCI_INTERRUPT_PIN, 1, pin + 1);
	EXPECT_EQ(pin, vfio_config_read(&self->dev, PCI_INTERRUPT_PIN, 1));
}

/*
 * Writes of the MSI address and data change only what user space reads back; SET_IRQS alone enables
 * MSI.
 */
TEST_F(edu, msi_capability_is_virtual)
{
	unsigned int msi = vfio_find_cap(&self->dev, PCI_CAP_ID_MSI);
	int raw = raw_config(self->dev.bdf);
	uint32_t real;

	ASSERT_NE(0, msi);
	vfio_config_write(&self->dev, msi + PCI_MSI_ADDRESS_LO, 4, 0xfee12344);
	EXPECT_EQ(0xfee12344, vfio_config_read(&self->dev, msi + PCI_MSI_ADDRESS_LO, 4));
	ASSERT_EQ(4, pread(raw, &real, 4, msi + PCI_MSI_ADDRESS_LO));
	EXPECT_NE(0xfee12344, real);
	close(raw);
}

static void *reader(void *arg)
{
	struct vfio_dev *dev = arg;

	for (int i = 0; i < 500; i++)
		if (vfio_config_read(dev, PCI_VENDOR_ID, 4) != 0x11e81234)
			return arg;
	return NULL;
}

TEST_F(edu, readers_and_a_writer)
{
	pthread_t thread[3];
	void *wrong;

	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, reader, &self->dev));
	}
	for (int i = 0; i < 500; i++) {
		vfio_config_write(&self->dev, PCI_INTERRUPT_LINE, 1, i);
		EXPECT_EQ(i & 0xff, vfio_config_read(&self->dev, PCI_INTERRUPT_LINE, 1));
	}
	for (int i = 0; i < 3; i++) {
		pthread_join(thread[i], &wrong);
		EXPECT_NULL(wrong);
	}
}

TEST_HARNESS_MAIN
