// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings of BARs: mmap() decides whether and how, faults insert the entries.
 *
 * Nothing is ever populated in mmap(): the mapping is not yet in the address space there, and an
 * entry made now would be missed by a zap.  See docs/architecture.md, "The gate".
 */
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/pgtable.h>

#include "vfio_pci_priv.h"

#define BAR_PGOFF_SHIFT	(VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT)
#define BAR_PGOFF_MASK	((1UL << BAR_PGOFF_SHIFT) - 1)

/* Pages of the first and of the largest fault window, as orders: see docs/adr/0001. */
#define WINDOW_ORDER_MIN	4
#define WINDOW_ORDER_MAX	8

static unsigned int vma_bar(const struct vm_area_struct *vma)
{
	return vma->vm_pgoff >> BAR_PGOFF_SHIFT;
}

/* Offset in the BAR of an address of the mapping. */
static u64 vma_bar_offset(const struct vm_area_struct *vma, unsigned long addr)
{
	return ((u64)(vma->vm_pgoff & BAR_PGOFF_MASK) << PAGE_SHIFT) + (addr - vma->vm_start);
}

static unsigned long bar_pfn(struct vfio_pci_core_device *vdev, unsigned int bar, u64 offset)
{
	return (pci_resource_start(vdev->pdev, bar) + offset) >> PAGE_SHIFT;
}

static vm_fault_t insert_huge(struct vm_fault *vmf, unsigned long pfn, unsigned int order)
{
	if (IS_ENABLED(CONFIG_ARCH_SUPPORTS_PMD_PFNMAP) && order == PMD_ORDER)
		return vmf_insert_pfn_pmd(vmf, pfn, false);
	if (IS_ENABLED(CONFIG_ARCH_SUPPORTS_PUD_PFNMAP) && order == PUD_ORDER)
		return vmf_insert_pfn_pud(vmf, pfn, false);
	return VM_FAULT_FALLBACK;
}

/**
 * vfio_pci_vmf_insert_pfn - insert one entry of device memory, if it may be touched now
 * @vdev: the device
 * @vmf: the fault
 * @pfn: page frame to map at the faulting address, rounded down to the entry's size
 * @order: size of the entry: log2 of its number of pages; 0, PMD_ORDER or PUD_ORDER
 *
 * For drivers that handle faults themselves.  The entry gets vma->vm_page_prot; check
 * is_aligned_for_order() first when @order is not 0.
 *
 * Context: a fault handler; memory_lock held for read.
 * Return: VM_FAULT_NOPAGE; VM_FAULT_SIGBUS when memory decode is off or the device is powered
 * down; VM_FAULT_FALLBACK for a size this kernel cannot map; VM_FAULT_OOM.
 */
vm_fault_t vfio_pci_vmf_insert_pfn(struct vfio_pci_core_device *vdev, struct vm_fault *vmf,
				   unsigned long pfn, unsigned int order)
{
	lockdep_assert_held_read(&vdev->memory_lock);

	if (!vfio_pci_mem_accessible(vdev))
		return VM_FAULT_SIGBUS;
	if (order)
		return insert_huge(vmf, pfn, order);
	return vmf_insert_pfn(vmf->vma, vmf->address, pfn);
}
EXPORT_SYMBOL_GPL(vfio_pci_vmf_insert_pfn);

/* A run of small entries to be inserted at once. */
struct window {
	struct vm_area_struct *vma;
	unsigned long start;
	unsigned long end;
	unsigned long pfn;	/* at start */
	pgprot_t prot;
};

static unsigned long window_pfn(const struct window *win, unsigned long addr)
{
	return win->pfn + ((addr - win->start) >> PAGE_SHIFT);
}

/* What is there stays: a concurrent fault was faster, or it is a marker of userfaultfd. */
static int window_set_entry(pte_t *pte, unsigned long addr, void *data)
{
	const struct window *win = data;

	if (pte_none(ptep_get(pte)))
		set_pte_at(win->vma->vm_mm, addr, pte,
			   pte_mkspecial(pfn_pte(window_pfn(win, addr), win->prot)));
	return 0;
}

/*
 * vmf_insert_pfn() looks the memory type of each page up anew, only to find what bar_map_segments()
 * has verified: write the entries directly, where an entry can say that no struct page stands
 * behind it.
 */
