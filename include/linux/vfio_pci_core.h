/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * API of the SDK's vfio-pci core: names and semantics of Linux 7.3's header of this name, on every
 * supported kernel, plus what upstream lacks (marked "SDK" below).
 *
 * A variant driver embeds struct vfio_pci_core_device as its first member, allocates it with
 * vfio_alloc_device(), stores its address as driver data and registers it.  Every callback the
 * driver does not override is filled in by DEFINE_VFIO_PCI_OPS().
 */
#ifndef VFIO_PCI_CORE_H
#define VFIO_PCI_CORE_H

/* Tells this header from the kernel's: see <vfio_pci_sdk/check.h>. */
#define VFIO_PCI_SDK_CORE 1

#include <linux/io.h>
#include <linux/irqbypass.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/percpu-rwsem.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/uuid.h>
#include <linux/vfio.h>
#include <linux/xarray.h>

#include <vfio_pci_sdk/rename.h>

struct dma_buf_attachment;
struct p2pdma_provider;
struct phys_vec;
struct vfio_pci_caps;
struct vfio_pci_core_device;
struct vfio_pci_region;
struct vfio_pci_segment;
struct vfio_pci_vf_token;
struct vfio_region_dma_range;

/**
 * DOC: Offsets in the device file
 *
 * Bits 40 and up of an offset in the device file hold the region index, the bits below the offset
 * within the region.  How the core finds a mapping is private: what vm_pgoff, vm_private_data and
 * vm_file of a mapping mean changes with the kernel.  vfio_pci_core_vma_device(), _vma_index() and
 * _vma_offset() tell what a driver needs to know of a mapping, vfio_pci_core_zap_range() and
 * vfio_pci_core_zap_region() unmap by offset.
 */

#define VFIO_PCI_OFFSET_SHIFT		40
#define VFIO_PCI_OFFSET_MASK		((1ULL << VFIO_PCI_OFFSET_SHIFT) - 1)

/**
 * VFIO_PCI_OFFSET_TO_INDEX - the region that an offset in the device file belongs to
 * @off: the offset; one with bit 63 set gives a huge index, not a negative one
 */
#define VFIO_PCI_OFFSET_TO_INDEX(off)	((u64)(off) >> VFIO_PCI_OFFSET_SHIFT)

/**
 * VFIO_PCI_INDEX_TO_OFFSET - where a region begins in the device file
 * @index: of the region
 */
#define VFIO_PCI_INDEX_TO_OFFSET(index)	((u64)(index) << VFIO_PCI_OFFSET_SHIFT)

/**
 * struct vfio_pci_eventfd - an eventfd that may be signalled from atomic context
 * @ctx: the eventfd, referenced
 * @rcu: defers the release until the last signaller is gone
 */
struct vfio_pci_eventfd {
	struct eventfd_ctx	*ctx;
	struct rcu_head		rcu;
};

/**
 * struct vfio_pci_regops - callbacks of a device-specific region
 * @rw: read or write @count bytes at *@ppos (an offset in the device file); returns the number of
 *	bytes done or -errno, and moves *@ppos.  Process context, no lock held, device
 *	runtime-active.  Neither the range nor @vfio_pci_region.flags have been checked.
 * @release: the region goes away, at close; free what @vfio_pci_region.data points to.
 * @mmap: optional; called for a shared mapping of a region that has VFIO_REGION_INFO_FLAG_MMAP.
 *	The range, vfio_pci_core_vma_offset() and up, has not been checked.  For device memory,
 *	sets VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP and a protection without caching,
 *	calls vfio_pci_core_vma_setup(), and inserts nothing: faults do.  Called with mmap_lock
 *	held for write.
 * @add_capability: optional; adds capabilities to the region's info.
 * @revocable: SDK: the region's mappings are device memory and vanish whenever the BARs' do.
 */
