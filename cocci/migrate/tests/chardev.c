// SPDX-License-Identifier: GPL-2.0-only
// A character device: its own names, mmap_sem, no "try", the VMA recorded before it is filled.
// migrate: exit 3
// migrate: review: mappings are found through the inode that was opened
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/cdev.h>
#include <linux/device.h>

struct pump_user_map {
	struct list_head	node;
	struct vm_area_struct	*area;
};

struct pump {
	struct cdev		cdev;
	struct device		*dev;
	phys_addr_t		base;
	struct rw_semaphore	power_sem;
	bool			powered;
	/* map_lock guards map_list */
	struct mutex		map_lock;
	struct list_head	map_list;
	unsigned long		nr_faults;
};

void pump_log(const char *text);
extern struct rw_semaphore pump_log_sem;

static void pump_unmap_users(struct pump *pump)
{
	struct pump_user_map *map, *next;
	struct mm_struct *mm;

	for (;;) {
		mm = NULL;
		mutex_lock(&pump->map_lock);
		while (!list_empty(&pump->map_list)) {
			map = list_first_entry(&pump->map_list, struct pump_user_map, node);
			mm = map->area->vm_mm;
			if (mmget_not_zero(mm))
				break;
			list_del(&map->node);
			kfree(map);
			mm = NULL;
		}
		mutex_unlock(&pump->map_lock);
		if (!mm)
			return;

		down_read(&mm->mmap_sem);
		if (mmget_still_valid(mm)) {
			mutex_lock(&pump->map_lock);
			list_for_each_entry_safe(map, next, &pump->map_list, node) {
				struct vm_area_struct *area = map->area;

				if (area->vm_mm != mm)
					continue;
				list_del(&map->node);
				kfree(map);
				zap_vma_ptes(area, area->vm_start, area->vm_end - area->vm_start);
			}
			mutex_unlock(&pump->map_lock);
		}
		up_read(&mm->mmap_sem);
		mmput(mm);
	}
}

void pump_power_off(struct pump *pump)
{
	dev_dbg(pump->dev, "power off\n");
	pump_unmap_users(pump);
	down_write(&pump->power_sem);
	pump->powered = false;
	up_write(&pump->power_sem);
}

void pump_stop_and_log(struct pump *pump)
{
	down_write(&pump->power_sem);
	pump_unmap_users(pump);
	up_write(&pump->power_sem);
	down_write(&pump_log_sem);
	pump_log("stopped");
	up_write(&pump_log_sem);
}

static int pump_note_map(struct pump *pump, struct vm_area_struct *area)
{
	struct pump_user_map *map = kzalloc(sizeof(*map), GFP_KERNEL);

	if (!map)
		return -ENOMEM;
	map->area = area;
	list_add_tail(&map->node, &pump->map_list);
	return 0;
}

static void pump_vm_open(struct vm_area_struct *area)
{
	zap_vma_ptes(area, area->vm_start, area->vm_end - area->vm_start);
}

static void pump_vm_close(struct vm_area_struct *area)
{
	struct pump *pump = area->vm_private_data;
	struct pump_user_map *map, *next;

	mutex_lock(&pump->map_lock);
	list_for_each_entry_safe(map, next, &pump->map_list, node) {
		if (map->area != area)
			continue;
		list_del(&map->node);
		kfree(map);
	}
	mutex_unlock(&pump->map_lock);
}

static vm_fault_t pump_vm_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *area = vmf->vma;
	struct pump *pump = area->vm_private_data;
	struct pump_user_map *map;
	vm_fault_t ret = VM_FAULT_NOPAGE;

	mutex_lock(&pump->map_lock);
	down_read(&pump->power_sem);
	if (!pump->powered) {
		ret = VM_FAULT_SIGBUS;
		goto unlock;
	}

	pump->nr_faults++;

	list_for_each_entry(map, &pump->map_list, node)
		if (map->area == area)
			goto unlock;

	if (pump_note_map(pump, area)) {
		ret = VM_FAULT_OOM;
		goto unlock;
	}

	if (remap_pfn_range(area, area->vm_start, area->vm_pgoff, area->vm_end - area->vm_start,
			    area->vm_page_prot))
		ret = VM_FAULT_SIGBUS;

unlock:
	up_read(&pump->power_sem);
	mutex_unlock(&pump->map_lock);
	return ret;
}

static const struct vm_operations_struct pump_vm_ops = {
	.open	= pump_vm_open,
	.close	= pump_vm_close,
	.fault	= pump_vm_fault,
};

static int pump_mmap(struct file *fp, struct vm_area_struct *area)
{
	struct pump *pump = fp->private_data;

	area->vm_private_data = pump;
	area->vm_page_prot = pgprot_noncached(area->vm_page_prot);
	area->vm_pgoff += pump->base >> PAGE_SHIFT;
	area->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	area->vm_ops = &pump_vm_ops;
	return 0;
}

static int pump_open(struct inode *inode, struct file *fp)
{
	struct pump *pump = container_of(inode->i_cdev, struct pump, cdev);

	fp->private_data = pump;
	return 0;
}

static const struct file_operations pump_fops = {
	.open	= pump_open,
	.mmap	= pump_mmap,
};

int pump_init(struct pump *pump)
{
	init_rwsem(&pump->power_sem);
	mutex_init(&pump->map_lock);
	INIT_LIST_HEAD(&pump->map_list);
	return 0;
}

void pump_exit(struct pump *pump)
{
	WARN_ON(!list_empty(&pump->map_list));
	mutex_destroy(&pump->map_lock);
}
