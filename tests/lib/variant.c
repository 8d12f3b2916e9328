// SPDX-License-Identifier: GPL-2.0-only
#include <sys/ioctl.h>

#include "module.h"
#include "variant.h"

#define MAX_RESET_TOGETHER 16

int variant_find(const struct pci_id *id, unsigned int n, char bdf[BDF_LEN])
{
	const char *named = getenv("VFIO_SELFTESTS_BDF");

	if (named && !n) {
		snprintf(bdf, BDF_LEN, "%s", named);
		return 0;
	}
	return pci_find(id, n, bdf) ? pci_find(&pci_edu, n, bdf) : 0;
}

int variant_open(struct vfio_dev *dev, struct vfio_iommu *iommu, const char *bdf,
		 const char *driver)
{
	int err;

	if (module_need(driver)) {
		printf("# cannot load the module %s: see dmesg\n", driver);
		return -ENOENT;
	}
	err = pci_bind(bdf, driver);
	return err ?: vfio_open_bound(dev, iommu, bdf);
}

/* First capability with that id of a region's info, which goes to @buf; NULL when there is none. */
static void *region_cap(struct vfio_dev *dev, unsigned int index, uint16_t id, void *buf,
			size_t size)
{
	struct vfio_region_info *info = buf;
	struct vfio_info_cap_header *cap;

	memset(buf, 0, size);
	info->argsz = size;
	info->index = index;
	if (ioctl(dev->fd, VFIO_DEVICE_GET_REGION_INFO, info) ||
	    !(info->flags & VFIO_REGION_INFO_FLAG_CAPS))
		return NULL;
	for (uint32_t at = info->cap_offset; at && at + sizeof(*cap) <= size; at = cap->next) {
		cap = (struct vfio_info_cap_header *)((char *)buf + at);
		if (cap->id == id)
			return cap;
	}
	return NULL;
}

unsigned int variant_region(struct vfio_dev *dev, uint32_t type, uint32_t subtype)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct vfio_region_info_cap_type *cap;
	uint64_t buf[64];

	if (ioctl(dev->fd, VFIO_DEVICE_GET_INFO, &info))
		return 0;
	for (unsigned int i = VFIO_PCI_NUM_REGIONS; i < info.num_regions; i++) {
		cap = region_cap(dev, i, VFIO_REGION_INFO_CAP_TYPE, buf, sizeof(buf));
		if (cap && cap->type == type && cap->subtype == subtype)
			return i;
	}
	return 0;
}

int variant_sparse_areas(struct vfio_dev *dev, unsigned int index)
{
	struct vfio_region_info_cap_sparse_mmap *cap;
	uint64_t buf[64];

	cap = region_cap(dev, index, VFIO_REGION_INFO_CAP_SPARSE_MMAP, buf, sizeof(buf));
	return cap ? (int)cap->nr_areas : -ENOENT;
}

int variant_reset(struct vfio_dev *dev, const char *driver)
{
	struct {
		struct vfio_pci_hot_reset_info info;
		struct vfio_pci_dependent_device devices[MAX_RESET_TOGETHER];
	} set = { .info.argsz = sizeof(set) };
	struct {
		struct vfio_pci_hot_reset reset;
		int32_t groups[VFIO_MAX_GROUPS];
	} hot = { .reset.argsz = sizeof(hot) };
	int fds[MAX_RESET_TOGETHER], err;
	unsigned int opened = 0;

	err = sys(ioctl(dev->fd, VFIO_DEVICE_RESET));
	if (!err || (err != -ENOTTY && err != -EINVAL))
		return err;
	if (ioctl(dev->fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &set))
		return -ENOTTY;

	err = 0;
	for (unsigned int i = 0; i < set.info.count && !err; i++) {
		struct vfio_pci_dependent_device *other = &set.devices[i];
		char bdf[BDF_LEN];

		snprintf(bdf, sizeof(bdf), "%04x:%02x:%02x.%x", other->segment, other->bus,
			 other->devfn >> 3, other->devfn & 7);
		if (!strcmp(bdf, dev->bdf))
			continue;
		err = pci_bind(bdf, driver);
		if (err)
			break;
		fds[opened] = vfio_get_device_fd(dev->iommu, bdf);
		if (fds[opened] < 0)
			err = fds[opened];
		else
			opened++;
	}
	/* Groups prove that the user has all of the set; with iommufd the open devices do. */
	if (!dev->iommu->iommufd)
		for (; hot.reset.count < dev->iommu->ngroups; hot.reset.count++)
			hot.groups[hot.reset.count] = dev->iommu->group[hot.reset.count].fd;
	if (!err)
		err = sys(ioctl(dev->fd, VFIO_DEVICE_PCI_HOT_RESET, &hot));
	while (opened)
		close(fds[--opened]);
	return err;
}