struct vfio_pci_regops {
	ssize_t (*rw)(struct vfio_pci_core_device *vdev, char __user *buf,
		      size_t count, loff_t *ppos, bool iswrite);
	void	(*release)(struct vfio_pci_core_device *vdev,
			   struct vfio_pci_region *region);
	int	(*mmap)(struct vfio_pci_core_device *vdev,
			struct vfio_pci_region *region,
			struct vm_area_struct *vma);
	int	(*add_capability)(struct vfio_pci_core_device *vdev,
				  struct vfio_pci_region *region,
				  struct vfio_info_cap *caps);
	bool	revocable;
};

/**
 * struct vfio_pci_region - a device-specific region, index VFIO_PCI_NUM_REGIONS and up
 * @type: VFIO_REGION_TYPE_*, or a vendor type
 * @subtype: meaning depends on @type
 * @ops: callbacks
 * @data: the driver's
 * @size: bytes
 * @flags: VFIO_REGION_INFO_FLAG_*
 */
struct vfio_pci_region {
	u32				type;
	u32				subtype;
	const struct vfio_pci_regops	*ops;
	void				*data;
	size_t				size;
	u32				flags;
};

/**
 * struct vfio_pci_device_ops - what a variant driver adds to the core's PCI handling
 * @get_dmabuf_phys: physical ranges of a region that is to be exported as a dma-buf;
 *	vfio_pci_core_get_dmabuf_phys() serves BARs.  NULL: no export.
 * @access_revoke: SDK: optional; device memory is about to become inaccessible (decode off, power
 *	down, reset, hot reset, low power, close).  Called with exclusive access, before mappings
 *	are zapped.  Must not sleep for long, must not take mmap_lock or memory_lock, must not
 *	touch user memory.
 * @access_restore: SDK: optional; device memory is accessible.  Called with exclusive access and
 *	under the same rules.  Not called after an @access_revoke that left the device
 *	inaccessible, and also called without a preceding one, after operations that take nothing
 *	away, such as a write to COMMAND.
 *
 * Exclusive access is what vfio_pci_core_access_lock() gives.  In a reset initiated outside the
 * core memory_lock is not part of it, so state that a hook shares with the driver's fault handler
 * is safe only between vfio_pci_core_access_begin() and vfio_pci_core_access_end(), and is asserted
 * by vfio_pci_core_assert_access_locked().
 *
 * Resets by the administrator come at any time, so both can be called from the beginning of
 * vfio_pci_core_enable() to the end of vfio_pci_core_close_device(): before the driver's own set-up
 * at open, and after it was undone.
 */
struct vfio_pci_device_ops {
	int (*get_dmabuf_phys)(struct vfio_pci_core_device *vdev,
			       struct p2pdma_provider **provider,
			       unsigned int region_index,
			       struct phys_vec *phys_vec,
			       struct vfio_region_dma_range *dma_ranges,
			       size_t nr_ranges);
	void (*access_revoke)(struct vfio_pci_core_device *vdev);
	void (*access_restore)(struct vfio_pci_core_device *vdev);
};

/**
 * struct vfio_pci_core_device - one PCI device owned by the core
 * @vdev: the vfio device; first, so that vfio_alloc_device() can be used
 * @pdev: the PCI device
 * @pci_ops: optional, set by the variant driver before it registers the device
 * @barmap: kernel mapping of each BAR, NULL before its first use, or an ERR_PTR(); read it with
 *	vfio_pci_core_get_iomap()
 * @bar_mmap_supported: user space may map this BAR
 * @memory_lock: held for read while device memory is touched, for write while it is taken away or
 *	given back.  As in upstream; vfio_pci_core_access_begin(), vfio_pci_core_access_lock()
 *	and the like take it and also exclude resets initiated outside the core.  A driver that
 *	holds it may reset the device by any function of the PCI core.
 * @igate: serialises interrupt set-up and tear-down
 * @pm_runtime_engaged: user space put the device in low power; under @memory_lock
 * @disable_idle_d3: keep the device in D0 while unused; set in the driver's init, never later
 * @nointxmask: never use DisINTx to mask INTx; set in the driver's init, never later
 * @disable_vga: no VGA region; set in the driver's init, never later
 *
 * Members not listed here belong to the core.
 */
