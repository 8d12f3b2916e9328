// SPDX-License-Identifier: GPL-2.0-only
// Entries hold more than a VMA: someone must say where that goes.
// migrate: exit 3
// migrate: left: struct ring_map holds more than a VMA (u32 quota)
#include <linux/mm.h>

struct ring_map {
	struct vm_area_struct *vma;
	struct list_head list;
	u32 quota;
};

struct ring {
	struct mutex maps_lock;
	struct list_head maps_list;
};

void ring_zap(struct ring *ring)
{
	struct ring_map *map;

	mutex_lock(&ring->maps_lock);
	list_for_each_entry(map, &ring->maps_list, list)
		zap_vma_ptes(map->vma, map->vma->vm_start, map->vma->vm_end - map->vma->vm_start);
	mutex_unlock(&ring->maps_lock);
}
