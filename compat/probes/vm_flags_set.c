// Linux kernel ("mm: introduce vma->vm_flags wrapper functions") (in v6.3)
#include <linux/mm.h>

void probe(struct vm_area_struct *vma);
void probe(struct vm_area_struct *vma)
{
	vm_flags_set(vma, VM_IO);
}
