// SPDX-License-Identifier: GPL-2.0-only
/* Two ivshmem-doorbell that share a memory and interrupt each other by MSI-X. */
#include <sys/eventfd.h>

#include "fixture.h"
#include "mem.h"

#define IV_POSITION 8
#define DOORBELL    12
#define VECTORS	    4

/* One memory for the DMA mappings of both; the first ivshmem of the lab is an ivshmem-plain. */
FIXTURE(doorbell)
{
	struct vfio_iommu iommu;
	struct peer {
		struct vfio_dev dev;
		char *regs, *memory;
		uint32_t position;
		int event[VECTORS];
	} peer[2];
};

static void open_peer(struct __test_metadata *_metadata, struct peer *peer,
		      struct vfio_iommu *iommu, const char *bdf)
{
	ASSERT_EQ(0, vfio_open(&peer->dev, iommu, bdf));
	peer->regs = vfio_mmap(&peer->dev, 0, 0, PAGE, PROT_READ | PROT_WRITE);
	peer->memory = vfio_mmap(&peer->dev, 2, 0, PAGE, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, peer->memory);
	vfio_set_command(&peer->dev, 0, PCI_COMMAND_MASTER);
	ASSERT_EQ(4, pread(peer->dev.fd, &peer->position, 4, IV_POSITION));
	for (int v = 0; v < VECTORS; v++)
		peer->event[v] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	ASSERT_EQ(0,
		  vfio_set_eventfds(&peer->dev, VFIO_PCI_MSIX_IRQ_INDEX, 0, VECTORS, peer->event));
}

FIXTURE_SETUP(doorbell)
{
	char bdf[2][BDF_LEN];

	if (pci_find(&pci_ivshmem, 1, bdf[0]) || pci_find(&pci_ivshmem, 2, bdf[1]))
		SKIP(return, "no two ivshmem-doorbell: run it in the virtual machine, make test");
	ASSERT_EQ(0, vfio_iommu_open(&self->iommu));
	for (int i = 0; i < 2; i++)
		open_peer(_metadata, &self->peer[i], &self->iommu, bdf[i]);
}

FIXTURE_TEARDOWN(doorbell)
{
	for (int i = 0; i < 2; i++)
		vfio_close(&self->peer[i].dev);
	vfio_iommu_close(&self->iommu);
}

static void ring(struct peer *from, struct peer *to, unsigned int vector)
{
	uint32_t value = to->position << 16 | vector;

	pwrite(from->dev.fd, &value, sizeof(value), DOORBELL);
}

/* True if @vector of @to has fired exactly once, and no other vector of either device has. */
static bool only(struct peer *peer, struct peer *to, unsigned int vector)
{
	uint64_t count;

	if (!eventfd_wait(to->event[vector], SOON, &count) || count != 1)
		return false;
	for (int i = 0; i < 2; i++)
		for (int v = 0; v < VECTORS; v++)
			if (eventfd_wait(peer[i].event[v], 0, NULL))
				return false;
	return true;
}

TEST_F(doorbell, each_vector)
{
	struct peer *peer = self->peer;

	ASSERT_NE(peer[0].position, peer[1].position);
	for (int v = 0; v < VECTORS; v++) {
		for (int i = 0; i < 4; i++) {
			ring(&peer[i & 1], &peer[i >> 1], v);
			EXPECT_TRUE(only(peer, &peer[i >> 1], v))
			TH_LOG("vector %d from %d to %d", v, i & 1, i >> 1);
		}
	}
	/* a vector and a peer that do not exist */
	ring(&peer[0], &peer[1], VECTORS);
	ring(&peer[0], &(struct peer){.position = 77}, 0);
	EXPECT_FALSE(eventfd_wait(peer[1].event[0], NEVER, NULL));
}

/* A vector without an eventfd stays allocated; one that is moved signals the new eventfd. */
TEST_F(doorbell, vectors_change)
{
	struct peer *peer = self->peer;
	int none = -1, swap[2] = {peer[1].event[2], peer[1].event[1]};

	ASSERT_EQ(0, vfio_set_eventfds(&peer[1].dev, VFIO_PCI_MSIX_IRQ_INDEX, 1, 1, &none));
	ring(&peer[0], &peer[1], 1);
	EXPECT_FALSE(eventfd_wait(peer[1].event[1], NEVER, NULL));
	ASSERT_EQ(0, vfio_set_eventfds(&peer[1].dev, VFIO_PCI_MSIX_IRQ_INDEX, 1, 2, swap));
	/* The device may have kept an interrupt that was raised in between. */
	eventfd_wait(peer[1].event[2], NEVER, NULL);
	ring(&peer[0], &peer[1], 1);
	EXPECT_TRUE(only(peer, &peer[1], 2));
	ring(&peer[0], &peer[1], 2);
	EXPECT_TRUE(only(peer, &peer[1], 1));
	ASSERT_EQ(0, vfio_irq_disable(&peer[1].dev, VFIO_PCI_MSIX_IRQ_INDEX));
	ring(&peer[0], &peer[1], 0);
	EXPECT_FALSE(eventfd_wait(peer[1].event[0], NEVER, NULL));
	ring(&peer[1], &peer[0], 0);
	EXPECT_TRUE(only(peer, &peer[0], 0));
}

TEST_F(doorbell, one_memory)
{
	struct peer *peer = self->peer;
	uint32_t seen;

	for (uint32_t value = 1; value < 5; value++) {
		*(volatile uint32_t *)peer[value & 1].memory = value;
		EXPECT_EQ(value, *(volatile uint32_t *)peer[~value & 1].memory);
		ASSERT_EQ(4, pread(peer[~value & 1].dev.fd, &seen, 4, VFIO_REGION_OFFSET(2)));
		EXPECT_EQ(value, seen);
	}
}

TEST_HARNESS_MAIN
