// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hot reset: all functions behind a slot or on a bus at once.
 *
 * Devices that a hot reset takes down together form one vfio_device_set.  Every member is ours: see
 * vfio_pci_assign_reset_set().
 */
#include <linux/file.h>
#include <linux/iommu.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <trace/events/vfio_pci_sdk.h>

#include "vfio_pci_access.h"

#define for_each_in_set(cur, dev_set) \
	list_for_each_entry(cur, &(dev_set)->device_list, vdev.dev_set_list)

/*
 * The set's id is the address of what is reset as a whole.  The kernel's own vfio-pci-core uses the
 * bare address and assumes that every member of its sets embeds its own vfio_pci_core_device; the
 * low bit keeps its devices and ours apart.  If both cores own functions of a bus, neither can hot
 * reset it.
 */
int vfio_pci_assign_reset_set(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	void *id;

	if (pdev->is_virtfn || pci_is_root_bus(pdev->bus))
		id = vdev;
	else if (!pci_probe_reset_slot(pdev->slot))
		id = (void *)((unsigned long)pdev->slot | 1);
	else
		id = (void *)((unsigned long)pdev->bus | 1);

	return vfio_assign_device_set(&vdev->vdev, id);
}

/* Visits every PCI device that is reset with a slot or bus, whatever its driver. */
struct hot_reset_walk {
	struct pci_slot	*slot;
	int		(*visit)(struct pci_dev *pdev, void *data);
	void		*data;
	int		ret;
};

static bool hot_reset_below_slot(struct pci_dev *pdev, struct pci_slot *slot)
{
	while (pdev && pdev->bus != slot->bus)
		pdev = pdev->bus->self;
	return pdev && pdev->slot == slot;
}

static int hot_reset_walk_visit(struct pci_dev *pdev, void *data)
{
	struct hot_reset_walk *walk = data;

	if (!walk->slot || hot_reset_below_slot(pdev, walk->slot))
		walk->ret = walk->visit(pdev, walk->data);
	return walk->ret;
}

/* -ENODEV: neither the slot nor the bus can be reset; -errno of a visit ends the walk. */
static int hot_reset_walk(struct pci_dev *pdev, int (*visit)(struct pci_dev *pdev, void *data),
			  void *data)
{
	struct hot_reset_walk walk = { .visit = visit, .data = data };

	if (!pci_probe_reset_slot(pdev->slot))
		walk.slot = pdev->slot;
	else if (pci_probe_reset_bus(pdev->bus))
		return -ENODEV;

	pci_walk_bus(pdev->bus, hot_reset_walk_visit, &walk);
	return walk.ret;
}

static int hot_reset_count_visit(struct pci_dev *pdev, void *data)
{
	unsigned int *count = data;

	(*count)++;
	return 0;
}

/*
 * A device outside the set has no driver that takes part in the reset.  VFs on the bus are in sets
 * of their own; vfio_pci_has_vfs() of their PF covers them.
 */
static int hot_reset_in_set_visit(struct pci_dev *pdev, void *data)
{
	return pdev->is_virtfn || vfio_find_device_in_devset(data, &pdev->dev) ? 0 : -ENODEV;
}

/* The device by which to reset a set, or NULL if that would also reset devices outside it. */
static struct pci_dev *hot_reset_device(struct vfio_device_set *dev_set)
{
	struct vfio_pci_core_device *any;

	lockdep_assert_held(&dev_set->lock);

	any = list_first_entry(&dev_set->device_list, struct vfio_pci_core_device,
			       vdev.dev_set_list);
	return hot_reset_walk(any->pdev, hot_reset_in_set_visit, dev_set) ? NULL : any->pdev;
}

/* Drop the runtime PM references to the first @nr devices of a set. */
static void hot_reset_pm_put(struct vfio_device_set *dev_set, unsigned int nr)
{
	struct vfio_pci_core_device *vdev;

	for_each_in_set(vdev, dev_set) {
		if (!nr--)
			break;
		pm_runtime_put(&vdev->pdev->dev);
	}
}