struct vfio_pci_core_device {
	struct vfio_device	vdev;
	struct pci_dev		*pdev;
	const struct vfio_pci_device_ops *pci_ops;

	void __iomem		*barmap[PCI_STD_NUM_BARS];
	bool			bar_mmap_supported[PCI_STD_NUM_BARS];
	/* private: BARs (vfio_pci_bars.c) */
	struct vfio_pci_segment	*segments[PCI_STD_NUM_BARS];
	unsigned int		nr_segments[PCI_STD_NUM_BARS];
	struct mutex		bars_lock;	/* the first use of a BAR */
	unsigned long		fault_hint;
	struct list_head	memtypes;
	struct list_head	dummy_resources_list;

	/* private: config space (vfio_pci_config*.c) */
	struct mutex		config_lock;	/* the virtual config space */
	u8			*pci_config_map;
	u8			*vconfig;
	struct vfio_pci_caps	*caps;
	u32			rbar[7];
	u8			msi_qmax;
	bool			virq_disabled;

	/* private: interrupts (vfio_pci_intrs.c, _intx.c, _msi.c) */
	spinlock_t		irqlock;
	/* public: */
	struct mutex		igate;
	/* private: */
	struct xarray		ctx;
	int			irq_type;
	u8			msix_bar;
	u16			msix_size;
	u32			msix_offset;

	/* private: device-specific regions (vfio_pci_region.c) */
	int			num_regions;
	struct vfio_pci_region	*region;

	/* Set while the device is initialised or opened, constant afterwards: may share a word. */
	bool			has_dyn_msix:1;
	bool			pci_2_3:1;
	bool			extended_caps:1;
	bool			has_vga:1;
	bool			nointx:1;
	bool			needs_pm_restore:1;
	/* public: */
	bool			disable_idle_d3:1;
	bool			nointxmask:1;
	bool			disable_vga:1;
	/* private: */
	/* Change at any time, each under its own lock, so they must not share a word. */
	bool			needs_reset;
	bool			pm_intx_masked;
	/* public: */
	bool			pm_runtime_engaged;
	/* private: */
	bool			sriov_active;

	/* private: power and reset (vfio_pci_power.c, vfio_pci_reset.c) */
	bool			external_reset;
	struct pci_saved_state	*pci_saved_state;
	struct pci_saved_state	*pm_save;
	struct eventfd_ctx	*pm_wake_eventfd_ctx;

	/* private: error and request channels (vfio_pci_err.c) */
	struct vfio_pci_eventfd __rcu *err_trigger;
	struct vfio_pci_eventfd __rcu *req_trigger;

	/* private: ioeventfds (vfio_pci_ioeventfd.c) */
	struct mutex		ioeventfds_lock;
	struct list_head	ioeventfds_list;
	int			ioeventfds_nr;

	/* private: SR-IOV (vfio_pci_sriov.c) */
	struct vfio_pci_vf_token	*vf_token;
	struct list_head		sriov_pfs_item;
	struct vfio_pci_core_device	*sriov_pf_core_dev;
	struct notifier_block		nb;

	/* public: */
	struct rw_semaphore	memory_lock;
	/* private: resets, and which task has exclusive access (vfio_pci_access.c) */
	struct percpu_rw_semaphore *access_sem;
	struct task_struct	*access_owner;
	/* private: exported dma-bufs (vfio_pci_dmabuf.c) */
	struct list_head	dmabufs;

	/* private: copies of the driver's tables, completed (vfio_pci_ops.c) */
	struct vfio_device_ops		ops;
	struct vfio_migration_ops	mig_ops;
	/* private: live migration, or NULL (vfio_pci_live.c) */
	struct vfio_pci_live		*live;
};

/**
 * enum vfio_pci_io_width - widest single access vfio_pci_core_do_io_rw() may use, in bytes
 * @VFIO_PCI_IO_WIDTH_1: bytes only
 * @VFIO_PCI_IO_WIDTH_2: up to 16 bits
 * @VFIO_PCI_IO_WIDTH_4: up to 32 bits; the limit for option ROMs and VGA
 * @VFIO_PCI_IO_WIDTH_8: up to 64 bits
 */
