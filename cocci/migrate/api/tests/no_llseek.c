// SPDX-License-Identifier: GPL-2.0-only
static const struct file_operations acme_save_fops = {
	.owner = THIS_MODULE,
	.read = acme_save_read,
	.llseek = no_llseek,
};

static const struct file_operations acme_load_fops = {
	.owner = THIS_MODULE,
	.llseek = no_llseek,
	.write = acme_load_write,
	.release = acme_load_release,
};

static const struct file_operations acme_dump_fops = {
	.owner = THIS_MODULE,
	.read = acme_dump_read,
	.llseek = default_llseek,
};
