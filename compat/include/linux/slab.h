/* SPDX-License-Identifier: GPL-2.0-only */
/* <linux/slab.h> as Linux 7.3 has it, on older kernels. */
#include_next <linux/slab.h>

#ifndef VFIO_PCI_SDK_COMPAT_SLAB_H
#define VFIO_PCI_SDK_COMPAT_SLAB_H

/* Linux kernel ("slab: Introduce kmalloc_obj() and family") (in v7.0); Debian's 6.12 has it */
#ifndef kzalloc_obj
#include <linux/overflow.h>

/* The flags that were passed, or GFP_KERNEL. */
#define vfsdk_second(empty, second, ...)	(empty second)
#define vfsdk_gfp(...)			vfsdk_second(, ##__VA_ARGS__, GFP_KERNEL)
#define vfsdk_objs(alloc, type, count, ...) \
	((typeof(type) *)alloc(size_mul(sizeof(type), count), vfsdk_gfp(__VA_ARGS__)))

#define kmalloc_obj(type, ...)		vfsdk_objs(kmalloc, type, 1, ##__VA_ARGS__)
#define kmalloc_objs(type, count, ...)	vfsdk_objs(kmalloc, type, count, ##__VA_ARGS__)
#define kzalloc_obj(type, ...)		vfsdk_objs(kzalloc, type, 1, ##__VA_ARGS__)
#define kzalloc_objs(type, count, ...)	vfsdk_objs(kzalloc, type, count, ##__VA_ARGS__)
#define kvmalloc_obj(type, ...)		vfsdk_objs(kvmalloc, type, 1, ##__VA_ARGS__)
#define kvmalloc_objs(type, count, ...)	vfsdk_objs(kvmalloc, type, count, ##__VA_ARGS__)
#define kvzalloc_obj(type, ...)		vfsdk_objs(kvzalloc, type, 1, ##__VA_ARGS__)
#define kvzalloc_objs(type, count, ...)	vfsdk_objs(kvzalloc, type, count, ##__VA_ARGS__)
#endif

#endif /* VFIO_PCI_SDK_COMPAT_SLAB_H */
