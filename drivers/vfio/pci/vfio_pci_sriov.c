// SPDX-License-Identifier: GPL-2.0-only
/*
 * SR-IOV: creation of VFs, VF tokens, and the name by which a device is opened.
 *
 * A PF's driver can disable or reset its VFs and often read their data.  If that driver is a
 * user-space program, it and the VF's user have to trust each other: both present the same token, a
 * UUID that the PF's user chose.
 */
#include <linux/device.h>
#include <linux/export.h>
#include <linux/module.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "vfio_pci_priv.h"

#define VF_TOKEN	"vf_token="

static bool allow_foreign_pf;
module_param(allow_foreign_pf, bool, 0644);
MODULE_PARM_DESC(allow_foreign_pf,
		 "Let VFs be opened without a VF token when that of their PF, on another vfio core, cannot be checked (default: N)");

/* The token of a PF. */
struct vfio_pci_vf_token {
	struct mutex	lock;	/* protects the other members */
	uuid_t		uuid;	/* random until a user sets it */
	int		users;	/* number of open VFs: if not 0, the PF needs the token as well */
};

/* PFs that have, or are getting, VFs by vfio_pci_core_sriov_configure(). */
static LIST_HEAD(sriov_pfs);
static DEFINE_MUTEX(sriov_pfs_mutex);

static int sriov_enable(struct vfio_pci_core_device *vdev, int nr_virtfn)
{
	struct pci_dev *pdev = vdev->pdev;
	int ret;

	ret = pm_runtime_resume_and_get(&pdev->dev);
	if (ret)
		return ret;

	/*
	 * The device is now in D0, and sriov_active keeps user space from changing that.  A reset
	 * that had exclusive access has ended; the next one sees sriov_active.
	 */
	vfio_pci_power_lock_in_d0(vdev);
	vdev->sriov_active = true;
	vfio_pci_core_access_restore(vdev);

	ret = pci_enable_sriov(pdev, nr_virtfn);
	if (ret)
		pm_runtime_put(&pdev->dev);
	return ret;
}

/**
 * vfio_pci_core_sriov_configure - create or remove the VFs of a device
 * @vdev: the PF
 * @nr_virtfn: number of VFs; 0 removes all
 *
 * For the sriov_configure callback of the struct pci_driver.  New VFs get this driver's name as
 * driver_override.  While there are VFs, the PF is not reset; if it was closed meanwhile, removing
 * them resets it.
 *
 * Context: process; holds the PF's device_lock; takes dev_set->lock, and memory_lock for write.
 * Return: @nr_virtfn, or 0 after removal; -EINVAL there are VFs already; other -errno from the PCI
 * core.
 */
int vfio_pci_core_sriov_configure(struct vfio_pci_core_device *vdev, int nr_virtfn)
{
	int ret = 0;

	device_lock_assert(&vdev->pdev->dev);

	if (nr_virtfn) {
		/* List the PF before a VF appears: probing a VF looks up its PF. */
		mutex_lock(&sriov_pfs_mutex);
		if (list_empty(&vdev->sriov_pfs_item))
			list_add_tail(&vdev->sriov_pfs_item, &sriov_pfs);
		else
			ret = -EINVAL;
		mutex_unlock(&sriov_pfs_mutex);
		if (ret)
			return ret;

		ret = sriov_enable(vdev, nr_virtfn);
		if (!ret)
			return nr_virtfn;
	} else if (pci_num_vf(vdev->pdev)) {
		pci_disable_sriov(vdev->pdev);
		/* The driver created the VFs itself, without the reference of sriov_enable(). */
		if (!vdev->sriov_active)
			pm_runtime_get_sync(&vdev->pdev->dev);
		vfio_pci_reset_owed(vdev);
		pm_runtime_put(&vdev->pdev->dev);
	}

	/* Unlocked: a concurrent power transition or reset may still fail with -EBUSY. */
	vdev->sriov_active = false;

	mutex_lock(&sriov_pfs_mutex);
	list_del_init(&vdev->sriov_pfs_item);
	mutex_unlock(&sriov_pfs_mutex);
	return ret;
}
EXPORT_SYMBOL_GPL(vfio_pci_core_sriov_configure);

static int sriov_token_check_locked(struct vfio_pci_core_device *vdev,
				    struct vfio_pci_vf_token *token, const uuid_t *uuid)
{
	lockdep_assert_held(&token->lock);

	if (uuid && uuid_equal(uuid, &token->uuid))
		return 0;