/* Resume all devices of a set.  Returns their number or -errno. */
static int hot_reset_pm_get(struct vfio_device_set *dev_set)
{
	struct vfio_pci_core_device *vdev;
	unsigned int nr = 0;
	int ret;

	for_each_in_set(vdev, dev_set) {
		ret = pm_runtime_resume_and_get(&vdev->pdev->dev);
		if (ret) {
			hot_reset_pm_put(dev_set, nr);
			return ret;
		}
		nr++;
	}
	return nr;
}

/*
 * What the caller of a hot reset owns.  If the set was opened through groups, @files are the groups
 * that the caller passed.  If it was opened through character devices, @ictx is the context that
 * the caller's device is bound to.
 */
struct reset_owner {
	struct iommufd_ctx	*ictx;
	struct file		**files;
	unsigned int		nr_files;
};

static bool hot_reset_owns(const struct reset_owner *owner, struct vfio_device *core_vdev)
{
	unsigned int i;
	int devid;

	if (owner->ictx) {
		/* -ENOENT: not bound itself, but its IOMMU group belongs to the context. */
		devid = vfio_iommufd_get_dev_id(core_vdev, owner->ictx);
		return devid > 0 || devid == -ENOENT;
	}

	for (i = 0; i < owner->nr_files; i++)
		if (vfio_file_has_dev(owner->files[i], core_vdev))
			return true;
	return false;
}

/*
 * Move all devices of a set to D0, one by one: see vfio_pci_power_lock_in_d0().  Returns false if
 * one of them does not go there.
 */
static bool hot_reset_wake(struct vfio_device_set *dev_set)
{
	struct vfio_pci_core_device *vdev;
	bool in_d0 = true;

	for_each_in_set(vdev, dev_set) {
		if (vdev->pdev->current_state == PCI_D0)
			continue;
		vfio_pci_power_lock_in_d0(vdev);
		in_d0 &= vdev->pdev->current_state == PCI_D0;
		vfio_pci_core_access_unlock(vdev);
	}
	return in_d0;
}

/*
 * Reset all devices of a set at once.  @owner must own each of them; NULL if all are closed.
 * Returns -EINVAL if @owner does not, or the reset would reach devices outside the set; -EBUSY for
 * a PF with VFs, or on contention.
 */
static int hot_reset_set(struct vfio_device_set *dev_set, const struct reset_owner *owner)
{
	struct vfio_pci_core_device *vdev;
	unsigned int revoked = 0;
	struct pci_dev *pdev;
	int nr, ret = 0;
	bool in_d0;

	/*
	 * Checked again below, with exclusive access.  Checked here because the PCI core's
	 * functions walk the bus without a lock and must not meet VFs that are being removed.
	 */
	for_each_in_set(vdev, dev_set)
		if (vfio_pci_has_vfs(vdev))
			return owner ? vfio_pci_reset_refuse_with_vfs(vdev) : -EBUSY;

	pdev = hot_reset_device(dev_set);
	if (!pdev)
		return -EINVAL;

	nr = hot_reset_pm_get(dev_set);
	if (nr < 0)
		return nr;

	for_each_in_set(vdev, dev_set)
		if (owner && !hot_reset_owns(owner, &vdev->vdev)) {
			ret = -EINVAL;
			goto put;
		}

	in_d0 = hot_reset_wake(dev_set);
	for_each_in_set(vdev, dev_set) {
		if (!vfio_pci_access_trylock_revoke(vdev)) {
			ret = -EBUSY;
			break;
		}
		revoked++;
		if (vfio_pci_has_vfs(vdev))
			ret = owner ? vfio_pci_reset_refuse_with_vfs(vdev) : -EBUSY;
		else if (in_d0 && vdev->pdev->current_state != PCI_D0)
			ret = -EBUSY; /* user space moved it again */
		if (ret)
			break;
	}

	if (!ret)
		ret = pci_reset_bus(pdev);
	trace_vfio_pci_reset(pdev, VFIO_PCI_TRACE_RESET_BUS, ret);

	for_each_in_set(vdev, dev_set) {
		if (!revoked--)
			break;
		vfio_pci_intx_resync(vdev);
		vfio_pci_core_access_restore(vdev);
	}

put:
	hot_reset_pm_put(dev_set, nr);
	return ret;
}

