/* SPDX-License-Identifier: GPL-2.0-only */
/* What the core's files share with each other and with nobody else: see docs/architecture.md. */
#ifndef VFIO_PCI_PRIV_H
#define VFIO_PCI_PRIV_H

#include <linux/percpu-rwsem.h>
#include <linux/vfio_pci_core.h>

/* Pseudo capability ids of bytes of config space that belong to no capability. */
#define PCI_CAP_ID_INVALID	0xff	/* pass to the hardware */
#define PCI_CAP_ID_INVALID_VIRT	0xfe	/* keep in vconfig */

/* Arbitrary, upstream's: each one is a wait-queue entry and an open file. */
#define VFIO_PCI_IOEVENTFD_MAX	1000

/**
 * struct vfio_pci_segment - part of a BAR that has one memory type
 * @start: offset of its first byte in the BAR, page aligned
 * @len: bytes; page multiple but for the last segment of a BAR smaller than a page
 * @io: kernel mapping of the first byte
 * @maplen: on the first segment of a run that was mapped at once, the run's length; else 0
 * @type: verified memory type
 * @mtrr: arch_phys_wc_add()'s handle of the run; owned by the segment that has @maplen
 * @refused: the driver declared it write-combining, which was not granted
 * @bits: vfio_pci_memtype_bits() of @type
 *
 * Segments of a BAR are sorted and cover it without gaps.  No page-table entry and no fault window
 * ever crosses from one into the next, so a driver that declared a range can rely on its borders.
 */
struct vfio_pci_segment {
	u64			start;
	u64			len;
	void __iomem		*io;
	u64			maplen;
	enum vfio_pci_memtype	type;
	int			mtrr;
	bool			refused;
	unsigned long		bits;
};

static inline struct vfio_pci_core_device *to_vfio_pci_core(struct vfio_device *core_vdev)
{
	return container_of(core_vdev, struct vfio_pci_core_device, vdev);
}

/* In D3hot and deeper a device answers config accesses at most.  To sparse the type is opaque. */
static inline bool vfio_pci_is_down(pci_power_t state)
{
	return (__force int)state >= (__force int)PCI_D3hot;
}

static inline bool vfio_pci_is_vga(struct pci_dev *pdev)
{
	return (pdev->class >> 8) == PCI_CLASS_DISPLAY_VGA;
}

/* vfio_pci_access.c: may device memory be touched now?  Who takes it away, who gives it back. */

/* Memory decode is on, as the user sees it, and the power state allows it. */
static inline bool vfio_pci_mem_decodes(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;

	if (vfio_pci_is_down(pdev->current_state))
		return false;
	return pdev->no_command_memory ||
	       le16_to_cpup((const __le16 *)(vdev->vconfig + PCI_COMMAND)) & PCI_COMMAND_MEMORY;
}

/* The predicate.  A closed device, which hot reset walks as well, has no vconfig. */
static inline bool vfio_pci_mem_accessible(struct vfio_pci_core_device *vdev)
{
	lockdep_assert_held(vdev->access_sem);

	return vdev->vconfig && !vdev->pm_runtime_engaged && vfio_pci_mem_decodes(vdev);
}

/* Has this very task exclusive access, by one of the functions below?  Needs no lock. */
static inline bool vfio_pci_access_is_mine(const struct vfio_pci_core_device *vdev)
{
	return READ_ONCE(vdev->access_owner) == current;
}

void vfio_pci_access_read_slow(struct vfio_pci_core_device *vdev);
int vfio_pci_access_read_slow_killable(struct vfio_pci_core_device *vdev);

/* Keep device memory from being taken away.  Whether it is there, the caller has to ask. */
static inline void vfio_pci_access_read_lock(struct vfio_pci_core_device *vdev)
{
	might_lock_read(vdev->access_sem);
	down_read(&vdev->memory_lock);
	if (unlikely(!percpu_down_read_trylock(vdev->access_sem)))
		vfio_pci_access_read_slow(vdev);
}

