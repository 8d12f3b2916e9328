// SPDX-License-Identifier: GPL-2.0-only
/*
 * live-migration-vfio-pci: live migration of QEMU's edu device
 *
 * The library has the protocol; here is what edu is: its registers, how its DMA engine is stopped,
 * and what it writes to guest memory.  The page of its registers cannot be mapped, so the driver
 * sees each DMA command and the dirty log is exact.
 */
#include <linux/iopoll.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/uaccess.h>
#include <linux/vfio_pci_core.h>
#include <vfio_pci_sdk/check.h>
#include <vfio_pci_sdk/live.h>

#define EDU_STATUS	0x20
#define  EDU_COMPUTING	 0x01
#define EDU_IRQ_RAISE	0x60
#define EDU_IRQ_ACK	0x64
#define EDU_DMA_DST	0x88
#define EDU_DMA_COUNT	0x90
#define EDU_DMA_CMD	0x98
#define  EDU_DMA_RUN	 0x01
#define  EDU_DMA_TO_RAM	 0x02
#define EDU_DMA_MASK	(BIT(28) - 1)
#define EDU_IDLE_MS	1000

/* Registers that are saved, at most 28 bits of those of 64. */
enum { LIVENESS, FACTORIAL, STATUS, IRQ_STATUS, SRC, DST, COUNT, NR_REGS };
static const u16 edu_reg[NR_REGS] = {
	0x04, 0x08, EDU_STATUS, 0x24, 0x80, EDU_DMA_DST, EDU_DMA_COUNT
};

/* Not in it: the 4 KiB buffer, which is reached by DMA alone. */
struct edu_state {
	__le32	reg[NR_REGS];
	__le32	waiting;
};

/* Protected by memory_lock, but for @incoming: callbacks of the library come one at a time. */
struct edu_device {
	struct vfio_pci_core_device core_device;
	bool	held;		/* no DMA may start */
	u32	waiting;	/* command that was given meanwhile, 0: none */
	bool	writes;		/* the transfer below may write, or has written, guest memory */
	u32	iova;
	u32	len;
	struct edu_state incoming;
};

static struct edu_device *to_edu(struct vfio_pci_core_device *vdev)
{
	return container_of(vdev, struct edu_device, core_device);
}

/* The registers, whatever the guest has made of COMMAND; until vfio_pci_live_access_end(). */
static void __iomem *edu_begin(struct vfio_pci_core_device *vdev, u16 *command)
{
	void __iomem *regs = vfio_pci_core_get_iomap(vdev, 0);
	int ret = IS_ERR(regs) ? PTR_ERR(regs) : vfio_pci_live_access_begin(vdev, command);

	return ret ? IOMEM_ERR_PTR(ret) : regs;
}

/* Log what the last transfer wrote.  While it goes on it has to be logged once more. */
static void edu_log(struct edu_device *edu, void __iomem *regs)
{
	bool busy = readl(regs + EDU_DMA_CMD) & EDU_DMA_RUN;

	if (edu->writes)
		vfio_pci_live_dirty(&edu->core_device, edu->iova, edu->len);
	edu->writes &= busy;
}

static void edu_start(struct edu_device *edu, void __iomem *regs, u32 cmd)
{
	edu_log(edu, regs);
	if ((cmd & EDU_DMA_RUN) && (cmd & EDU_DMA_TO_RAM) && !edu->writes) {
		edu->iova = readl(regs + EDU_DMA_DST) & EDU_DMA_MASK;
		edu->len = readl(regs + EDU_DMA_COUNT);
		edu->writes = true;
	}
	writel(cmd, regs + EDU_DMA_CMD);
}

/* From now on commands wait; let those that do not come to an end. */
static int edu_stop(struct vfio_pci_core_device *vdev)
{
	unsigned long timeout = jiffies + msecs_to_jiffies(EDU_IDLE_MS);
	void __iomem *regs;
	bool busy, late;
	u16 command;

	do {
		late = time_after(jiffies, timeout);
		regs = edu_begin(vdev, &command);
		if (IS_ERR(regs))
			return PTR_ERR(regs);
		busy = (readl(regs + EDU_DMA_CMD) & EDU_DMA_RUN) ||
		       (readl(regs + EDU_STATUS) & EDU_COMPUTING);
		to_edu(vdev)->held = !busy || !late;
		vfio_pci_live_access_end(vdev, command);
		if (busy)
			usleep_range(1000, 2000);
	} while (busy && !late);
	return busy ? -ETIMEDOUT : 0;
}

/* Accesses of peers do no harm, so what is held stays held, and that is all. */
static int edu_run_p2p(struct vfio_pci_core_device *vdev)
{
	return 0;
}

static int edu_run(struct vfio_pci_core_device *vdev)
{
	struct edu_device *edu = to_edu(vdev);
	u16 command;
	void __iomem *regs = edu_begin(vdev, &command);

	if (IS_ERR(regs))
		return PTR_ERR(regs);
	edu->held = false;
	if (edu->waiting)
		edu_start(edu, regs, edu->waiting);
	edu->waiting = 0;
	vfio_pci_live_access_end(vdev, command);
	return 0;
}

