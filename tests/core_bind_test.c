// SPDX-License-Identifier: GPL-2.0-only
/* Binding and unbinding, with the device in use and not, and beside the kernel's own vfio-pci. */
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "fixture.h"
#include "mem.h"
#include "module.h"

TEST(bind_and_unbind)
{
	char bdf[BDF_LEN];

	if (pci_find(&pci_edu, 0, bdf))
		SKIP_NO_DEVICE(return, &pci_edu);
	for (int i = 0; i < 10; i++) {
		ASSERT_EQ(0, pci_bind(bdf, vfio_driver()));
		EXPECT_STREQ(vfio_driver(), pci_driver_of(bdf));
		ASSERT_EQ(0, pci_unbind(bdf));
		EXPECT_STREQ("", pci_driver_of(bdf));
	}
	ASSERT_EQ(0, pci_bind(bdf, vfio_driver()));
}

static pid_t unbind_in_background(const char *bdf)
{
	pid_t pid = fork();

	if (!pid)
		_exit(pci_unbind(bdf) ? 1 : 0);
	return pid;
}

static bool ended(pid_t pid, unsigned int msec)
{
	int status;

	for (unsigned int t = 0; t < msec; t += 10) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return true;
		usleep(10000);
	}
	return false;
}

/*
 * Unbinding signals the request interrupt, waits until the user closes the device, and completes.
 */
TEST_F(edu, unbind_waits_for_the_user)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	char bdf[BDF_LEN];
	pid_t pid;

	memcpy(bdf, self->dev.bdf, sizeof(bdf));
	ASSERT_EQ(0, vfio_set_eventfds(&self->dev, VFIO_PCI_REQ_IRQ_INDEX, 0, 1, &fd));
	/*
	 * The child inherits our files and the mapping, but needs neither: it must not pin the
	 * device.
	 */
	pid = fork();
	if (!pid) {
		munmap(self->bar, EDU_BAR_SIZE);
		vfio_close(&self->dev);
		_exit(pci_unbind(bdf) ? 1 : 0);
	}
	EXPECT_TRUE(eventfd_wait(fd, SOON, NULL));
	EXPECT_FALSE(ended(pid, 300));
	EXPECT_EQ(EDU_ID_VALUE, edu_read(self->bar, EDU_ID)); /* still ours */

	ASSERT_EQ(0, munmap(self->bar, EDU_BAR_SIZE));
	vfio_close(&self->dev);
	EXPECT_TRUE(ended(pid, 15000));
	EXPECT_STREQ("", pci_driver_of(bdf));
	EXPECT_EQ(0, pci_bind(bdf, vfio_driver()));
}

/* A mapping alone keeps the device, after the file is closed. */
TEST_F(edu, unbind_waits_for_a_mapping)
{
	char bdf[BDF_LEN];
	pid_t pid;

	memcpy(bdf, self->dev.bdf, sizeof(bdf));
	vfio_close(&self->dev);
	pid = fork();
	if (!pid) {
		munmap(self->bar, EDU_BAR_SIZE);
		_exit(pci_unbind(bdf) ? 1 : 0);
	}
	EXPECT_FALSE(ended(pid, 300));
	EXPECT_EQ(EDU_ID_VALUE, edu_read(self->bar, EDU_ID));
	ASSERT_EQ(0, munmap(self->bar, EDU_BAR_SIZE));
	EXPECT_TRUE(ended(pid, 15000));
	EXPECT_EQ(0, pci_bind(bdf, vfio_driver()));
}

/* The user dies instead of letting go. */
TEST_F(edu, unbind_when_the_user_is_killed)
{
	char bdf[BDF_LEN];
	int ready[2];
	pid_t user, unbinder;
	char c;

	memcpy(bdf, self->dev.bdf, sizeof(bdf));
	munmap(self->bar, EDU_BAR_SIZE);
	vfio_close(&self->dev);
	ASSERT_EQ(0, pipe(ready));
	user = fork();
	if (!user) {
		struct vfio_dev dev;
		void *bar;

		if (vfio_open(&dev, NULL, bdf))
			_exit(1);
		bar = vfio_mmap(&dev, 0, 0, PAGE, PROT_READ);
		if (bar == MAP_FAILED || !try_read32(bar, NULL) || write(ready[1], "r", 1) != 1)
			_exit(1);
		pause();
	}
	ASSERT_EQ(1, read(ready[0], &c, 1));
	unbinder = unbind_in_background(bdf);
	EXPECT_FALSE(ended(unbinder, 300));
	kill(user, SIGKILL);
	waitpid(user, NULL, 0);
	EXPECT_TRUE(ended(unbinder, 15000));
	EXPECT_STREQ("", pci_driver_of(bdf));
	EXPECT_EQ(0, pci_bind(bdf, vfio_driver()));
}

