/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints of the core: events/vfio_pci_sdk in tracefs.  docs/troubleshooting.md explains each.
 *
 * why: the function that asked.  They cost a nop each while they are off: make bench.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vfio_pci_sdk

#if !defined(_TRACE_VFIO_PCI_SDK_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_VFIO_PCI_SDK_H

#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/tracepoint.h>
#include <linux/vfio_pci_core.h>

#ifndef VFIO_PCI_TRACE_RESET_FUNCTION
/* How a device is reset, and what happens to low power, in the events below. */
#define VFIO_PCI_TRACE_RESET_FUNCTION	0
#define VFIO_PCI_TRACE_RESET_OPEN	1
#define VFIO_PCI_TRACE_RESET_CLOSE	2
#define VFIO_PCI_TRACE_RESET_EXTERNAL	3
#define VFIO_PCI_TRACE_RESET_BUS	4
#define VFIO_PCI_TRACE_RESET_OWED	5

#define VFIO_PCI_TRACE_LOW_POWER_ENTRY	0
#define VFIO_PCI_TRACE_LOW_POWER_EXIT	1
#define VFIO_PCI_TRACE_SUSPEND		2
#define VFIO_PCI_TRACE_RESUME		3
#endif

/* Programs that read the format of an event do not know the values of enumerators. */
#ifndef __CHECKER__ /* takes __bitwise values for a mistake */
TRACE_DEFINE_ENUM(VM_FAULT_OOM);
TRACE_DEFINE_ENUM(VM_FAULT_SIGBUS);
TRACE_DEFINE_ENUM(VM_FAULT_NOPAGE);
TRACE_DEFINE_ENUM(VM_FAULT_RETRY);
TRACE_DEFINE_ENUM(VM_FAULT_FALLBACK);
#endif
TRACE_DEFINE_ENUM(VFIO_PCI_INTX_IRQ_INDEX);
TRACE_DEFINE_ENUM(VFIO_PCI_MSI_IRQ_INDEX);
TRACE_DEFINE_ENUM(VFIO_PCI_MSIX_IRQ_INDEX);
TRACE_DEFINE_ENUM(VFIO_PCI_ERR_IRQ_INDEX);
TRACE_DEFINE_ENUM(VFIO_PCI_REQ_IRQ_INDEX);
TRACE_DEFINE_ENUM(VFIO_PCI_MEMTYPE_UC);
TRACE_DEFINE_ENUM(VFIO_PCI_MEMTYPE_WC);
TRACE_DEFINE_ENUM(VFIO_DEVICE_STATE_ERROR);
TRACE_DEFINE_ENUM(VFIO_DEVICE_STATE_STOP);
TRACE_DEFINE_ENUM(VFIO_DEVICE_STATE_RUNNING);
TRACE_DEFINE_ENUM(VFIO_DEVICE_STATE_STOP_COPY);
TRACE_DEFINE_ENUM(VFIO_DEVICE_STATE_RESUMING);
TRACE_DEFINE_ENUM(VFIO_DEVICE_STATE_RUNNING_P2P);
TRACE_DEFINE_ENUM(VFIO_DEVICE_STATE_PRE_COPY);
TRACE_DEFINE_ENUM(VFIO_DEVICE_STATE_PRE_COPY_P2P);

#define show_vfio_pci_fault(ret)				\
	__print_flags(ret, "|",					\
		{ (__force int)VM_FAULT_OOM, "OOM" },		\
		{ (__force int)VM_FAULT_SIGBUS, "SIGBUS" },	\
		{ (__force int)VM_FAULT_NOPAGE, "NOPAGE" },	\
		{ (__force int)VM_FAULT_RETRY, "RETRY" },	\
		{ (__force int)VM_FAULT_FALLBACK, "FALLBACK" })

