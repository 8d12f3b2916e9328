// SPDX-License-Identifier: GPL-2.0-only
/* Module parameters of the plain driver, and of a variant driver that has them by macro. */
#include <fcntl.h>
#include <sys/eventfd.h>

#include "fixture.h"
#include "module.h"

#define INTX VFIO_PCI_INTX_IRQ_INDEX

FIXTURE(params)
{
	struct vfio_dev dev;
	char bdf[BDF_LEN];
};

FIXTURE_VARIANT(params)
{
	const char *module;
};

FIXTURE_VARIANT_ADD(params, plain) { .module = "vfio-pci-sdk" };
FIXTURE_VARIANT_ADD(params, variant) { .module = "params" };

FIXTURE_SETUP(params)
{
	if (strcmp(vfio_driver(), "vfio-pci-sdk"))
		SKIP(return, "the driver is loaded with other parameters: unset VFIO_DRIVER");
}

FIXTURE_TEARDOWN(params)
{
	vfio_close(&self->dev);
	if (*self->bdf)
		EXPECT_EQ(0, pci_unbind(self->bdf));
	/* The plain driver stays loaded, with the parameters that others expect. */
	EXPECT_EQ(0, strcmp(variant->module, "params") ? module_load(variant->module, "") :
							 module_unload(variant->module));
}

static int load(const char *module, const char *parameters, const char *bdf)
{
	int err = module_load(module, parameters);

	return err ?: pci_bind(bdf, module);
}

/* DisINTx as the hardware has it, which the device file does not show. -1: cannot be read. */
static int disintx(const char *bdf)
{
	uint16_t command;
	char path[64];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", bdf);
	fd = open(path, O_RDONLY);
	len = pread(fd, &command, sizeof(command), PCI_COMMAND);
	close(fd);
	return len == sizeof(command) ? !!(command & PCI_COMMAND_INTX_DISABLE) : -1;
}

static int mask_intx(struct vfio_dev *dev)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	int err = vfio_set_eventfds(dev, INTX, 0, 1, &fd);

	return err ?: vfio_set_irqs(dev, INTX, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK, 0,
				    1, NULL, 0);
}

TEST_F(params, nointxmask_leaves_disintx)
{
	char path[64];

	if (pci_find(&pci_edu, 0, self->bdf))
		SKIP_NO_DEVICE(return, &pci_edu);
	ASSERT_EQ(0, load(variant->module, "", self->bdf));
	/* Latched: the parameter of now is for devices that are bound later. */
	snprintf(path, sizeof(path), "/sys/module/%s/parameters/nointxmask",
		 strcmp(variant->module, "params") ? "vfio_pci_sdk" : "params");
	ASSERT_EQ(0, write_file(path, "Y"));
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	ASSERT_EQ(0, mask_intx(&self->dev));
	EXPECT_EQ(1, disintx(self->bdf));
	vfio_close(&self->dev);

	ASSERT_EQ(0, load(variant->module, "nointxmask=1", self->bdf));
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	ASSERT_EQ(0, mask_intx(&self->dev));
	EXPECT_EQ(0, disintx(self->bdf));
}

TEST_F(params, disable_idle_d3_keeps_it_awake)
{
	char status[16];

	if (pci_find(&pci_nvme, 0, self->bdf))
		SKIP_NO_DEVICE(return, &pci_nvme);
	ASSERT_EQ(0, load(variant->module, "", self->bdf));
	EXPECT_TRUE(pci_power_becomes(self->bdf, "suspended"));

	ASSERT_EQ(0, load(variant->module, "disable_idle_d3=1", self->bdf));
	/* Many times what it has just taken. */
	usleep(300000 * test_slowdown());
	ASSERT_EQ(0, pci_read_attr(self->bdf, "power/runtime_status", status, sizeof(status)));
	EXPECT_STREQ("active", status);
}

TEST_F(params, disable_vga_takes_the_region_away)
{
	struct vfio_region_info info;

	if (pci_find(&pci_vga, 0, self->bdf))
		SKIP_NO_DEVICE(return, &pci_vga);
	ASSERT_EQ(0, load(variant->module, "", self->bdf));
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	if (vfio_region(&self->dev, VFIO_PCI_VGA_REGION_INDEX, &info))
		SKIP(return, "this kernel has no VGA regions: it needs CONFIG_VFIO_PCI_VGA");
	EXPECT_LT(0, info.size);
	vfio_close(&self->dev);

	ASSERT_EQ(0, load(variant->module, "disable_vga=1", self->bdf));
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	EXPECT_EQ(-EINVAL, vfio_region(&self->dev, VFIO_PCI_VGA_REGION_INDEX, &info));
}

TEST_HARNESS_MAIN
