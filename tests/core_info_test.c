// SPDX-License-Identifier: GPL-2.0-only
/* What the device says about itself: info, regions and their capabilities, interrupts. */
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "edu.h"
#include "fixture.h"
#include "mem.h"

#define IORESOURCE_IO  0x100
#define IORESOURCE_MEM 0x200
#define NUM_REGIONS    (VFIO_PCI_NUM_REGIONS)

FIXTURE_VARIANT_ADD(device, edu) { .id = &pci_edu };
FIXTURE_VARIANT_ADD(device, ivshmem) { .id = &pci_ivshmem };
FIXTURE_VARIANT_ADD(device, testdev) { .id = &pci_testdev };
FIXTURE_VARIANT_ADD(device, nvme) { .id = &pci_nvme };
FIXTURE_VARIANT_ADD(device, e1000e) { .id = &pci_e1000e };

TEST_F(device, info)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	ASSERT_EQ(0, sys(ioctl(self->dev.fd, VFIO_DEVICE_GET_INFO, &info)));
	EXPECT_TRUE(info.flags & VFIO_DEVICE_FLAGS_PCI);
	EXPECT_EQ(0, info.flags & ~(VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET |
				    VFIO_DEVICE_FLAGS_CAPS));
	EXPECT_LE(NUM_REGIONS, info.num_regions);
	EXPECT_EQ(VFIO_PCI_NUM_IRQS, info.num_irqs);
}

TEST_F(device, regions)
{
	uint64_t start, end, flags;
	struct vfio_region_info info;

	for (unsigned int i = VFIO_PCI_BAR0_REGION_INDEX; i <= VFIO_PCI_BAR5_REGION_INDEX; i++) {
		bool there = pci_resource(self->dev.bdf, i, &start, &end, &flags);

		ASSERT_EQ(0, vfio_region(&self->dev, i, &info));
		EXPECT_EQ(VFIO_REGION_OFFSET(i), info.offset);
		EXPECT_EQ(there ? end - start + 1 : 0, info.size) TH_LOG("BAR %u", i);
		EXPECT_EQ(
			there ? VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE : 0,
			(info.flags & (VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE)));
		if (there && (flags & IORESOURCE_MEM) && info.size >= PAGE) {
			EXPECT_TRUE(info.flags & VFIO_REGION_INFO_FLAG_MMAP) TH_LOG("BAR %u", i);
		}
		if (!there || (flags & IORESOURCE_IO)) {
			EXPECT_FALSE(info.flags & VFIO_REGION_INFO_FLAG_MMAP) TH_LOG("BAR %u", i);
		}
	}

	ASSERT_EQ(0, vfio_region(&self->dev, VFIO_PCI_ROM_REGION_INDEX, &info));
	EXPECT_EQ(VFIO_REGION_OFFSET(VFIO_PCI_ROM_REGION_INDEX), info.offset);
	if (pci_resource(self->dev.bdf, 6, &start, &end, &flags)) {
		EXPECT_EQ(end - start + 1, info.size);
		EXPECT_EQ(VFIO_REGION_INFO_FLAG_READ, info.flags);
	} else {
		EXPECT_EQ(0, info.size);
		EXPECT_EQ(0, info.flags);
	}

	ASSERT_EQ(0, vfio_region(&self->dev, VFIO_PCI_CONFIG_REGION_INDEX, &info));
	EXPECT_EQ(VFIO_REGION_OFFSET(VFIO_PCI_CONFIG_REGION_INDEX), info.offset);
	EXPECT_TRUE(info.size == PCI_CFG_SPACE_SIZE || info.size == 4096);
	EXPECT_EQ(VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE, info.flags);
}

TEST_F(device, regions_that_are_not_there)
{
	struct vfio_device_info device = { .argsz = sizeof(device) };
	struct vfio_region_info info;

	ASSERT_EQ(0, sys(ioctl(self->dev.fd, VFIO_DEVICE_GET_INFO, &device)));
	EXPECT_EQ(-EINVAL, vfio_region(&self->dev, VFIO_PCI_VGA_REGION_INDEX, &info));
	EXPECT_EQ(-EINVAL, vfio_region(&self->dev, device.num_regions, &info));
	EXPECT_EQ(-EINVAL, vfio_region(&self->dev, UINT32_MAX, &info));
}