static vm_fault_t window_insert(const struct vm_fault *vmf, struct window *win)
{
	unsigned long addr;
	vm_fault_t ret;

	if (!IS_ENABLED(CONFIG_ARCH_HAS_PTE_SPECIAL)) {
		for (addr = win->start; addr < win->end; addr += PAGE_SIZE) {
			ret = vmf_insert_pfn_prot(win->vma, addr, window_pfn(win, addr),
						  win->prot);
			if (ret != VM_FAULT_NOPAGE)
				return ret;
		}
		return VM_FAULT_NOPAGE;
	}

	/* Another thread may just have mapped all of this with one large entry. */
	if (vmf->pmd && pmd_leaf(READ_ONCE(*vmf->pmd)))
		return VM_FAULT_NOPAGE;

	if (apply_to_page_range(win->vma->vm_mm, win->start, win->end - win->start,
				window_set_entry, win))
		return VM_FAULT_OOM;
	return VM_FAULT_NOPAGE;
}

/*
 * Which absent neighbours to map along with the faulting page.  A fault where the last window ended
 * doubles the window and looks forward; any other starts small, around the address.  The hint is
 * the device's, not the mapping's, and is not locked: the worst it does is a window of another
 * size.
 */
static void window_choose(struct vfio_pci_core_device *vdev, const struct vm_fault *vmf,
			  const struct vfio_pci_segment *seg, u64 offset, struct window *win)
{
	const struct vm_area_struct *vma = vmf->vma;
	unsigned long addr = vmf->address & PAGE_MASK;
	unsigned long hint = READ_ONCE(vdev->fault_hint);
	unsigned int order = WINDOW_ORDER_MIN;
	u64 before = offset - seg->start;
	u64 after = PAGE_ALIGN(seg->start + seg->len) - offset;
	unsigned long size, start, end;

	if (hint && addr == (hint & PAGE_MASK)) {
		order = min_t(unsigned int, (hint & ~PAGE_MASK) + 1, WINDOW_ORDER_MAX);
		size = PAGE_SIZE << order;
		start = addr;
		/* A window within one page table costs one lock. */
		end = min(addr + size, ALIGN(addr + 1, PMD_SIZE));
	} else {
		size = PAGE_SIZE << order;
		start = ALIGN_DOWN(addr, size);
		end = start + size;
	}

	start = max(start, vma->vm_start);
	end = min(end, vma->vm_end);
	if (addr - start > before)
		start = addr - before;
	if (end - addr > after)
		end = addr + after;

	win->start = start;
	win->end = end;
	WRITE_ONCE(vdev->fault_hint, end | order);
}

static vm_fault_t bar_fault(struct vm_fault *vmf, unsigned int order)
{
	struct vm_area_struct *vma = vmf->vma;
	struct vfio_pci_core_device *vdev = vma->vm_private_data;
	unsigned long addr = vmf->address & ~((PAGE_SIZE << order) - 1);
	unsigned int bar = vma_bar(vma);
	u64 offset = vma_bar_offset(vma, addr);
	unsigned long pfn = bar_pfn(vdev, bar, offset);
	const struct vfio_pci_segment *seg;
	struct window win = { .vma = vma };
	vm_fault_t ret = VM_FAULT_SIGBUS;

	/* Before anything else: the entry could begin before the mapping, and the BAR. */
	if (!is_aligned_for_order(vma, addr, pfn, order))
		return VM_FAULT_FALLBACK;

	seg = vfio_pci_bar_segment(vdev, bar, offset);
	if (!seg)
		return VM_FAULT_SIGBUS;
	win.prot = vfio_pci_memtype_prot(vma->vm_page_prot, seg->type);

	if (order && (seg->len - (offset - seg->start) < PAGE_SIZE << order ||
		      (pgprot_val(win.prot) != pgprot_val(vma->vm_page_prot) &&
		       !vfio_pci_memtype_overrides(order))))
		return VM_FAULT_FALLBACK;

	down_read(&vdev->memory_lock);
	if (!vfio_pci_mem_accessible(vdev))
		goto unlock;

	if (order) {
		ret = insert_huge(vmf, pfn, order);
		VM_WARN_ON_ONCE(ret == VM_FAULT_NOPAGE &&
				!vfio_pci_memtype_inserted(vmf, order, seg->type));
	} else {
		window_choose(vdev, vmf, seg, offset, &win);
		win.pfn = pfn - ((addr - win.start) >> PAGE_SHIFT);
		ret = window_insert(vmf, &win);
	}
unlock:
	up_read(&vdev->memory_lock);
	return ret;
}

