// SPDX-License-Identifier: GPL-2.0-only
#include "yak.h"

void yak_zap(struct yak *yak)
{
	struct yak_vma *v;

	mutex_lock(&yak->yak_vma_lock);
	list_for_each_entry(v, &yak->yak_vma_list, list)
		zap_vma_ptes(v->vma, v->vma->vm_start, v->vma->vm_end - v->vma->vm_start);
	mutex_unlock(&yak->yak_vma_lock);
}
