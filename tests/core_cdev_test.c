// SPDX-License-Identifier: GPL-2.0-only
/* The character device of a vfio device and iommufd, in the place of group and container. */
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "fixture.h"
#include "mem.h"

#define IOVA 0x100000

/* Skips on kernels without the one or the other. */
#define NEED_CDEV(statement, bdf)                                                              \
	do {                                                                                   \
		int __fd;                                                                      \
                                                                                               \
		if (access("/dev/iommu", F_OK))                                                \
			SKIP(statement, "this kernel has no iommufd: use KERNEL=lab-6.12 or "  \
					"lab-7");                                              \
		if (vfio_noiommu())                                                            \
			SKIP(statement, "there is no IOMMU here: leave FLAVOR=noiommu away");  \
		ASSERT_EQ(0, pci_bind(bdf, vfio_driver()));                                    \
		__fd = vfio_cdev_open(bdf);                                                    \
		if (__fd == -ENOENT)                                                           \
			SKIP(statement, "this kernel has no character devices for vfio: use "  \
					"KERNEL=lab-6.12 or lab-7");                           \
		ASSERT_LE(0, __fd);                                                            \
		close(__fd);                                                                   \
	} while (0)

/* An edu that is open, but neither bound nor attached. */
FIXTURE(cdev)
{
	struct vfio_dev dev;
	struct vfio_iommu iommu;
	char bdf[BDF_LEN];
};

FIXTURE_SETUP(cdev)
{
	if (pci_find(&pci_edu, 0, self->bdf))
		SKIP_NO_DEVICE(return, &pci_edu);
	NEED_CDEV(return, self->bdf);
	ASSERT_EQ(0, vfio_iommu_open_as(&self->iommu, "iommufd"));
	self->dev.iommu = &self->iommu;
	self->dev.fd = vfio_cdev_open(self->bdf);
	ASSERT_LE(0, self->dev.fd);
}

FIXTURE_TEARDOWN(cdev)
{
	vfio_close(&self->dev);
	vfio_iommu_close(&self->iommu);
}

TEST_F(cdev, nothing_before_bind)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	uint32_t value;

	EXPECT_EQ(-EINVAL, sys(ioctl(self->dev.fd, VFIO_DEVICE_GET_INFO, &info)));
	EXPECT_EQ(-EINVAL, sys(pread(self->dev.fd, &value, 4, 0)));
	EXPECT_EQ(-EINVAL, sys(pwrite(self->dev.fd, &value, 4, 0)));
	EXPECT_EQ(MAP_FAILED, vfio_mmap(&self->dev, 0, 0, PAGE, PROT_READ));
	EXPECT_EQ(-EINVAL, vfio_cdev_attach(self->dev.fd, self->iommu.ioas));
	EXPECT_EQ(-EINVAL, vfio_cdev_detach(self->dev.fd));
	ASSERT_EQ(0, vfio_cdev_bind(self->dev.fd, self->iommu.fd, NULL));
	EXPECT_EQ(0, sys(ioctl(self->dev.fd, VFIO_DEVICE_GET_INFO, &info)));
	EXPECT_EQ(4, sys(pread(self->dev.fd, &value, 4, 0)));
	EXPECT_EQ(EDU_ID_VALUE, value);
}

TEST_F(cdev, bind_wrong_calls)
{
	struct vfio_device_bind_iommufd bind = { .argsz = 4, .iommufd = self->iommu.fd };
	int other = eventfd(0, EFD_CLOEXEC);

	EXPECT_EQ(-EINVAL, sys(ioctl(self->dev.fd, VFIO_DEVICE_BIND_IOMMUFD, &bind)));
	bind.argsz = sizeof(bind);
	bind.flags = 1U << 31;
	EXPECT_EQ(-EINVAL, sys(ioctl(self->dev.fd, VFIO_DEVICE_BIND_IOMMUFD, &bind)));
	EXPECT_EQ(-EINVAL, vfio_cdev_bind(self->dev.fd, -1, NULL));
	EXPECT_EQ(-EBADF, vfio_cdev_bind(self->dev.fd, 1000, NULL));
	EXPECT_EQ(-EBADFD, vfio_cdev_bind(self->dev.fd, other, NULL));
	close(other);
	ASSERT_EQ(0, vfio_cdev_bind(self->dev.fd, self->iommu.fd, NULL));
	EXPECT_EQ(-EINVAL, vfio_cdev_bind(self->dev.fd, self->iommu.fd, NULL));
}

