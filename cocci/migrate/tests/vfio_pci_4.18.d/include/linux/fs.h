/* SPDX-License-Identifier: GPL-2.0-only */
/* Without fs_context: a pseudo filesystem is mounted by mount_pseudo(). */
