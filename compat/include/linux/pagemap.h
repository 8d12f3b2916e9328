/* SPDX-License-Identifier: GPL-2.0-only */
/* <linux/pagemap.h> as Linux 7.3 has it, on older kernels. */
#include_next <linux/pagemap.h>

#ifndef VFIO_PCI_SDK_COMPAT_PAGEMAP_H
#define VFIO_PCI_SDK_COMPAT_PAGEMAP_H

#ifndef HAVE_LINEAR_PAGE_DELTA
/* Number of the page of @address in @vma. */
static inline pgoff_t linear_page_delta(const struct vm_area_struct *vma,
					const unsigned long address)
{
	return (address - vma->vm_start) / PAGE_SIZE;
}
#endif

#endif /* VFIO_PCI_SDK_COMPAT_PAGEMAP_H */
