// SPDX-License-Identifier: GPL-2.0-only
/* DMA of edu through the IOMMU: it reaches what is mapped, and nothing else. */
#include <sys/eventfd.h>
#include <sys/mman.h>

#include "fixture.h"
#include "mem.h"

#define IOVA 0x100000

FIXTURE(dma)
{
	struct vfio_dev dev;
	void *bar;
	uint8_t *memory;
};

FIXTURE_SETUP(dma)
{
	if (vfio_noiommu())
		SKIP(return, "there is no IOMMU here: leave FLAVOR=noiommu away");
	OPEN_OR_SKIP(&self->dev, NULL, &pci_edu, 0);
	self->bar = vfio_mmap(&self->dev, 0, 0, PAGE, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, self->bar);
	self->memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			    0);
	ASSERT_NE(MAP_FAILED, self->memory);
	ASSERT_EQ(0, vfio_dma_map(self->dev.iommu, self->memory, IOVA, 2 * PAGE));
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MASTER);
}

FIXTURE_TEARDOWN(dma)
{
	vfio_close(&self->dev);
}

TEST_F(dma, there_and_back)
{
	uint8_t *out = self->memory, *back = self->memory + PAGE;

	for (unsigned int i = 0; i < 1024; i++)
		out[i] = i * 7 + 1;
	ASSERT_TRUE(edu_dma(self->bar, IOVA, EDU_DMA_BUFFER, 1024, false));
	ASSERT_TRUE(edu_dma(self->bar, EDU_DMA_BUFFER, IOVA + PAGE, 1024, false));
	EXPECT_EQ(0, memcmp(out, back, 1024));
	EXPECT_EQ(0, back[1024]);
}

TEST_F(dma, interrupt_at_the_end)
{
	int fd = eventfd(0, EFD_NONBLOCK);

	ASSERT_EQ(0, vfio_set_eventfds(&self->dev, VFIO_PCI_MSI_IRQ_INDEX, 0, 1, &fd));
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MASTER);
	/* A previous user may have left interrupts pending: no reset clears them. */
	edu_write(self->bar, EDU_IRQ_ACK, edu_read(self->bar, EDU_IRQ_STATUS));
	ASSERT_TRUE(edu_dma(self->bar, IOVA, EDU_DMA_BUFFER, 64, true));
	EXPECT_TRUE(eventfd_wait(fd, SOON, NULL));
	EXPECT_EQ(0x100, edu_read(self->bar, EDU_IRQ_STATUS));
	edu_write(self->bar, EDU_IRQ_ACK, 0x100);
}

/* DMA does not write memory that is not mapped, or no longer mapped. */
TEST_F(dma, only_where_mapped)
{
	memset(self->memory, 0x5a, 2 * PAGE);
	ASSERT_TRUE(edu_dma(self->bar, IOVA, EDU_DMA_BUFFER, 64, false));
	ASSERT_EQ(0, vfio_dma_unmap(self->dev.iommu, IOVA, 2 * PAGE));
	memset(self->memory, 0, 2 * PAGE);
	ASSERT_TRUE(edu_dma(self->bar, EDU_DMA_BUFFER, IOVA, 64, false));
	EXPECT_EQ(0, self->memory[0]);
	ASSERT_EQ(0, vfio_dma_map(self->dev.iommu, self->memory, IOVA, 2 * PAGE));
	ASSERT_TRUE(edu_dma(self->bar, EDU_DMA_BUFFER, IOVA, 64, false));
	EXPECT_EQ(0x5a, self->memory[0]);
}

TEST_F(dma, not_without_bus_master)
{
	memset(self->memory, 0x77, PAGE);
	ASSERT_TRUE(edu_dma(self->bar, IOVA, EDU_DMA_BUFFER, 64, false));
	vfio_set_command(&self->dev, PCI_COMMAND_MASTER, 0);
	ASSERT_TRUE(edu_dma(self->bar, EDU_DMA_BUFFER, IOVA + PAGE, 64, false));
	EXPECT_EQ(0, self->memory[PAGE]);
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MASTER);
	ASSERT_TRUE(edu_dma(self->bar, EDU_DMA_BUFFER, IOVA + PAGE, 64, false));
	EXPECT_EQ(0x77, self->memory[PAGE]);
}

/* A device is opened with bus mastering off, whatever the last user left. */
TEST_F(dma, off_after_open)
{
	char bdf[BDF_LEN];

	memcpy(bdf, self->dev.bdf, sizeof(bdf));
	munmap(self->bar, PAGE);
	vfio_close(&self->dev);
	ASSERT_EQ(0, vfio_open(&self->dev, NULL, bdf));
	EXPECT_FALSE(vfio_config_read(&self->dev, PCI_COMMAND, 2) & PCI_COMMAND_MASTER);
}

TEST_HARNESS_MAIN
