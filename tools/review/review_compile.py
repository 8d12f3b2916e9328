# SPDX-License-Identifier: GPL-2.0-only
"""sparse and gcc's -fanalyzer beside the rules of cocci/check/, where KDIR= has what a module is built with."""

import os
import re
import shutil
import subprocess
import tempfile
from typing import Dict, List, Tuple

import review_rules as rules
from review_rules import Finding, Item, Unread

SPARSE = Item("SPARSE", "kernel", "sparse has nothing to say", "warning",
              "address spaces, endianness and contexts of locks are in the types; a mixture works on one machine",
              "what make C=2 would find", "see Documentation/dev-tools/sparse.rst of the kernel", None, None, None, "sparse")
ANALYZER = Item("GCC-fanalyzer", "kernel", "gcc -fanalyzer has nothing to say", "warning",
                "gcc has followed the paths of a function to a value that is not set, or memory that is not there; it does "
                "not know the kernel's allocators, and can be wrong about what they give",
                "what make KCFLAGS=-fanalyzer would find", "follow the path; set the value, or make the check explicit",
                None, None, None, "gcc")
# Those take kmalloc() for malloc(), or every pointer for one that may be NULL.
FLAGS = ("-fanalyzer -fno-diagnostics-show-caret -fdiagnostics-path-format=none -Wno-analyzer-malloc-leak "
         "-Wno-analyzer-possible-null-dereference -Wno-analyzer-possible-null-argument -Wno-error")
ON_SDK = re.compile(r"^#include <vfio_pci_sdk/|\bvfio_pci_core_(mapping|vma_\w+|zap_\w+)\(|\bDEFINE_VFIO_PCI_OPS\(", re.M)
# What the kernel's own headers make every driver do.
NOISE = re.compile(r"restricted (pci_power_t|vm_fault_t)")
SAID = re.compile(r"^(/[^:\n]+):(\d+):(\d+): (warning|error|fatal error): (.+)", re.M)


def headers_of(kdir: str) -> str:
    """Where the headers of KDIR= are: Debian's build directory has a Makefile that names another one."""
    if os.path.isfile(os.path.join(kdir, "include/linux/vfio.h")) or not os.path.isfile(os.path.join(kdir, "Makefile")):
        return kdir
    with open(os.path.join(kdir, "Makefile"), encoding="utf-8", errors="replace") as f:
        m = re.search(r"^include\s+(\S.*)/Makefile$", f.read(), re.M)
    where = m.group(1).replace("$(dir $(lastword $(MAKEFILE_LIST)))", os.path.realpath(kdir) + "/") if m else ""
    return where if os.path.isfile(os.path.join(where, "include/linux/vfio.h")) else kdir


def load(kdir: str) -> List[Item]:
    """An item for each of them, where KDIR= can build modules."""
    built = kdir and all(os.path.exists(os.path.join(kdir, n)) for n in ("Makefile", "include/generated/autoconf.h"))
    return [SPARSE, ANALYZER] if built else []


def run(kdir: str, root: str, tree: str, files: List[str], jobs: int, timeout: int) -> Tuple[List[Finding], List[Unread]]:
    """What they say of C files below root, and which they could not read. tree: what the files include from beside them."""
    files = [n for n in files if n.endswith(".c")]
    with tempfile.TemporaryDirectory(prefix="review.") as tmp:
        where = os.path.join(tmp, "m")
        os.mkdir(where)
        names: Dict[str, str] = {}
        lines = ["obj-m := %s" % " ".join("w%d.o" % n for n in range(len(files)))]
        on_sdk = False
        for n, name in enumerate(files):
            path = os.path.realpath(os.path.join(root, name))
            names[path] = name
            with open(path, encoding="utf-8", errors="replace") as f:
                on_sdk = bool(ON_SDK.search(f.read())) or on_sdk
            # Nothing is built where the sources are: each is included by a file of ours.
            with open(os.path.join(where, "w%d.c" % n), "w", encoding="utf-8") as f:
                f.write('#include "%s"\n' % path)
            beside_it = os.path.realpath(os.path.join(tree, os.path.dirname(name)))
            if beside_it != os.path.dirname(path) and not re.search(r"\s", beside_it):
                lines.append("CFLAGS_w%d.o := -I%s" % (n, beside_it))
        if on_sdk:
            ours = os.path.join(tmp, "sdk")
            subprocess.run([os.path.join(rules.TOP, "scripts/prepare"), kdir, ours], check=False, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
            lines.append("LINUXINCLUDE := -I%s/include -I%s/compat/include $(LINUXINCLUDE) -include %s/compat-config.h" % (
                ours, ours, ours))
        with open(os.path.join(where, "Kbuild"), "w", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")
        command = ["make", "-C", os.path.realpath(kdir), "M=" + where, "C=2", "-k", "-j%d" % jobs, "KCFLAGS=" + FLAGS] + [
            "w%d.o" % n for n in range(len(files))]
        try:
            said = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, encoding="utf-8",
                                  errors="replace", timeout=timeout, env=dict(os.environ, LC_ALL="C", MAKEFLAGS="")).stdout
        except subprocess.TimeoutExpired:
            raise rules.Stop("compiling took longer than %d s: name fewer files, or give it more time by --timeout" %
                             timeout) from None
        unread = [Unread(name, first_error(said, os.path.realpath(os.path.join(root, name))), 1, "GCC-fanalyzer: not compiled")
                  for n, name in enumerate(files) if not os.path.exists(os.path.join(where, "w%d.o" % n))]
    if not shutil.which("sparse") or "sparse is not available" in said:
        unread += [Unread(name, 1, 1, "SPARSE: sparse is missing, or too old for these headers") for name in files]
    else:
        unread += [u._replace(by=u.by.replace("GCC-fanalyzer", "SPARSE")) for u in unread]
    found = set()
    for path, line, column, kind, message in SAID.findall(said):
        name = names.get(os.path.realpath(path)) or beside(path, names)
        if not name or kind != "warning" or NOISE.search(message):
            continue
        analyzer = re.search(r" \[-Wanalyzer-([\w-]+)\]$", message)
        if analyzer or "[-W" not in message:
            item = ANALYZER if analyzer else SPARSE
            found.add(Finding(name, int(line), max(int(column) - 1, 0), int(column), item.severity, item.id,
                              re.sub(r"( \[CWE-\d+\])? \[-Wanalyzer-([\w-]+)\]$", r" (\2)", message)))
    return sorted(found), unread


def beside(path: str, names: Dict[str, str]) -> str:
    """The name of a header beside the files."""
    for other, name in names.items():
        if os.path.dirname(other) == os.path.dirname(os.path.realpath(path)):
            return os.path.join(os.path.dirname(name), os.path.basename(path))
    return ""


def first_error(said: str, path: str) -> int:
    return next((int(line) for where, line, _, kind, _ in SAID.findall(said) if where == path and kind != "warning"), 1)