/* A reset takes seconds: do not make a dying task wait for it.  0 or -EINTR. */
static inline int vfio_pci_access_read_lock_killable(struct vfio_pci_core_device *vdev)
{
	might_lock_read(vdev->access_sem);
	if (down_read_killable(&vdev->memory_lock))
		return -EINTR;
	if (likely(percpu_down_read_trylock(vdev->access_sem)))
		return 0;
	return vfio_pci_access_read_slow_killable(vdev);
}

static inline bool vfio_pci_access_read_trylock(struct vfio_pci_core_device *vdev)
{
	if (!down_read_trylock(&vdev->memory_lock))
		return false;
	if (likely(percpu_down_read_trylock(vdev->access_sem)))
		return true;
	up_read(&vdev->memory_lock);
	return false;
}

static inline void vfio_pci_access_read_unlock(struct vfio_pci_core_device *vdev)
{
	percpu_up_read(vdev->access_sem);
	up_read(&vdev->memory_lock);
}

int vfio_pci_access_init(struct vfio_pci_core_device *vdev);
void vfio_pci_access_revoke_closed(struct vfio_pci_core_device *vdev);
bool vfio_pci_access_tryrevoke(struct vfio_pci_core_device *vdev);
void vfio_pci_access_reset_begin(struct vfio_pci_core_device *vdev);
void vfio_pci_access_reset_end(struct vfio_pci_core_device *vdev);
u16 vfio_pci_memory_lock_and_enable(struct vfio_pci_core_device *vdev);
void vfio_pci_memory_unlock_and_restore(struct vfio_pci_core_device *vdev, u16 cmd);

/* vfio_pci_bars.c: BAR resources, kernel mappings, memory-type segments. */
int vfio_pci_bars_map_declared(struct vfio_pci_core_device *vdev);
void vfio_pci_bars_unmap(struct vfio_pci_core_device *vdev);
void vfio_pci_bars_probe_mmap(struct vfio_pci_core_device *vdev);
int vfio_pci_bar_use(struct vfio_pci_core_device *vdev, unsigned int bar);

/* Segment of a byte of a BAR that is mapped already, or NULL. */
static inline const struct vfio_pci_segment *
vfio_pci_bar_find(struct vfio_pci_core_device *vdev, unsigned int bar, u64 offset)
{
	/* Pairs with bar_map(): who sees the number sees what it counts. */
	unsigned int nr = smp_load_acquire(&vdev->nr_segments[bar]);
	const struct vfio_pci_segment *seg = vdev->segments[bar];

	for (; nr; nr--, seg++)
		if (offset - seg->start < seg->len)
			return seg;
	return NULL;
}

/*
 * The same for any BAR: the first use claims and maps it, and may sleep.  Or an ERR_PTR(): the
 * errors of vfio_pci_core_get_iomap(), -EINVAL past the BAR's end.
 */
static inline const struct vfio_pci_segment *
vfio_pci_bar_segment(struct vfio_pci_core_device *vdev, unsigned int bar, u64 offset)
{
	const struct vfio_pci_segment *seg = vfio_pci_bar_find(vdev, bar, offset);
	int ret;

	if (likely(seg))
		return seg;

	ret = vfio_pci_bar_use(vdev, bar);
	if (ret)
		return ERR_PTR(ret);
	return vfio_pci_bar_find(vdev, bar, offset) ?: ERR_PTR(-EINVAL);
}

/* vfio_pci_memtype_x86.c, vfio_pci_memtype_generic.c: what the architecture really granted. */
bool vfio_pci_memtype_granted(void __iomem *io, enum vfio_pci_memtype type, int mtrr);
const char *vfio_pci_memtype_hint(void);
unsigned long vfio_pci_memtype_bits(enum vfio_pci_memtype type);
pgprot_t vfio_pci_memtype_prot(pgprot_t prot, const struct vfio_pci_segment *seg);

/**
 * struct vfio_pci_window - a run of page-table entries of one size, all in one table
 * @vma: the mapping
 * @start: first address
 * @end: behind the last one
 * @pfn: page frame at @start
 * @prot: protection and memory type
 */
struct vfio_pci_window {
	struct vm_area_struct	*vma;
	unsigned long		start;
	unsigned long		end;
	unsigned long		pfn;
	pgprot_t		prot;
};

