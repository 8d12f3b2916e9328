// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings of BARs: mmap() validates the request, faults insert the entries.
 *
 * Never populate in mmap(): the VMA is not in the address space yet, so a zap would miss the
 * entries.  See docs/architecture.md, "The gate".
 */
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <trace/events/vfio_pci_sdk.h>

/* With DEBUG_VM, arm64's pmd_populate() asserts by init_mm, which modules cannot link to. */
#pragma push_macro("VM_BUG_ON")
#undef VM_BUG_ON
#define VM_BUG_ON BUILD_BUG_ON_INVALID
#include <asm/pgalloc.h>
#pragma pop_macro("VM_BUG_ON")

#include "vfio_pci_access.h"
#include "vfio_pci_bars.h"
#include "vfio_pci_entries.h"

/*
 * Entries inserted per fault: for an isolated fault with 4 KiB or with larger entries, and at most
 * (one page table).  Sequential faults grow the window by WINDOW_GROWTH each time.  See
 * docs/adr/0001.
 */
#define WINDOW_FIRST		64
#define WINDOW_FIRST_LARGE	8
#define WINDOW_MAX		512
#define WINDOW_GROWTH		2

static unsigned long mmap_bar_pfn(struct vfio_pci_core_device *vdev, unsigned int bar, u64 offset)
{
	return (pci_resource_start(vdev->pdev, bar) + offset) >> PAGE_SHIFT;
}

/*
 * Insert one huge entry with vmf_insert_pfn_{pmd,pud}(), using vm_page_prot.  On a write fault the
 * entry, new or existing, is made writable.
 */
vm_fault_t vfio_pci_insert_huge(struct vm_fault *vmf, unsigned long pfn, unsigned int order)
{
	bool write = vmf->flags & FAULT_FLAG_WRITE;

	if (IS_ENABLED(CONFIG_ARCH_SUPPORTS_PMD_PFNMAP) && order == PMD_ORDER)
		return vmf_insert_pfn_pmd(vmf, pfn, write);
	if (IS_ENABLED(CONFIG_ARCH_SUPPORTS_PUD_PFNMAP) && order == PUD_ORDER)
		return vmf_insert_pfn_pud(vmf, pfn, write);
	return VM_FAULT_FALLBACK;
}

static void mmap_install_page_table(struct vm_fault *vmf)
{
	struct mm_struct *mm = vmf->vma->vm_mm;
	spinlock_t *ptl = pmd_lock(mm, vmf->pmd);

	if (pmd_none(READ_ONCE(*vmf->pmd))) {
		mm_inc_nr_ptes(mm);
		/* Lockless walkers that see the table's address must see it cleared. */
		smp_wmb();
		pmd_populate(mm, vmf->pmd, vmf->prealloc_pte);
		vmf->prealloc_pte = NULL;
	}
	spin_unlock(ptl);
}

/*
 * Small entries need a page table.  For a fault that found nothing at vmf->pmd the kernel has
 * allocated one, but would install it too late: a concurrent fault may insert a large entry first,
 * where vfio_pci_insert_window() and vmf_insert_pfn() rely on a page table.  So install it here.
 * The page table of a device mapping stays until it is unmapped: nothing collapses or reclaims it
 * under mmap_lock or the VMA lock, which a fault holds for read.
 *
 * Return: false if there is a large entry, or if one that the kernel saw has gone since; the access
 * faults again.
 */
static bool mmap_has_page_table(struct vm_fault *vmf)
{
	pmd_t pmd;

	if (pmd_none(READ_ONCE(*vmf->pmd)) && vmf->prealloc_pte)
		mmap_install_page_table(vmf);
	pmd = READ_ONCE(*vmf->pmd);
	return !pmd_none(pmd) && !pmd_leaf(pmd);
}

/**
 * vfio_pci_vmf_insert_pfn - insert one entry of device memory, if it may be touched now
 * @vdev: the device
 * @vmf: the fault
 * @pfn: page frame to map at the faulting address, rounded down to the entry's size
 * @order: size of the entry: log2 of its number of pages; 0, PMD_ORDER or PUD_ORDER
 *
 * For drivers that handle faults themselves.  The entry gets the protection of the mapping; its
 * memory type, on x86, comes from the reservation of the segment that contains @pfn, except for
 * entries of PUD_ORDER on v6.12.  So use only 0 and PMD_ORDER in a BAR with several types, and
 * check is_aligned_for_order() first when @order is not 0.  A mapping of a BAR that
 * vfio_pci_core_mmap() has not seen needs vfio_pci_core_get_iomap() before, which claims the BAR.
 *
 * Context: a fault handler, of the fault callback when @order is 0 and of huge_fault otherwise;
 * between vfio_pci_core_access_begin() and _end(), or, as upstream, with memory_lock held for read;
 * may sleep.
 * Return: VM_FAULT_NOPAGE, with no entry, hence another fault, while a reset is in progress;
 * VM_FAULT_SIGBUS when memory decode is off or the device is powered down; VM_FAULT_FALLBACK for
 * a size this kernel cannot map; VM_FAULT_OOM.
 */
