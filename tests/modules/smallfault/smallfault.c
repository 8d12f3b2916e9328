// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test module, x86 only: makes the few instructions long in which a large entry can appear under a
 * fault that is about to insert small ones.
 *
 * A thread named "small" gets no large entry: for it, the core's huge_fault falls back.  That is
 * what becomes of a fault that found a large entry, and then found it zapped.  Before it inserts
 * small entries it waits for delay_ms, in which others go on.
 */
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/string.h>

static unsigned int delay_ms = 20;
module_param(delay_ms, uint, 0644);
static unsigned int delayed;
module_param(delayed, uint, 0444);

static bool is_small(void)
{
	return !strcmp(current->comm, "small");
}

static vm_fault_t fall_back(struct vm_fault *vmf, unsigned int order)
{
	return VM_FAULT_FALLBACK;
}

static int call_fall_back(struct kprobe *probe, struct pt_regs *regs)
{
	if (!is_small())
		return 0;
	regs->ip = (unsigned long)fall_back;
	return 1;
}

static int wait(struct kprobe *probe, struct pt_regs *regs)
{
	if (is_small()) {
		delayed++;
		mdelay(delay_ms);
	}
	return 0;
}

static struct kprobe huge_fault = {
	.symbol_name	= "vfsdk_vfio_pci_core_huge_fault",
	.pre_handler	= call_fall_back,
};

static struct kprobe insert = {
	.symbol_name	= "vfio_pci_insert_window",
	.pre_handler	= wait,
};

static struct kprobe *probes[] = { &huge_fault, &insert };

static int __init smallfault_init(void)
{
	return register_kprobes(probes, ARRAY_SIZE(probes));
}
module_init(smallfault_init);

static void __exit smallfault_exit(void)
{
	unregister_kprobes(probes, ARRAY_SIZE(probes));
}
module_exit(smallfault_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test module: widens a race of page faults");