/*
 * After a close: reset what could not be reset function by function, once no device of the set is
 * in use any more.  The device being closed still counts as open.
 */
void vfio_pci_dev_set_try_reset(struct vfio_device_set *dev_set)
{
	struct vfio_pci_core_device *vdev;
	bool needs_reset = false;

	if (vfio_device_set_open_count(dev_set) > 1)
		return;

	for_each_in_set(vdev, dev_set)
		needs_reset |= vdev->needs_reset;
	if (!needs_reset || hot_reset_set(dev_set, NULL))
		return;

	for_each_in_set(vdev, dev_set)
		vdev->needs_reset = false;
}

static int hot_reset_owned(struct vfio_pci_core_device *vdev, const struct reset_owner *owner)
{
	struct vfio_device_set *dev_set = vdev->vdev.dev_set;
	int ret;

	mutex_lock(&dev_set->lock);
	ret = hot_reset_set(dev_set, owner);
	mutex_unlock(&dev_set->lock);
	return ret;
}

static int hot_reset_groups(struct vfio_pci_core_device *vdev, const __s32 __user *fds,
			    unsigned int nr_fds)
{
	struct reset_owner owner = {};
	unsigned int i;
	int ret = 0;
	s32 *fd;

	fd = memdup_user(fds, array_size(nr_fds, sizeof(*fd)));
	if (IS_ERR(fd))
		return PTR_ERR(fd);

	owner.files = kcalloc(nr_fds, sizeof(*owner.files), GFP_KERNEL);
	if (!owner.files) {
		kfree(fd);
		return -ENOMEM;
	}

	/* References, so that a group cannot change hands during the reset. */
	for (i = 0; i < nr_fds && !ret; i++) {
		struct file *file = fget(fd[i]);

		if (!file)
			ret = -EBADF;
		else
			owner.files[owner.nr_files++] = file;
		if (file && !vfio_file_is_group(file))
			ret = -EINVAL;
	}

	if (!ret)
		ret = hot_reset_owned(vdev, &owner);

	while (owner.nr_files)
		fput(owner.files[--owner.nr_files]);
	kfree(owner.files);
	kfree(fd);
	return ret;
}

long vfio_pci_ioctl_pci_hot_reset(struct vfio_pci_core_device *vdev,
				  struct vfio_pci_hot_reset __user *arg)
{
	struct reset_owner owner = {};
	struct vfio_pci_hot_reset hdr;
	unsigned int nr_devs = 0;
	int ret;

	if (copy_from_user(&hdr, arg, offsetofend(struct vfio_pci_hot_reset, count)))
		return -EFAULT;
	if (hdr.argsz < offsetofend(struct vfio_pci_hot_reset, count) || hdr.flags)
		return -EINVAL;

	/* Group fds are passed; a character device implies the context it is bound to. */
	if (vfio_device_cdev_opened(&vdev->vdev) == !!hdr.count)
		return -EINVAL;

	/* As in hot_reset_set(). */
	if (vfio_pci_has_vfs(vdev))
		return vfio_pci_reset_refuse_with_vfs(vdev);
	ret = hot_reset_walk(vdev->pdev, hot_reset_count_visit, &nr_devs);
	if (ret)
		return ret;

	if (!hdr.count) {
		owner.ictx = vfio_iommufd_device_ictx(&vdev->vdev);
		return hot_reset_owned(vdev, &owner);
	}

	/* There cannot be more groups than devices. */
	if (hdr.count > nr_devs)
		return -EINVAL;
	return hot_reset_groups(vdev, arg->group_fds, hdr.count);
}

struct info_fill {
	struct vfio_device			*core_vdev;
	struct vfio_pci_dependent_device	*devices;
	unsigned int				nr;
	unsigned int				max;
	u32					flags;
};