#define show_vfio_pci_irq(index)				\
	__print_symbolic(index,					\
		{ VFIO_PCI_INTX_IRQ_INDEX, "INTx" },		\
		{ VFIO_PCI_MSI_IRQ_INDEX, "MSI" },		\
		{ VFIO_PCI_MSIX_IRQ_INDEX, "MSI-X" },		\
		{ VFIO_PCI_ERR_IRQ_INDEX, "error" },		\
		{ VFIO_PCI_REQ_IRQ_INDEX, "request" })

#define show_vfio_irq_set(flags)				\
	__print_flags(flags, "|",				\
		{ VFIO_IRQ_SET_DATA_NONE, "none" },		\
		{ VFIO_IRQ_SET_DATA_BOOL, "bool" },		\
		{ VFIO_IRQ_SET_DATA_EVENTFD, "eventfd" },	\
		{ VFIO_IRQ_SET_ACTION_MASK, "mask" },		\
		{ VFIO_IRQ_SET_ACTION_UNMASK, "unmask" },	\
		{ VFIO_IRQ_SET_ACTION_TRIGGER, "trigger" })

#define show_vfio_pci_memtype(type)				\
	__print_symbolic(type,					\
		{ VFIO_PCI_MEMTYPE_UC, "UC" },			\
		{ VFIO_PCI_MEMTYPE_WC, "WC" })

#define show_vfio_pci_reset(how)				\
	__print_symbolic(how,					\
		{ VFIO_PCI_TRACE_RESET_FUNCTION, "function" },	\
		{ VFIO_PCI_TRACE_RESET_OPEN, "open" },		\
		{ VFIO_PCI_TRACE_RESET_CLOSE, "close" },	\
		{ VFIO_PCI_TRACE_RESET_EXTERNAL, "external" },	\
		{ VFIO_PCI_TRACE_RESET_BUS, "bus" },		\
		{ VFIO_PCI_TRACE_RESET_OWED, "owed" })

#define show_vfio_pci_low_power(what)				\
	__print_symbolic(what,					\
		{ VFIO_PCI_TRACE_LOW_POWER_ENTRY, "entry" },	\
		{ VFIO_PCI_TRACE_LOW_POWER_EXIT, "exit" },	\
		{ VFIO_PCI_TRACE_SUSPEND, "suspend" },		\
		{ VFIO_PCI_TRACE_RESUME, "resume" })

#define show_vfio_mig_state(state)				\
	__print_symbolic(state,					\
		{ VFIO_DEVICE_STATE_ERROR, "ERROR" },		\
		{ VFIO_DEVICE_STATE_STOP, "STOP" },		\
		{ VFIO_DEVICE_STATE_RUNNING, "RUNNING" },	\
		{ VFIO_DEVICE_STATE_STOP_COPY, "STOP_COPY" },	\
		{ VFIO_DEVICE_STATE_RESUMING, "RESUMING" },	\
		{ VFIO_DEVICE_STATE_RUNNING_P2P, "RUNNING_P2P" }, \
		{ VFIO_DEVICE_STATE_PRE_COPY, "PRE_COPY" },	\
		{ VFIO_DEVICE_STATE_PRE_COPY_P2P, "PRE_COPY_P2P" })

TRACE_EVENT(vfio_pci_open,
	TP_PROTO(const struct pci_dev *pdev, int ret),
	TP_ARGS(pdev, ret),
	TP_STRUCT__entry(__array(char, bdf, 16)
		__field(int, ret)
	),
	TP_fast_assign(strscpy(__entry->bdf, pci_name(pdev), sizeof(__entry->bdf));
		__entry->ret = ret;
	),
	TP_printk("%s ret=%d", __entry->bdf, __entry->ret)
);

/* needs_reset: no reset was possible; the set is reset once none of its devices is open. */
TRACE_EVENT(vfio_pci_close,
	TP_PROTO(const struct pci_dev *pdev, bool needs_reset),
	TP_ARGS(pdev, needs_reset),
	TP_STRUCT__entry(__array(char, bdf, 16)
		__field(bool, needs_reset)
	),
	TP_fast_assign(strscpy(__entry->bdf, pci_name(pdev), sizeof(__entry->bdf));
		__entry->needs_reset = needs_reset;
	),
	TP_printk("%s needs_reset=%d", __entry->bdf, __entry->needs_reset)
);