enum vfio_pci_io_width {
	VFIO_PCI_IO_WIDTH_1 = 1,
	VFIO_PCI_IO_WIDTH_2 = 2,
	VFIO_PCI_IO_WIDTH_4 = 4,
	VFIO_PCI_IO_WIDTH_8 = 8,
};

/* Life cycle: kernel-doc stands at the definitions in vfio_pci_core.c. */
int vfio_pci_core_init_dev(struct vfio_device *core_vdev);
void vfio_pci_core_release_dev(struct vfio_device *core_vdev);
int vfio_pci_core_register_device(struct vfio_pci_core_device *vdev);
void vfio_pci_core_unregister_device(struct vfio_pci_core_device *vdev);
int vfio_pci_core_enable(struct vfio_pci_core_device *vdev);
void vfio_pci_core_finish_enable(struct vfio_pci_core_device *vdev);
void vfio_pci_core_disable(struct vfio_pci_core_device *vdev);
int vfio_pci_core_open_device(struct vfio_device *core_vdev);
void vfio_pci_core_close_device(struct vfio_device *core_vdev);

/* vfio_pci_ioctl.c, vfio_pci_info.c */
long vfio_pci_core_ioctl(struct vfio_device *core_vdev, unsigned int cmd, unsigned long arg);
int vfio_pci_core_ioctl_feature(struct vfio_device *core_vdev, u32 flags, void __user *arg,
				size_t argsz);
int vfio_pci_ioctl_get_region_info(struct vfio_device *core_vdev, struct vfio_region_info *info,
				   struct vfio_info_cap *caps);

/* vfio_pci_rdwr.c, vfio_pci_io.c */
ssize_t vfio_pci_core_read(struct vfio_device *core_vdev, char __user *buf, size_t count,
			   loff_t *ppos);
ssize_t vfio_pci_core_write(struct vfio_device *core_vdev, const char __user *buf, size_t count,
			    loff_t *ppos);
ssize_t vfio_pci_core_do_io_rw(struct vfio_pci_core_device *vdev, bool test_mem, void __iomem *io,
			       char __user *buf, loff_t off, size_t count, size_t x_start,
			       size_t x_end, bool iswrite, enum vfio_pci_io_width max_width);
bool vfio_pci_core_range_intersect_range(loff_t buf_start, size_t buf_cnt, loff_t reg_start,
					 size_t reg_cnt, loff_t *buf_offset,
					 size_t *intersect_count, size_t *register_offset);
int vfio_pci_core_iowrite8(struct vfio_pci_core_device *vdev, bool test_mem, u8 val,
			   void __iomem *io);
int vfio_pci_core_iowrite16(struct vfio_pci_core_device *vdev, bool test_mem, u16 val,
			    void __iomem *io);
int vfio_pci_core_iowrite32(struct vfio_pci_core_device *vdev, bool test_mem, u32 val,
			    void __iomem *io);
int vfio_pci_core_iowrite64(struct vfio_pci_core_device *vdev, bool test_mem, u64 val,
			    void __iomem *io);
int vfio_pci_core_ioread8(struct vfio_pci_core_device *vdev, bool test_mem, u8 *val,
			  void __iomem *io);
int vfio_pci_core_ioread16(struct vfio_pci_core_device *vdev, bool test_mem, u16 *val,
			   void __iomem *io);
int vfio_pci_core_ioread32(struct vfio_pci_core_device *vdev, bool test_mem, u32 *val,
			   void __iomem *io);
int vfio_pci_core_ioread64(struct vfio_pci_core_device *vdev, bool test_mem, u64 *val,
			   void __iomem *io);

/* vfio_pci_config.c */
ssize_t vfio_pci_config_rw_single(struct vfio_pci_core_device *vdev, char __user *buf, size_t count,
				  loff_t *ppos, bool iswrite);

