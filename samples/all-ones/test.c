// SPDX-License-Identifier: GPL-2.0-only
/* Mapped BARs read as ones, and never raise SIGBUS, while the device's memory is off. */
#include <pthread.h>
#include <stdatomic.h>

#include "fixture.h"
#include "mem.h"
#include "variant.h"

#define DRIVER "all-ones-vfio-pci"
#define ONES   UINT32_MAX
#define RW     (PROT_READ | PROT_WRITE)

#define NVME_VS 8 /* version, constant */

FIXTURE(ones)
{
	struct vfio_dev dev;
	char *bar;
};

FIXTURE_SETUP(ones)
{
	char bdf[BDF_LEN];

	if (pci_find(&pci_edu, 0, bdf))
		SKIP_NO_DEVICE(return, &pci_edu);
	ASSERT_EQ(0, variant_open(&self->dev, NULL, bdf, DRIVER));
	self->bar = vfio_mmap(&self->dev, 0, 0, EDU_BAR_SIZE, RW);
	ASSERT_NE(MAP_FAILED, self->bar);
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
}

FIXTURE_TEARDOWN(ones)
{
	vfio_close(&self->dev);
}

static void memory_off(struct vfio_dev *dev)
{
	vfio_set_command(dev, PCI_COMMAND_MEMORY, 0);
}

static void memory_on(struct vfio_dev *dev)
{
	vfio_set_command(dev, 0, PCI_COMMAND_MEMORY);
}

/* A read that must not raise SIGBUS; the value stands for the signal otherwise. */
#define SIGNAL 0x51675b05
static uint32_t look(const volatile char *addr)
{
	uint32_t value;

	return try_read32(addr, &value) ? value : SIGNAL;
}

/* Within the time that stores are kept, and some more. */
static bool becomes_ones(const volatile char *addr)
{
	for (int i = 0; i < SOON && look(addr) != ONES; i++)
		usleep(1000);
	return look(addr) == ONES;
}

TEST_F(ones, mapping_reads_ones_while_memory_is_off)
{
	uint32_t value;

	ASSERT_EQ(EDU_ID_VALUE, look(self->bar + EDU_ID));
	memory_off(&self->dev);
	for (size_t at = 0; at < EDU_BAR_SIZE; at += PAGE) {
		ASSERT_EQ(ONES, look(self->bar + at));
	}
	/* A system call has another way to say so. */
	EXPECT_EQ(-EIO, sys(pread(self->dev.fd, &value, 4, VFIO_REGION_OFFSET(0))));
	memory_on(&self->dev);
	EXPECT_EQ(EDU_ID_VALUE, look(self->bar + EDU_ID));
}

TEST_F(ones, store_while_memory_is_off_is_dropped)
{
	ASSERT_TRUE(try_write32(self->bar + EDU_LIVENESS, 0x1234));
	ASSERT_EQ(~0x1234u, look(self->bar + EDU_LIVENESS));
	memory_off(&self->dev);
	EXPECT_TRUE(try_write32(self->bar + EDU_LIVENESS, 0x5678));
	EXPECT_TRUE(becomes_ones(self->bar + EDU_LIVENESS));
	EXPECT_TRUE(try_write32(self->bar + EDU_LIVENESS, 0x9abc));
	memory_on(&self->dev);
	EXPECT_EQ(~0x1234u, look(self->bar + EDU_LIVENESS));
}

TEST_F(ones, next_user_finds_no_store)
{
	char bdf[BDF_LEN];

	memcpy(bdf, self->dev.bdf, BDF_LEN);
	memory_off(&self->dev);
	ASSERT_TRUE(try_write32(self->bar + EDU_LIVENESS, 0x5ec4e7));
	ASSERT_EQ(0, munmap(self->bar, EDU_BAR_SIZE));
	vfio_close(&self->dev);
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, bdf));
	self->bar = vfio_mmap(&self->dev, 0, 0, EDU_BAR_SIZE, RW);
	ASSERT_NE(MAP_FAILED, self->bar);
	memory_off(&self->dev);
	EXPECT_EQ(ONES, look(self->bar + EDU_LIVENESS));
}