TEST_F(cdev, attach_and_detach)
{
	struct vfio_device_attach_iommufd_pt attach = { .argsz = 4, .pt_id = self->iommu.ioas };
	struct vfio_device_detach_iommufd_pt detach = { .argsz = 4 };

	ASSERT_EQ(0, vfio_cdev_bind(self->dev.fd, self->iommu.fd, NULL));
	EXPECT_EQ(-EINVAL, sys(ioctl(self->dev.fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach)));
	attach.argsz = sizeof(attach);
	attach.flags = 1U << 31;
	EXPECT_EQ(-EINVAL, sys(ioctl(self->dev.fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach)));
	EXPECT_EQ(-ENOENT, vfio_cdev_attach(self->dev.fd, 1U << 30));
	EXPECT_EQ(0, vfio_cdev_attach(self->dev.fd, self->iommu.ioas));
	EXPECT_EQ(0, vfio_cdev_attach(self->dev.fd, self->iommu.ioas));
	EXPECT_EQ(-EINVAL, sys(ioctl(self->dev.fd, VFIO_DEVICE_DETACH_IOMMUFD_PT, &detach)));
	EXPECT_EQ(0, vfio_cdev_detach(self->dev.fd));
	EXPECT_EQ(0, vfio_cdev_detach(self->dev.fd));
	EXPECT_EQ(0, vfio_cdev_attach(self->dev.fd, self->iommu.ioas));
}

/* DMA reaches the attached address space, and no memory if none is attached. */
TEST_F(cdev, dma_goes_where_attached)
{
	struct iommufd_ioas_alloc alloc = { .size = sizeof(alloc) };
	uint32_t ioas[2] = { self->iommu.ioas };
	volatile uint8_t *memory;
	void *bar;

	memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, memory);
	ASSERT_EQ(0, sys(ioctl(self->iommu.fd, IOMMUFD_IOAS_ALLOC, &alloc)));
	ioas[1] = alloc.out_ioas_id;
	for (int i = 0; i < 2; i++) {
		self->iommu.ioas = ioas[i];
		ASSERT_EQ(0, vfio_dma_map(&self->iommu, (void *)(memory + i * PAGE), IOVA, PAGE));
	}
	ASSERT_EQ(0, vfio_cdev_bind(self->dev.fd, self->iommu.fd, NULL));
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY);
	bar = vfio_mmap(&self->dev, 0, 0, PAGE, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, bar);

	/* Fill edu's buffer with what reads back as the mark. */
	ASSERT_EQ(0, vfio_cdev_attach(self->dev.fd, ioas[0]));
	memory[0] = 0x5a;
	ASSERT_TRUE(edu_dma(bar, IOVA, EDU_DMA_BUFFER, 64, false));
	memory[0] = 0;

	ASSERT_EQ(0, vfio_cdev_detach(self->dev.fd));
	ASSERT_TRUE(edu_dma(bar, EDU_DMA_BUFFER, IOVA, 64, false));
	EXPECT_EQ(0, memory[0]);
	ASSERT_EQ(0, vfio_cdev_attach(self->dev.fd, ioas[1]));
	ASSERT_TRUE(edu_dma(bar, EDU_DMA_BUFFER, IOVA, 64, false));
	EXPECT_EQ(0, memory[0]);
	EXPECT_EQ(0x5a, memory[PAGE]);
	/* without a detach between */
	ASSERT_EQ(0, vfio_cdev_attach(self->dev.fd, ioas[0]));
	ASSERT_TRUE(edu_dma(bar, EDU_DMA_BUFFER, IOVA, 64, false));
	EXPECT_EQ(0x5a, memory[0]);
}

