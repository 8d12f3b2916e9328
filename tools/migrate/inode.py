# SPDX-License-Identifier: GPL-2.0-only
"""An inode for each vfio device, for trees that have none."""

import re
from typing import List

from migrate import ctext as c
from migrate.change import Change
from migrate.ctext import Function
from migrate.findings import Unclear
from migrate.tree import Tree

VFIO_FS = c.tabs("""#define VFIO_MAGIC 0x5646494f

static struct vfsmount *vfio_fs_mount;
static int vfio_fs_count;

%sstatic struct inode *vfio_fs_inode_new(void)
{
        struct inode *inode;
        int ret;

        ret = simple_pin_fs(&vfio_fs_type, &vfio_fs_mount, &vfio_fs_count);
        if (ret)
                return ERR_PTR(ret);
        inode = alloc_anon_inode(vfio_fs_mount->mnt_sb);
        if (IS_ERR(inode))
                simple_release_fs(&vfio_fs_mount, &vfio_fs_count);
        return inode;
}

static void vfio_fs_inode_free(struct inode *inode)
{
        iput(inode);
        simple_release_fs(&vfio_fs_mount, &vfio_fs_count);
}
""")

# How the filesystem is mounted: by a context since 5.2.
BY_CONTEXT = c.tabs("""static int vfio_fs_init_context(struct fs_context *fc)
{
        return init_pseudo(fc, VFIO_MAGIC) ? 0 : -ENOMEM;
}

static struct file_system_type vfio_fs_type = {
        .name = "vfio",
        .owner = THIS_MODULE,
        .init_fs_context = vfio_fs_init_context,
        .kill_sb = kill_anon_super,
};

""")
BY_MOUNT = c.tabs("""static struct dentry *vfio_fs_do_mount(struct file_system_type *type, int flags,
                                       const char *name, void *data)
{
        return mount_pseudo(type, "vfio:", NULL, NULL, VFIO_MAGIC);
}

static struct file_system_type vfio_fs_type = {
        .name = "vfio",
        .owner = THIS_MODULE,
        .mount = vfio_fs_do_mount,
        .kill_sb = kill_anon_super,
};

""")

# In the function that releases a device: not where making one fails.
FREES = r"vfio_fs_inode_free\((?:device->inode\);\n(?!out_inode:)|inode\);)"

# For drivers that cannot see struct vfio_device.
UNMAP = c.tabs("""

/* Take pages of a device away from whoever has them mapped; a fault brings them back */
void vfio_device_unmap(struct device *dev, loff_t start, loff_t len)
{
        struct vfio_device *device = vfio_device_get_from_dev(dev);

        if (!device)
                return;
        unmap_mapping_range(device->inode->i_mapping, start, len, true);
        vfio_device_put(device);
}
EXPORT_SYMBOL_GPL(vfio_device_unmap);""")


class DeviceInode(Change):
    subject = "vfio: give each device an inode"
    message = """All files of vfio devices share the anonymous inode, whose address space says nothing about the
mappings of one device, so drivers keep lists of VMAs to be able to zap them.

Give each device an inode of a pseudo filesystem and its files the address space of that inode, so that
unmap_mapping_range() finds all mappings of the device."""
    HEADER = "include/linux/vfio.h"

    def __init__(self, tree: Tree) -> None:
        super().__init__(tree, "drivers/vfio")
        names = [self.HEADER] + tree.grep(
            r"anon_inode_getfile\(\"\[vfio-device\]\"|struct vfio_device, (device|cdev)\)", "drivers/vfio",
            include="*.c")
        hidden = hides_devices(tree)
        self.by_mount = tree.has("include/linux/fs.h") and not tree.has("include/linux/pseudo_fs.h")
        for name in names:
            self.run("vfio_device_inode", name, {"patch": True, "mount_pseudo": self.by_mount})
        whole = "\n".join(self.text(n) for n in names)
        member = r"struct completion\s+comp;" if declares_devices(tree) else r"struct list_head\s+group_next;"
        for what, pattern in (("struct vfio_device", member + r"\n\tstruct inode \*inode;"),
                              ("the function that makes a device", r"->inode = vfio_fs_inode_new\(\);"),
                              ("the function that releases a device", FREES),
                              ("the function that opens a device", r"->f_mapping = device->inode->i_mapping;")):
            if not re.search(pattern, whole):
                raise Unclear("inode", "%s in drivers/vfio has an unknown shape; say --as sdk, or give vfio_device an "
                              "inode" % what)
        opens = re.findall(r"anon_inode_getfile\(\"\[vfio-device\]\"|struct vfio_device, cdev\)", whole)
        if len(opens) > whole.count("->f_mapping = device->inode->i_mapping;"):
            raise Unclear("inode", "not every way to open a vfio device could be changed")
        self.add_filesystem(names)
        if hidden:
            self.add_unmap(names)
        self.finish()

    def add_filesystem(self, names: List[str]) -> None:
        for name in names:
            users = [f for f in c.functions(self.text(name))
                     if re.search(r"\bvfio_fs_inode_(new|free)\(", Function(self.text(name), f).inside())]
            if users:
                self.insert_before(name, users[0], VFIO_FS % (BY_MOUNT if self.by_mount else BY_CONTEXT))

    def add_unmap(self, names: List[str]) -> None:
        export = "EXPORT_SYMBOL_GPL(vfio_device_get_from_dev);"
        prototype = re.compile(r"^(extern )?struct vfio_device \*vfio_device_get_from_dev\([^;]*;\n", re.M)
        where = [n for n in names if export in self.text(n)]
        found = prototype.search(self.text(self.HEADER))
        if len(where) != 1 or not found:
            raise Unclear("inode", "vfio_device_get_from_dev() is not there to find a device by")
        self.replace(where[0], self.text(where[0]).replace(export, export + UNMAP))
        self.replace(self.HEADER, self.text(self.HEADER).replace(
            found.group(), found.group() + "%svoid vfio_device_unmap(struct device *dev, loff_t start, loff_t len);\n" %
            (found.group(1) or "")))


def vfio_header(tree: Tree) -> str:
    return tree.read(DeviceInode.HEADER) if tree.has(DeviceInode.HEADER) else ""


def has_device_inode(tree: Tree) -> bool:
    header = vfio_header(tree)
    return re.search(r"struct vfio_device \{[^}]*struct inode\s*\*inode;", header) is not None or \
        "vfio_device_unmap(" in header


def declares_devices(tree: Tree) -> bool:
    """Until 5.12, but not in late stable kernels of it, struct vfio_device was private to vfio.c."""
    return re.search(r"^struct vfio_device \{", vfio_header(tree), re.M) is not None


def hides_devices(tree: Tree) -> bool:
    """True if vfio passes drivers their own pointer instead of a struct vfio_device, as until 5.12."""
    header = vfio_header(tree)
    return header != "" and tree.has("drivers/vfio/vfio.c") and \
        (not declares_devices(tree) or re.search(r"\(\*mmap\)\s*\(void \*", header) is not None)


def inode_comes_late(tree: Tree) -> bool:
    """Until 6.1 making a vfio device could not fail, so the inode is made when it is registered."""
    return re.search(r"\bvoid vfio_init_group_dev\(", vfio_header(tree)) is not None
