/* SPDX-License-Identifier: GPL-2.0-only */
/* A vfio device opened for a test: by group and container, or by character device and iommufd. */
#ifndef TESTS_LIB_VFIO_H
#define TESTS_LIB_VFIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/pci_regs.h>

#include "pci.h"
#include "util.h"
#include "vfio_uapi.h"

/* Device files have one window for each region; the kernel's tests rely on this layout too. */
#define VFIO_REGION_SHIFT	  40
#define VFIO_REGION_OFFSET(index) ((uint64_t)(index) << VFIO_REGION_SHIFT)

#define VFIO_MAX_GROUPS 8

/* Where DMA mappings live: one for all devices that a test opens together. */
struct vfio_iommu {
	bool iommufd; /* by character devices; else by groups */
	bool noiommu; /* no mappings, and DMA goes where the device says */
	int fd;
	uint32_t ioas;
	unsigned int ngroups;
	struct {
		int id, fd;
	} group[VFIO_MAX_GROUPS];
};

struct vfio_dev {
	struct vfio_iommu *iommu, own;
	char bdf[BDF_LEN];
	int fd;
};

/*
 * What VFIO_IOMMU in the environment says: type1 (default), compat (iommufd in the place of a
 * container), iommufd, or noiommu.
 */
int vfio_iommu_open(struct vfio_iommu *iommu);
bool vfio_noiommu(void);
int vfio_iommu_open_as(struct vfio_iommu *iommu, const char *kind);
void vfio_iommu_close(struct vfio_iommu *iommu);
int vfio_dma_map(struct vfio_iommu *iommu, void *vaddr, uint64_t iova, uint64_t size);
int vfio_dma_unmap(struct vfio_iommu *iommu, uint64_t iova, uint64_t size);

/*
 * Binds the device to the driver under test and opens it. @iommu NULL: one of its own.
 * Returns 0 or -errno.
 */
int vfio_open(struct vfio_dev *dev, struct vfio_iommu *iommu, const char *bdf);
/* As vfio_open(), for a device that is already bound, to any driver. */
int vfio_open_bound(struct vfio_dev *dev, struct vfio_iommu *iommu, const char *bdf);
/* The group's GET_DEVICE_FD alone (or the cdev's open and bind). Returns the file or -errno. */
int vfio_get_device_fd(struct vfio_iommu *iommu, const char *bdf);
void vfio_close(struct vfio_dev *dev);
/*
 * The first half of it, for a test whose device is being removed: it calls vfio_close() after the
 * removal. In 6.1 iommu_release_device() does not take the group's lock (in 6.12 it does), so the
 * end of a container can detach a device that is just being removed, and the kernel oopses in
 * domain_update_iommu_cap().
 */
void vfio_close_device(struct vfio_dev *dev);

/* The steps of a character device: its file or -errno; 0 or -errno. */
int vfio_cdev_open(const char *bdf);
int vfio_cdev_bind(int fd, int iommufd, uint32_t *devid);
int vfio_cdev_attach(int fd, uint32_t ioas);
int vfio_cdev_detach(int fd);

/*
 * True when the driver behaves as vfio-pci of 7.3: ours always does, the kernel's where it is that
 * new. For the few things that changed on the way.
 */
bool vfio_follows_newest(void);

int vfio_region(struct vfio_dev *dev, unsigned int index, struct vfio_region_info *info);
int vfio_irq(struct vfio_dev *dev, unsigned int index, struct vfio_irq_info *info);

/* One eventfd for each vector from @start; @count 0 tears the index down. */
int vfio_set_irqs(struct vfio_dev *dev, unsigned int index, uint32_t flags, unsigned int start,
		  unsigned int count, const void *data, size_t data_size);
int vfio_set_eventfds(struct vfio_dev *dev, unsigned int index, unsigned int start,
		      unsigned int count, const int *fds);
int vfio_irq_disable(struct vfio_dev *dev, unsigned int index);

/* Timeouts in ms: for a signal that must arrive, even on a busy host; for one that must not. */
#define SOON  10000
#define NEVER 50

/* True when the eventfd was signalled within that time; the count is consumed. */
bool eventfd_wait(int fd, int msec, uint64_t *count);

/* Config space, little endian, as the driver shows it. Failure ends the program: it must work. */
uint32_t vfio_config_read(struct vfio_dev *dev, unsigned int pos, unsigned int size);
void vfio_config_write(struct vfio_dev *dev, unsigned int pos, unsigned int size, uint32_t value);
void vfio_set_command(struct vfio_dev *dev, uint16_t clear, uint16_t set);
/* Position of a capability (or extended capability), 0 when there is none. */
unsigned int vfio_find_cap(struct vfio_dev *dev, uint8_t id);
unsigned int vfio_find_ext_cap(struct vfio_dev *dev, uint16_t id);

/* mmap() of a region of the device, MAP_FAILED with errno as the kernel left it. */
void *vfio_mmap(struct vfio_dev *dev, unsigned int index, uint64_t offset, size_t len, int prot);

#endif