TEST_F(cdev, map_fault_zap)
{
	void *bar[2];
	int status;
	pid_t pid;

	ASSERT_EQ(0, vfio_cdev_bind(self->dev.fd, self->iommu.fd, NULL));
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
	for (int i = 0; i < 2; i++) {
		bar[i] = vfio_mmap(&self->dev, 0, 0, EDU_BAR_SIZE, PROT_READ | PROT_WRITE);
		ASSERT_NE(MAP_FAILED, bar[i]);
		EXPECT_EQ(EDU_ALIVE, edu_look(bar[i]));
	}
	vfio_set_command(&self->dev, PCI_COMMAND_MEMORY, 0);
	for (int i = 0; i < 2; i++) {
		EXPECT_FALSE(try_read32(bar[i], NULL)) TH_LOG("mapping %d", i);
	}
	pid = fork();
	if (!pid)
		_exit(try_read32(bar[0], NULL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
	for (int i = 0; i < 2; i++) {
		EXPECT_TRUE(try_read32(bar[i], NULL)) TH_LOG("mapping %d", i);
	}
	/* The mapping keeps the device open and bound. */
	vfio_close(&self->dev);
	EXPECT_EQ(EDU_ALIVE, edu_look(bar[0]));
}

TEST_F(cdev, one_file_at_a_time)
{
	int second = vfio_cdev_open(self->bdf);
	struct vfio_device_info info = { .argsz = sizeof(info) };

	ASSERT_LE(0, second);
	ASSERT_EQ(0, vfio_cdev_bind(self->dev.fd, self->iommu.fd, NULL));
	EXPECT_EQ(-EINVAL, vfio_cdev_bind(second, self->iommu.fd, NULL));
	EXPECT_EQ(-EINVAL, sys(ioctl(second, VFIO_DEVICE_GET_INFO, &info)));
	EXPECT_EQ(0, sys(ioctl(self->dev.fd, VFIO_DEVICE_GET_INFO, &info)));
	vfio_close(&self->dev);
	EXPECT_EQ(0, vfio_cdev_bind(second, self->iommu.fd, NULL));
	EXPECT_EQ(0, sys(ioctl(second, VFIO_DEVICE_GET_INFO, &info)));
	close(second);
}

/* The group and the character device exclude each other. */
TEST_F(cdev, not_beside_the_group)
{
	char path[32];
	int group;

	snprintf(path, sizeof(path), "/dev/vfio/%d", pci_iommu_group(self->bdf));
	group = open(path, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, group);
	EXPECT_EQ(-EBUSY, vfio_cdev_bind(self->dev.fd, self->iommu.fd, NULL));
	close(group);
	ASSERT_EQ(0, vfio_cdev_bind(self->dev.fd, self->iommu.fd, NULL));
	EXPECT_EQ(-EBUSY, sys(open(path, O_RDWR | O_CLOEXEC)));
}

static bool ended(pid_t pid, unsigned int msec)
{
	for (unsigned int t = 0; t < msec; t += 10) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return true;
		usleep(10000);
	}
	return false;
}

/* The child has no use for our file, and must not hold the device by it. */
static pid_t unbind_in_background(struct vfio_dev *dev, const char *bdf)
{
	pid_t pid = fork();

	if (!pid) {
		vfio_close(dev);
		_exit(pci_unbind(bdf) ? 1 : 0);
	}
	return pid;
}

TEST_F(cdev, unbind_waits_for_the_user)
{
	int request = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	pid_t pid;

	ASSERT_EQ(0, vfio_cdev_bind(self->dev.fd, self->iommu.fd, NULL));
	ASSERT_EQ(0, vfio_set_eventfds(&self->dev, VFIO_PCI_REQ_IRQ_INDEX, 0, 1, &request));
	pid = unbind_in_background(&self->dev, self->bdf);
	EXPECT_TRUE(eventfd_wait(request, SOON, NULL));
	EXPECT_FALSE(ended(pid, 300));
	vfio_close(&self->dev);
	EXPECT_TRUE(ended(pid, 15000));
	EXPECT_STREQ("", pci_driver_of(self->bdf));
	EXPECT_EQ(0, pci_bind(self->bdf, vfio_driver()));
}

/* Even a file that was never bound holds the device. */
TEST_F(cdev, unbind_waits_for_a_file)
{
	pid_t pid = unbind_in_background(&self->dev, self->bdf);

	EXPECT_FALSE(ended(pid, 300));
	vfio_close(&self->dev);
	EXPECT_TRUE(ended(pid, 15000));
	EXPECT_EQ(0, pci_bind(self->bdf, vfio_driver()));
}

static int bind_with_token(int fd, int iommufd, const uint8_t *uuid)
{
	struct vfio_bind_with_token bind = {
		.argsz = sizeof(bind),
		.flags = VFIO_DEVICE_BIND_FLAG_TOKEN,
		.iommufd = iommufd,
		.token_uuid_ptr = (uintptr_t)uuid,
	};

	return sys(ioctl(fd, VFIO_DEVICE_BIND_IOMMUFD, &bind));
}

/* Opens, binds and lets go again. */
static int try_token(int iommufd, const char *bdf, const uint8_t *uuid)
{
	int fd = vfio_cdev_open(bdf), err;

	if (fd < 0)
		return fd;
	err = uuid ? bind_with_token(fd, iommufd, uuid) : vfio_cdev_bind(fd, iommufd, NULL);
	close(fd);
	return err;
}

static int set_sriov(const char *pf, const char *number)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/enable_sriov", vfio_driver());
	for (char *c = path; *c; c++)
		if (*c == '-')
			*c = '_';
	return write_file(path, "Y") ?: pci_write_attr(pf, "sriov_numvfs", number);
}