	pci_info_ratelimited(vdev->pdev,
			     "%s: open it through its group as \"%s vf_token=UUID\", or set VFIO_DEVICE_BIND_FLAG_TOKEN (Linux 6.17)\n",
			     uuid ? "Incorrect VF token provided for device" :
				    "VF token required to access device", pci_name(vdev->pdev));
	return -EACCES;
}

/**
 * vfio_pci_core_match_token_uuid - check a VF token when a device is opened
 * @core_vdev: the device
 * @uuid: the token, or NULL if none was given
 *
 * A VF whose PF is on this core needs the token of the PF, and so does a PF whose VFs are in use.
 * Otherwise a token passed for a PF becomes the PF's token.  A token for any other device is an
 * error.
 *
 * Context: process; takes the token's lock.
 * Return: 0; -EACCES token missing or wrong; -EINVAL the device takes no token.
 */
int vfio_pci_core_match_token_uuid(struct vfio_device *core_vdev, const uuid_t *uuid)
{
	struct vfio_pci_core_device *vdev = to_vfio_pci_core(core_vdev);
	struct vfio_pci_core_device *pf = vdev->sriov_pf_core_dev;
	struct vfio_pci_vf_token *token = pf ? pf->vf_token : vdev->vf_token;
	int ret = 0;

	if (!token) {
		if (!uuid)
			return 0;
		pci_info_ratelimited(vdev->pdev,
				     "VF token incorrectly provided, %s\n", vdev->pdev->is_virtfn ?
				     "PF not bound to vfio-pci" : "not a PF or VF");
		return -EINVAL;
	}

	mutex_lock(&token->lock);
	if (pf || token->users)
		ret = sriov_token_check_locked(vdev, token, uuid);
	else if (uuid)
		uuid_copy(&token->uuid, uuid);
	mutex_unlock(&token->lock);
	return ret;
}
EXPORT_SYMBOL_GPL(vfio_pci_core_match_token_uuid);

/* A driver's own table may lack this callback; the check must not be skipped then. */
static int sriov_match_token(struct vfio_device *core_vdev, const uuid_t *uuid)
{
	const struct vfio_device_ops *ops = vfio_device_sdk_ops(core_vdev);

	return ops->match_token_uuid ? ops->match_token_uuid(core_vdev, uuid) :
				       vfio_pci_core_match_token_uuid(core_vdev, uuid);
}

/**
 * vfio_pci_core_match - match a device name from VFIO_GROUP_GET_DEVICE_FD
 * @core_vdev: the device
 * @buf: "DDDD:BB:DD.F", optionally followed by " vf_token=UUID"
 *
 * Context: process; takes the token's lock.
 * Return: 1 this device, 0 another, -EINVAL this device but what follows is malformed, other -errno
 * from the driver's match_token_uuid.
 */
int vfio_pci_core_match(struct vfio_device *core_vdev, char *buf)
{
	const char *name = pci_name(to_vfio_pci_core(core_vdev)->pdev);
	const char *arg = buf + strlen(name);
	bool has_token = false;
	uuid_t uuid;
	int ret;

	if (strncmp(buf, name, strlen(name)) || (*arg && *arg != ' '))
		return 0;

	for (arg = skip_spaces(arg); *arg; arg = skip_spaces(arg + UUID_STRING_LEN)) {
		if (has_token || strncmp(arg, VF_TOKEN, strlen(VF_TOKEN)))
			return -EINVAL;
		arg += strlen(VF_TOKEN);
		if (strlen(arg) < UUID_STRING_LEN || uuid_parse(arg, &uuid))
			return -EINVAL;
		has_token = true;
	}

	ret = sriov_match_token(core_vdev, has_token ? &uuid : NULL);
	return ret ?: 1;
}
EXPORT_SYMBOL_GPL(vfio_pci_core_match);

int vfio_pci_vf_token_feature(struct vfio_pci_core_device *vdev, u32 flags, void __user *arg,
			      size_t argsz)
{
	struct vfio_pci_vf_token *token = vdev->vf_token;
	uuid_t uuid;
	int ret;

	if (!token)
		return -ENOTTY;

	/* Write-only: the token may be the secret of a previous user. */
	ret = vfio_check_feature(flags, argsz, VFIO_DEVICE_FEATURE_SET, sizeof(uuid));
	if (ret != 1)
		return ret;
	if (copy_from_user(&uuid, arg, sizeof(uuid)))
		return -EFAULT;

	mutex_lock(&token->lock);
	uuid_copy(&token->uuid, &uuid);
	mutex_unlock(&token->lock);
	return 0;
}

