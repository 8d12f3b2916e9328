# SPDX-License-Identifier: GPL-2.0-only
#
# The only entry point; `make help` lists its targets and variables. Sources, tests, samples and probes are found by
# wildcard. All that is built goes to build/, all that is downloaded to the cache.

MAKEFLAGS += -rR --no-print-directory
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:

# ---- variables ---------------------------------------------------------------

# The one list of them: make help prints it, and variables that are not in it are for kbuild, see "unusual".
#= KERNEL=    a kernel of KERNELS (default: the first), or a directory with one of yours: /, a build tree, packages (docs/hosts.md)
#= KDIR=      build for these headers instead; for all, install, dkms, clean and help
#= CACHE=     where downloads and lab kernels are kept (default: ${XDG_CACHE_HOME:-~/.cache}/vfio-pci-sdk)
#= T=         only the tests, benchmarks, cases or checks of that name; for tests and benchmarks a pattern
#= V=1        show commands
#= IN=        run everything in a container: podman or docker (docs/hosts.md)
#= IN_ARGS=   for IN: more arguments for its "run", -v of a directory elsewhere
#= IN_BASE=   for IN: the image to build upon, a Debian (default: debian:13)
#= HOST=      for test-host: debian-12 or debian-13; T= one command, such as "check"
#= FLAVOR=    for test: one or more flavors of the virtual machine (lab/vm --help)
#= FLAVORS=   for test-all: flavors, in each of which every kernel is run once more
#= CACHED=1   for test-all: leave out lab kernels that are not built yet
#= SECONDS=   for stress: how long it goes on (default: 60)
#= SEED=      for tests that roll dice: where they start, as they print it
#= LIVE_MOVES= for test T=live_qemu: how often a machine is moved there and back (default: 2)
#= ACCEL=     for the virtual machine: auto, kvm or tcg (default: auto, kvm where it works)
#= QEMU=      for the virtual machine: another QEMU binary
#= QEMU_ARGS= for the virtual machine: added to the command line of QEMU, -device options of yours
#= MACHINES=  for test: how many virtual machines share the tests (default: one for each CPU, at most four)
#= TIMEOUT=   for the virtual machine and migrate: seconds until it is stopped
#= VFIO_DRIVER= for test: the driver under test (default: vfio-pci-sdk)
#= CMD=       for shell: what to run instead of a shell; make fails as it does
#= KEEP=1     keep the files of the virtual machine, or the objects of a lab kernel
#= UPDATE=1   for kernels: newer ones; for bench and test-all: write the figures to bench/results/ and docs/tested.md
#= NAME=      for new, to-upstream: the driver
#= ID=        for new: its PCI id, 1234:5678
#= DEST=      for new: a directory of its own
#= FEATURES=  for new: what the driver has besides, live-migration
#= DIR=       for to-upstream: the directory of the driver, in place of NAME=
#= KSRC=      for to-upstream: the kernel tree
#= SDK=       in the Makefile of a driver outside this tree: where this tree is
#= EXTRA=     the directory of a driver outside this tree; its own Makefile says so
#= DESTDIR=   for install: goes before /lib/modules
#= BDF=       for bind, unbind: the PCI device, or several in quotes
#= DRIVER=    for bind: the driver to give it to (default: vfio-pci-sdk)
#= PERSISTENT=1 for bind, unbind: at each boot, by driverctl
#= FILES=     for review, migrate, migrate-api: the files of the driver
#= TREE=      for review, migrate: the kernel tree, of which FILES= names some files; for migrate-api: a 7.x kernel's
#= TREES=     for migrate: several trees, with a table at the end
#= MAPPINGS=  own: a file for each mapping, as Linux is about to have it; for tests of the core
#= FROM=      for upstream: the older kernel source; TO=, the newer one
#= OUT=       for migrate: where the patches go (default: build/migrated); for migrate-api: the skeleton
#= APPLY=1    for migrate: change TREE itself
#= MODE=      for migrate: patch, report or context
#= HUGE=1     for migrate: huge fault handlers
#= AS=        for migrate: inode, sdk or file, the address space to zap (docs/migrating.md)
#= FORMAT=    for review: text, oneline, markdown, mail, sarif or github; for migrate and migrate-api: text, json or sarif
#= RANGE=     for review: what these commits change, main..topic
#= FOR=       for review: the release that the driver is for, 6.12 (default: the newest); KDIR= names it by its headers
#= FAIL=      for review: what fails, error, warning (default) or never
#= QUIET=1    for review: print what failed and nothing else
#= SPATCH=    for migrate, review and their tests: another Coccinelle (lab/fetch coccinelle)
variables := $(shell sed -n 's/^\#= \([A-Z_]*\)=.*/\1/p' $(firstword $(MAKEFILE_LIST)))
# Given by one make to another.
internal := WANTED into out COVERAGE