/* The driver is to be unbound and waits for user space; asked: through an eventfd. */
TRACE_EVENT(vfio_pci_request,
	TP_PROTO(const struct pci_dev *pdev, unsigned int count, bool asked),
	TP_ARGS(pdev, count, asked),
	TP_STRUCT__entry(__array(char, bdf, 16)
		__field(unsigned int, count)
		__field(bool, asked)
	),
	TP_fast_assign(strscpy(__entry->bdf, pci_name(pdev), sizeof(__entry->bdf));
		__entry->count = count;
		__entry->asked = asked;
	),
	TP_printk("%s count=%u asked=%d", __entry->bdf, __entry->count, __entry->asked)
);

/* window: what the fault would map; empty if no entry of that order fits. */
TRACE_EVENT(vfio_pci_fault,
	TP_PROTO(const struct vm_fault *vmf, unsigned int order, unsigned long start,
		 unsigned long end, vm_fault_t ret),
	TP_ARGS(vmf, order, start, end, ret),
	TP_STRUCT__entry(__array(char, bdf, 16)
		__field(unsigned long, address)
		__field(unsigned int, index)
		__field(u64, offset)
		__field(unsigned int, order)
		__field(bool, write)
		__field(unsigned long, start)
		__field(unsigned long, end)
		__field(unsigned int, ret)
	),
	TP_fast_assign(strscpy(__entry->bdf, pci_name(vfio_pci_core_vma_device(vmf->vma)->pdev),
			       sizeof(__entry->bdf));
		__entry->address = vmf->address;
		__entry->index = vfio_pci_core_vma_index(vmf->vma);
		__entry->offset = vfio_pci_core_vma_offset(vmf->vma, vmf->address & PAGE_MASK);
		__entry->order = order;
		__entry->write = vmf->flags & FAULT_FLAG_WRITE;
		__entry->start = start;
		__entry->end = end;
		__entry->ret = (__force unsigned int)ret;
	),
	TP_printk("%s BAR %u+%#llx address=%#lx %s order=%u window=%#lx-%#lx ret=%s", __entry->bdf,
		  __entry->index, __entry->offset, __entry->address,
		  __entry->write ? "write" : "read", __entry->order, __entry->start, __entry->end,
		  show_vfio_pci_fault(__entry->ret))
);

TRACE_EVENT(vfio_pci_zap,
	TP_PROTO(const struct pci_dev *pdev, u64 offset, u64 len, u64 begin,
		 unsigned long why),
	TP_ARGS(pdev, offset, len, begin, why),
	TP_STRUCT__entry(__array(char, bdf, 16)
		__field(u64, offset)
		__field(u64, len)
		__field(u64, ns)
		__field(unsigned long, why)
	),
	TP_fast_assign(strscpy(__entry->bdf, pci_name(pdev), sizeof(__entry->bdf));
		__entry->offset = offset;
		__entry->len = len;
		__entry->ns = ktime_get_ns() - begin;
		__entry->why = why;
	),
	TP_printk("%s region=%llu+%#llx len=%#llx ns=%llu why=%ps", __entry->bdf,
		  VFIO_PCI_OFFSET_TO_INDEX(__entry->offset),
		  __entry->offset & VFIO_PCI_OFFSET_MASK, __entry->len, __entry->ns,
		  (void *)__entry->why)
);

TRACE_EVENT(vfio_pci_revoke,
	TP_PROTO(const struct pci_dev *pdev, unsigned long why),
	TP_ARGS(pdev, why),
	TP_STRUCT__entry(__array(char, bdf, 16)
		__field(unsigned long, why)
	),
	TP_fast_assign(strscpy(__entry->bdf, pci_name(pdev), sizeof(__entry->bdf));
		__entry->why = why;
	),
	TP_printk("%s why=%ps", __entry->bdf, (void *)__entry->why)
);

