/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints of the core: events/vfio_pci_sdk in tracefs. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vfio_pci_sdk

#if !defined(_TRACE_VFIO_PCI_SDK_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_VFIO_PCI_SDK_H

#include <linux/pci.h>
#include <linux/tracepoint.h>
#include <linux/vfio.h>

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
