// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/utsname.h>

#include "vfio.h"

int vfio_iommu_open_as(struct vfio_iommu *iommu, const char *kind)
{
	struct iommufd_ioas_alloc alloc = { .size = sizeof(alloc) };
	bool container;

	memset(iommu, 0, sizeof(*iommu));
	iommu->iommufd = !strcmp(kind, "iommufd");
	iommu->noiommu = !strcmp(kind, "noiommu");
	container = !iommu->iommufd && strcmp(kind, "compat");
	iommu->fd = open(container ? "/dev/vfio/vfio" : "/dev/iommu", O_RDWR | O_CLOEXEC);
	if (iommu->fd < 0)
		return -errno;
	if (iommu->iommufd) {
		if (ioctl(iommu->fd, IOMMUFD_IOAS_ALLOC, &alloc))
			return -errno;
		iommu->ioas = alloc.out_ioas_id;
	}
	return 0;
}

static const char *iommu_kind(void)
{
	return getenv("VFIO_IOMMU") ?: "type1";
}

int vfio_iommu_open(struct vfio_iommu *iommu)
{
	return vfio_iommu_open_as(iommu, iommu_kind());
}

bool vfio_noiommu(void)
{
	return !strcmp(iommu_kind(), "noiommu");
}

void vfio_iommu_close(struct vfio_iommu *iommu)
{
	for (unsigned int i = 0; i < iommu->ngroups; i++)
		close(iommu->group[i].fd);
	close(iommu->fd);
	iommu->ngroups = 0;
	iommu->fd = -1;
}

int vfio_dma_map(struct vfio_iommu *iommu, void *vaddr, uint64_t iova, uint64_t size)
{
	if (iommu->iommufd) {
		struct iommufd_ioas_map map = {
			.size = sizeof(map),
			.flags = IOMMUFD_MAP_FIXED_RW,
			.ioas_id = iommu->ioas,
			.user_va = (uintptr_t)vaddr,
			.length = size,
			.iova = iova,
		};

		return sys(ioctl(iommu->fd, IOMMUFD_IOAS_MAP, &map));
	}

	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)vaddr,
		.iova = iova,
		.size = size,
	};

	return sys(ioctl(iommu->fd, VFIO_IOMMU_MAP_DMA, &map));
}

int vfio_dma_unmap(struct vfio_iommu *iommu, uint64_t iova, uint64_t size)
{
	if (iommu->iommufd) {
		struct iommufd_ioas_unmap unmap = {
			.size = sizeof(unmap),
			.ioas_id = iommu->ioas,
			.iova = iova,
			.length = size,
		};

		return sys(ioctl(iommu->fd, IOMMUFD_IOAS_UNMAP, &unmap));
	}

	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = iova,
		.size = size,
	};

	return sys(ioctl(iommu->fd, VFIO_IOMMU_UNMAP_DMA, &unmap));
}

/* The file of the device's group, opened and put into the container at first use. */
static int group_fd(struct vfio_iommu *iommu, const char *bdf)
{
	int id = pci_iommu_group(bdf), fd, err;
	char path[32];

	if (id < 0)
		return id;
	for (unsigned int i = 0; i < iommu->ngroups; i++)
		if (iommu->group[i].id == id)
			return iommu->group[i].fd;
	if (iommu->ngroups == VFIO_MAX_GROUPS)
		return -ENOSPC;

	snprintf(path, sizeof(path), "/dev/vfio/%s%d", iommu->noiommu ? "noiommu-" : "", id);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = sys(ioctl(fd, VFIO_GROUP_SET_CONTAINER, &iommu->fd));
	if (!err && !iommu->ngroups)
		err = sys(ioctl(iommu->fd, VFIO_SET_IOMMU,
				iommu->noiommu ? VFIO_NOIOMMU_IOMMU : VFIO_TYPE1v2_IOMMU));
	if (err) {
		close(fd);
		return err;
	}
	iommu->group[iommu->ngroups].id = id;
	iommu->group[iommu->ngroups].fd = fd;
	iommu->ngroups++;
	return fd;
}

