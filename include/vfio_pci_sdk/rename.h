/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Link names of the SDK's core.
 *
 * The kernel refuses a module that exports a name some other module already exports, so the two
 * cores could never be loaded together if ours exported upstream's names.  Sources keep upstream's
 * names; the preprocessor gives the objects a prefix.  Everything the core exports stands here;
 * `make check` fails for an export without the prefix.
 */
#ifndef VFIO_PCI_SDK_RENAME_H
#define VFIO_PCI_SDK_RENAME_H

/* Life cycle */
#define vfio_pci_core_init_dev			vfsdk_vfio_pci_core_init_dev
#define vfio_pci_core_release_dev		vfsdk_vfio_pci_core_release_dev
#define vfio_pci_core_register_device		vfsdk_vfio_pci_core_register_device
#define vfio_pci_core_unregister_device		vfsdk_vfio_pci_core_unregister_device
#define vfio_pci_core_enable			vfsdk_vfio_pci_core_enable
#define vfio_pci_core_finish_enable		vfsdk_vfio_pci_core_finish_enable
#define vfio_pci_core_disable			vfsdk_vfio_pci_core_disable
#define vfio_pci_core_open_device		vfsdk_vfio_pci_core_open_device
#define vfio_pci_core_close_device		vfsdk_vfio_pci_core_close_device

/* File operations */
#define vfio_pci_core_ioctl			vfsdk_vfio_pci_core_ioctl
#define vfio_pci_core_ioctl_feature		vfsdk_vfio_pci_core_ioctl_feature
#define vfio_pci_ioctl_get_region_info		vfsdk_vfio_pci_ioctl_get_region_info
#define vfio_pci_core_read			vfsdk_vfio_pci_core_read
#define vfio_pci_core_write			vfsdk_vfio_pci_core_write
#define vfio_pci_core_mmap			vfsdk_vfio_pci_core_mmap
#define vfio_pci_core_request			vfsdk_vfio_pci_core_request
#define vfio_pci_core_match			vfsdk_vfio_pci_core_match
#define vfio_pci_core_match_token_uuid		vfsdk_vfio_pci_core_match_token_uuid

/* Mappings, memory types and access */
#define vfio_pci_core_mapping			vfsdk_vfio_pci_core_mapping
#define vfio_pci_core_vma_device		vfsdk_vfio_pci_core_vma_device
#define vfio_pci_core_vma_index			vfsdk_vfio_pci_core_vma_index
#define vfio_pci_core_vma_offset		vfsdk_vfio_pci_core_vma_offset
#define vfio_pci_core_vma_setup			vfsdk_vfio_pci_core_vma_setup
#define vfio_pci_core_fault			vfsdk_vfio_pci_core_fault
#define vfio_pci_core_huge_fault		vfsdk_vfio_pci_core_huge_fault
#define vfio_pci_vmf_insert_pfn			vfsdk_vfio_pci_vmf_insert_pfn
#define vfio_pci_core_zap_range			vfsdk_vfio_pci_core_zap_range
#define vfio_pci_core_zap_region		vfsdk_vfio_pci_core_zap_region
#define vfio_pci_core_access_begin		vfsdk_vfio_pci_core_access_begin
#define vfio_pci_core_access_end		vfsdk_vfio_pci_core_access_end
#define vfio_pci_core_access_lock		vfsdk_vfio_pci_core_access_lock
#define vfio_pci_core_access_unlock		vfsdk_vfio_pci_core_access_unlock
#define vfio_pci_core_access_revoke		vfsdk_vfio_pci_core_access_revoke
#define vfio_pci_core_access_restore		vfsdk_vfio_pci_core_access_restore
#define vfio_pci_core_set_memtype		vfsdk_vfio_pci_core_set_memtype
#define vfio_pci_core_get_memtype		vfsdk_vfio_pci_core_get_memtype
#define vfio_pci_core_get_iomap			vfsdk_vfio_pci_core_get_iomap
#define vfio_pci_core_get_iomap_range		vfsdk_vfio_pci_core_get_iomap_range
#define vfio_pci_core_add_sparse_mmap		vfsdk_vfio_pci_core_add_sparse_mmap
#define __vfio_pci_memory_enabled		vfsdk___vfio_pci_memory_enabled

/* Regions and register access */
#define vfio_pci_core_register_dev_region	vfsdk_vfio_pci_core_register_dev_region
#define vfio_pci_core_do_io_rw			vfsdk_vfio_pci_core_do_io_rw
#define vfio_pci_core_range_intersect_range	vfsdk_vfio_pci_core_range_intersect_range
#define vfio_pci_core_iowrite8			vfsdk_vfio_pci_core_iowrite8
#define vfio_pci_core_iowrite16			vfsdk_vfio_pci_core_iowrite16
#define vfio_pci_core_iowrite32			vfsdk_vfio_pci_core_iowrite32
#define vfio_pci_core_iowrite64			vfsdk_vfio_pci_core_iowrite64
#define vfio_pci_core_ioread8			vfsdk_vfio_pci_core_ioread8
#define vfio_pci_core_ioread16			vfsdk_vfio_pci_core_ioread16
#define vfio_pci_core_ioread32			vfsdk_vfio_pci_core_ioread32
#define vfio_pci_core_ioread64			vfsdk_vfio_pci_core_ioread64
#define vfio_pci_config_rw_single		vfsdk_vfio_pci_config_rw_single
#define vfio_pci_config_emulate			vfsdk_vfio_pci_config_emulate

/* SR-IOV, errors, resets */
#define vfio_pci_core_sriov_configure		vfsdk_vfio_pci_core_sriov_configure
#define vfio_pci_core_aer_err_detected		vfsdk_vfio_pci_core_aer_err_detected
#define vfio_pci_core_err_handlers		vfsdk_vfio_pci_core_err_handlers
#define vfio_pci_core_reset_function		vfsdk_vfio_pci_core_reset_function
#define vfio_pci_core_reset_prepare		vfsdk_vfio_pci_core_reset_prepare
#define vfio_pci_core_reset_done		vfsdk_vfio_pci_core_reset_done

/* Live migration */
#define vfio_pci_live_init			vfsdk_vfio_pci_live_init
#define vfio_pci_live_fail			vfsdk_vfio_pci_live_fail
#define vfio_pci_live_access_begin		vfsdk_vfio_pci_live_access_begin
#define vfio_pci_live_access_end		vfsdk_vfio_pci_live_access_end
#define vfio_pci_live_wait			vfsdk_vfio_pci_live_wait
#define vfio_pci_live_dirty			vfsdk_vfio_pci_live_dirty
#define vfio_pci_live_trap_read			vfsdk_vfio_pci_live_trap_read
#define vfio_pci_live_trap_write		vfsdk_vfio_pci_live_trap_write
#define vfio_pci_live_trap_ioctl		vfsdk_vfio_pci_live_trap_ioctl
#define vfio_pci_live_trap_mmap			vfsdk_vfio_pci_live_trap_mmap
#define vfio_pci_live_trap_region_info		vfsdk_vfio_pci_live_trap_region_info

/* dma-buf */
#define vfio_pci_core_fill_phys_vec		vfsdk_vfio_pci_core_fill_phys_vec
#define vfio_pci_core_get_dmabuf_phys		vfsdk_vfio_pci_core_get_dmabuf_phys
#define vfio_pci_dma_buf_iommufd_map		vfsdk_vfio_pci_dma_buf_iommufd_map

#endif /* VFIO_PCI_SDK_RENAME_H */
