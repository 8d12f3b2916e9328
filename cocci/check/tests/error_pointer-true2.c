// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

struct acme_file {
	struct file *filp;
	struct mutex lock;
	bool dead;
	size_t size;
	struct acme_device *acme;
};

struct acme_device {
	struct vfio_pci_core_device core_device;
	struct mutex state_mutex;
	enum vfio_device_mig_state state;
	struct acme_file *out;
	void __iomem *regs;
	u32 count;
};

static int acme_begin(struct acme_device *acme)
{
	acme->out = acme_new(acme);
	if (IS_ERR(acme->out)) // finds VPS-ERR-04
		return PTR_ERR(acme->out);
	return 0;
}

static bool acme_saves(struct acme_device *acme)
{
	if (acme->out)
		return true;
	return false;
}

static int acme_find_pf(struct acme_device *acme)
{
	struct acme_pf *pf = pci_iov_get_pf_drvdata(acme->core_device.pdev, &acme_pf_driver);

	if (!pf) // finds VPS-ERR-04
		return -ENODEV;
	return acme_tell_pf(pf);
}