/*
 * True if vfio.ko of this kernel takes a token with a character device. Since the change that added
 * it, vfio.ko refuses nonzero bytes after the structure that it knows.
 */
static bool takes_token(int fd)
{
	struct {
		struct vfio_bind_with_token bind;
		uint64_t more;
	} buf = { .bind = { .argsz = sizeof(buf), .iommufd = -1 }, .more = 1 };
	int err = sys(ioctl(fd, VFIO_DEVICE_BIND_IOMMUFD, &buf));

	if (err != -E2BIG && err != -EINVAL)
		abort();
	return err == -E2BIG;
}

static int create_vf(const char *pf, char vf[BDF_LEN])
{
	char link[64], target[64] = "";
	int err = set_sriov(pf, "1");

	if (err)
		return err;
	snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s/virtfn0", pf);
	if (readlink(link, target, sizeof(target) - 1) < 0)
		return -errno;
	snprintf(vf, BDF_LEN, "%.12s", strrchr(target, '/') + 1);
	return 0;
}

static bool find_pf(char pf[BDF_LEN])
{
	char text[8];

	return !pci_find(&pci_nvme, 0, pf) &&
	       pci_read_attr(pf, "sriov_totalvfs", text, sizeof(text)) >= 0;
}

/* Opens the device by the name given to its group, which has to be free. Returns 0 or -errno. */
static int try_group(int iommufd, const char *bdf, const char *rest, int *opened)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	char path[32], name[96];
	int group, fd;

	snprintf(path, sizeof(path), "/dev/vfio/%d", pci_iommu_group(bdf));
	group = open(path, O_RDWR | O_CLOEXEC);
	if (group < 0)
		return -errno;
	snprintf(name, sizeof(name), "%s%s", bdf, rest);
	fd = sys(ioctl(group, VFIO_GROUP_GET_STATUS, &status)) ?:
	     sys(ioctl(group, VFIO_GROUP_SET_CONTAINER, &iommufd)) ?:
	     sys(ioctl(group, VFIO_GROUP_GET_DEVICE_FD, name));
	if (opened && fd >= 0) {
		opened[0] = group;
		opened[1] = fd;
		return 0;
	}
	if (fd >= 0)
		close(fd);
	close(group);
	return fd < 0 ? fd : 0;
}

/*
 * Where vfio.ko does not take a VF token when a character device is bound, devices that need a
 * token are refused, and all others can be opened as on newer kernels.
 */