/* Both cores in one kernel: each drives a device, neither notices the other. */
TEST(beside_the_kernels_own)
{
	char bdf[2][BDF_LEN];
	struct vfio_dev dev[2];
	void *bar[2];

	if (!strcmp(vfio_driver(), "vfio-pci"))
		SKIP(return, "the driver under test is the kernel's own: set "
			     "VFIO_DRIVER=vfio-pci-sdk");
	if (pci_find(&pci_edu, 0, bdf[0]) || pci_find(&pci_edu, 1, bdf[1]))
		SKIP_NO_DEVICE(return, &pci_edu);
	if (module_need("vfio-pci"))
		SKIP(return, "the kernel's vfio-pci does not load here");
	ASSERT_EQ(0, pci_bind(bdf[0], vfio_driver()));
	ASSERT_EQ(0, pci_bind(bdf[1], "vfio-pci"));
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, vfio_open_bound(&dev[i], NULL, bdf[i]));
		bar[i] = vfio_mmap(&dev[i], 0, 0, PAGE, PROT_READ | PROT_WRITE);
		ASSERT_NE(MAP_FAILED, bar[i]);
		EXPECT_EQ(EDU_ID_VALUE, edu_read(bar[i], EDU_ID));
	}
	for (int i = 0; i < 2; i++) {
		vfio_set_command(&dev[i], PCI_COMMAND_MEMORY, 0);
		EXPECT_FALSE(try_read32(bar[i], NULL));
		EXPECT_EQ(EDU_ID_VALUE, edu_read(bar[!i], EDU_ID));
		vfio_set_command(&dev[i], 0, PCI_COMMAND_MEMORY);
		EXPECT_TRUE(try_read32(bar[i], NULL));
	}
	for (int i = 0; i < 2; i++)
		vfio_close(&dev[i]);
	munmap(bar[1], PAGE);
	ASSERT_EQ(0, pci_bind(bdf[1], vfio_driver()));
}

/* Two functions of one slot, one for each core: no core may take the other's device for its own. */
TEST(one_slot_shared_with_the_kernels_own)
{
	char bdf[2][BDF_LEN];
	struct vfio_iommu iommu;
	struct vfio_dev dev[2];

	if (!strcmp(vfio_driver(), "vfio-pci"))
		SKIP(return, "the driver under test is the kernel's own: set "
			     "VFIO_DRIVER=vfio-pci-sdk");
	if (pci_find(&pci_edu, 2, bdf[0]) || pci_find(&pci_edu, 3, bdf[1]))
		SKIP(return, "no two edu in one slot: run it in the virtual machine, make test");
	if (module_need("vfio-pci"))
		SKIP(return, "the kernel's vfio-pci does not load here");
	ASSERT_EQ(0, pci_bind(bdf[0], vfio_driver()));
	ASSERT_EQ(0, pci_bind(bdf[1], "vfio-pci"));
	ASSERT_EQ(0, vfio_iommu_open(&iommu));
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, vfio_open_bound(&dev[i], &iommu, bdf[i]));
	}
	for (int i = 0; i < 2; i++) {
		struct {
			struct vfio_pci_hot_reset reset;
			int fds[1];
		} reset = { .reset = { .argsz = sizeof(reset), .count = 1 } };

		memcpy(reset.reset.group_fds, &iommu.group[0].fd, sizeof(int));
		EXPECT_NE(0, sys(ioctl(dev[i].fd, VFIO_DEVICE_PCI_HOT_RESET, &reset)));
	}
	for (int i = 0; i < 2; i++)
		vfio_close(&dev[i]);
	vfio_iommu_close(&iommu);
	ASSERT_EQ(0, pci_bind(bdf[1], vfio_driver()));
}

TEST_HARNESS_MAIN
