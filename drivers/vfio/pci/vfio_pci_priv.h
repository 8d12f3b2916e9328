/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the core's files may ask of each other, except access to device memory (vfio_pci_access.h),
 * BARs (vfio_pci_bars.h) and config space (vfio_pci_config.h): see docs/architecture.md.
 */
#ifndef VFIO_PCI_PRIV_H
#define VFIO_PCI_PRIV_H

#include <linux/vfio_pci_core.h>

/* Pseudo capability ids of bytes of config space that belong to no capability. */
#define PCI_CAP_ID_INVALID	0xff	/* pass to the hardware */
#define PCI_CAP_ID_INVALID_VIRT	0xfe	/* keep in vconfig */

/* Upstream's arbitrary limit: each one is a wait-queue entry and an open file. */
#define VFIO_PCI_IOEVENTFD_MAX	1000

static inline struct vfio_pci_core_device *to_vfio_pci_core(struct vfio_device *core_vdev)
{
	return container_of(core_vdev, struct vfio_pci_core_device, vdev);
}

/* In D3hot and deeper a device responds to config accesses at most.  The type is __bitwise. */
static inline bool vfio_pci_is_down(pci_power_t state)
{
	return (__force int)state >= (__force int)PCI_D3hot;
}

static inline bool vfio_pci_is_vga(struct pci_dev *pdev)
{
	return (pdev->class >> 8) == PCI_CLASS_DISPLAY_VGA;
}

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
 * A reset or a wake-up from D3hot ends by restoring COMMAND.  That undoes a mask or unmask which
 * the handler, an eventfd or an ioctl made in between: the line would be unmasked with nobody to
 * service it, or masked for ever.  May be called with memory_lock held, hence without igate.
 */
static inline void vfio_pci_intx_resync(struct vfio_pci_core_device *vdev)
{
	/*
	 * Pairs with intx_enable(): if irq_type is not seen here, intx_enable() runs after the
	 * restore and programs the line itself.
	 */
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

/* Unmap the revocable regions, which exclusive access keeps unmapped. */
static inline void vfio_pci_region_zap_revocable(struct vfio_pci_core_device *vdev)
{
	if (vdev->num_regions)
		vfio_pci_region_zap_each(vdev);
}

void vfio_pci_region_release_all(struct vfio_pci_core_device *vdev);

/* vfio_pci_reset.c */

/*
 * As the PCI core's pci_reset_supported(), which is not exported.  The administrator can change the
 * methods at any time through sysfs.
 */
static inline bool vfio_pci_reset_supported(const struct pci_dev *pdev)
{
	return READ_ONCE(pdev->reset_methods[0]);
}

int vfio_pci_reset_refuse_with_vfs(struct vfio_pci_core_device *vdev);
int vfio_pci_reset_at_open(struct vfio_pci_core_device *vdev);
void vfio_pci_reset_at_close(struct vfio_pci_core_device *vdev);
void vfio_pci_reset_owed(struct vfio_pci_core_device *vdev);

/* vfio_pci_hot_reset.c */
int vfio_pci_assign_reset_set(struct vfio_pci_core_device *vdev);
void vfio_pci_dev_set_try_reset(struct vfio_device_set *dev_set);
long vfio_pci_ioctl_get_pci_hot_reset_info(struct vfio_pci_core_device *vdev,
					   struct vfio_pci_hot_reset_info __user *arg);
long vfio_pci_ioctl_pci_hot_reset(struct vfio_pci_core_device *vdev,
				  struct vfio_pci_hot_reset __user *arg);

/* vfio_pci_power.c */
int vfio_pci_set_power_state(struct vfio_pci_core_device *vdev, pci_power_t state);
void vfio_pci_power_lock_in_d0(struct vfio_pci_core_device *vdev);
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
 * True if VFs are enabled, or are being enabled or disabled.  Does not become true while exclusive
 * access or the PF's device_lock is held.  VFs that a driver creates without
 * vfio_pci_core_sriov_configure() are noticed only once they exist.
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

/* vfio_pci_live.c, vfio_pci_live_debugfs.c: no-ops for devices without live migration. */
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

/*
 * vfio_pci_mapping_shared.c, vfio_pci_mapping_own.c.  A position is an offset in the device file;
 * @len is not 0.
 */
struct vfio_pci_core_device *vfio_pci_mapping_device(const struct vm_area_struct *vma);
u64 vfio_pci_mapping_pos(const struct vm_area_struct *vma);
int vfio_pci_mapping_setup(struct vfio_pci_core_device *vdev, struct vm_area_struct *vma);
void vfio_pci_mapping_zap(struct vfio_pci_core_device *vdev, loff_t offset, u64 len);

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