/* A VF is opened or closed: update its PF's count of users. */
void vfio_pci_vf_token_use(struct vfio_pci_core_device *vdev, bool use)
{
	struct vfio_pci_vf_token *token;

	if (!vdev->sriov_pf_core_dev)
		return;

	token = vdev->sriov_pf_core_dev->vf_token;
	mutex_lock(&token->lock);
	WARN_ON(!use && !token->users);
	token->users += use ? 1 : -1;
	mutex_unlock(&token->lock);
}

static int sriov_is_vfio_device(struct device *dev, void *unused)
{
	return dev->class && !strcmp(dev->class->name, "vfio-dev");
}

/*
 * Check whether the PF of a VF allows the VF to be opened.
 *
 * A VF whose PF is not in sriov_pfs needs no token.  That is right if the PF has a kernel driver,
 * but a user-space driver may use the PF through another vfio core, whose tokens we cannot see, or
 * through a driver on this core that does not create VFs by vfio_pci_core_sriov_configure().
 */
int vfio_pci_vf_check_pf(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pf = pci_physfn(vdev->pdev);
	int ret;

	ret = vfio_device_sdk_token_again(&vdev->vdev, sriov_match_token);
	if (ret)
		return ret;
	if (!vdev->pdev->is_virtfn || vdev->sriov_pf_core_dev || allow_foreign_pf ||
	    !device_for_each_child(&pf->dev, NULL, sriov_is_vfio_device))
		return 0;

	pci_info_ratelimited(vdev->pdev,
			     "the VF token of PF %s cannot be checked: bind the PF to a driver of this core that creates VFs by vfio_pci_core_sriov_configure(), or write Y to /sys/module/%s/parameters/allow_foreign_pf\n",
			     pci_name(pf), KBUILD_MODNAME);
	return -EACCES;
}

static int sriov_pf_notify(struct notifier_block *nb, unsigned long action, void *data)
{
	struct vfio_pci_core_device *vdev = container_of(nb, struct vfio_pci_core_device, nb);
	struct pci_dev *pf = vdev->pdev, *vf = to_pci_dev(data);
	struct pci_driver *pf_drv, *vf_drv;

	if (!vf->is_virtfn || pci_physfn(vf) != pf)
		return 0;

	switch (action) {
	case BUS_NOTIFY_ADD_DEVICE:
		/* A user-space PF driver controls the new VF: keep host drivers from binding it. */
		pci_info(pf, "Captured SR-IOV VF %s driver_override\n", pci_name(vf));
		WARN_ON(device_set_driver_override(&vf->dev, vdev->vdev.ops->name));
		break;
	case BUS_NOTIFY_BOUND_DRIVER:
		pf_drv = pci_dev_driver(pf);
		vf_drv = pci_dev_driver(vf);
		if (vf_drv && vf_drv != pf_drv)
			pci_warn(pf, "VF %s bound to driver %s while PF bound to driver %s\n",
				 pci_name(vf), vf_drv->name, pf_drv->name);
		break;
	}
	return 0;
}

int vfio_pci_vf_init(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	struct vfio_pci_vf_token *token;
	struct vfio_pci_core_device *pf;
	int ret;

	if (pdev->is_virtfn) {
		/*
		 * sriov_pf_core_dev stays valid: a PF leaves the list only after its VFs are
		 * unbound.
		 */
		mutex_lock(&sriov_pfs_mutex);
		list_for_each_entry(pf, &sriov_pfs, sriov_pfs_item)
			if (pf->pdev == pci_physfn(pdev))
				vdev->sriov_pf_core_dev = pf;
		mutex_unlock(&sriov_pfs_mutex);
		return 0;
	}

	if (!pdev->is_physfn)
		return 0;

	token = kzalloc(sizeof(*token), GFP_KERNEL);
	if (!token)
		return -ENOMEM;
	mutex_init(&token->lock);
	uuid_gen(&token->uuid);

	vdev->nb.notifier_call = sriov_pf_notify;
	ret = bus_register_notifier(&pci_bus_type, &vdev->nb);
	if (ret) {
		kfree(token);
		return ret;
	}

	vdev->vf_token = token;
	return 0;
}

void vfio_pci_vf_uninit(struct vfio_pci_core_device *vdev)
{
	struct vfio_pci_vf_token *token = vdev->vf_token;

	if (!token)
		return;

	bus_unregister_notifier(&pci_bus_type, &vdev->nb);
	WARN_ON(token->users);
	mutex_destroy(&token->lock);
	kfree(token);
	vdev->vf_token = NULL;
}
