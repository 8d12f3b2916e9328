// Linux kernel ("mm: handle poisoning of pfn without struct pages") (in v6.19)
#include <linux/mm.h>
#include <linux/memory-failure.h>

int probe(struct pfn_address_space *space);
int probe(struct pfn_address_space *space)
{
	return register_pfn_address_space(space);
}