static void edu_reset(struct vfio_pci_core_device *vdev)
{
	vfio_pci_core_access_lock(vdev);
	to_edu(vdev)->held = false;
	to_edu(vdev)->waiting = 0;
	vfio_pci_core_access_unlock(vdev);
}

static u64 edu_size(struct vfio_pci_core_device *vdev)
{
	return sizeof(struct edu_state);
}

/* All of it at once; pre-copied, it only tells the other side that it can read it. */
static ssize_t edu_save(struct vfio_pci_core_device *vdev, struct vfio_pci_live_piece *piece)
{
	struct edu_state *state = piece->buf;
	void __iomem *regs;
	u16 command;
	int i;

	if (piece->pos)
		return 0;
	regs = edu_begin(vdev, &command);
	if (IS_ERR(regs))
		return PTR_ERR(regs);
	for (i = 0; i < NR_REGS; i++)
		state->reg[i] = cpu_to_le32(readl(regs + edu_reg[i]));
	state->waiting = cpu_to_le32(to_edu(vdev)->waiting);
	vfio_pci_live_access_end(vdev, command);
	return sizeof(*state);
}

static void edu_precopy_left(struct vfio_pci_core_device *vdev, struct vfio_pci_live_left *left)
{
}

static int edu_load(struct vfio_pci_core_device *vdev, const struct vfio_pci_live_piece *piece)
{
	if (piece->pos || piece->len != sizeof(struct edu_state))
		return -EINVAL;
	memcpy(&to_edu(vdev)->incoming, piece->buf, piece->len);
	return 0;
}

/* The register takes an argument and gives its factorial: which one?  34 and above give 0. */
static int edu_argument(u32 factorial)
{
	u32 product = 1;
	int n;

	for (n = 0; n < 34 && product != factorial; n++)
		product *= n + 1;
	return product == factorial ? n : -EINVAL;
}

static int edu_load_done(struct vfio_pci_core_device *vdev)
{
	struct edu_state *state = &to_edu(vdev)->incoming;
	u32 reg[NR_REGS], status;
	void __iomem *regs;
	int i, n, ret;
	u16 command;

	for (i = 0; i < NR_REGS; i++)
		reg[i] = le32_to_cpu(state->reg[i]);
	n = edu_argument(reg[FACTORIAL]);
	if (n < 0)
		return n;
	regs = edu_begin(vdev, &command);
	if (IS_ERR(regs))
		return PTR_ERR(regs);
	writel(~reg[LIVENESS], regs + edu_reg[LIVENESS]);
	writel(0, regs + EDU_STATUS);	/* no interrupt for what is computed now */
	writel(n, regs + edu_reg[FACTORIAL]);
	ret = readl_poll_timeout(regs + EDU_STATUS, status, !(status & EDU_COMPUTING), 100,
				 EDU_IDLE_MS * USEC_PER_MSEC);
	writel(reg[STATUS] & ~EDU_COMPUTING, regs + EDU_STATUS);
	for (i = SRC; i <= COUNT; i++)
		writel(reg[i], regs + edu_reg[i]);
	writel(~0, regs + EDU_IRQ_ACK);
	if (reg[IRQ_STATUS])
		writel(reg[IRQ_STATUS], regs + EDU_IRQ_RAISE);
	to_edu(vdev)->waiting = le32_to_cpu(state->waiting);
	vfio_pci_live_access_end(vdev, command);
	return ret;
}

static int edu_log_sync(struct vfio_pci_core_device *vdev, u64 iova, u64 len)
{
	u16 command;
	void __iomem *regs = edu_begin(vdev, &command);

	if (IS_ERR(regs))
		return PTR_ERR(regs);
	edu_log(to_edu(vdev), regs);
	vfio_pci_live_access_end(vdev, command);
	return 0;
}

static const struct vfio_pci_live_ops edu_live_ops = {
	.version	= 1,
	.oldest		= 1,
	.stop		= edu_stop,
	.run		= edu_run,
	.stop_p2p	= edu_stop,
	.run_p2p	= edu_run_p2p,
	.size		= edu_size,
	.save		= edu_save,
	.load		= edu_load,
	.load_done	= edu_load_done,
	.precopy_left	= edu_precopy_left,
	.reset		= edu_reset,
	.dirty_log	= true,
	.log_sync	= edu_log_sync,
};

#define CMD_POS		(VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_BAR0_REGION_INDEX) + EDU_DMA_CMD)
#define REGS_END	(VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_BAR0_REGION_INDEX) + PAGE_SIZE)