int vfio_cdev_open(const char *bdf)
{
	struct dirent *entry;
	char path[512];
	DIR *dir;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev", bdf);
	dir = opendir(path);
	if (!dir)
		return -errno;
	do {
		entry = readdir(dir);
	} while (entry && entry->d_name[0] == '.');
	if (entry)
		snprintf(path, sizeof(path), "/dev/vfio/devices/%s", entry->d_name);
	closedir(dir);
	if (!entry)
		return -ENODEV;
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int vfio_cdev_bind(int fd, int iommufd, uint32_t *devid)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind), .iommufd = iommufd };
	int err = sys(ioctl(fd, VFIO_DEVICE_BIND_IOMMUFD, &bind));

	if (devid)
		*devid = bind.out_devid;
	return err;
}

int vfio_cdev_attach(int fd, uint32_t ioas)
{
	struct vfio_device_attach_iommufd_pt attach = { .argsz = sizeof(attach), .pt_id = ioas };

	return sys(ioctl(fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach));
}

int vfio_cdev_detach(int fd)
{
	struct vfio_device_detach_iommufd_pt detach = { .argsz = sizeof(detach) };

	return sys(ioctl(fd, VFIO_DEVICE_DETACH_IOMMUFD_PT, &detach));
}

static int cdev_fd(struct vfio_iommu *iommu, const char *bdf)
{
	int fd = vfio_cdev_open(bdf), err;

	if (fd < 0)
		return fd;
	err = vfio_cdev_bind(fd, iommu->fd, NULL) ?: vfio_cdev_attach(fd, iommu->ioas);
	if (err)
		close(fd);
	return err ?: fd;
}

int vfio_get_device_fd(struct vfio_iommu *iommu, const char *bdf)
{
	int group;

	if (iommu->iommufd)
		return cdev_fd(iommu, bdf);
	group = group_fd(iommu, bdf);
	return group < 0 ? group : (int)sys(ioctl(group, VFIO_GROUP_GET_DEVICE_FD, bdf));
}

int vfio_open_bound(struct vfio_dev *dev, struct vfio_iommu *iommu, const char *bdf)
{
	int err;

	memset(dev, 0, sizeof(*dev));
	dev->fd = -1;
	snprintf(dev->bdf, sizeof(dev->bdf), "%s", bdf);
	if (!iommu) {
		err = vfio_iommu_open(&dev->own);
		if (err) {
			printf("# no %s: %s\n", dev->own.iommufd ? "/dev/iommu" : "/dev/vfio/vfio",
			       strerror(-err));
			return err;
		}
	}
	dev->iommu = iommu ?: &dev->own;
	dev->fd = vfio_get_device_fd(dev->iommu, bdf);
	if (dev->fd >= 0)
		return 0;
	err = dev->fd;
	printf("# cannot open %s (driver %s): %s\n", bdf, pci_driver_of(bdf), strerror(-err));
	if (!iommu)
		vfio_iommu_close(&dev->own);
	dev->iommu = NULL;
	return err;
}

int vfio_open(struct vfio_dev *dev, struct vfio_iommu *iommu, const char *bdf)
{
	int err = pci_bind(bdf, vfio_driver());

	dev->fd = -1;
	dev->iommu = NULL;
	if (err) {
		printf("# cannot bind %s to %s: %s\n", bdf, vfio_driver(), strerror(-err));
		return err;
	}
	return vfio_open_bound(dev, iommu, bdf);
}

void vfio_close_device(struct vfio_dev *dev)
{
	if (dev->iommu && dev->fd >= 0)
		close(dev->fd);
	dev->fd = -1;
}

void vfio_close(struct vfio_dev *dev)
{
	if (!dev->iommu)
		return;
	vfio_close_device(dev);
	if (dev->iommu == &dev->own)
		vfio_iommu_close(&dev->own);
	dev->iommu = NULL;
}

bool vfio_follows_newest(void)
{
	struct utsname name;

	uname(&name);
	return strcmp(vfio_driver(), "vfio-pci") || atoi(name.release) >= 7;
}

int vfio_region(struct vfio_dev *dev, unsigned int index, struct vfio_region_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	info->index = index;
	return sys(ioctl(dev->fd, VFIO_DEVICE_GET_REGION_INFO, info));
}