vm_fault_t vfio_pci_vmf_insert_pfn(struct vfio_pci_core_device *vdev, struct vm_fault *vmf,
				   unsigned long pfn, unsigned int order)
{
	vm_fault_t ret = VM_FAULT_SIGBUS;

	might_sleep();
	lockdep_assert_held_read(&vdev->memory_lock);

	/*
	 * Must not wait for the end of a reset with memory_lock held: the caller releases it, and
	 * the task faults again a little later.
	 */
	if (!percpu_down_read_trylock(vdev->access_sem)) {
		schedule_timeout_killable(1);
		return VM_FAULT_NOPAGE;
	}

	if (!vfio_pci_mem_accessible(vdev))
		goto unlock;
	if (order)
		ret = vfio_pci_insert_huge(vmf, pfn, order);
	else if (!mmap_has_page_table(vmf))
		ret = VM_FAULT_NOPAGE;
	else
		ret = vmf_insert_pfn(vmf->vma, vmf->address, pfn);
unlock:
	percpu_up_read(vdev->access_sem);
	return ret;
}
EXPORT_SYMBOL_GPL(vfio_pci_vmf_insert_pfn);

/* Entry sizes for which this architecture has a special bit. */
static bool mmap_order_supported(unsigned int order)
{
	return !order ||
	       (IS_ENABLED(CONFIG_ARCH_SUPPORTS_PMD_PFNMAP) && order == PMD_ORDER) ||
	       (IS_ENABLED(CONFIG_ARCH_SUPPORTS_PUD_PFNMAP) && order == PUD_ORDER);
}

/*
 * Choose the window of absent neighbours to map along with the faulting address.  A fault adjacent
 * to the last window grows it in that direction; any other fault starts with a small one.
 * fault_hint holds address and size of the last window.  It is per device and lockless: a race
 * only affects the size of a window.
 */
static void mmap_choose_window(struct vfio_pci_core_device *vdev, const struct vm_fault *vmf,
			       const struct vfio_pci_segment *seg, u64 offset, unsigned int order,
			       struct vfio_pci_window *win)
{
	const struct vm_area_struct *vma = vmf->vma;
	unsigned int shift = PAGE_SHIFT + order;
	unsigned long in_table = (order ? PUD_SIZE : PMD_SIZE) - 1;
	unsigned long addr = ALIGN_DOWN(vmf->address, 1UL << shift);
	unsigned long hint = READ_ONCE(vdev->fault_hint);
	unsigned long last = hint & PAGE_MASK;
	unsigned long count = hint & ~PAGE_MASK;
	unsigned long first = order ? WINDOW_FIRST_LARGE : WINDOW_FIRST;
	unsigned long next = min(max(count, first) * WINDOW_GROWTH, 1UL * WINDOW_MAX);
	unsigned long behind = first / 2, ahead = first / 2;

	if (addr == last + (count << shift)) {
		behind = 0;
		ahead = next;
	} else if (addr + (1UL << shift) == last) {
		behind = next - 1;
		ahead = 1;
	}

	/* Clamp to the VMA, the segment and the page table. */
	behind = min3(behind, (addr - vma->vm_start) >> shift, (addr & in_table) >> shift);
	behind = min_t(u64, behind, (offset - seg->start) >> shift);
	ahead = min3(ahead, (vma->vm_end - addr) >> shift,
		     (in_table + 1 - (addr & in_table)) >> shift);
	ahead = min_t(u64, ahead, (PAGE_ALIGN(seg->start + seg->len) - offset) >> shift);

	win->start = addr - (behind << shift);
	win->end = addr + (ahead << shift);
	win->pfn -= behind << order;
	WRITE_ONCE(vdev->fault_hint, win->start | (behind + ahead));
}

/* Sets @win to the range that is inserted; a fault that is refused first leaves it empty. */
static vm_fault_t mmap_fault_window(struct vm_fault *vmf, unsigned int order,
				    struct vfio_pci_window *win)
{
	struct vm_area_struct *vma = vmf->vma;
	struct vfio_pci_core_device *vdev = vfio_pci_mapping_device(vma);
	unsigned long addr = vmf->address & ~((PAGE_SIZE << order) - 1);
	u64 pos = vfio_pci_mapping_pos(vma);
	unsigned int bar = VFIO_PCI_OFFSET_TO_INDEX(pos);
	u64 offset = (pos & VFIO_PCI_OFFSET_MASK) + (addr - vma->vm_start);
	unsigned long pfn = mmap_bar_pfn(vdev, bar, offset);
	const struct vfio_pci_segment *seg;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	/* Check first: a huge entry could start before the VMA or the BAR. */
	if (!mmap_order_supported(order) || !is_aligned_for_order(vma, addr, pfn, order))
		return VM_FAULT_FALLBACK;

