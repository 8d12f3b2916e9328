/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the driver of the PF offers to the driver of its VFs.
 *
 * A VF's driver gets the PF by pci_iov_get_pf_drvdata(), which fails unless pf_vf_pf_driver is
 * bound to the PF.  No reference is taken: the PF's remove disables SR-IOV first, which waits for
 * the remove of each VF's driver, and so for its user.  The module stays because its symbols are
 * used.
 */
#ifndef PF_VF_PF_H
#define PF_VF_PF_H

#include <linux/list.h>
#include <linux/pci.h>

#include "uapi.h"

struct pf_vf_pf;

/**
 * struct pf_vf_client - a VF whose driver is told of resets of the PF
 * @node: in the PF's list
 * @reset_prepare: the PF is about to be reset, and the VF with it
 * @reset_done: it is back, without anything that was programmed
 *
 * Both are called by one task, with the PF's lock held from before the first to after the last: no
 * callback may attach, detach or call the PF.
 */
struct pf_vf_client {
	struct list_head	node;
	void (*reset_prepare)(struct pf_vf_client *client);
	void (*reset_done)(struct pf_vf_client *client);
};

extern struct pci_driver pf_vf_pf_driver;

void pf_vf_attach(struct pf_vf_pf *pf, struct pf_vf_client *client);
void pf_vf_detach(struct pf_vf_pf *pf, struct pf_vf_client *client);
int pf_vf_query(struct pf_vf_pf *pf, unsigned int vf, struct pf_vf_answer *answer);

#endif