TRACE_EVENT(vfio_pci_restore,
	TP_PROTO(const struct pci_dev *pdev, bool accessible),
	TP_ARGS(pdev, accessible),
	TP_STRUCT__entry(__array(char, bdf, 16)
		__field(bool, accessible)
	),
	TP_fast_assign(strscpy(__entry->bdf, pci_name(pdev), sizeof(__entry->bdf));
		__entry->accessible = accessible;
	),
	TP_printk("%s accessible=%d", __entry->bdf, __entry->accessible)
);

/* After the reset.  The result of an external one is not known here: 0.  1: none was possible. */
TRACE_EVENT(vfio_pci_reset,
	TP_PROTO(const struct pci_dev *pdev, unsigned int how, int ret),
	TP_ARGS(pdev, how, ret),
	TP_STRUCT__entry(__array(char, bdf, 16)
		__field(unsigned int, how)
		__field(int, ret)
	),
	TP_fast_assign(strscpy(__entry->bdf, pci_name(pdev), sizeof(__entry->bdf));
		__entry->how = how;
		__entry->ret = ret;
	),
	TP_printk("%s how=%s ret=%d", __entry->bdf, show_vfio_pci_reset(__entry->how), __entry->ret)
);

TRACE_EVENT(vfio_pci_irq_set,
	TP_PROTO(const struct pci_dev *pdev, unsigned int index, u32 flags, unsigned int first,
		 unsigned int count, int ret),
	TP_ARGS(pdev, index, flags, first, count, ret),
	TP_STRUCT__entry(__array(char, bdf, 16)
		__field(unsigned int, index)
		__field(u32, flags)
		__field(unsigned int, first)
		__field(unsigned int, count)
		__field(int, ret)
	),
	TP_fast_assign(strscpy(__entry->bdf, pci_name(pdev), sizeof(__entry->bdf));
		__entry->index = index;
		__entry->flags = flags;
		__entry->first = first;
		__entry->count = count;
		__entry->ret = ret;
	),
	TP_printk("%s %s %s vectors=%u+%u ret=%d", __entry->bdf, show_vfio_pci_irq(__entry->index),
		  show_vfio_irq_set(__entry->flags), __entry->first, __entry->count, __entry->ret)
);

/* An interrupt arrived.  What a guest takes by irq bypass does not come here. */
TRACE_EVENT(vfio_pci_irq,
	TP_PROTO(const struct pci_dev *pdev, unsigned int index, unsigned int vector,
		 bool signalled),
	TP_ARGS(pdev, index, vector, signalled),
	TP_STRUCT__entry(__array(char, bdf, 16)
		__field(unsigned int, index)
		__field(unsigned int, vector)
		__field(bool, signalled)
	),
	TP_fast_assign(strscpy(__entry->bdf, pci_name(pdev), sizeof(__entry->bdf));
		__entry->index = index;
		__entry->vector = vector;
		__entry->signalled = signalled;
	),
	TP_printk("%s %s vector=%u signalled=%d", __entry->bdf, show_vfio_pci_irq(__entry->index),
		  __entry->vector, __entry->signalled)
);

TRACE_EVENT(vfio_pci_intx_masked,
	TP_PROTO(const struct pci_dev *pdev, bool masked, unsigned long why),
	TP_ARGS(pdev, masked, why),
	TP_STRUCT__entry(__array(char, bdf, 16)
		__field(bool, masked)
		__field(unsigned long, why)
	),
	TP_fast_assign(strscpy(__entry->bdf, pci_name(pdev), sizeof(__entry->bdf));
		__entry->masked = masked;
		__entry->why = why;
	),
	TP_printk("%s masked=%d why=%ps", __entry->bdf, __entry->masked, (void *)__entry->why)
);