int vfio_irq(struct vfio_dev *dev, unsigned int index, struct vfio_irq_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	info->index = index;
	return sys(ioctl(dev->fd, VFIO_DEVICE_GET_IRQ_INFO, info));
}

int vfio_set_irqs(struct vfio_dev *dev, unsigned int index, uint32_t flags, unsigned int start,
		  unsigned int count, const void *data, size_t data_size)
{
	size_t size = sizeof(struct vfio_irq_set) + data_size;
	struct vfio_irq_set *set = malloc(size);
	int err;

	if (!set)
		return -ENOMEM;
	set->argsz = size;
	set->flags = flags;
	set->index = index;
	set->start = start;
	set->count = count;
	if (data_size)
		memcpy(set->data, data, data_size);
	err = sys(ioctl(dev->fd, VFIO_DEVICE_SET_IRQS, set));
	free(set);
	return err;
}

int vfio_set_eventfds(struct vfio_dev *dev, unsigned int index, unsigned int start,
		      unsigned int count, const int *fds)
{
	return vfio_set_irqs(dev, index, VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
			     start, count, fds, count * sizeof(*fds));
}

int vfio_irq_disable(struct vfio_dev *dev, unsigned int index)
{
	return vfio_set_irqs(dev, index, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER, 0, 0,
			     NULL, 0);
}

bool eventfd_wait(int fd, int msec, uint64_t *count)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t n;

	if (poll(&p, 1, msec) != 1 || read(fd, &n, sizeof(n)) != sizeof(n))
		return false;
	if (count)
		*count = n;
	return true;
}

static void config_must(bool worked, const char *what, unsigned int pos)
{
	if (worked)
		return;
	printf("# config space %s at %#x failed: %s\n", what, pos, strerror(errno));
	fflush(stdout);
	_exit(1);
}

uint32_t vfio_config_read(struct vfio_dev *dev, unsigned int pos, unsigned int size)
{
	uint64_t base = VFIO_REGION_OFFSET(VFIO_PCI_CONFIG_REGION_INDEX);
	uint32_t value = 0;

	config_must(pread(dev->fd, &value, size, base + pos) == (ssize_t)size, "read", pos);
	return value;
}

void vfio_config_write(struct vfio_dev *dev, unsigned int pos, unsigned int size, uint32_t value)
{
	uint64_t base = VFIO_REGION_OFFSET(VFIO_PCI_CONFIG_REGION_INDEX);

	config_must(pwrite(dev->fd, &value, size, base + pos) == (ssize_t)size, "write", pos);
}

void vfio_set_command(struct vfio_dev *dev, uint16_t clear, uint16_t set)
{
	uint16_t command = vfio_config_read(dev, PCI_COMMAND, 2);

	vfio_config_write(dev, PCI_COMMAND, 2, (command & ~clear) | set);
}

unsigned int vfio_find_cap(struct vfio_dev *dev, uint8_t id)
{
	unsigned int pos;

	if (!(vfio_config_read(dev, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST))
		return 0;
	pos = vfio_config_read(dev, PCI_CAPABILITY_LIST, 1);
	for (int left = 48; pos && left; left--) {
		if (vfio_config_read(dev, pos, 1) == id)
			return pos;
		pos = vfio_config_read(dev, pos + 1, 1);
	}
	return 0;
}

unsigned int vfio_find_ext_cap(struct vfio_dev *dev, uint16_t id)
{
	struct vfio_region_info info;
	unsigned int pos = PCI_CFG_SPACE_SIZE;

	if (vfio_region(dev, VFIO_PCI_CONFIG_REGION_INDEX, &info) || info.size <= pos)
		return 0;
	for (int left = 480; pos && left; left--) {
		uint32_t header = vfio_config_read(dev, pos, 4);

		if (header && PCI_EXT_CAP_ID(header) == id)
			return pos;
		pos = PCI_EXT_CAP_NEXT(header);
	}
	return 0;
}

void *vfio_mmap(struct vfio_dev *dev, unsigned int index, uint64_t offset, size_t len, int prot)
{
	return mmap(NULL, len, prot, MAP_SHARED, dev->fd, VFIO_REGION_OFFSET(index) + offset);
}