/* vfio_pci_mmap.c */
vm_fault_t vfio_pci_insert_huge(struct vm_fault *vmf, unsigned long pfn, unsigned int order);

/* vfio_pci_entries_x86.c, vfio_pci_entries_generic.c; @order 0 needs a page table at vmf->pmd. */
vm_fault_t vfio_pci_insert_window(struct vm_fault *vmf, const struct vfio_pci_window *win,
				  unsigned int order);

/* vfio_pci_vga.c */
#ifdef CONFIG_VFIO_PCI_VGA
ssize_t vfio_pci_vga_rw(struct vfio_pci_core_device *vdev, char __user *buf, size_t count,
			loff_t *ppos, bool iswrite);
#else
static inline ssize_t vfio_pci_vga_rw(struct vfio_pci_core_device *vdev, char __user *buf,
				      size_t count, loff_t *ppos, bool iswrite)
{
	return -EINVAL;
}
#endif
bool vfio_pci_vga_disabled(struct vfio_pci_core_device *vdev);
int vfio_pci_vga_init(struct vfio_pci_core_device *vdev);
void vfio_pci_vga_uninit(struct vfio_pci_core_device *vdev);

/* vfio_pci_ioeventfd.c */
long vfio_pci_ioctl_ioeventfd(struct vfio_pci_core_device *vdev,
			      struct vfio_device_ioeventfd __user *arg);
void vfio_pci_ioeventfd_release_all(struct vfio_pci_core_device *vdev);

/* vfio_pci_config*.c */
int vfio_config_init(struct vfio_pci_core_device *vdev);
void vfio_config_free(struct vfio_pci_core_device *vdev);
ssize_t vfio_pci_config_rw(struct vfio_pci_core_device *vdev, char __user *buf, size_t count,
			   loff_t *ppos, bool iswrite);

/* vfio_pci_intrs.c, vfio_pci_intx.c, vfio_pci_msi.c */
int vfio_pci_irq_count(struct vfio_pci_core_device *vdev, unsigned int index);
long vfio_pci_ioctl_set_irqs(struct vfio_pci_core_device *vdev, struct vfio_irq_set __user *arg);
void vfio_pci_irqs_disable(struct vfio_pci_core_device *vdev);
bool vfio_pci_intx_mask(struct vfio_pci_core_device *vdev);
void vfio_pci_intx_unmask(struct vfio_pci_core_device *vdev);
void vfio_pci_intx_resync_line(struct vfio_pci_core_device *vdev);

/*
 * A reset, or waking up from D3hot, ends by restoring COMMAND as it was before.  Whoever masked or
 * unmasked in between, the handler or an eventfd or an ioctl, would be undone: the line would be on
 * with nobody to serve it, or off for ever.  May be called with memory_lock held, hence without
 * igate.
 */
static inline void vfio_pci_intx_resync(struct vfio_pci_core_device *vdev)
{
	/* Pairs with intx_enable(): who is not seen here sets the line up after the restore. */
	smp_mb();
	if (READ_ONCE(vdev->irq_type) == VFIO_PCI_INTX_IRQ_INDEX)
		vfio_pci_intx_resync_line(vdev);
}

/* vfio_pci_err.c */
void vfio_pci_eventfds_release(struct vfio_pci_core_device *vdev);

/* vfio_pci_info.c */
long vfio_pci_ioctl_get_info(struct vfio_pci_core_device *vdev,
			     struct vfio_device_info __user *arg);
long vfio_pci_ioctl_get_irq_info(struct vfio_pci_core_device *vdev,
				 struct vfio_irq_info __user *arg);

long vfio_pci_region_info_to_user(struct vfio_device *core_vdev,
				  struct vfio_region_info __user *arg,
				  int (*get_caps)(struct vfio_device *core_vdev,
						  struct vfio_region_info *info,
						  struct vfio_info_cap *caps));

/* vfio_pci_ops.c */
int vfio_pci_ops_complete(struct vfio_pci_core_device *vdev);

/* vfio_pci_region.c */
int vfio_pci_region_info(struct vfio_pci_core_device *vdev, struct vfio_region_info *info,
			 struct vfio_info_cap *caps);