/* Index of the BAR with the MSI-X table, -1 when there is none. */
static int msix_bar(struct vfio_dev *dev)
{
	unsigned int cap = vfio_find_cap(dev, PCI_CAP_ID_MSIX);

	return cap ? (int)(vfio_config_read(dev, cap + PCI_MSIX_TABLE, 4) & PCI_MSIX_TABLE_BIR)
		   : -1;
}

TEST_F(device, msix_bar_is_marked_mappable)
{
	struct {
		struct vfio_region_info info;
		char caps[1024];
	} buf;
	struct vfio_info_cap_header *cap;
	int table = msix_bar(&self->dev);

	for (int i = 0; i <= VFIO_PCI_BAR5_REGION_INDEX; i++) {
		bool found = false;

		memset(&buf, 0, sizeof(buf));
		buf.info.argsz = sizeof(buf);
		buf.info.index = i;
		ASSERT_EQ(0, sys(ioctl(self->dev.fd, VFIO_DEVICE_GET_REGION_INFO, &buf.info)));
		for (uint32_t at = buf.info.flags & VFIO_REGION_INFO_FLAG_CAPS ? buf.info.cap_offset
									       : 0;
		     at; at = cap->next) {
			ASSERT_LE(at + sizeof(*cap), sizeof(buf));
			cap = (void *)((char *)&buf + at);
			found |= cap->id == VFIO_REGION_INFO_CAP_MSIX_MAPPABLE;
		}
		EXPECT_EQ(i == table, found) TH_LOG("BAR %d, the table is in %d", i, table);
	}
}

/* Too little room for capabilities: the size they need comes back, and no offset. */
TEST_F(device, region_capabilities_need_room)
{
	struct vfio_region_info info;
	int table = msix_bar(&self->dev);

	if (table < 0)
		SKIP(return, "no MSI-X, hence no capability");
	ASSERT_EQ(0, vfio_region(&self->dev, table, &info));
	EXPECT_TRUE(info.flags & VFIO_REGION_INFO_FLAG_CAPS);
	EXPECT_LT(sizeof(info), info.argsz);
	EXPECT_EQ(0, info.cap_offset);
}

TEST_F(device, interrupts)
{
	struct vfio_irq_info info;
	unsigned int cap;
	uint32_t count;

	ASSERT_EQ(0, vfio_irq(&self->dev, VFIO_PCI_INTX_IRQ_INDEX, &info));
	EXPECT_EQ(vfio_config_read(&self->dev, PCI_INTERRUPT_PIN, 1) ? 1 : 0, info.count);
	EXPECT_EQ(VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED,
		  info.flags);

	ASSERT_EQ(0, vfio_irq(&self->dev, VFIO_PCI_MSI_IRQ_INDEX, &info));
	cap = vfio_find_cap(&self->dev, PCI_CAP_ID_MSI);
	count = cap ? 1 << ((vfio_config_read(&self->dev, cap + PCI_MSI_FLAGS, 2) &
			     PCI_MSI_FLAGS_QMASK) >>
			    1)
		    : 0;
	EXPECT_EQ(count, info.count);
	EXPECT_EQ(VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE, info.flags);

	ASSERT_EQ(0, vfio_irq(&self->dev, VFIO_PCI_MSIX_IRQ_INDEX, &info));
	cap = vfio_find_cap(&self->dev, PCI_CAP_ID_MSIX);
	count = cap ? (vfio_config_read(&self->dev, cap + PCI_MSIX_FLAGS, 2) &
		       PCI_MSIX_FLAGS_QSIZE) +
				1
		    : 0;
	EXPECT_EQ(count, info.count);
	/* NORESIZE goes where the platform can add vectors to a live device, which not all can. */
	EXPECT_EQ(VFIO_IRQ_INFO_EVENTFD, (info.flags & ~VFIO_IRQ_INFO_NORESIZE));

	ASSERT_EQ(0, vfio_irq(&self->dev, VFIO_PCI_REQ_IRQ_INDEX, &info));
	EXPECT_EQ(1, info.count);
	EXPECT_EQ(VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE, info.flags);
}

