# SPDX-License-Identifier: GPL-2.0-only
#
# make check. A check NAME is the program ci/check-NAME, found by wildcard, which prints what is wrong and fails. It runs
# again when a file that it depends on has changed since it passed, or when it is named. Optional variables:
#
#   files-NAME   what the check depends on (default: every file of the tree)
#   run-NAME     its command, where that is not ci/check-NAME

# What git knows, new files included. The list is a file, so that a file that goes away is noticed.
tree := $(sort $(wildcard $(shell git ls-files --cached --others --exclude-standard 2>/dev/null)))
list := $(out)/check/files
ifneq ($(tree),$(strip $(file <$(list))))
$(list): FORCE
endif
$(list):
	@mkdir -p $(@D)
	@echo '$(tree)' >$@

# below DIRECTORY/... FILE...: the tree's files in these directories, and these files.
below = $(filter $(addsuffix %,$(filter %/,$(1))) $(1),$(tree))

# Build for the default kernel, and for those of CI that are in the cache.
cached = $(patsubst $(CACHE)/kernels/%/release,%,$(wildcard $(call releases,$(1))))
build-kernels := $(firstword $(known)) $(call cached,$(filter-out $(firstword $(known)),$(shell lab/kernels list --ci)))
kernel-releases := $(call releases,$(build-kernels))
builds := $(addprefix build-,$(build-kernels))

# What modules are made of, and by what.
code := $(kernel-releases) $(call below,Makefile Kbuild KERNELS compat/ drivers/ include/ samples/ template/ tests/modules/ \
	scripts/ ci/ lab/ tools/)
$(foreach build,$(builds),$(eval files-$(build) := $(code)))
$(foreach build,$(builds),$(eval run-$(build) := ci/check-build $(build:build-%=%)))
files-arm64 := $(code)
run-arm64 := ci/check-build --arm64
files-drivers := $(code)
files-packaging := $(code) $(call below,debian/ rpm/ dkms.conf.in COPYING)

apart := $(filter-out docs/% cocci/%,$(tree))
files-new := $(apart)
files-alone := $(apart)
files-alias := $(apart)

rules := $(code) $(call below,cocci/)
files-review-test := $(rules)
files-review-kernel := $(rules)
files-review-recall := $(rules)
files-review-series := $(rules)
run-review-test := ci/review-test
run-review-kernel := ci/review-kernel
run-review-recall := ci/review-kernel recall
run-review-series := ci/review-series

files-migrate-test := $(call below,cocci/ scripts/ ci/ lab/ tools/ docs/ template/ samples/ KERNELS)
run-migrate-test := ci/migrate-test

run-html := scripts/docs
# Check only that the models match the code; make prove explores them.
files-models := $(call below,drivers/ models/)
run-models := models/prove --covers
files-programs := $(call below,Makefile bench/ include/ samples/ template/ tests/)
run-programs := $(MAKE) $(jobs) programs programs=$(out)/check/programs EXTRA_CFLAGS=-Werror

# Start the longest checks first, so that no CPU is idle at the end.
long := new alone packaging alias tutorial review-recall review-kernel review-test review-series migrate-test \
	harmless errors $(builds) arm64
short := html programs models $(patsubst ci/check-%,%,$(wildcard ci/check-*))
checks := $(long) $(sort $(filter-out build $(long),$(short)))
chosen := $(or $(filter $(T),$(checks)),$(checks))
stamps := $(patsubst %,$(out)/check/%.passed,$(chosen))

define rule
$(out)/check/$(1).passed: $(list) $(or $(files-$(1)),$(tree)) $(if $(filter $(1),$(T)),FORCE)
	$$(Q)ci/checked $$@ $(or $(run-$(1)),ci/check-$(1))

.PHONY: check-$(1)
check-$(1):
	+$$(Q)$$(MAKE) check T=$(1)

endef
$(foreach name,$(checks),$(eval $(call rule,$(name))))

.PHONY: check
check:				## run every check whose files have changed since it passed, or those that T= names
	$(foreach name,$(T),$(if $(filter $(name),$(checks)),,$(error There is no check "$(name)"; say one or more of: $(checks))))
	$(if $(tree),,$(error make check looks at the files that git knows; run it in a clone))
	$(Q)scripts/doctor --write $(out) --install build test check docs migrate package rpm
	+$(Q)$(MAKE) $(jobs) wanted WANTED='$(kernel-releases)'
	+$(Q)$(MAKE) -k $(jobs) wanted WANTED='$(stamps)' || true
	$(Q)ci/checked --count $(stamps)
