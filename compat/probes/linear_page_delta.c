// Linux kernel ("mm: add linear_page_delta()") (in v7.1)
#include <linux/pagemap.h>

pgoff_t probe(const struct vm_area_struct *vma);
pgoff_t probe(const struct vm_area_struct *vma)
{
	return linear_page_delta(vma, 0);
}