/**
 * vfio_pci_core_fault - the core's handler for faults in mappings of BARs
 * @vmf: a fault in a mapping that vfio_pci_core_mmap() set up
 *
 * A driver with a vm_operations_struct of its own calls it for the pages it does not care about.
 * It maps the faulting page and absent neighbours in the same segment: declare a range with
 * vfio_pci_core_set_memtype() to keep it from being mapped along with its neighbours.
 *
 * Context: a fault handler; takes memory_lock for read.
 * Return: VM_FAULT_NOPAGE, or VM_FAULT_SIGBUS while the device cannot be touched, or VM_FAULT_OOM.
 */
vm_fault_t vfio_pci_core_fault(struct vm_fault *vmf)
{
	return bar_fault(vmf, 0);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_fault);

/**
 * vfio_pci_core_huge_fault - the same for large entries
 * @vmf: a fault in a mapping that vfio_pci_core_mmap() set up
 * @order: log2 of the number of pages the entry would map
 *
 * Context: a fault handler, possibly without mmap_lock; takes memory_lock for read.
 * Return: as vfio_pci_core_fault(), or VM_FAULT_FALLBACK when no entry of this size can stand here.
 */
vm_fault_t vfio_pci_core_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	return bar_fault(vmf, order);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_huge_fault);

static const struct vm_operations_struct vfio_pci_mmap_ops = {
	.fault = vfio_pci_core_fault,
	.huge_fault = vm_ops_huge_fault(vfio_pci_core_huge_fault),
};

/**
 * vfio_pci_core_mmap - mmap() of the device file
 * @core_vdev: the device, open
 * @vma: the mapping
 *
 * Sets protection, flags, vm_ops and vm_private_data (to the struct vfio_pci_core_device); a driver
 * that calls it may then put its own vm_ops in place.  vm_pgoff stays the offset in the device
 * file: zaps find the mapping by it.
 *
 * Context: process, mmap_lock held for write.
 * Return: 0; -EINVAL private mapping, not a BAR or region that can be mapped, or beyond its end;
 * -ENODEV, -EBUSY, -ENOMEM why the BAR could not be had when the device was opened.
 */
int vfio_pci_core_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	struct vfio_pci_core_device *vdev = to_vfio_pci_core(core_vdev);
	unsigned long pgoff = vma->vm_pgoff & BAR_PGOFF_MASK;
	unsigned int bar = vma_bar(vma);
	const struct vfio_pci_segment *seg;
	unsigned long pages;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (bar >= VFIO_PCI_NUM_REGIONS)
		return vfio_pci_region_mmap(vdev, bar, vma);
	if (bar > VFIO_PCI_BAR5_REGION_INDEX || !vdev->bar_mmap_supported[bar])
		return -EINVAL;

	pages = PAGE_ALIGN(pci_resource_len(vdev->pdev, bar)) >> PAGE_SHIFT;
	if (pgoff >= pages || vma_pages(vma) > pages - pgoff)
		return -EINVAL;
	if (!vdev->nr_segments[bar])
		return PTR_ERR(vdev->barmap[bar]);

	seg = vfio_pci_bar_segment(vdev, bar, (u64)pgoff << PAGE_SHIFT);
	vma->vm_page_prot = vfio_pci_memtype_prot(vma->vm_page_prot, seg->type);
	/*
	 * Here and not in the fault handler, which must not change them.  VM_ALLOW_ANY_UNCACHED
	 * lets a guest on arm64 choose Normal non-cacheable, that is write-combining, for its own
	 * mapping.
	 */
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP | VM_ALLOW_ANY_UNCACHED);
	vma->vm_private_data = vdev;
	vma->vm_ops = &vfio_pci_mmap_ops;
	return 0;
}
EXPORT_SYMBOL_GPL(vfio_pci_core_mmap);
