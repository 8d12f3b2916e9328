// SPDX-License-Identifier: GPL-2.0-only
/*
 * A PF that has VFs, a VF whose PF is with the other core, and resets that follow what the
 * administrator says: as with the kernel's driver, but for what tests/differences.txt lists.
 */
#include <sys/ioctl.h>

#include "diff.h"
#include "mem.h"
#include "module.h"

#define NVME_INTMS 0x0c /* interrupt mask: writing sets bits, a reset clears all */
#define MASK_MARK  0x5a

FIXTURE(resets)
{
	char pf[BDF_LEN];
};

static int allow_sriov(const char *driver)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/enable_sriov", driver);
	for (char *c = path; *c; c++)
		if (*c == '-')
			*c = '_';
	return write_file(path, "Y");
}

FIXTURE_SETUP(resets)
{
	char text[8];

	if (!strcmp(vfio_driver(), "vfio-pci"))
		SKIP(return, "nothing to compare the kernel's driver with: unset VFIO_DRIVER");
	if (pci_find(&pci_nvme, 0, self->pf))
		SKIP_NO_DEVICE(return, &pci_nvme);
	if (pci_read_attr(self->pf, "sriov_totalvfs", text, sizeof(text)) < 0)
		SKIP(return, "this nvme has no SR-IOV: use QEMU 7.1 or newer");
	ASSERT_EQ(0, module_need("vfio-pci"));
	ASSERT_EQ(0, pci_bind(self->pf, vfio_driver()));
	ASSERT_EQ(0, allow_sriov("vfio-pci"));
	ASSERT_EQ(0, allow_sriov(vfio_driver()));
}

FIXTURE_TEARDOWN(resets)
{
	if (*self->pf)
		EXPECT_EQ(0, pci_bind(self->pf, vfio_driver()));
}

static uint32_t flags_of(struct vfio_dev *dev)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	return ioctl(dev->fd, VFIO_DEVICE_GET_INFO, &info) ? 0 : info.flags;
}

static int hot_reset(struct vfio_dev *dev)
{
	struct {
		struct vfio_pci_hot_reset reset;
		int fd;
	} buf = { .reset = { .argsz = sizeof(buf), .count = dev->iommu->ngroups } };

	if (dev->iommu->ngroups)
		buf.fd = dev->iommu->group[0].fd;
	return sys(ioctl(dev->fd, VFIO_DEVICE_PCI_HOT_RESET, &buf));
}

static void flr(struct vfio_dev *dev)
{
	unsigned int exp = vfio_find_cap(dev, PCI_CAP_ID_EXP);
	uint32_t control = vfio_config_read(dev, exp + PCI_EXP_DEVCTL, 2);

	vfio_config_write(dev, exp + PCI_EXP_DEVCTL, 2, control | PCI_EXP_DEVCTL_BCR_FLR);
}

/* Returns true if a reset has cleared the mark; sets it again. */
static bool was_reset(struct vfio_dev *dev)
{
	const uint32_t mark = MASK_MARK;
	uint32_t value = 0;

	vfio_set_command(dev, 0, PCI_COMMAND_MEMORY);
	pread(dev->fd, &value, 4, VFIO_REGION_OFFSET(0) + NVME_INTMS);
	pwrite(dev->fd, &mark, 4, VFIO_REGION_OFFSET(0) + NVME_INTMS);
	return value != MASK_MARK;
}

static void ask_resets(struct vfio_dev *dev, struct transcript *t, const char *when)
{
	int ret;

	said(t, "%s INFO: %#x", when, flags_of(dev));
	was_reset(dev);
	ret = sys(ioctl(dev->fd, VFIO_DEVICE_RESET));
	said(t, "%s RESET: %d %d", when, ret, was_reset(dev));
	ret = hot_reset(dev);
	said(t, "%s HOT_RESET: %d %d", when, ret, was_reset(dev));
	flr(dev);
	said(t, "%s FLR: %d", when, was_reset(dev));
}

/* The first VF's address, once it is there. */
static int create_vf(const char *pf, char vf[BDF_LEN])
{
	char link[64], target[64] = "";
	int err = pci_write_attr(pf, "sriov_numvfs", "1");

	if (err)
		return err;
	snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s/virtfn0", pf);
	if (readlink(link, target, sizeof(target) - 1) < 0)
		return -errno;
	snprintf(vf, BDF_LEN, "%.12s", strrchr(target, '/') + 1);
	return 0;
}

static int ask_all(const char *pf, struct transcript *t, const char *driver, const char *other)
{
	struct vfio_dev dev, vf_dev;
	char vf[BDF_LEN];
	void *page;
	int err;

	err = pci_bind(pf, driver) ?: vfio_open_bound(&dev, NULL, pf);
	if (err)
		return err;
	ask_resets(&dev, t, "no VFs");

	page = vfio_mmap(&dev, 0, 0, PAGE, PROT_READ);
	try_read32(page, NULL);
	err = pci_write_attr(pf, "reset", "1");
	if (pt_available())
		said(t, "sysfs reset, page stays: %d", pt_lookup(page).size == PAGE);
	munmap(page, PAGE);
	was_reset(&dev);

	err = err ?: pci_write_attr(pf, "reset_method", "\n");
	ask_resets(&dev, t, "no method");
	err = err ?: pci_write_attr(pf, "reset_method", "default");
	ask_resets(&dev, t, "method again");

	err = err ?: create_vf(pf, vf);
	ask_resets(&dev, t, "VFs");
	vfio_close(&dev);
	err = err ?: vfio_open_bound(&dev, NULL, pf);
	if (err)
		return err;
	said(t, "VFs, opened again: %d", was_reset(&dev));
	said(t, "VFs, opened again INFO: %#x", flags_of(&dev));
	vfio_close(&dev);

	err = pci_write_attr(pf, "sriov_numvfs", "0") ?: pci_bind(pf, other) ?:
	      create_vf(pf, vf) ?: pci_bind(vf, driver);
	if (err)
		return err;
	said(t, "VF of a PF with the other core: %d", vfio_open_bound(&vf_dev, NULL, vf));
	vfio_close(&vf_dev);
	return pci_write_attr(pf, "sriov_numvfs", "0");
}

TEST_F_TIMEOUT(resets, beside_the_kernels_own, 120)
{
	struct transcript theirs = { 0 }, ours = { 0 };

	ASSERT_EQ(0, ask_all(self->pf, &theirs, "vfio-pci", vfio_driver()));
	ASSERT_EQ(0, ask_all(self->pf, &ours, vfio_driver(), "vfio-pci"));
	diff_compare(_metadata, pci_nvme.name, "sriov", &theirs, &ours);
}

TEST_HARNESS_MAIN