/* Conventional devices have an error interrupt too since 7.x; before, the index was refused. */
TEST_F(device, error_interrupt)
{
	bool express = vfio_find_cap(&self->dev, PCI_CAP_ID_EXP);
	struct vfio_irq_info info;
	int err = vfio_irq(&self->dev, VFIO_PCI_ERR_IRQ_INDEX, &info);

	if (!express && !vfio_follows_newest()) {
		EXPECT_EQ(-EINVAL, err);
		return;
	}
	ASSERT_EQ(0, err);
	EXPECT_EQ(1, info.count);
	EXPECT_EQ(VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE, info.flags);
}

TEST_F(edu, sizes_that_are_too_small)
{
	struct vfio_device_info device = { 0 };
	struct vfio_region_info region = { 0 };
	struct vfio_irq_info irq = { 0 };

	for (uint32_t size = 0; size <= 64; size++) {
		bool enough = size >= offsetof(struct vfio_device_info, cap_offset);

		device.argsz = size;
		EXPECT_EQ(enough ? 0 : -EINVAL,
			  sys(ioctl(self->dev.fd, VFIO_DEVICE_GET_INFO, &device)))
		TH_LOG("GET_INFO with argsz %u", size);

		memset(&region, 0, sizeof(region));
		region.argsz = size;
		EXPECT_EQ(size >= sizeof(region) ? 0 : -EINVAL,
			  sys(ioctl(self->dev.fd, VFIO_DEVICE_GET_REGION_INFO, &region)))
		TH_LOG("GET_REGION_INFO with argsz %u", size);

		memset(&irq, 0, sizeof(irq));
		irq.argsz = size;
		EXPECT_EQ(size >= sizeof(irq) ? 0 : -EINVAL,
			  sys(ioctl(self->dev.fd, VFIO_DEVICE_GET_IRQ_INFO, &irq)))
		TH_LOG("GET_IRQ_INFO with argsz %u", size);
	}
}

TEST_F(edu, interrupts_that_are_not_there)
{
	struct vfio_irq_info info;

	EXPECT_EQ(-EINVAL, vfio_irq(&self->dev, VFIO_PCI_NUM_IRQS, &info));
	EXPECT_EQ(-EINVAL, vfio_irq(&self->dev, UINT32_MAX, &info));
}

TEST_F(edu, pointers_that_fault)
{
	char *edge = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			  0);
	const unsigned long calls[] = { VFIO_DEVICE_GET_INFO,	  VFIO_DEVICE_GET_REGION_INFO,
					VFIO_DEVICE_GET_IRQ_INFO, VFIO_DEVICE_SET_IRQS,
					VFIO_DEVICE_FEATURE,	  VFIO_DEVICE_IOEVENTFD };

	ASSERT_NE(MAP_FAILED, edge);
	ASSERT_EQ(0, munmap(edge + PAGE, PAGE));
	for (unsigned int i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		EXPECT_EQ(-EFAULT, sys(ioctl(self->dev.fd, calls[i], NULL))) TH_LOG("call %u", i);
		/* Only the first bytes can be read. */
		EXPECT_EQ(-EFAULT, sys(ioctl(self->dev.fd, calls[i], edge + PAGE - 4)))
		TH_LOG("call %u", i);
	}
}

TEST_F(edu, unknown_calls)
{
	EXPECT_EQ(-ENOTTY, sys(ioctl(self->dev.fd, _IO(VFIO_TYPE, VFIO_BASE + 99), 0)));
	EXPECT_EQ(-ENOTTY, sys(ioctl(self->dev.fd, _IO('!', 1), 0)));
}

TEST_HARNESS_MAIN