ssize_t vfio_pci_region_rw(struct vfio_pci_core_device *vdev, unsigned int index, char __user *buf,
			   size_t count, loff_t *ppos, bool iswrite);
int vfio_pci_region_mmap(struct vfio_pci_core_device *vdev, unsigned int index,
			 struct vm_area_struct *vma);
void vfio_pci_region_zap_each(struct vfio_pci_core_device *vdev);

/* Unmap the regions that are device memory; memory_lock, held for write, keeps them unmapped. */
static inline void vfio_pci_region_zap_revocable(struct vfio_pci_core_device *vdev)
{
	if (vdev->num_regions)
		vfio_pci_region_zap_each(vdev);
}

void vfio_pci_region_release_all(struct vfio_pci_core_device *vdev);

/* vfio_pci_reset.c */

/*
 * As the PCI core's pci_reset_supported(), which is not exported.  The administrator can change the
 * methods at any time, by sysfs.
 */
static inline bool vfio_pci_reset_supported(const struct pci_dev *pdev)
{
	return READ_ONCE(pdev->reset_methods[0]);
}

int vfio_pci_reset_at_open(struct vfio_pci_core_device *vdev);
long vfio_pci_ioctl_get_pci_hot_reset_info(struct vfio_pci_core_device *vdev,
					   struct vfio_pci_hot_reset_info __user *arg);
long vfio_pci_ioctl_pci_hot_reset(struct vfio_pci_core_device *vdev,
				  struct vfio_pci_hot_reset __user *arg);
int vfio_pci_assign_reset_set(struct vfio_pci_core_device *vdev);
void vfio_pci_reset_at_close(struct vfio_pci_core_device *vdev);
void vfio_pci_reset_owed(struct vfio_pci_core_device *vdev);
void vfio_pci_dev_set_try_reset(struct vfio_device_set *dev_set);

/* vfio_pci_power.c */
int vfio_pci_set_power_state(struct vfio_pci_core_device *vdev, pci_power_t state);
/* The same for D0, where most devices are, and then there is nothing to do. */
static inline void vfio_pci_wake(struct vfio_pci_core_device *vdev)
{
	if (vdev->pdev->current_state != PCI_D0)
		vfio_pci_set_power_state(vdev, PCI_D0);
}

void vfio_pci_user_power_state(struct vfio_pci_core_device *vdev, pci_power_t state);
int vfio_pci_low_power_entry(struct vfio_pci_core_device *vdev, u32 flags, void __user *arg,
			     size_t argsz);
int vfio_pci_low_power_entry_with_wakeup(struct vfio_pci_core_device *vdev, u32 flags,
					 void __user *arg, size_t argsz);
int vfio_pci_low_power_exit(struct vfio_pci_core_device *vdev, u32 flags, void __user *arg,
			    size_t argsz);
void vfio_pci_power_up(struct vfio_pci_core_device *vdev);
void vfio_pci_power_register(struct vfio_pci_core_device *vdev);
void vfio_pci_power_unregister(struct vfio_pci_core_device *vdev);

/* vfio_pci_sriov.c */

/*
 * Are VFs enabled, or being enabled or disabled?  They cannot become so with memory_lock or the
 * PF's device_lock held.  Drivers that leave vfio_pci_core_sriov_configure() out are seen late.
 */
static inline bool vfio_pci_has_vfs(const struct vfio_pci_core_device *vdev)
{
	return READ_ONCE(vdev->sriov_active) || pci_num_vf(vdev->pdev);
}

int vfio_pci_vf_init(struct vfio_pci_core_device *vdev);
void vfio_pci_vf_uninit(struct vfio_pci_core_device *vdev);
int vfio_pci_vf_check_pf(struct vfio_pci_core_device *vdev);
void vfio_pci_vf_token_use(struct vfio_pci_core_device *vdev, bool use);
int vfio_pci_vf_token_feature(struct vfio_pci_core_device *vdev, u32 flags, void __user *arg,
			      size_t argsz);

