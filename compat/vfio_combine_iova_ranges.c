// SPDX-License-Identifier: GPL-2.0-only
/* Combine the ranges of a dirty log, for devices that can track only a few. */
#include <linux/export.h>
#include <linux/interval_tree.h>
#include <linux/vfio.h>

static struct interval_tree_node *next_of(struct interval_tree_node *node)
{
	return interval_tree_iter_next(node, 0, ULONG_MAX);
}

/* The one before the smallest gap, or NULL if there is no gap. */
static struct interval_tree_node *smallest_gap(struct rb_root_cached *root)
{
	struct interval_tree_node *node = interval_tree_iter_first(root, 0, ULONG_MAX);
	struct interval_tree_node *next, *best = NULL;
	unsigned long gap = ULONG_MAX;

	for (; node; node = next) {
		next = next_of(node);
		if (next && next->start - node->last < gap) {
			gap = next->start - node->last;
			best = node;
		}
	}
	return best;
}

/**
 * vfio_combine_iova_ranges - combine ranges until no more than a number of them is left
 * @root: ranges that do not overlap, at least one
 * @cur_nodes: how many there are
 * @req_nodes: how many the device can keep, at least one
 *
 * What lies between two combined ranges is logged as well.  The smallest gaps go first.
 *
 * Context: any; the caller serializes access to @root.
 */
void vfio_combine_iova_ranges(struct rb_root_cached *root, u32 cur_nodes, u32 req_nodes)
{
	struct interval_tree_node *node, *next;

	for (; cur_nodes > req_nodes; cur_nodes--) {
		node = smallest_gap(root);
		if (WARN_ON_ONCE(!node))
			return;
		next = next_of(node);
		interval_tree_remove(next, root);
		interval_tree_remove(node, root);
		node->last = next->last;
		interval_tree_insert(node, root);
	}
}
EXPORT_SYMBOL_GPL(vfio_combine_iova_ranges);