/* vfio_pci_mmap.c */
int vfio_pci_core_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma);
vm_fault_t vfio_pci_core_fault(struct vm_fault *vmf);
vm_fault_t vfio_pci_core_huge_fault(struct vm_fault *vmf, unsigned int order);
vm_fault_t vfio_pci_vmf_insert_pfn(struct vfio_pci_core_device *vdev, struct vm_fault *vmf,
				   unsigned long pfn, unsigned int order);

/* vfio_pci_mapping.c */
struct vfio_pci_core_device *vfio_pci_core_vma_device(const struct vm_area_struct *vma);
unsigned int vfio_pci_core_vma_index(const struct vm_area_struct *vma);
u64 vfio_pci_core_vma_offset(const struct vm_area_struct *vma, unsigned long addr);
int vfio_pci_core_vma_setup(struct vfio_pci_core_device *vdev, struct vm_area_struct *vma,
			    const struct vm_operations_struct *ops);

/* vfio_pci_access.c */
bool __vfio_pci_memory_enabled(struct vfio_pci_core_device *vdev);
struct address_space *vfio_pci_core_mapping(struct vfio_pci_core_device *vdev);
void vfio_pci_core_zap_range(struct vfio_pci_core_device *vdev, loff_t offset, u64 len);
void vfio_pci_core_zap_region(struct vfio_pci_core_device *vdev, unsigned int index);
int __must_check vfio_pci_core_access_begin(struct vfio_pci_core_device *vdev);
void vfio_pci_core_access_end(struct vfio_pci_core_device *vdev);
void vfio_pci_core_access_lock(struct vfio_pci_core_device *vdev);
void vfio_pci_core_access_unlock(struct vfio_pci_core_device *vdev);
void vfio_pci_core_access_revoke(struct vfio_pci_core_device *vdev);
void vfio_pci_core_access_restore(struct vfio_pci_core_device *vdev);

/**
 * vfio_pci_core_assert_access_locked - SDK: let lockdep check that the task has exclusive access
 * @vdev: the device
 *
 * That is: between vfio_pci_core_access_lock() or vfio_pci_core_access_revoke() and their end, in
 * the hooks of struct vfio_pci_device_ops, or between vfio_pci_core_reset_prepare() and
 * vfio_pci_core_reset_done().
 *
 * Context: any.
 */
static inline void vfio_pci_core_assert_access_locked(const struct vfio_pci_core_device *vdev)
{
	/* memory_lock for write and access_sem for read, or access_sem for write. */
	lockdep_assert(lockdep_is_held_type(vdev->access_sem, 0) ||
		       (lockdep_is_held_type(&vdev->memory_lock, 0) &&
			lockdep_is_held_type(vdev->access_sem, 1)));
}

/* vfio_pci_region.c */
int vfio_pci_core_register_dev_region(struct vfio_pci_core_device *vdev, unsigned int type,
				      unsigned int subtype, const struct vfio_pci_regops *ops,
				      size_t size, u32 flags, void *data);
int vfio_pci_core_add_sparse_mmap(struct vfio_info_cap *caps,
				  const struct vfio_region_sparse_mmap_area *areas,
				  unsigned int nr_areas);

/* vfio_pci_reset.c */
int vfio_pci_core_reset_function(struct vfio_pci_core_device *vdev);
void vfio_pci_core_reset_prepare(struct pci_dev *pdev);
void vfio_pci_core_reset_done(struct pci_dev *pdev);

/* vfio_pci_err.c */
void vfio_pci_core_request(struct vfio_device *core_vdev, unsigned int count);
pci_ers_result_t vfio_pci_core_aer_err_detected(struct pci_dev *pdev, pci_channel_state_t state);
extern const struct pci_error_handlers vfio_pci_core_err_handlers;

/* vfio_pci_sriov.c */
int vfio_pci_core_match(struct vfio_device *core_vdev, char *buf);
int vfio_pci_core_match_token_uuid(struct vfio_device *core_vdev, const uuid_t *uuid);
int vfio_pci_core_sriov_configure(struct vfio_pci_core_device *vdev, int nr_virtfn);

/* vfio_pci_dmabuf.c */
#if IS_ENABLED(CONFIG_VFIO_PCI_DMABUF)
int vfio_pci_core_fill_phys_vec(struct phys_vec *phys_vec, struct vfio_region_dma_range *dma_ranges,
				size_t nr_ranges, phys_addr_t start, phys_addr_t len);