/* 4 is D3cold, 5 is unknown. */
TRACE_EVENT(vfio_pci_power_state,
	TP_PROTO(const struct pci_dev *pdev, pci_power_t from, pci_power_t to, int ret),
	TP_ARGS(pdev, from, to, ret),
	TP_STRUCT__entry(__array(char, bdf, 16)
		__field(int, from)
		__field(int, to)
		__field(int, ret)
	),
	TP_fast_assign(strscpy(__entry->bdf, pci_name(pdev), sizeof(__entry->bdf));
		__entry->from = (__force int)from;
		__entry->to = (__force int)to;
		__entry->ret = ret;
	),
	TP_printk("%s D%d -> D%d ret=%d", __entry->bdf, __entry->from, __entry->to, __entry->ret)
);

TRACE_EVENT(vfio_pci_low_power,
	TP_PROTO(const struct pci_dev *pdev, unsigned int what, int ret),
	TP_ARGS(pdev, what, ret),
	TP_STRUCT__entry(__array(char, bdf, 16)
		__field(unsigned int, what)
		__field(int, ret)
	),
	TP_fast_assign(strscpy(__entry->bdf, pci_name(pdev), sizeof(__entry->bdf));
		__entry->what = what;
		__entry->ret = ret;
	),
	TP_printk("%s %s ret=%d", __entry->bdf, show_vfio_pci_low_power(__entry->what),
		  __entry->ret)
);

/* A segment of a BAR was mapped, or not if ret is not 0. */
TRACE_EVENT(vfio_pci_memtype,
	TP_PROTO(const struct pci_dev *pdev, unsigned int bar, u64 offset, u64 len,
		 unsigned int asked, unsigned int granted, int ret),
	TP_ARGS(pdev, bar, offset, len, asked, granted, ret),
	TP_STRUCT__entry(__array(char, bdf, 16)
		__field(unsigned int, bar)
		__field(u64, offset)
		__field(u64, len)
		__field(unsigned int, asked)
		__field(unsigned int, granted)
		__field(int, ret)
	),
	TP_fast_assign(strscpy(__entry->bdf, pci_name(pdev), sizeof(__entry->bdf));
		__entry->bar = bar;
		__entry->offset = offset;
		__entry->len = len;
		__entry->asked = asked;
		__entry->granted = granted;
		__entry->ret = ret;
	),
	TP_printk("%s BAR %u+%#llx len=%#llx asked=%s granted=%s ret=%d", __entry->bdf,
		  __entry->bar, __entry->offset, __entry->len,
		  show_vfio_pci_memtype(__entry->asked), show_vfio_pci_memtype(__entry->granted),
		  __entry->ret)
);

TRACE_EVENT(vfio_pci_live_state,
	TP_PROTO(const struct pci_dev *pdev, unsigned int from, unsigned int to),
	TP_ARGS(pdev, from, to),
	TP_STRUCT__entry(__array(char, bdf, 16)
		__field(unsigned int, from)
		__field(unsigned int, to)
	),
	TP_fast_assign(strscpy(__entry->bdf, pci_name(pdev), sizeof(__entry->bdf));
		__entry->from = from;
		__entry->to = to;
	),
	TP_printk("%s %s -> %s", __entry->bdf, show_vfio_mig_state(__entry->from),
		  show_vfio_mig_state(__entry->to))
);

TRACE_EVENT(vfio_pci_live_log,
	TP_PROTO(const struct pci_dev *pdev, unsigned int asked, unsigned int ranges, u64 granule),
	TP_ARGS(pdev, asked, ranges, granule),
	TP_STRUCT__entry(__array(char, bdf, 16)
		__field(unsigned int, asked)
		__field(unsigned int, ranges)
		__field(u64, granule)
	),
	TP_fast_assign(strscpy(__entry->bdf, pci_name(pdev), sizeof(__entry->bdf));
		__entry->asked = asked;
		__entry->ranges = ranges;
		__entry->granule = granule;
	),
	TP_printk("%s %u ranges as %u, granule %llu", __entry->bdf, __entry->asked,
		  __entry->ranges, __entry->granule)
);

#endif /* _TRACE_VFIO_PCI_SDK_H */

#include <trace/define_trace.h>