TEST_F(ones, mapping_reads_ones_in_d3hot)
{
	struct vfio_dev dev;
	unsigned int pm;
	char bdf[BDF_LEN], *bar;

	if (pci_find(&pci_nvme, 0, bdf))
		SKIP_NO_DEVICE(return, &pci_nvme);
	ASSERT_EQ(0, variant_open(&dev, NULL, bdf, DRIVER));
	bar = vfio_mmap(&dev, 0, 0, PAGE, RW);
	ASSERT_NE(MAP_FAILED, bar);
	memory_on(&dev);
	ASSERT_NE(ONES, look(bar + NVME_VS));
	pm = vfio_find_cap(&dev, PCI_CAP_ID_PM);
	ASSERT_NE(0, pm);
	vfio_config_write(&dev, pm + PCI_PM_CTRL, 2, 3);
	EXPECT_EQ(ONES, look(bar + NVME_VS));
	vfio_config_write(&dev, pm + PCI_PM_CTRL, 2, 0);
	memory_on(&dev);
	EXPECT_NE(ONES, look(bar + NVME_VS));
	EXPECT_NE(SIGNAL, look(bar + NVME_VS));
	vfio_close(&dev);
}

/* Large entries come back where the page of ones was not. */
TEST_F(ones, large_bar_reads_ones_and_comes_back)
{
	struct vfio_region_info info;
	struct vfio_dev dev;
	char bdf[BDF_LEN], *bar;

	if (pci_find(&pci_ivshmem, 0, bdf))
		SKIP_NO_DEVICE(return, &pci_ivshmem);
	ASSERT_EQ(0, variant_open(&dev, NULL, bdf, DRIVER));
	ASSERT_EQ(0, vfio_region(&dev, 2, &info));
	bar = vfio_mmap(&dev, 2, 0, info.size, RW);
	ASSERT_NE(MAP_FAILED, bar);
	memory_on(&dev);
	for (size_t at = 0; at < info.size; at += PMD) {
		ASSERT_TRUE(try_write32(bar + at, at));
	}
	memory_off(&dev);
	for (size_t at = 0; at < info.size; at += 4 * PMD) {
		ASSERT_EQ(ONES, look(bar + at));
	}
	memory_on(&dev);
	for (size_t at = 0; at < info.size; at += PMD) {
		ASSERT_EQ(at, look(bar + at));
	}
	vfio_close(&dev);
}

struct reader {
	const char *reg;
	uint32_t value; /* what it reads when memory is on */
	atomic_bool stop;
	atomic_uint values, ones, odd;
};

static void *read_on(void *arg)
{
	struct reader *r = arg;

	while (!r->stop) {
		uint32_t value = look(r->reg);

		if (value == r->value)
			r->values++;
		else if (value == ONES)
			r->ones++;
		else
			r->odd = value;
	}
	return NULL;
}

/* A fault that races with the switch must not leave an entry of the page of ones. */
TEST_F_TIMEOUT(ones, page_goes_when_memory_comes, 120)
{
	struct reader r = { .reg = self->bar + EDU_ID, .value = EDU_ID_VALUE };
	pthread_t thread[2];

	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, read_on, &r));
	}
	for (int round = 0; round < 200; round++) {
		memory_off(&self->dev);
		EXPECT_EQ(ONES, look(self->bar + EDU_ID));
		memory_on(&self->dev);
		EXPECT_EQ(EDU_ID_VALUE, look(self->bar + EDU_ID));
	}
	r.stop = true;
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	EXPECT_EQ(0, r.odd);
	EXPECT_LT(0, r.values);
	EXPECT_LT(0, r.ones);
}

/* Such a reset excludes faults by a lock of its own. */
TEST_F_TIMEOUT(ones, reset_by_the_administrator_raises_no_signal, 120)
{
	struct reader r = {};
	struct vfio_dev dev;
	pthread_t thread;
	char bdf[BDF_LEN];

	if (pci_find(&pci_nvme, 0, bdf))
		SKIP_NO_DEVICE(return, &pci_nvme);
	ASSERT_EQ(0, variant_open(&dev, NULL, bdf, DRIVER));
	r.reg = (char *)vfio_mmap(&dev, 0, 0, PAGE, RW) + NVME_VS;
	memory_on(&dev);
	r.value = look(r.reg);
	ASSERT_NE(SIGNAL, r.value);
	ASSERT_NE(ONES, r.value);
	ASSERT_EQ(0, pthread_create(&thread, NULL, read_on, &r));
	for (int round = 0; round < 20; round++) {
		ASSERT_EQ(0, pci_write_attr(bdf, "reset", "1"));
		EXPECT_EQ(r.value, look(r.reg));
		memory_off(&dev);
		ASSERT_EQ(0, pci_write_attr(bdf, "reset", "1"));
		EXPECT_EQ(ONES, look(r.reg));
		memory_on(&dev);
		EXPECT_EQ(r.value, look(r.reg));
	}
	r.stop = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(0, r.odd);
	vfio_close(&dev);
}

TEST_HARNESS_MAIN