static int hot_reset_fill_group_id(struct pci_dev *pdev, struct vfio_pci_dependent_device *dep)
{
	struct iommu_group *group = iommu_group_get(&pdev->dev);

	/* Without a group the device is not isolated, so nobody may reset it. */
	if (!group)
		return -EPERM;

	dep->group_id = iommu_group_id(group);
	iommu_group_put(group);
	return 0;
}

static u32 hot_reset_dependent_devid(struct pci_dev *pdev, struct vfio_device *core_vdev)
{
	struct vfio_device *other = vfio_find_device_in_devset(core_vdev->dev_set, &pdev->dev);
	int devid;

	if (!other)
		return VFIO_PCI_DEVID_NOT_OWNED;

	devid = vfio_iommufd_get_dev_id(other, vfio_iommufd_device_ictx(core_vdev));
	if (devid > 0)
		return devid;
	return devid == -ENOENT ? VFIO_PCI_DEVID_OWNED : VFIO_PCI_DEVID_NOT_OWNED;
}

static int hot_reset_fill_visit(struct pci_dev *pdev, void *data)
{
	struct vfio_pci_dependent_device *dep;
	struct info_fill *fill = data;

	/* A device was plugged in after the count. */
	if (fill->nr == fill->max)
		return -EAGAIN;

	dep = &fill->devices[fill->nr++];
	dep->segment = pci_domain_nr(pdev->bus);
	dep->bus = pdev->bus->number;
	dep->devfn = pdev->devfn;

	if (!(fill->flags & VFIO_PCI_HOT_RESET_FLAG_DEV_ID))
		return hot_reset_fill_group_id(pdev, dep);

	*vfio_pci_dependent_devid(dep) = hot_reset_dependent_devid(pdev, fill->core_vdev);
	if (*vfio_pci_dependent_devid(dep) == (u32)VFIO_PCI_DEVID_NOT_OWNED)
		fill->flags &= ~VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED;
	return 0;
}

static int hot_reset_info_fill(struct vfio_pci_core_device *vdev, struct info_fill *fill)
{
	struct mutex *lock = &vdev->vdev.dev_set->lock;
	int ret;

	fill->core_vdev = &vdev->vdev;
	if (vfio_device_cdev_opened(&vdev->vdev))
		fill->flags = VFIO_PCI_HOT_RESET_FLAG_DEV_ID | VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED;

	mutex_lock(lock);
	ret = hot_reset_walk(vdev->pdev, hot_reset_fill_visit, fill);
	mutex_unlock(lock);
	return ret;
}

long vfio_pci_ioctl_get_pci_hot_reset_info(struct vfio_pci_core_device *vdev,
					   struct vfio_pci_hot_reset_info __user *arg)
{
	const size_t minsz = offsetofend(struct vfio_pci_hot_reset_info, count);
	struct vfio_pci_hot_reset_info hdr;
	struct info_fill fill = {};
	int ret;

	if (copy_from_user(&hdr, arg, minsz))
		return -EFAULT;
	if (hdr.argsz < minsz)
		return -EINVAL;

	ret = hot_reset_walk(vdev->pdev, hot_reset_count_visit, &fill.max);
	if (ret)
		return ret;

	hdr.flags = 0;
	hdr.count = fill.max;
	if (fill.max > (hdr.argsz - minsz) / sizeof(*fill.devices))
		return copy_to_user(arg, &hdr, minsz) ? -EFAULT : -ENOSPC;

	fill.devices = kcalloc(fill.max, sizeof(*fill.devices), GFP_KERNEL);
	if (!fill.devices)
		return -ENOMEM;

	ret = hot_reset_info_fill(vdev, &fill);
	if (!ret) {
		hdr.flags = fill.flags;
		hdr.count = fill.nr;
		if (copy_to_user(arg->devices, fill.devices,
				 array_size(fill.nr, sizeof(*fill.devices))) ||
		    copy_to_user(arg, &hdr, minsz))
			ret = -EFAULT;
	}

	kfree(fill.devices);
	return ret;
}