	seg = vfio_pci_bar_segment(vdev, bar, offset);
	if (IS_ERR(seg))
		return VM_FAULT_SIGBUS;
	*win = (struct vfio_pci_window) {
		.vma = vma,
		.start = addr,
		.end = addr + (PAGE_SIZE << order),
		.pfn = pfn,
		.prot = vfio_pci_memtype_prot(vma->vm_page_prot, seg),
	};

	if (order && seg->len - (offset - seg->start) < PAGE_SIZE << order)
		return VM_FAULT_FALLBACK;

	/* A reset may hold the locks for seconds: a dying task does not wait for it. */
	if (vfio_pci_access_read_lock_killable(vdev))
		return VM_FAULT_SIGBUS;
	if (!vfio_pci_mem_accessible(vdev))
		goto unlock;

	/* No window of PUD entries: few BARs are that large. */
	if (order != PUD_ORDER)
		mmap_choose_window(vdev, vmf, seg, offset, order, win);
	VM_WARN_ON_ONCE(!order && (win->start ^ (win->end - 1)) & PMD_MASK);
	if (order || mmap_has_page_table(vmf))
		ret = vfio_pci_insert_window(vmf, win, order);
	else
		ret = VM_FAULT_NOPAGE;
unlock:
	vfio_pci_access_read_unlock(vdev);
	return ret;
}

static vm_fault_t mmap_fault(struct vm_fault *vmf, unsigned int order)
{
	struct vfio_pci_window win = {};
	vm_fault_t ret = mmap_fault_window(vmf, order, &win);

	trace_vfio_pci_fault(vmf, order, win.start, win.end, ret);
	return ret;
}

/**
 * vfio_pci_core_fault - the core's handler for faults in mappings of BARs
 * @vmf: a fault in a mapping that vfio_pci_core_mmap() set up
 *
 * A driver with a vm_operations_struct of its own calls this for pages that it does not handle.
 * It maps the faulting page and absent neighbours in the same segment: declare a range with
 * vfio_pci_core_set_memtype() to keep it from being mapped along with its neighbours.
 *
 * Context: a fault handler; takes memory_lock for read.
 * Return: VM_FAULT_NOPAGE, or VM_FAULT_SIGBUS while the device cannot be touched, or VM_FAULT_OOM.
 */
vm_fault_t vfio_pci_core_fault(struct vm_fault *vmf)
{
	return mmap_fault(vmf, 0);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_fault);

/**
 * vfio_pci_core_huge_fault - the core's handler for faults that want a large entry
 * @vmf: a fault in a mapping that vfio_pci_core_mmap() set up
 * @order: log2 of the number of pages the entry would map
 *
 * Context: a fault handler, possibly without mmap_lock; takes memory_lock for read.
 * Return: as vfio_pci_core_fault(), or VM_FAULT_FALLBACK if no entry of this size fits here.
 */
vm_fault_t vfio_pci_core_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	return mmap_fault(vmf, order);
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
 * Sets protection, flags and vm_ops; a driver that calls it may then put its own vm_ops in place.
 * Its fault handlers get from the mapping to the device by vfio_pci_core_vma_device(), and to the
 * place in it by vfio_pci_core_vma_index() and vfio_pci_core_vma_offset().
 *
 * Context: process, mmap_lock held for write.
 * Return: 0; -EINVAL private mapping, not a BAR or region that can be mapped, or beyond its end;
 * -ENODEV, -EBUSY or -ENOMEM from vfio_pci_core_get_iomap().
 */
int vfio_pci_core_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	struct vfio_pci_core_device *vdev = to_vfio_pci_core(core_vdev);
	u64 offset = vfio_pci_core_vma_offset(vma, vma->vm_start);
	unsigned int bar = vfio_pci_core_vma_index(vma);
	const struct vfio_pci_segment *seg;
	u64 size;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (bar >= VFIO_PCI_NUM_REGIONS)
		return vfio_pci_region_mmap(vdev, bar, vma);
	if (bar > VFIO_PCI_BAR5_REGION_INDEX || !vdev->bar_mmap_supported[bar])
		return -EINVAL;

	size = PAGE_ALIGN(pci_resource_len(vdev->pdev, bar));
	if (offset >= size || vma->vm_end - vma->vm_start > size - offset)
		return -EINVAL;

	/* The first use also claims the BAR. */
	seg = vfio_pci_bar_segment(vdev, bar, offset);
	if (IS_ERR(seg))
		return PTR_ERR(seg);
	if (!vfio_pci_bar_is_mappable(vdev, bar, offset, vma->vm_end - vma->vm_start))
		return -EINVAL;
	vma->vm_page_prot = vfio_pci_memtype_prot(vma->vm_page_prot, seg);
	/*
	 * The fault handler must not change the flags.  VM_ALLOW_ANY_UNCACHED lets a guest on arm64
	 * choose Normal non-cacheable, that is write-combining, for its own mapping.
	 */
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP | VM_ALLOW_ANY_UNCACHED);
	return vfio_pci_core_vma_setup(vdev, vma, &vfio_pci_mmap_ops);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_mmap);
