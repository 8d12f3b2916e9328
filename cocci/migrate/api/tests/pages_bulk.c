// SPDX-License-Identifier: GPL-2.0-only
static int acme_grow(struct acme_state *state, unsigned int want)
{
	unsigned int got;

	got = alloc_pages_bulk_array(GFP_KERNEL_ACCOUNT, want, state->pages);
	if (got == want)
		return 0;

	return alloc_pages_bulk_array_node(GFP_KERNEL_ACCOUNT, state->node, want, state->pages) == want ?
		0 : -ENOMEM;
}
