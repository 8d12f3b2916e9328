# SPDX-License-Identifier: GPL-2.0-only
# Targets for other hosts and for real machines; the Makefile includes this.

.PHONY: compile_commands.json
compile_commands.json: all	## for clangd: how modules and programs are compiled, for KERNEL
	$(Q)scripts/doctor --need test
	$(Q)scripts/compile-commands $(into) $(kdir) '$(CC) $(CFLAGS) -std=gnu11 -pthread $(warnings) -Itests/lib -Ibench/lib' \
		$(wildcard tests/*.c tests/lib/*.c bench/*.c bench/lib/*.c) $(addsuffix /test.c,$(test-dirs)) >$@.new && mv $@.new $@

.PHONY: test-host
test-host:			## try the README's commands in a root of HOST=debian-13 (or debian-12), as root and as a user
	$(Q)scripts/doctor --install host
	$(Q)ci/test-host '$(HOST)' $(if $(T),$(call quoted,$(T)))

# ---- other machines --------------------------------------------------------------

.PHONY: jobs
jobs:				## write the jobs of GitHub Actions and GitLab anew from KERNELS
	$(Q)mkdir -p .github/workflows
	$(Q)ci/jobs github >.github/workflows/kernels.yml
	$(Q)ci/jobs gitlab >.gitlab-ci.yml

# ---- real devices, on this machine ----------------------------------------------

.PHONY: bind unbind load unload
bind:				## give devices, BDF=, of this machine to DRIVER= (default: vfio-pci-sdk), after checks
	$(Q)scripts/bind bind '$(or $(DRIVER),vfio-pci-sdk)' $(BDF)

unbind:				## give them back to the drivers that they had
	$(Q)scripts/bind unbind $(BDF)

load:				## build the core and the plain driver for the running kernel, and load them
	$(if $(KDIR),,+$(Q)$(MAKE) load KDIR=/lib/modules/$(shell uname -r)/build)
	$(if $(KDIR),$(Q)$(MAKE) all && scripts/bind load $(into))

unload:				## remove them again
	$(Q)scripts/bind unload

# Its source has the script in it.
$(programs)/tests/host_bind_test: scripts/bind