TEST_F(cdev, token_is_needed_where_none_can_be_given)
{
	static const char token[] = " vf_token=01020300-0000-0000-0000-000000000000";
	char pf[BDF_LEN], vf[BDF_LEN], edu[BDF_LEN], name[96];
	int iommufd = self->iommu.fd, opened[2], again;

	if (!find_pf(pf))
		SKIP(return, "no nvme with SR-IOV here: use QEMU 7.1 or newer");
	if (takes_token(self->dev.fd))
		SKIP(return, "a token can be given on this kernel, see the test token: use "
			     "KERNEL=lab-6.12");
	if (!strcmp(vfio_driver(), "vfio-pci"))
		SKIP(return, "the kernel's own driver lets everyone in: set "
			     "VFIO_DRIVER=vfio-pci-sdk");
	/* A device that has nothing to do with VFs. */
	if (pci_find(&pci_edu, 1, edu) == 0 && pci_bind(edu, vfio_driver()) == 0)
		EXPECT_EQ(0, try_token(iommufd, edu, NULL));
	ASSERT_EQ(0, pci_bind(pf, vfio_driver()));
	EXPECT_EQ(0, try_token(iommufd, pf, NULL));
	EXPECT_EQ(0, try_group(iommufd, pf, token, NULL));
	/* A token given with the name to the group does not count for later opens. */
	EXPECT_EQ(0, try_token(iommufd, pf, NULL));
	ASSERT_EQ(0, create_vf(pf, vf));
	EXPECT_EQ(0, try_token(iommufd, pf, NULL));
	EXPECT_EQ(-EACCES, try_token(iommufd, vf, NULL));
	EXPECT_EQ(-EACCES, try_group(iommufd, vf, "", NULL));
	EXPECT_EQ(0, try_group(iommufd, vf, token, NULL));
	EXPECT_EQ(-EACCES, try_token(iommufd, vf, NULL));
	/* With a VF in use the PF needs the token. */
	ASSERT_EQ(0, try_group(iommufd, vf, token, opened));
	EXPECT_EQ(-EACCES, try_token(iommufd, pf, NULL));
	/* A second file of the open device: opening it did not check the token. */
	snprintf(name, sizeof(name), "%s%s", vf, token);
	again = sys(ioctl(opened[0], VFIO_GROUP_GET_DEVICE_FD, name));
	EXPECT_LE(0, again);
	close(again);
	close(opened[1]);
	close(opened[0]);
	EXPECT_EQ(-EACCES, try_token(iommufd, vf, NULL));
	EXPECT_EQ(0, try_token(iommufd, pf, NULL));
	EXPECT_EQ(0, pci_write_attr(pf, "sriov_numvfs", "0"));
}

TEST_F(cdev, token)
{
	static const uint8_t uuid[16] = { 1, 2, 3 }, other[16] = { 3, 2, 1 };
	int fd, iommufd = self->iommu.fd;
	char pf[BDF_LEN], vf[BDF_LEN];

	if (!find_pf(pf))
		SKIP(return, "no nvme with SR-IOV here: use QEMU 7.1 or newer");
	/* A device that is neither a PF nor a VF takes no token. */
	EXPECT_EQ(-EINVAL, bind_with_token(self->dev.fd, iommufd, uuid));
	if (!takes_token(self->dev.fd))
		SKIP(return, "vfio of this kernel takes no token with a character device: use "
			     "KERNEL=lab-7");
	ASSERT_EQ(0, pci_bind(pf, vfio_driver()));
	ASSERT_EQ(0, try_token(iommufd, pf, uuid));
	ASSERT_EQ(0, create_vf(pf, vf));
	EXPECT_EQ(-EACCES, try_token(iommufd, vf, NULL));
	EXPECT_EQ(-EACCES, try_token(iommufd, vf, other));
	EXPECT_EQ(-EFAULT, try_token(iommufd, vf, (void *)8));
	fd = vfio_cdev_open(vf);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bind_with_token(fd, iommufd, uuid));
	/* While a VF is in use, the PF cannot be opened without the token. */
	EXPECT_EQ(-EACCES, try_token(iommufd, pf, NULL));
	EXPECT_EQ(-EACCES, try_token(iommufd, pf, other));
	close(fd);
	EXPECT_EQ(0, pci_write_attr(pf, "sriov_numvfs", "0"));
}

/* Two functions of one slot, in one IOMMU group. */
FIXTURE(cdev_pair)
{
	struct vfio_iommu iommu;
	char bdf[2][BDF_LEN];
	int fd[2];
	uint32_t devid[2];
};

FIXTURE_SETUP(cdev_pair)
{
	self->fd[0] = -1;
	self->fd[1] = -1;
	if (pci_find(&pci_edu, 2, self->bdf[0]) || pci_find(&pci_edu, 3, self->bdf[1]))
		SKIP(return, "no two edu in one slot: run it in the virtual machine, make test");
	ASSERT_EQ(0, pci_bind(self->bdf[1], vfio_driver()));
	NEED_CDEV(return, self->bdf[0]);
	ASSERT_EQ(0, vfio_iommu_open_as(&self->iommu, "iommufd"));
	for (int i = 0; i < 2; i++) {
		self->fd[i] = vfio_cdev_open(self->bdf[i]);
		ASSERT_LE(0, self->fd[i]);
	}
	ASSERT_EQ(0, vfio_cdev_bind(self->fd[0], self->iommu.fd, &self->devid[0]));
}

