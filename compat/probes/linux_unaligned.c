// Linux kernel ("move asm/unaligned.h to linux/unaligned.h") (in v6.12)
#include <linux/unaligned.h>

unsigned int probe(const void *p);
unsigned int probe(const void *p)
{
	return get_unaligned_le32(p);
}
