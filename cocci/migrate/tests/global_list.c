// SPDX-License-Identifier: GPL-2.0-only
// One list for all devices: whose mappings are zapped must be decided first.
// migrate: exit 3
// migrate: left: isp_zap_all() walks &isp_maps, of which there is one for all devices
#include <linux/mm.h>

struct isp_map {
	struct vm_area_struct *vma;
	struct list_head list;
};

static LIST_HEAD(isp_maps);
static DEFINE_MUTEX(isp_maps_lock);

void isp_zap_all(void)
{
	struct isp_map *map;

	mutex_lock(&isp_maps_lock);
	list_for_each_entry(map, &isp_maps, list)
		zap_vma_ptes(map->vma, map->vma->vm_start, map->vma->vm_end - map->vma->vm_start);
	mutex_unlock(&isp_maps_lock);
}