int vfio_pci_core_get_dmabuf_phys(struct vfio_pci_core_device *vdev,
				  struct p2pdma_provider **provider, unsigned int region_index,
				  struct phys_vec *phys_vec,
				  struct vfio_region_dma_range *dma_ranges, size_t nr_ranges);
#else
static inline int vfio_pci_core_fill_phys_vec(struct phys_vec *phys_vec,
					      struct vfio_region_dma_range *dma_ranges,
					      size_t nr_ranges, phys_addr_t start, phys_addr_t len)
{
	return -EINVAL;
}

static inline int vfio_pci_core_get_dmabuf_phys(struct vfio_pci_core_device *vdev,
						struct p2pdma_provider **provider,
						unsigned int region_index,
						struct phys_vec *phys_vec,
						struct vfio_region_dma_range *dma_ranges,
						size_t nr_ranges)
{
	return -EOPNOTSUPP;
}
#endif
int vfio_pci_dma_buf_iommufd_map(struct dma_buf_attachment *attachment, struct phys_vec *phys);

/**
 * enum vfio_pci_memtype - SDK: memory type of a range of a BAR
 * @VFIO_PCI_MEMTYPE_UC: uncached; UC- on x86, Device on arm64.  The default.
 * @VFIO_PCI_MEMTYPE_WC: write-combining; Normal non-cacheable on arm64.  The range must tolerate
 *	merged, reordered and delayed writes and speculative reads (PCI Express Base Specification,
 *	"prefetchable").
 */
enum vfio_pci_memtype {
	VFIO_PCI_MEMTYPE_UC,
	VFIO_PCI_MEMTYPE_WC,
};

/**
 * DOC: Flags of vfio_pci_core_set_memtype()
 *
 * %VFIO_PCI_MEMTYPE_STRICT: fail vfio_pci_core_enable() when the type is not granted; otherwise the
 * BAR falls back to uncached as a whole, with one message.
 *
 * %VFIO_PCI_MEMTYPE_NONPREFETCH: the driver knows that write-combining is safe although the BAR is
 * not prefetchable; otherwise such a BAR is refused.
 *
 * %VFIO_PCI_MEMTYPE_NO_MMAP: user space cannot map the range: mmap() and the export as a dma-buf of
 * any part of it fail, and the region's info lists what is left (VFIO_REGION_INFO_CAP_SPARSE_MMAP).
 * The driver's .read, .write and .ioctl decide what else user space may do there.
 */
#define VFIO_PCI_MEMTYPE_STRICT		BIT(0)
#define VFIO_PCI_MEMTYPE_NONPREFETCH	BIT(1)
#define VFIO_PCI_MEMTYPE_NO_MMAP	BIT(2)

int vfio_pci_core_set_memtype(struct vfio_pci_core_device *vdev, unsigned int bar, u64 offset,
			      u64 len, enum vfio_pci_memtype type, unsigned int flags);
enum vfio_pci_memtype vfio_pci_core_get_memtype(struct vfio_pci_core_device *vdev, unsigned int bar,
						u64 offset);
void __iomem *__must_check vfio_pci_core_get_iomap(struct vfio_pci_core_device *vdev,
						   unsigned int bar);
void __iomem *vfio_pci_core_get_iomap_range(struct vfio_pci_core_device *vdev, unsigned int bar,
					    u64 offset, u64 len);

/**
 * is_aligned_for_order - may an entry of this size map @pfn at @addr?
 * @vma: the mapping
 * @addr: first address the entry would cover, aligned to its size
 * @pfn: page frame that would stand at @addr
 * @order: log2 of the number of pages the entry maps; 0 for a single page
 *
 * Context: a fault handler; @vma does not change meanwhile.
 * Return: true when the entry lies within @vma and @pfn is aligned to the entry's size.
 */