# In a container: the goals and variables as they are, and nothing of what follows.
ifneq ($(IN),)
goals := $(or $(MAKECMDGOALS),all)
from-environment := $(foreach name,$(variables),$(if $(filter environment,$(origin $(name))),$(name)))
.PHONY: $(goals)
$(firstword $(goals)):
	@scripts/in '$(IN)' '$(from-environment)' $(goals)
$(wordlist 2,$(words $(goals)),$(goals)): $(firstword $(goals))
	@:
else

V ?= 0
Q := $(if $(filter 1,$(V)),,@)
CACHE ?= $(or $(XDG_CACHE_HOME),$(or $(HOME),/nonexistent)/.cache)/vfio-pci-sdk
# Those given on the command line are exported by make.
export CACHE V

# odd PATH: what of it would be something else than a part of a name to kbuild, which splits M= at spaces, to make, whose
# rules end at colons, or to the shell of a recipe: distclean with a CACHE of /home/R&D/... would remove /home/R.
space := $(subst x,,x x)
special := : & ; | < > ( ) [ ] { } * ? ` ' " \ \# $$
odd = $(strip $(foreach c,$(special),$(findstring $(c),$(1))) $(if $(findstring $(space),$(1)),space))
$(foreach name,CURDIR CACHE KDIR EXTRA KERNEL,$(if $(call odd,$($(name))),$(error Cannot build in a path with a space, a colon \
	or a character that means something to the shell ($(name) is "$($(name))"); move it)))

# ---- what is built, and where -----------------------------------------------

known := $(shell lab/kernels list)
cover-kernels := $(shell lab/kernels list cover)
KERNEL ?= $(firstword $(known))
# A directory: a kernel of the user's own.
ifneq ($(findstring /,$(KERNEL)),)
own := $(shell CACHE=$(CACHE) scripts/own-kernel '$(KERNEL)')
override KERNEL := $(or $(own),$(error KERNEL=$(KERNEL) is no kernel that the lab could boot))
endif

ifdef KDIR
kdir := $(abspath $(KDIR))
# Not include/config/kernel.release: Debian's 6.1 has the upstream version there.
kernel := $(subst ",,$(lastword $(file <$(kdir)/include/generated/utsrelease.h)))
$(if $(kernel),,$(error KDIR=$(KDIR) has no kernel headers (include/generated/utsrelease.h); \
	install linux-headers-$$(uname -r) and say KDIR=/lib/modules/$$(uname -r)/build))
else
$(if $(filter /nonexistent/%,$(CACHE)),$(error HOME is not set, so there is no place for kernels; say CACHE=, a directory of yours))
kdir := $(CACHE)/kernels/$(KERNEL)/build
kernel := $(KERNEL)
kernel-release := $(CACHE)/kernels/$(KERNEL)/release
$(if $(filter $(KERNEL),$(known) $(own)),,$(error KERNELS has no "$(KERNEL)"; say KERNEL= one of: $(known), or a directory))
endif

# What runs on a kernel for another architecture comes from a cross compiler.
foreign := $(if $(KDIR),,$(findstring -arm64,$(KERNEL)))
ifneq ($(foreign),)
export ARCH := arm64
export CROSS_COMPILE := aarch64-linux-gnu-
endif

# Where everything is built: the modules of the kernel at hand in a directory of its own, tests and
# benchmarks beside it. A driver outside this tree, EXTRA, brings a place of its own along.
out := build
into := $(out)/$(kernel)$(addprefix -,$(MAPPINGS))
$(if $(filter-out own,$(MAPPINGS)),$(error MAPPINGS= can be own, or be left out))

# Use all CPUs unless told otherwise.
jobs = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
dry-run := $(findstring n,$(firstword -$(MAKEFLAGS)))

# ---- modules ---------------------------------------------------------------

sources := $(shell find Kbuild drivers include compat template samples tests/modules scripts/prepare 2>/dev/null)
ifdef EXTRA
sources += $(shell find $(EXTRA) -mindepth 1 \( -name build -o -name '.?*' \) -prune -o -type f -print)
endif

# kbuild takes a second to find that there is nothing to do, hence .built. It is trusted only for a kernel of the cache that
# is built as usual: the dates of headers of KDIR may not tell of changes, and variables for kbuild (W=1, KCFLAGS=...) ask
# for something else than what is there.
usual := $(filter-out KDIR,$(variables)) $(filter-out into,$(internal))
unusual := $(filter-out $(addsuffix =%,$(usual)),$(MAKEOVERRIDES))

.PHONY: all
all: $(into)/.built		## build the modules for KERNEL (or KDIR) in build/KERNEL/
	@:

# Two makes at once in one tree wait for each other. .built is as old as the start of the build, so that what is edited
# meanwhile counts as newer. BTF needs the kernel's vmlinux, which packages of headers do not have: kbuild would say so for
# each module.
gcov := $(if $(KDIR),,$(filter $(KERNEL),$(cover-kernels)))
kbuild = $(MAKE) $(jobs) -C $(kdir) M=$(abspath $(into)) CONFIG_DEBUG_INFO_BTF_MODULES= $(if $(gcov),GCOV_PROFILE=y) modules
done = $(if $(unusual),rm -f $@,mv $(into).start $@)
$(into)/.built: $(sources) $(kernel-release) $(if $(unusual),FORCE)
	$(Q)scripts/doctor --write $(out) --kdir $(kdir) --need build $(if $(foreign),arm64)
	$(Q)mkdir -p $(@D)
ifeq ($(dry-run),)
	+$(Q)flock $(into).lock sh -ec 'touch $(into).start; scripts/prepare $(kdir) $(into) $(EXTRA); $(kbuild); $(done)'
endif

.PHONY: FORCE
FORCE:

# ---- kernels -----------------------------------------------------------------

.PHONY: kernels
kernels:			## get the packaged kernels of CI, or KERNEL (UPDATE=1: newer ones)
	$(Q)lab/kernels fetch $(if $(UPDATE),--update) $(if $(findstring command,$(origin KERNEL)),$(KERNEL))

# Kernels built here are made of their configuration as well.
releases = $(patsubst %,$(CACHE)/kernels/%/release,$(1))
lab-kernels := $(shell lab/kernels list lab)
plain-kernels := $(shell lab/kernels list plain)
$(call releases,$(lab-kernels) $(plain-kernels) $(cover-kernels)): lab/flavors/lab.config
$(call releases,$(plain-kernels) $(cover-kernels)): lab/flavors/plain.config
$(call releases,$(cover-kernels)): lab/flavors/cover.config

# Comes whole, with all else of the kernel: what make must not do is remove it when it is interrupted right after.
.PRECIOUS: $(CACHE)/kernels/%/release
$(CACHE)/kernels/%/release:
	$(Q)scripts/doctor --write $(out) --need build
	$(Q)lab/kernels fetch $*

# ---- programs that run in the virtual machine -------------------------------

CC := $(if $(filter default undefined,$(origin CC)),$(if $(foreign),$(CROSS_COMPILE))gcc,$(CC))
CFLAGS ?= -O2 -g
warnings := -Wall -Wextra -Wmissing-prototypes -Wshadow -Wno-unused-parameter
programs := $(out)$(if $(foreign),/arm64)

# tests/NAME_test.c; test.c of the template, of a sample or of a driver: DIRECTORY_test; bench/NAME.c;
# of EXTRA, NAME_test is all that is wanted
test-dirs := $(patsubst %/test.c,%,$(wildcard template/test.c samples/*/test.c drivers/vfio/pci/*/test.c))
tests := $(if $(EXTRA),$(programs)/tests/$(NAME)_test, \
	$(patsubst tests/%.c,$(programs)/tests/%,$(wildcard tests/*_test.c tests/demo.c tests/stress.c)) \
	$(foreach dir,$(test-dirs),$(programs)/tests/$(notdir $(dir))_test))
benches := $(patsubst bench/%.c,$(programs)/bench/%,$(wildcard bench/*.c))
# pt_ARCHITECTURE.c: only that of the kernel's.
lib := $(patsubst tests/lib/%.c,$(programs)/tests/lib/%.o,$(filter-out tests/lib/pt_%,$(wildcard tests/lib/*.c)) \
	tests/lib/pt_$(if $(foreign),arm64,x86).c)
bench-lib := $(patsubst bench/lib/%.c,$(programs)/bench/lib/%.o,$(wildcard bench/lib/*.c))

compile = $(CC) $(CFLAGS) -std=gnu11 -pthread $(warnings) $(EXTRA_CFLAGS) -Itests/lib -Ibench/lib -MMD -MP -MF $(@D)/.$(@F).d
define link
	@$(if $(filter 1,$(V)),,echo '  HOSTLD  $@';) mkdir -p $(@D)
	$(Q)$(compile) -MT $@ -static -o $@ $(filter %.c %.o,$^)
endef

$(programs)/tests/lib/diff.o: tests/differences.txt

# Objects of one C library do not link with an older one: made anew when the compiler has changed, in a container for example.
compiler := $(shell $(CC) --version 2>/dev/null | head -n 1)
ifneq ($(compiler),$(file <$(programs)/.compiler))
$(programs)/.compiler: FORCE
endif
$(programs)/.compiler:
	@mkdir -p $(@D)
	@echo '$(compiler)' >$@

$(programs)/%.o: %.c $(programs)/.compiler
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

# named PROGRAMS: those whose name contains or matches T; without T all.
quoted = '$(subst ','\'',$(1))'
matching = $(shell lab/vm --matching $(call quoted,$(T)) $(1))
named = $(if $(T),$(call matching,$(1)),$(1))
flavors = $(shell lab/vm --flavors)

# ready PROGRAMS: everything a virtual machine that runs them needs: tools, modules, the programs. Make expands a whole
# recipe before it runs the first line, so what is wrong here is said before anything is done.
define ready
	$(if $(KDIR),$(error The virtual machine boots kernels of KERNELS and of directories; say KERNEL= instead of KDIR=))
	$(if $(1),,$(error No program is named like T=$(T); see ls $(or $(EXTRA),tests samples bench)))
	$(foreach word,$(FLAVOR),$(if $(filter $(word),$(flavors)),,$(error There is no FLAVOR=$(word); say one or more of: $(flavors))))
	$(if $(QEMU),$(if $(shell command -v $(call quoted,$(QEMU))),,$(error QEMU=$(QEMU) is no program; see lab/fetch)))
	$(Q)scripts/doctor --write $(out) --kdir $(kdir) --install build test $(if $(foreign),arm64)
	+$(Q)$(MAKE) $(jobs) all wanted WANTED='$(1)'
endef

# Variables given to make are in the script's environment.
vm = $(Q)BUILD=$(into) lab/vm --kernel $(KERNEL) --mode $(1) $(if $(T),--tests '$(T)')

.PHONY: demo test trace shell
demo:				## show our core driving three emulated devices
	$(call ready,$(programs)/tests/demo)
	$(call vm,demo)

test:				## boot KERNEL in a virtual machine and run the tests
	$(call ready,$(call named,$(filter %_test,$(tests))))
	$(call vm,test)

# In one machine, so that the lines stay together.
trace: export TRACE := 1
trace: export MACHINES := 1
trace:				## run the tests that T= names with the core's events on, and show the last 2000 of each
	$(if $(T),,$(error Say T=, the tests to trace; see ls tests samples))
	$(call ready,$(call named,$(filter %_test,$(tests))))
	$(call vm,test)

.PHONY: stress
stress: export STRESS_SECONDS := $(or $(SECONDS),60)
stress:				## everything at once, for SECONDS= (default 60), on the same machine
	$(if $(shell echo $(call quoted,$(STRESS_SECONDS)) | grep -xE '[1-9][0-9]*'),,$(error SECONDS=$(SECONDS) is no number of seconds))
	$(call ready,$(programs)/tests/stress)
	$(call vm,stress)

.PHONY: coverage
coverage: cover = $(lastword $(cover-kernels))
coverage:			## tell which lines and branches of the core the tests reach
	$(Q)scripts/doctor --install coverage
	+$(Q)$(MAKE) test KERNEL=$(cover) COVERAGE=1; status=$$?; lab/coverage build/$(cover) && exit $$status

.PHONY: prove
prove:				## explore the locks' models over all interleavings, with spin
	$(Q)scripts/doctor --need build && scripts/doctor --install prove
	$(Q)models/prove

.PHONY: test-all
test-all:			## the same on every kernel; CACHED=1 leaves out lab kernels not built yet
	$(if $(and $(UPDATE),$(T)),$(error UPDATE=1 writes all figures: leave out T=))
	+$(Q)lab/test-all $(if $(CACHED),--cached)$(if $(UPDATE),; status=$$?; ci/results table $(out) >docs/tested.md; exit $$status)

.PHONY: conformance
conformance: lab = $(lastword $(lab-kernels))
conformance:		## run the newest kernel's variant drivers and its vfio selftests on our core
	$(Q)scripts/doctor --write build --install build test lab conformance
	+$(Q)$(MAKE) KERNEL=$(lab) $(jobs) all
	$(Q)ci/conformance $(lab)

.PHONY: bench
bench:				## compare KERNEL's own vfio-pci with ours, by instructions
	$(call ready,$(call named,$(benches)))
	$(Q)scripts/doctor --install bench
	$(Q)BUILD=$(into) bench/run $(KERNEL) $(if $(T),'$(T)')

shell:				## boot KERNEL and get a shell in it, or run CMD=, with the driver of T= loaded
	$(call ready,$(call named,$(tests)))
	$(call vm,shell)

# ---- installation and packages ----------------------------------------------

.PHONY: install dkms deb rpm
install: $(if $(KDIR),all)	## install the modules for the running kernel, or that of KDIR
	$(if $(KDIR),$(Q)scripts/package install $(into) $(kdir),$(Q)$(MAKE) install KDIR=/lib/modules/$(shell uname -r)/build)

dkms:				## let dkms build and install them, also for kernels installed later
	$(Q)scripts/doctor --install package
	$(Q)scripts/package dkms $(if $(KDIR),$(kdir))

deb:				## make a Debian package for dkms, in build/deb/
	$(Q)scripts/doctor --write $(out) --install package
	$(Q)scripts/package deb $(out)/deb

rpm:				## make an RPM package for dkms, and its source package, in build/rpm/
	$(Q)scripts/doctor --write $(out) --install rpm
	$(Q)scripts/package rpm $(out)/rpm

include scripts/hardware.mk

# ---- drivers -----------------------------------------------------------------

.PHONY: new
new:				## make a driver of your own: NAME=acme-nic ID=1234:5678 [DEST=directory] [FEATURES=live-migration]
	$(Q)tools/driver/new "$$NAME" "$$ID" "$$DEST" "$$FEATURES"

.PHONY: to-upstream
to-upstream:			## print a patch that adds NAME= (or the driver in DIR=) to the kernel in KSRC=
	$(Q)tools/driver/to-upstream '$(or $(DIR),$(if $(NAME),drivers/vfio/pci/$(NAME)))' '$(KSRC)'

.PHONY: upstream
upstream:			## list what changed in vfio between two kernel sources, FROM= and TO=
	$(if $(and $(FROM),$(TO)),,$(error Say FROM= and TO=, two kernel sources; docs/upstream.md tells the rest))
	$(Q)tools/upstream/upstream '$(FROM)' '$(TO)'

# ---- migration ---------------------------------------------------------------

.PHONY: migrate migrate-api migrate-test migrate-shapes migrate-kernel
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

migrate-shapes:			## migrate each shape of cocci/migrate/tests and print the table of what became of it
	$(Q)scripts/doctor --write build --install migrate
	$(Q)ci/migrate-test --shapes $(if $(T),'$(T)')

# Ours beside the migrated ones: the programs and the tests' own modules come from there.
migrated = $(Q)BUILD=build/$(1) MODULES=build/migrate/$(1)/modules VFIO_DRIVER=vfio-pci \
	lab/vm --kernel $(1) --tests

migrate-kernel:			## migrate the kernels' own drivers/vfio and run the core's tests on it
	$(if $(call named,$(filter %_test,$(tests))),,$(error No program is named like T=$(T); see ls tests))
	$(Q)scripts/doctor --write build --install build test migrate
	+$(Q)$(MAKE) $(jobs) KERNEL=debian-6.1 all programs
	+$(Q)$(MAKE) $(jobs) KERNEL=debian-6.12 all
	$(Q)ci/migrate-kernel debian-6.12 build/migrate/debian-6.12
	$(Q)ci/migrate-kernel debian-6.1 build/migrate/debian-6.1 build/migrate/debian-6.12
	$(Q)ci/migrate-api-kernel build/migrate/debian-6.1/a build/migrate/api
	$(call migrated,debian-6.1) '$(or $(T),core_)'
	$(call migrated,debian-6.12) '$(or $(T),core_mmap)'

# ---- review ------------------------------------------------------------------

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
	$(Q)ci/review-kernel

review-recall:			## undo public fixes of the kernels' drivers: the rules must find what was wrong
	$(Q)scripts/doctor --install migrate
	$(Q)ci/review-kernel recall

checklist:			## write docs/review-checklist.md and review-guide.md anew from cocci/check
	$(Q)scripts/doctor --write docs
	$(Q)for page in checklist guide; do tools/review/review --$$page >docs/review-$$page.md.new && \
		mv docs/review-$$page.md.new docs/review-$$page.md || { rm -f docs/review-$$page.md.new; exit 1; }; done

# ---- documentation and checks ------------------------------------------------

.PHONY: docs
docs:				## make the documentation as HTML in build/docs/html
	$(Q)scripts/doctor --write build --install docs
	$(Q)scripts/docs

# Each check is a target of its own as well: check-NAME.
ifneq ($(filter check check-% help,$(MAKECMDGOALS))$(filter $(out)/check/%,$(WANTED)),)
-include ci/check.mk
endif

.PHONY: probe-check
probe-check:			## name the probes that no kernel at hand needs any more
	$(Q)scripts/probe-check

# ---- this tree -----------------------------------------------------------------

.PHONY: doctor
doctor:				## show what is needed, what is missing, and how to install it
	$(Q)scripts/doctor

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
	@sed -n 's/^\([a-z_.-]*\):[^#]*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18
	@echo '  check-NAME      run one check of:'
	@echo '$(sort $(checks))' | fold -sw 100 | sed 's/^/                    /'
	@echo 'Variables:'
	@sed -n 's/^#= \([A-Z_]*=[^ ]*\) *\(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18
	@echo 'Kernels:  $(known)'
	@echo 'Flavors:  $(flavors)'

endif