/* vfio_pci_debugfs.c */
#ifdef CONFIG_VFIO_DEBUGFS
void vfio_pci_debugfs_init(struct vfio_pci_core_device *vdev);
#else
static inline void vfio_pci_debugfs_init(struct vfio_pci_core_device *vdev)
{
}
#endif

/* vfio_pci_live.c, vfio_pci_live_debugfs.c: nothing to do for devices without live migration. */
int vfio_pci_live_register(struct vfio_pci_core_device *vdev);
void vfio_pci_live_unregister(struct vfio_pci_core_device *vdev);
void vfio_pci_live_release(struct vfio_pci_core_device *vdev);
void vfio_pci_live_open(struct vfio_pci_core_device *vdev);
void vfio_pci_live_close(struct vfio_pci_core_device *vdev);
void vfio_pci_live_reset(struct vfio_pci_core_device *vdev);
void vfio_pci_live_debugfs_init(void);
void vfio_pci_live_debugfs_exit(void);

/* vfio_pci_dmabuf.c */
#if IS_ENABLED(CONFIG_VFIO_PCI_DMABUF)
int vfio_pci_dma_buf_init(struct vfio_pci_core_device *vdev);
int vfio_pci_core_feature_dma_buf(struct vfio_pci_core_device *vdev, u32 flags,
				  struct vfio_device_feature_dma_buf __user *arg, size_t argsz);
void vfio_pci_dma_buf_cleanup(struct vfio_pci_core_device *vdev);
void vfio_pci_dma_buf_move(struct vfio_pci_core_device *vdev, bool revoked);
static inline bool vfio_pci_dma_buf_any(struct vfio_pci_core_device *vdev)
{
	return !list_empty(&vdev->dmabufs);
}
#else
struct vfio_device_feature_dma_buf;
static inline int vfio_pci_dma_buf_init(struct vfio_pci_core_device *vdev)
{
	return 0;
}

static inline int vfio_pci_core_feature_dma_buf(struct vfio_pci_core_device *vdev, u32 flags,
						struct vfio_device_feature_dma_buf __user *arg,
						size_t argsz)
{
	return -ENOTTY;
}

static inline void vfio_pci_dma_buf_cleanup(struct vfio_pci_core_device *vdev)
{
}

static inline void vfio_pci_dma_buf_move(struct vfio_pci_core_device *vdev, bool revoked)
{
}

static inline bool vfio_pci_dma_buf_any(struct vfio_pci_core_device *vdev)
{
	return false;
}
#endif

/* vfio_pci_igd.c: part of the plain driver, not of the core. */
#ifdef CONFIG_VFIO_PCI_IGD
bool vfio_pci_is_intel_display(struct pci_dev *pdev);
int vfio_pci_igd_init(struct vfio_pci_core_device *vdev);
#else
static inline bool vfio_pci_is_intel_display(struct pci_dev *pdev)
{
	return false;
}

static inline int vfio_pci_igd_init(struct vfio_pci_core_device *vdev)
{
	return -ENODEV;
}
#endif

/* vfio_pci_zdev.c: s390 */
#ifdef CONFIG_VFIO_PCI_ZDEV_KVM
int vfio_pci_info_zdev_add_caps(struct vfio_pci_core_device *vdev, struct vfio_info_cap *caps);
int vfio_pci_zdev_open_device(struct vfio_pci_core_device *vdev);
void vfio_pci_zdev_close_device(struct vfio_pci_core_device *vdev);
int vfio_pci_zdev_feature_err(struct vfio_device *core_vdev, u32 flags, void __user *arg,
			      size_t argsz);
#else
static inline int vfio_pci_info_zdev_add_caps(struct vfio_pci_core_device *vdev,
					      struct vfio_info_cap *caps)
{
	return -ENODEV;
}

static inline int vfio_pci_zdev_open_device(struct vfio_pci_core_device *vdev)
{
	return 0;
}

static inline void vfio_pci_zdev_close_device(struct vfio_pci_core_device *vdev)
{
}

static inline int vfio_pci_zdev_feature_err(struct vfio_device *core_vdev, u32 flags,
					    void __user *arg, size_t argsz)
{
	return -ENOTTY;
}
#endif

#endif /* VFIO_PCI_PRIV_H */