static inline bool is_aligned_for_order(struct vm_area_struct *vma, unsigned long addr,
					unsigned long pfn, unsigned int order)
{
	if (!order)
		return true;

	return addr >= vma->vm_start && (PAGE_SIZE << order) <= vma->vm_end - addr &&
	       IS_ALIGNED(pfn, 1UL << order);
}

/*
 * sparse knows no override of an initialiser and needs no defaults, so it sees only what the driver
 * wrote.
 */
#ifdef __CHECKER__
#define VFIO_PCI_CORE_OPS
#else
#define VFIO_PCI_CORE_OPS							\
	.init			= vfio_pci_core_init_dev,			\
	.release		= vfio_pci_core_release_dev,			\
	.open_device		= vfio_pci_core_open_device,			\
	.close_device		= vfio_pci_core_close_device,			\
	.ioctl			= vfio_pci_core_ioctl,				\
	.get_region_info_caps	= vfio_pci_ioctl_get_region_info,		\
	.device_feature		= vfio_pci_core_ioctl_feature,			\
	.read			= vfio_pci_core_read,				\
	.write			= vfio_pci_core_write,				\
	.mmap			= vfio_pci_core_mmap,				\
	.request		= vfio_pci_core_request,			\
	.match			= vfio_pci_core_match,				\
	.match_token_uuid	= vfio_pci_core_match_token_uuid,		\
	.bind_iommufd		= vfio_iommufd_physical_bind,			\
	.unbind_iommufd		= vfio_iommufd_physical_unbind,			\
	.attach_ioas		= vfio_iommufd_physical_attach_ioas,		\
	.detach_ioas		= vfio_iommufd_physical_detach_ioas,		\
	.pasid_attach_ioas	= vfio_iommufd_physical_pasid_attach_ioas,	\
	.pasid_detach_ioas	= vfio_iommufd_physical_pasid_detach_ioas,
#endif

/**
 * DEFINE_VFIO_PCI_OPS - SDK: define the ops of a variant driver
 * @_ops: name of the struct vfio_device_ops to define, static and const
 * @...: designated initialisers: .name, always, and what the driver overrides
 *
 * Each callback that is not given is the core's, so that no driver misses one that a newer kernel
 * wants.  .name must equal the name of the struct pci_driver: new VFs are bound by it.
 */
#define DEFINE_VFIO_PCI_OPS(_ops, ...)						\
	__diag_push();								\
	__diag_ignore_all("-Woverride-init", "the driver's callbacks win");	\
	static const struct vfio_device_ops _ops = {				\
		VFIO_PCI_CORE_OPS						\
		__VA_ARGS__							\
	};									\
	__diag_pop()

/**
 * DEFINE_VFIO_PCI_PARAMS - SDK: give a driver the plain driver's module parameters
 * @_latch: name of the function to define, static: it takes a struct vfio_pci_core_device
 *
 * The parameters are nointxmask, disable_vga and disable_idle_d3.  The driver's .init calls @_latch
 * after vfio_pci_core_init_dev(): a parameter that changes later is for devices bound later.
 */
#define DEFINE_VFIO_PCI_PARAMS(_latch)						\
	static bool nointxmask;							\
	module_param(nointxmask, bool, 0644);					\
	MODULE_PARM_DESC(nointxmask,						\
			 "Mask the whole INTx line, which nobody can share then (default: N)"); \
	static bool disable_vga;						\
	module_param(disable_vga, bool, 0444);					\
	MODULE_PARM_DESC(disable_vga,						\
			 "Offer no VGA region for graphics cards (default: N)");	\
	static bool disable_idle_d3;						\
	module_param(disable_idle_d3, bool, 0644);				\
	MODULE_PARM_DESC(disable_idle_d3, "Keep unused functions in D0 (default: N)"); \
										\
	static void _latch(struct vfio_pci_core_device *vdev)			\
	{									\
		vdev->nointxmask = nointxmask;					\
		vdev->disable_vga = disable_vga;				\
		vdev->disable_idle_d3 = disable_idle_d3;			\
	}									\
	static_assert(true)

#include <vfio_pci_sdk/older.h>

#endif /* VFIO_PCI_CORE_H */
