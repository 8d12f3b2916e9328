// SPDX-License-Identifier: GPL-2.0-only
/* Accelerator whose memory is a firmware-described range, shown as BAR 4. */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/uaccess.h>
#include <linux/vfio_pci_core.h>

#define GEMM_MEM_INDEX VFIO_PCI_BAR4_REGION_INDEX

struct gemm {
	struct vfio_pci_core_device core;
	phys_addr_t mem_phys;
	resource_size_t mem_size;
	void *mem_kva;
	struct mutex kva_lock;
};

static inline struct gemm *gemm_of(struct vfio_device *v)
{
	return container_of(v, struct gemm, core.vdev);
}

static int gemm_reachable(struct gemm *g)
{
	if (g->core.pm_runtime_engaged)
		return -EIO;
	if (!__vfio_pci_memory_enabled(&g->core))
		return -EIO;
	return 0;
}

static vm_fault_t gemm_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct vm_area_struct *vma = vmf->vma;
	struct gemm *g = vma->vm_private_data;
	unsigned long addr = ALIGN_DOWN(vmf->address, PAGE_SIZE << order);
	unsigned long pgoff = (addr - vma->vm_start) >> PAGE_SHIFT;
	unsigned long pfn = PHYS_PFN(g->mem_phys) + pgoff +
			    (vma->vm_pgoff & ((1UL << (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT)) - 1));
	vm_fault_t ret = VM_FAULT_SIGBUS;

	if (!is_aligned_for_order(vma, addr, pfn, order))
		return VM_FAULT_FALLBACK;

	down_read(&g->core.memory_lock);
	if (gemm_reachable(g) == 0)
		ret = vfio_pci_vmf_insert_pfn(&g->core, vmf, pfn, order);
	up_read(&g->core.memory_lock);

	return ret;
}

static vm_fault_t gemm_fault(struct vm_fault *vmf)
{
	return gemm_huge_fault(vmf, 0);
}

static const struct vm_operations_struct gemm_mem_vm_ops = {
	.fault		= gemm_fault,
	.huge_fault	= vm_ops_huge_fault(gemm_huge_fault),
};

static int gemm_mmap_mem(struct gemm *g, struct vm_area_struct *vma)
{
	u64 req_len = vma->vm_end - vma->vm_start;
	u64 off = ((u64)vma->vm_pgoff << PAGE_SHIFT) & VFIO_PCI_OFFSET_MASK;

	if (off >= g->mem_size || req_len > g->mem_size - off)
		return -EINVAL;

	vma->vm_private_data = g;
	vma->vm_page_prot = pgprot_decrypted(pgprot_noncached(vm_get_page_prot(vma->vm_flags)));
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &gemm_mem_vm_ops;
	return 0;
}

static int gemm_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	unsigned int index = vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT);

	switch (index) {
	case GEMM_MEM_INDEX:
		return gemm_mmap_mem(gemm_of(vdev), vma);
	default:
		return vfio_pci_core_mmap(vdev, vma);
	}
}

static ssize_t gemm_copy(struct gemm *g, char __user *out, const char __user *in, size_t n,
			 loff_t pos)
{
	u8 bounce[128];
	size_t done = 0;

	while (done < n) {
		size_t now = min(n - done, sizeof(bounce));

		if (in && copy_from_user(bounce, in + done, now))
			return -EFAULT;
		down_read(&g->core.memory_lock);
		if (gemm_reachable(g)) {
			up_read(&g->core.memory_lock);
			return -EIO;
		}
		if (in)
			memcpy(g->mem_kva + pos + done, bounce, now);
		else
			memcpy(bounce, g->mem_kva + pos + done, now);
		up_read(&g->core.memory_lock);
		if (out && copy_to_user(out + done, bounce, now))
			return -EFAULT;
		done += now;
	}
	return done;
}

static ssize_t gemm_clip(struct gemm *g, loff_t pos, size_t count)
{
	if (pos >= g->mem_size)
		return -EINVAL;
	return min_t(u64, count, g->mem_size - pos);
}

static ssize_t gemm_read(struct vfio_device *vdev, char __user *buf, size_t count, loff_t *ppos)
{
	struct gemm *g = gemm_of(vdev);
	loff_t pos = *ppos & VFIO_PCI_OFFSET_MASK;
	ssize_t n;

	if (VFIO_PCI_OFFSET_TO_INDEX(*ppos) != GEMM_MEM_INDEX)
		return vfio_pci_core_read(vdev, buf, count, ppos);
	n = gemm_clip(g, pos, count);
	if (n > 0)
		n = gemm_copy(g, buf, NULL, n, pos);
	if (n > 0)
		*ppos += n;
	return n;
}

