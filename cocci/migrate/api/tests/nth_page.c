// SPDX-License-Identifier: GPL-2.0-only
static struct page *acme_page(struct scatterlist *sg, loff_t pos)
{
	return nth_page(sg_page(sg), pos / PAGE_SIZE);
}

static void *acme_address(struct page *first, bool second)
{
	return page_address(nth_page(first, second ? 1 : 0));
}

static unsigned long acme_flags(struct acme_state *state, int n)
{
	return nth_page(state->pages[0], n)->flags;
}
