# SPDX-License-Identifier: GPL-2.0-only
#
# The only entry point; `make help` lists what it can do. Sources, tests, samples and probes are
# found by wildcard. All that is built goes to build/, all that is downloaded to the cache.

MAKEFLAGS += -rR --no-print-directory
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:

V ?= 0
Q := $(if $(filter 1,$(V)),,@)
CACHE ?= $(or $(XDG_CACHE_HOME),$(or $(HOME),/nonexistent)/.cache)/vfio-pci-sdk

# Kbuild splits M= at spaces and make splits rules at colons: there is no way to quote either. To the shell of a recipe
# the others are no part of a name: distclean with a CACHE of /home/R&D/... would remove /home/R.
space := $(subst x,,x x)
special := : & ; | < > ( ) [ ] { } * ? ` ' " \ \# $$
$(foreach path,CURDIR CACHE KDIR EXTRA,$(if $(or $(strip $(foreach c,$(special),$(findstring $(c),$($(path))))),$(findstring $(space),$($(path)))),\
	$(error Cannot build in a path with a space, a colon or a character that means something to the shell ($(path) is "$($(path))"); move it)))

known := $(shell lab/kernels list)
KERNEL ?= $(firstword $(known))

ifdef KDIR
kdir := $(abspath $(KDIR))
# Not include/config/kernel.release: Debian's 6.1 has the upstream version there.
kernel := $(subst ",,$(lastword $(file <$(kdir)/include/generated/utsrelease.h)))
$(if $(kernel),,$(error KDIR=$(KDIR) has no kernel headers (include/generated/utsrelease.h); \
	install linux-headers-$$(uname -r) and say KDIR=/lib/modules/$$(uname -r)/build, or leave KDIR away))
else
$(if $(filter /nonexistent/%,$(CACHE)),$(error HOME is not set, so there is no place for kernels; say CACHE=, a directory of yours))
kdir := $(CACHE)/kernels/$(KERNEL)/build
kernel := $(KERNEL)
kernel-release := $(CACHE)/kernels/$(KERNEL)/release
$(if $(filter $(KERNEL),$(known)),,$(error KERNELS has no "$(KERNEL)"; say KERNEL= one of: $(known)))
endif

# Where everything is built: the modules of the kernel at hand in a directory of its own, tests and
# benchmarks beside it. A driver outside this tree, EXTRA, brings a place of its own along.
out := build
into := $(out)/$(kernel)

# Use all CPUs unless told otherwise.
jobs = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
dry-run := $(findstring n,$(firstword -$(MAKEFLAGS)))

# ---- modules ---------------------------------------------------------------

# kbuild takes a second to find that there is nothing to do, hence .built. It is trusted only for a
# kernel of the cache built as usual: headers of KDIR may change in ways that dates do not tell, and
# variables for kbuild (W=1, KCFLAGS=...) ask for something else than what is there.
sources := $(shell find Kbuild drivers include compat template samples tests/modules scripts/prepare 2>/dev/null) \
	$(if $(EXTRA),$(shell find $(EXTRA) -mindepth 1 \( -name build -o -name '.?*' \) -prune -o -type f -print))
unusual := $(filter-out $(addsuffix =%,KERNEL CACHE UPDATE V T ACCEL KEEP CACHED FLAVOR VFIO_DRIVER TIMEOUT MACHINES QEMU QEMU_ARGS \
	SDK DIR EXTRA NAME out SEED SECONDS FLAVORS WANTED LIVE_MOVES),$(MAKEOVERRIDES))

.PHONY: all
all: $(into)/.built		## build the modules for KERNEL (or KDIR) in build/KERNEL/
	@:

# The lock is for two makes at once in one tree. .built is as old as the start of the build, so that
# what is edited meanwhile counts as newer. BTF needs the kernel's vmlinux, which packages of headers
# do not have: kbuild would say so for each module.
$(into)/.built: $(sources) $(kernel-release) $(if $(unusual),FORCE)
	$(Q)scripts/doctor --write $(out) --need build
	$(Q)mkdir -p $(@D)
	+$(Q)$(if $(dry-run),exit;) flock $(into).lock sh -ec 'touch $(into).start; scripts/prepare $(kdir) $(into) $(EXTRA); \
		$(MAKE) $(jobs) -C $(kdir) M=$(abspath $(into)) CONFIG_DEBUG_INFO_BTF_MODULES= modules; \
		$(if $(unusual),rm -f,mv $(into).start) $@'

.PHONY: FORCE
FORCE:

# Kernels built here are made of their configuration, too.
built = $(patsubst %,$(CACHE)/kernels/%/release,$(shell lab/kernels list $(1)))
$(call built,lab) $(call built,plain): lab/flavors/lab.config
$(call built,plain): lab/flavors/plain.config

# Comes whole, with all else of the kernel: what make must not do is remove it when it is interrupted right after.
.PRECIOUS: $(CACHE)/kernels/%/release
$(CACHE)/kernels/%/release:
	$(Q)scripts/doctor --write $(out) --need build
	$(Q)lab/kernels fetch $*

# ---- programs that run in the virtual machine -------------------------------

CC := $(if $(filter default undefined,$(origin CC)),gcc,$(CC))
CFLAGS ?= -O2 -g
warnings := -Wall -Wextra -Wmissing-prototypes -Wshadow -Wno-unused-parameter
programs := $(out)

# tests/NAME_test.c; test.c of the template, of a sample or of a driver: DIRECTORY_test; bench/NAME.c;
# of EXTRA, NAME_test is all that is wanted
test-dirs := $(patsubst %/test.c,%,$(wildcard template/test.c samples/*/test.c drivers/vfio/pci/*/test.c))
tests := $(if $(EXTRA),$(programs)/tests/$(NAME)_test, \
	$(patsubst tests/%.c,$(programs)/tests/%,$(wildcard tests/*_test.c tests/demo.c tests/stress.c)) \
	$(foreach dir,$(test-dirs),$(programs)/tests/$(notdir $(dir))_test))
benches := $(patsubst bench/%.c,$(programs)/bench/%,$(wildcard bench/*.c))
lib := $(patsubst tests/lib/%.c,$(programs)/tests/lib/%.o,$(wildcard tests/lib/*.c))
bench-lib := $(patsubst bench/lib/%.c,$(programs)/bench/lib/%.o,$(wildcard bench/lib/*.c))

compile = $(CC) $(CFLAGS) -std=gnu11 -pthread $(warnings) $(EXTRA_CFLAGS) -Itests/lib -Ibench/lib -MMD -MP -MF $(@D)/.$(@F).d
define link
	@$(if $(filter 1,$(V)),,echo '  HOSTLD  $@';) mkdir -p $(@D)
	$(Q)$(compile) -MT $@ -static -o $@ $(filter %.c %.o,$^)
endef

$(programs)/tests/lib/diff.o: tests/differences.txt

$(programs)/%.o: %.c
	@$(if $(filter 1,$(V)),,echo '  HOSTCC  $@';) mkdir -p $(@D)
	$(Q)$(compile) -c -o $@ $<

$(programs)/tests/%: tests/%.c $(lib)
	$(link)

$(programs)/bench/%: bench/%.c $(bench-lib) $(lib)
	$(link)

$(foreach dir,$(test-dirs),$(eval $(programs)/tests/$(notdir $(dir))_test: $(dir)/test.c $(lib) ; $$(link)))
$(if $(EXTRA),$(eval $(programs)/tests/$(NAME)_test: $(EXTRA)/test.c $(lib) ; $$(link)))

-include $(wildcard $(programs)/tests/.*.d $(programs)/tests/lib/.*.d $(programs)/bench/.*.d $(programs)/bench/lib/.*.d)

.PHONY: programs
programs: $(tests) $(benches)
	@:

# Those of them that one run needs: says nothing when they are there.
.PHONY: wanted
wanted: $(WANTED)
	@:

# ---- the virtual machine -----------------------------------------------------

# named PROGRAMS: those whose name contains or matches T, as lab/vm has it; without T all.
quoted = '$(subst ','\'',$(1))'
named = $(if $(T),$(filter $(addprefix %/,$(shell t=$(call quoted,$(T)) bash -O extglob -c 'for p; do \
	case $$p in ($$t | *$$t*) echo $$p ;; esac; done' named $(notdir $(1)))),$(1)),$(1))

# flavors: those that lab/vm knows.
flavors = $(shell sed -n '/^for word in/,/^done/s/^\t\([a-z][a-z0-9 |]*\). .*/\1/p' lab/vm | tr -d '|')

# ready PROGRAMS: everything a virtual machine that runs them needs: tools, modules, the programs. Make expands a whole
# recipe before it runs the first line, so what is wrong here is said before anything is done.
define ready
	$(if $(KDIR),$(error The virtual machine boots kernels of KERNELS; say KERNEL= instead of KDIR=))
	$(if $(1),,$(error No program is named like T=$(T); see ls $(or $(EXTRA),tests samples bench)))
	$(foreach word,$(FLAVOR),$(if $(filter $(word),$(flavors)),,$(error There is no FLAVOR=$(word); say one or more of: $(flavors))))
	$(if $(QEMU),$(if $(shell command -v $(call quoted,$(QEMU))),,$(error QEMU=$(QEMU) is no program; see lab/get-qemu)))
	$(Q)scripts/doctor --write $(out) --install build test
	+$(Q)$(MAKE) $(jobs) all wanted WANTED='$(1)'
endef

# Variables given to make are in the script's environment.
vm = $(Q)CACHE=$(CACHE) BUILD=$(into) lab/vm --kernel $(KERNEL) --mode $(1) $(if $(T),--tests '$(T)')

.PHONY: demo test shell
demo:				## show our core driving three emulated devices
	$(call ready,$(programs)/tests/demo)
	$(call vm,demo)

test:				## boot KERNEL in a virtual machine and run the tests
	$(call ready,$(call named,$(filter %_test,$(tests))))
	$(call vm,test)

.PHONY: stress
stress: export STRESS_SECONDS := $(or $(SECONDS),60)
stress:				## everything at once, for SECONDS= (default 60), on the same machine
	$(if $(shell echo $(call quoted,$(STRESS_SECONDS)) | grep -xE '[1-9][0-9]*'),,$(error SECONDS=$(SECONDS) is no number of seconds))
	$(call ready,$(programs)/tests/stress)
	$(call vm,stress)

.PHONY: test-all
test-all:			## the same on every kernel; CACHED=1 leaves out lab kernels not built yet
	+$(Q)lab/test-all $(if $(CACHED),--cached)

.PHONY: conformance
conformance: lab = $(lastword $(shell lab/kernels list lab))
conformance:		## run the newest kernel's variant drivers and its vfio selftests on our core
	$(Q)scripts/doctor --write build --install build test lab conformance
	+$(Q)$(MAKE) KERNEL=$(lab) $(jobs) all
	$(Q)CACHE=$(CACHE) ci/conformance $(lab)

.PHONY: bench
bench:				## compare KERNEL's own vfio-pci with ours, by instructions
	$(call ready,$(call named,$(benches)))
	$(Q)scripts/doctor --install bench
	$(Q)CACHE=$(CACHE) BUILD=$(into) UPDATE=$(UPDATE) bench/run $(KERNEL) $(if $(T),'$(T)')

shell:				## boot KERNEL and get a shell in it
	$(call ready,$(call named,$(tests)))
	$(call vm,shell)

# ---- elsewhere -----------------------------------------------------------------

.PHONY: install dkms deb
install: $(if $(KDIR),all)	## install the modules for the running kernel, or that of KDIR
	$(if $(KDIR),$(Q)scripts/package install $(into) $(kdir),$(Q)$(MAKE) install KDIR=/lib/modules/$(shell uname -r)/build)

dkms:				## let dkms build and install them, for each kernel to come, too
	$(Q)scripts/doctor --install package
	$(Q)scripts/package dkms $(if $(KDIR),$(kdir))

deb:				## make a Debian package for dkms, in build/deb/
	$(Q)scripts/doctor --write $(out) --install package
	$(Q)scripts/package deb $(out)/deb

# ---- the rest ----------------------------------------------------------------

# ---- old drivers ---------------------------------------------------------------

.PHONY: migrate migrate-api migrate-test migrate-kernel
migrate:			## move drivers in TREE (or TREES) that keep lists of VMAs to one address space
	$(if $(TREE)$(TREES),,$(error Say TREE=, a kernel tree; docs/migrating.md tells the rest))
	$(Q)scripts/doctor --write '$(or $(OUT),build/migrated)' --install migrate
	$(Q)tools/migrate/migrate --out '$(or $(OUT),build/migrated)' $(if $(APPLY),--apply) $(if $(MODE),--mode $(MODE)) \
		$(if $(HUGE),--huge) $(if $(AS),--as $(AS)) $(if $(FORMAT),--format $(FORMAT)) \
		$(if $(TIMEOUT),--timeout $(TIMEOUT)) $(if $(TREES),--trees $(TREES),'$(TREE)' $(FILES))

migrate-api:			## bring variant drivers written since 6.1, FILES=, up to the newest kernel's API
	$(if $(FILES),,$(error Say FILES=, the C files of the driver; docs/migrating.md tells the rest))
	$(Q)scripts/doctor --install migrate
	$(Q)tools/migrate/migrate-api $(if $(TREE),--headers '$(TREE)') $(if $(OUT),--out '$(OUT)') \
		$(if $(FORMAT),--format $(FORMAT)) $(FILES)

migrate-test:			## compare what migrations do with what they should do
	$(Q)scripts/doctor --write build --install migrate
	$(Q)ci/migrate-test $(if $(T),'$(T)')

# Ours beside the migrated ones: the programs and the tests' own modules come from there.
migrated = $(Q)CACHE=$(CACHE) BUILD=build/$(1) MODULES=build/migrate/$(1)/modules VFIO_DRIVER=vfio-pci \
	lab/vm --kernel $(1) --tests

migrate-kernel:			## migrate the kernels' own drivers/vfio and run the core's tests on it
	$(if $(call named,$(filter %_test,$(tests))),,$(error No program is named like T=$(T); see ls tests))
	$(Q)scripts/doctor --write build --install build test migrate
	+$(Q)$(MAKE) $(jobs) KERNEL=debian-6.1 all programs
	+$(Q)$(MAKE) $(jobs) KERNEL=debian-6.12 all
	$(Q)CACHE=$(CACHE) ci/migrate-kernel debian-6.12 build/migrate/debian-6.12
	$(Q)CACHE=$(CACHE) ci/migrate-kernel debian-6.1 build/migrate/debian-6.1 build/migrate/debian-6.12
	$(Q)CACHE=$(CACHE) ci/migrate-api-kernel build/migrate/debian-6.1/a build/migrate/api
	$(call migrated,debian-6.1) '$(or $(T),core_)'
	$(call migrated,debian-6.12) '$(or $(T),core_mmap)'

# ---- review --------------------------------------------------------------------

# What is said to a terminal or a pipe here is the review, and nothing else.
.PHONY: review review-test review-kernel review-recall checklist
review:				## review drivers: FILES=, RANGE=a..b, or a patch on the standard input; FORMAT=
	$(Q)scripts/doctor --install migrate >&2
	$(Q)tools/review/review $(if $(TREE),--tree '$(TREE)') $(if $(RANGE),--range '$(RANGE)') $(if $(FOR),--for '$(FOR)') \
		$(if $(KDIR),--kdir '$(KDIR)') $(if $(FORMAT),--format '$(FORMAT)') $(if $(FAIL),--fail '$(FAIL)') \
		$(if $(filter 1,$(QUIET)),--quiet) $(FILES)

review-test:			## compare what the rules of cocci/check find with what they should
	$(if $(wildcard cocci/check/tests/*$(T)*.c),,$(error No case is named like T=$(T); see ls cocci/check/tests))
	$(Q)scripts/doctor --install migrate
	$(Q)ci/review-test $(if $(T),'$(T)')

review-kernel:			## review the kernels' own drivers: each hit must be explained in known.txt
	$(Q)scripts/doctor --install migrate
	$(Q)CACHE=$(CACHE) ci/review-kernel

review-recall:			## undo public fixes of the kernels' drivers: the rules must find what was wrong
	$(Q)scripts/doctor --install migrate
	$(Q)CACHE=$(CACHE) ci/review-kernel recall

checklist:			## write docs/review-checklist.md and review-guide.md anew from cocci/check
	$(Q)scripts/doctor --write docs
	$(Q)for page in checklist guide; do tools/review/review --$$page >docs/review-$$page.md.new && \
		mv docs/review-$$page.md.new docs/review-$$page.md || { rm -f docs/review-$$page.md.new; exit 1; }; done

.PHONY: docs
docs:				## make the documentation as HTML in build/docs/html
	$(Q)scripts/doctor --write build --install docs
	$(Q)CACHE=$(CACHE) V=$(V) scripts/docs

# Each check is a target of its own, too: check-NAME.
ifneq ($(filter check check-% help,$(MAKECMDGOALS))$(filter $(out)/check/%,$(WANTED)),)
include ci/check.mk
endif

.PHONY: probe-check
probe-check:			## name the probes that no kernel at hand needs any more
	$(Q)CACHE=$(CACHE) V=$(V) scripts/probe-check

.PHONY: doctor
doctor:				## show what is needed, what is missing, and how to install it
	$(Q)scripts/doctor

.PHONY: new
new:				## make a driver of your own: NAME=acme-nic ID=1234:5678 [DEST=directory] [FEATURES=live-migration]
	$(Q)tools/driver/new "$$NAME" "$$ID" "$$DEST" "$$FEATURES"

.PHONY: to-upstream
to-upstream:			## print a patch that adds NAME= (or the driver in DIR=) to the kernel in KSRC=
	$(Q)tools/driver/to-upstream '$(or $(DIR),$(if $(NAME),drivers/vfio/pci/$(NAME)))' '$(KSRC)'

.PHONY: kernels
kernels:			## get the packaged kernels, or KERNEL (UPDATE=1: newer ones)
	$(Q)lab/kernels fetch $(if $(UPDATE),--update) $(if $(findstring command,$(origin KERNEL)),$(KERNEL))

.PHONY: clean
clean:				## remove build/
	$(Q)rm -rf $(out)

.PHONY: distclean
distclean:			## remove build/ and the cache
	$(if $(filter %/vfio-pci-sdk,$(CACHE)),,$(error CACHE=$(CACHE) may have files of others; remove it yourself))
	$(Q)rm -rf $(out) $(CACHE) $(CACHE)-ci

.PHONY: help
help:				## this text
	@echo 'Targets:'
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18
	@echo '  check-NAME      run one of them:'
	@echo '$(sort $(checks))' | fold -sw 100 | sed 's/^/                    /'
	@echo 'Variables:'
	@echo '  KERNEL=         $(known) (default: $(firstword $(known)))'
	@sed -n 's/^#= \([A-Z_]*=[^ ]*\) *\(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18
#= KDIR=      build for these headers instead; only all, install, dkms, clean and help
#= T=         run only the tests (or benchmarks) whose name matches this pattern
#= FLAVOR=    for test: smp1 (one CPU), nopat, bigbar (a 4 GiB BAR), relaxed (iomem=relaxed), mttcg (CPUs at once), iommufd, compat, noiommu
#= FLAVORS=   for test-all: flavors, in each of which every kernel is run once more
#= SECONDS=   for stress: how long it goes on (default: 60)
#= DESTDIR=   for install: goes before /lib/modules
#= TREE=      for migrate, review: the kernel tree, FILES= names some of its files; for migrate-api: a 7.x kernel's
#= RANGE=     for review: what these commits change, main..topic
#= FORMAT=    for review: text, oneline, markdown, mail, sarif or github; for migrate and migrate-api: text, json or sarif
#= FOR=       for review: the release that the driver is for, 6.12 (default: the newest); KDIR= names it by its headers
#= FAIL=      for review: what fails, error, warning (default) or never; QUIET=1 prints what failed and nothing else
#= OUT=       for migrate: where the patches go (default: build/migrated); for migrate-api: the skeleton
#= APPLY=1    for migrate: change TREE itself
#= MODE=      for migrate: patch, report or context
#= HUGE=1     for migrate: huge fault handlers
#= SPATCH=    for migrate, review and their tests: another Coccinelle (lab/get-spatch)
#= AS=        for migrate: inode, sdk or file, the address space to zap (docs/migrating.md)
#= TREES=     for migrate: several trees, with a table at the end
#= ACCEL=     auto, kvm or tcg (default: auto, kvm where it works)
#= QEMU=      another QEMU binary
#= QEMU_ARGS= added to its command line: -device options of yours
#= EXTRA=     the directory of a driver outside this tree; its own Makefile says so
#= KEEP=1     keep the files of the virtual machine
#= LIVE_MOVES= for test T=live_qemu: how often a machine is moved there and back (default: 2)
#= SEED=     where tests that roll dice start, as they print it
#= UPDATE=1   for kernels: newer ones; for bench: write the figures to bench/results/, which the documentation shows
#= V=1        show commands