FIXTURE_TEARDOWN(cdev_pair)
{
	for (int i = 0; i < 2; i++)
		if (self->fd[i] >= 0)
			close(self->fd[i]);
	vfio_iommu_close(&self->iommu);
	if (*self->bdf[1])
		pci_bind(self->bdf[1], vfio_driver());
}

struct reset_info {
	struct vfio_pci_hot_reset_info info;
	struct {
		uint32_t devid; /* group_id without a cdev */
		uint16_t segment;
		uint8_t bus, devfn;
	} device[3]; /* one to spare */
};

/* In the order of functions: on the bus, one that was removed and found again is the last. */
static int reset_info(int fd, struct reset_info *buf)
{
	int ret;

	memset(buf, 0, sizeof(*buf));
	buf->info.argsz = sizeof(*buf);
	ret = sys(ioctl(fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, buf));
	if (!ret && buf->info.count == 2 && buf->device[0].devfn > buf->device[1].devfn) {
		buf->device[2] = buf->device[0];
		buf->device[0] = buf->device[1];
		buf->device[1] = buf->device[2];
	}
	return ret;
}

static int reset_without_groups(int fd)
{
	struct vfio_pci_hot_reset reset = { .argsz = sizeof(reset) };

	return sys(ioctl(fd, VFIO_DEVICE_PCI_HOT_RESET, &reset));
}

#define OWNED (VFIO_PCI_HOT_RESET_FLAG_DEV_ID | VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED)

/* A device in a group that the caller owns needs no file of its own. */
TEST_F(cdev_pair, one_open)
{
	struct reset_info buf;

	ASSERT_EQ(0, reset_info(self->fd[0], &buf));
	EXPECT_EQ(OWNED, buf.info.flags);
	ASSERT_EQ(2, buf.info.count);
	EXPECT_EQ(self->devid[0], buf.device[0].devid);
	EXPECT_EQ(VFIO_PCI_DEVID_OWNED, buf.device[1].devid);
	EXPECT_EQ(0, reset_without_groups(self->fd[0]));
}

TEST_F(cdev_pair, both_open)
{
	struct {
		struct vfio_pci_hot_reset reset;
		int fd;
	} with_group = { .reset = { .argsz = sizeof(with_group), .count = 1 } };
	struct vfio_dev dev = { .iommu = &self->iommu, .fd = self->fd[1] };
	struct reset_info buf;
	void *bar;

	ASSERT_EQ(0, vfio_cdev_bind(self->fd[1], self->iommu.fd, &self->devid[1]));
	EXPECT_NE(self->devid[0], self->devid[1]);
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, reset_info(self->fd[i], &buf));
		EXPECT_EQ(OWNED, buf.info.flags);
		ASSERT_EQ(2, buf.info.count);
		EXPECT_EQ(self->devid[0], buf.device[0].devid);
		EXPECT_EQ(self->devid[1], buf.device[1].devid);
	}
	vfio_set_command(&dev, 0, PCI_COMMAND_MEMORY);
	bar = vfio_mmap(&dev, 0, 0, PAGE, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, bar);
	EXPECT_EQ(EDU_ALIVE, edu_look(bar));
	EXPECT_EQ(0, reset_without_groups(self->fd[0]));
	if (pt_available())
		EXPECT_EQ(0, pt_lookup(bar).size);
	EXPECT_EQ(EDU_ALIVE, edu_look(bar));

	/* Groups prove nothing about a device that was not opened through one. */
	with_group.fd = self->fd[1];
	EXPECT_EQ(-EINVAL, sys(ioctl(self->fd[0], VFIO_DEVICE_PCI_HOT_RESET, &with_group)));
}

TEST_F(cdev_pair, the_other_is_somebody_elses)
{
	struct reset_info buf;

	close(self->fd[1]);
	self->fd[1] = -1;
	ASSERT_EQ(0, pci_unbind(self->bdf[1]));
	ASSERT_EQ(0, reset_info(self->fd[0], &buf));
	EXPECT_EQ(VFIO_PCI_HOT_RESET_FLAG_DEV_ID, buf.info.flags);
	ASSERT_EQ(2, buf.info.count);
	EXPECT_EQ(self->devid[0], buf.device[0].devid);
	EXPECT_EQ((uint32_t)VFIO_PCI_DEVID_NOT_OWNED, buf.device[1].devid);
	EXPECT_EQ(-EINVAL, reset_without_groups(self->fd[0]));
}

TEST_HARNESS_MAIN
