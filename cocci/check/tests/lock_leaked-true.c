// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

struct acme_file {
	struct file *filp;
	struct mutex lock;
	bool dead;
	size_t used;
	u8 state[64];
	struct acme_device *acme;
};

struct acme_device {
	struct vfio_pci_core_device core_device;
	struct mutex state_mutex;
	spinlock_t reset_lock;
	enum vfio_device_mig_state state;
	struct acme_file *out;
	void *map;
	u32 table[8];
};

static vm_fault_t acme_fault(struct vm_fault *vmf)
{
	struct vfio_pci_core_device *vdev = vmf->vma->vm_private_data;
	vm_fault_t ret;

	down_read(&vdev->memory_lock);
	if (acme_is_hidden(vdev))
		return VM_FAULT_SIGBUS; // finds VPS-LOCK-01
	ret = vfio_pci_vmf_insert_pfn(vdev, vmf, acme_pfn(vdev), 0);
	up_read(&vdev->memory_lock);
	return ret;
}

static int acme_get_state(struct acme_device *acme)
{
	int ret = mutex_lock_interruptible(&acme->state_mutex);

	if (ret)
		return ret;
	if (acme->state == VFIO_DEVICE_STATE_ERROR)
		goto out;
	ret = acme_ask(acme);
	mutex_unlock(&acme->state_mutex);
out:
	return ret; // finds VPS-LOCK-01
}

static int acme_access(struct acme_device *acme)
{
	int ret = vfio_pci_core_access_begin(&acme->core_device);

	if (ret)
		return ret;
	if (!acme->on)
		return 0; // finds VPS-LOCK-01
	acme_poke(acme);
	vfio_pci_core_access_end(&acme->core_device);
	return 0;
}