static ssize_t gemm_write(struct vfio_device *vdev, const char __user *buf, size_t count,
			  loff_t *ppos)
{
	struct gemm *g = gemm_of(vdev);
	loff_t pos = *ppos & VFIO_PCI_OFFSET_MASK;
	ssize_t n;

	if (VFIO_PCI_OFFSET_TO_INDEX(*ppos) != GEMM_MEM_INDEX)
		return vfio_pci_core_write(vdev, buf, count, ppos);
	n = gemm_clip(g, pos, count);
	if (n > 0)
		n = gemm_copy(g, NULL, buf, n, pos);
	if (n > 0)
		*ppos += n;
	return n;
}

static int gemm_region_info(struct vfio_device *vdev, struct vfio_region_info *info,
			    struct vfio_info_cap *caps)
{
	struct gemm *g = gemm_of(vdev);

	if (info->index != GEMM_MEM_INDEX)
		return vfio_pci_ioctl_get_region_info(vdev, info, caps);
	info->offset = VFIO_PCI_INDEX_TO_OFFSET(info->index);
	info->size = g->mem_size;
	info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
		      VFIO_REGION_INFO_FLAG_MMAP;
	return 0;
}

static int gemm_open_device(struct vfio_device *vdev)
{
	struct gemm *g = gemm_of(vdev);
	int ret = vfio_pci_core_enable(&g->core);

	if (ret)
		return ret;
	g->mem_kva = memremap(g->mem_phys, g->mem_size, MEMREMAP_WB);
	if (!g->mem_kva) {
		vfio_pci_core_disable(&g->core);
		return -ENOMEM;
	}
	vfio_pci_core_finish_enable(&g->core);
	return 0;
}

static void gemm_close_device(struct vfio_device *vdev)
{
	struct gemm *g = gemm_of(vdev);

	memunmap(g->mem_kva);
	g->mem_kva = NULL;
	vfio_pci_core_close_device(vdev);
}

static const struct vfio_device_ops gemm_ops = {
	.name		= "gemm-vfio-pci",
	.init		= vfio_pci_core_init_dev,
	.release	= vfio_pci_core_release_dev,
	.open_device	= gemm_open_device,
	.close_device	= gemm_close_device,
	.ioctl		= vfio_pci_core_ioctl,
	.get_region_info_caps = gemm_region_info,
	.device_feature	= vfio_pci_core_ioctl_feature,
	.read		= gemm_read,
	.write		= gemm_write,
	.mmap		= gemm_mmap,
	.request	= vfio_pci_core_request,
	.match		= vfio_pci_core_match,
	.match_token_uuid = vfio_pci_core_match_token_uuid,
	.bind_iommufd	= vfio_iommufd_physical_bind,
	.unbind_iommufd	= vfio_iommufd_physical_unbind,
	.attach_ioas	= vfio_iommufd_physical_attach_ioas,
	.detach_ioas	= vfio_iommufd_physical_detach_ioas,
	.pasid_attach_ioas = vfio_iommufd_physical_pasid_attach_ioas,
	.pasid_detach_ioas = vfio_iommufd_physical_pasid_detach_ioas,
};

static void gemm_lost(struct vfio_pci_core_device *core)
{
	unmap_mapping_range(vfio_pci_core_mapping(core), VFIO_PCI_INDEX_TO_OFFSET(GEMM_MEM_INDEX),
			    VFIO_PCI_INDEX_TO_OFFSET(1), true);
}

static const struct vfio_pci_device_ops gemm_dev_ops = {
	.access_revoke = gemm_lost,
};

static int gemm_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct gemm *g;
	int ret;

	g = vfio_alloc_device(gemm, core.vdev, &pdev->dev, &gemm_ops);
	if (IS_ERR(g))
		return PTR_ERR(g);
	dev_set_drvdata(&pdev->dev, &g->core);
	g->core.pci_ops = &gemm_dev_ops;
	mutex_init(&g->kva_lock);
	ret = device_property_read_u64(&pdev->dev, "gemm,mem-base", &g->mem_phys);
	if (ret < 0)
		goto fail;
	ret = device_property_read_u64(&pdev->dev, "gemm,mem-size", &g->mem_size);
	if (ret < 0)
		goto fail;
	ret = vfio_pci_core_register_device(&g->core);
	if (ret)
		goto fail;
	return 0;
fail:
	vfio_put_device(&g->core.vdev);
	return ret;
}

static void gemm_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *core = dev_get_drvdata(&pdev->dev);

	vfio_pci_core_unregister_device(core);
	vfio_put_device(&core->vdev);
}

static const struct pci_device_id gemm_table[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_VENDOR_ID_REDHAT, 0x4242) },
	{}
};
MODULE_DEVICE_TABLE(pci, gemm_table);

static struct pci_driver gemm_pci_driver = {
	.name = "gemm-vfio-pci",
	.id_table = gemm_table,
	.probe = gemm_probe,
	.remove = gemm_remove,
	.err_handler = &vfio_pci_core_err_handlers,
	.driver_managed_dma = true,
};
module_pci_driver(gemm_pci_driver);
MODULE_LICENSE("GPL");