/* Reads and writes of the command register, which alone may start DMA. */
static ssize_t edu_command(struct vfio_device *core_vdev, char __user *buf, size_t count,
			   loff_t *ppos, bool iswrite)
{
	struct edu_device *edu = container_of(core_vdev, struct edu_device, core_device.vdev);
	struct vfio_pci_core_device *vdev = &edu->core_device;
	void __iomem *regs = vfio_pci_core_get_iomap(vdev, 0);
	u64 cmd = 0;
	int ret;

	if (IS_ERR(regs) || *ppos != CMD_POS || (count != 4 && count != 8))
		return -EINVAL;
	if (iswrite && copy_from_user(&cmd, buf, count))
		return -EFAULT;
	ret = pm_runtime_resume_and_get(&vdev->pdev->dev);
	if (ret)
		return ret;
	vfio_pci_core_access_lock(vdev);
	if (vdev->pm_runtime_engaged || !__vfio_pci_memory_enabled(vdev))
		ret = -EIO;
	else if (!iswrite)
		cmd = edu->waiting ?: readl(regs + EDU_DMA_CMD);
	else if (!edu->held)
		edu_start(edu, regs, cmd);
	else if (cmd & EDU_DMA_RUN && !edu->waiting)
		edu->waiting = cmd;
	vfio_pci_core_access_unlock(vdev);
	pm_runtime_put(&vdev->pdev->dev);

	if (!ret && !iswrite && copy_to_user(buf, &cmd, count))
		ret = -EFAULT;
	if (!ret)
		*ppos += count;
	return ret ?: count;
}

static bool edu_is_command(loff_t pos, size_t count)
{
	return pos < CMD_POS + sizeof(u64) && pos + count > CMD_POS;
}

static ssize_t edu_read(struct vfio_device *core_vdev, char __user *buf, size_t count,
			loff_t *ppos)
{
	if (edu_is_command(*ppos, count))
		return edu_command(core_vdev, buf, count, ppos, false);
	return vfio_pci_core_read(core_vdev, buf, count, ppos);
}

static ssize_t edu_write(struct vfio_device *core_vdev, const char __user *buf, size_t count,
			 loff_t *ppos)
{
	if (edu_is_command(*ppos, count))
		return edu_command(core_vdev, (char __user *)buf, count, ppos, true);
	return vfio_pci_core_write(core_vdev, buf, count, ppos);
}

static long edu_ioctl(struct vfio_device *core_vdev, unsigned int cmd, unsigned long arg)
{
	/* An eventfd could write a command. */
	if (cmd == VFIO_DEVICE_IOEVENTFD)
		return -ENOTTY;
	return vfio_pci_core_ioctl(core_vdev, cmd, arg);
}

static int edu_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	if ((u64)vma->vm_pgoff << PAGE_SHIFT < REGS_END)
		return -EINVAL;
	return vfio_pci_core_mmap(core_vdev, vma);
}

/* All of BAR 0 but the page of registers can be mapped. */
static int edu_region_info(struct vfio_device *core_vdev, struct vfio_region_info *info,
			   struct vfio_info_cap *caps)
{
	struct vfio_region_sparse_mmap_area area = { .offset = PAGE_SIZE };
	int ret = vfio_pci_ioctl_get_region_info(core_vdev, info, caps);

	if (ret || info->index != VFIO_PCI_BAR0_REGION_INDEX || info->size <= PAGE_SIZE)
		return ret;
	area.size = info->size - PAGE_SIZE;
	return vfio_pci_core_add_sparse_mmap(caps, &area, 1);
}

DEFINE_VFIO_PCI_OPS(edu_ops,
	.name			= KBUILD_MODNAME,
	.read			= edu_read,
	.write			= edu_write,
	.ioctl			= edu_ioctl,
	.mmap			= edu_mmap,
	.get_region_info_caps	= edu_region_info,
);

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct edu_device *edu;
	int ret;

	edu = vfio_alloc_device(edu_device, core_device.vdev, &pdev->dev, &edu_ops);
	if (IS_ERR(edu))
		return PTR_ERR(edu);
	dev_set_drvdata(&pdev->dev, &edu->core_device);
	ret = vfio_pci_live_init(&edu->core_device, &edu_live_ops);
	if (!ret)
		ret = vfio_pci_core_register_device(&edu->core_device);
	if (ret)
		vfio_put_device(&edu->core_device.vdev);
	return ret;
}

static void edu_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);

	vfio_pci_core_unregister_device(vdev);
	vfio_put_device(&vdev->vdev);
}

static const struct pci_device_id edu_table[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(0x1234, 0x11e8) },
	{}
};
MODULE_DEVICE_TABLE(pci, edu_table);

static struct pci_driver edu_driver = {
	.name			= KBUILD_MODNAME,
	.id_table		= edu_table,
	.probe			= edu_probe,
	.remove			= edu_remove,
	.err_handler		= &vfio_pci_core_err_handlers,
	.driver_managed_dma	= true,
};
module_pci_driver(edu_driver);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The vfio-pci SDK authors");
MODULE_DESCRIPTION("live migration of QEMU's edu device, on the SDK's core");
