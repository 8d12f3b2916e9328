// SPDX-License-Identifier: GPL-2.0-only
// The VMAs are in an rbtree.
// migrate: exit 3
// migrate: left: vpu_revoke() zaps VMAs that are kept in an rbtree
// migrate: compiles
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rbtree.h>
#include <linux/slab.h>

struct vpu_area {
	struct rb_node rb;
	struct vm_area_struct *vma;
};

struct vpu {
	struct rb_root areas;
	spinlock_t areas_lock;
};

void vpu_revoke(struct vpu *vpu);
void vpu_revoke(struct vpu *vpu)
{
	struct rb_node *node;

	spin_lock(&vpu->areas_lock);
	for (node = rb_first(&vpu->areas); node; node = rb_next(node)) {
		struct vpu_area *area = rb_entry(node, struct vpu_area, rb);

		zap_vma_ptes(area->vma, area->vma->vm_start,
			     area->vma->vm_end - area->vma->vm_start);
	}
	spin_unlock(&vpu->areas_lock);
}
EXPORT_SYMBOL_GPL(vpu_revoke);
MODULE_LICENSE("GPL");
