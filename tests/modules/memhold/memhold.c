// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test module: maps physical ranges that it has not claimed, as some drivers do, for as long as it
 * is loaded.  Whoever maps one of them later gets its memory type.  Or claims one and does no more.
 */
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/module.h>

static unsigned long uc[2];
module_param_array(uc, ulong, NULL, 0444);
MODULE_PARM_DESC(uc, "Address and length of a range to map uncached");

static unsigned long wc[2];
module_param_array(wc, ulong, NULL, 0444);
MODULE_PARM_DESC(wc, "Address and length of a range to map write-combining");

static unsigned long claim[2];
module_param_array(claim, ulong, NULL, 0444);
MODULE_PARM_DESC(claim, "Address and length of a range of memory to claim");

static void __iomem *uc_io, *wc_io;

static void memhold_unmap(void)
{
	if (claim[1])
		release_mem_region(claim[0], claim[1]);
	if (uc_io)
		iounmap(uc_io);
	if (wc_io)
		iounmap(wc_io);
}

static int __init memhold_init(void)
{
	if (claim[1] && !request_mem_region(claim[0], claim[1], KBUILD_MODNAME))
		return -EBUSY;
	if (uc[1])
		uc_io = ioremap(uc[0], uc[1]);
	if (wc[1])
		wc_io = ioremap_wc(wc[0], wc[1]);
	if (!uc[1] == !uc_io && !wc[1] == !wc_io)
		return 0;

	memhold_unmap();
	return -EBUSY;
}
module_init(memhold_init);

static void __exit memhold_exit(void)
{
	memhold_unmap();
}
module_exit(memhold_exit);

MODULE_DESCRIPTION("Test module: keeps physical ranges mapped");
MODULE_LICENSE("GPL");
