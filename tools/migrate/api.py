# SPDX-License-Identifier: GPL-2.0-only
"""Bring variant drivers written for older kernels up to the API of the newest one.

Usage: tools/migrate/migrate-api [OPTION...] FILE...

Changes the FILEs with the scripts of cocci/migrate/api and says, by file and line, what a person must change: what
the scripts report, every call, member and callback that the headers of a 7.x kernel do not have, and what make review
finds in the result. A file that spatch cannot process is left alone.

  --headers DIR   the kernel whose headers are looked at: a tree or a build directory (default: the newest 7.x in the
                  cache, as make KERNEL=lab-7 leaves it)
  --out DIR       where to put DIR/NAME_live.c, the skeleton of live migration that a driver with a migration region
                  (VFIO_REGION_TYPE_MIGRATION, until 5.17) gets
  --format F      text (default), json or sarif

SPATCH in the environment names another spatch than the one in PATH, CACHE another cache.

Exit status: 0 done, 1 failed on a file, which is as it was, 2 wrong usage, 3 done but for the places named, 4 nothing
to do.
"""

import argparse
import os
import re
import shutil
import sys
import tempfile
from typing import Dict, Iterator, List, Optional, Set, Tuple

from migrate import ctext as c
from migrate import protocol1, report
from migrate.files import Replacement
from migrate.findings import REVIEW, Finding, Unclear
from migrate.headers import Driver, Headers, gone_members, is_new, newest, wrong_calls
from migrate.proof import review
from migrate.tree import SPATCH, TOP, run, say

DONE, FAILED, USAGE, PLACES, NOTHING = range(5)
SCRIPTS = os.path.join(TOP, "cocci", "migrate", "api")
TIMEOUT = 120

# What takes the place of what is gone. That it is gone the headers say.
INSTEAD = {
    "vfio_pci_core_init_device": "vfio_alloc_device() with .init = vfio_pci_core_init_dev, before registering",
    "vfio_pci_core_uninit_device": "vfio_put_device(), with .release = vfio_pci_core_release_dev",
    "vfio_init_group_dev": "vfio_alloc_device(), and .init for what may fail",
    "vfio_uninit_group_dev": "vfio_put_device(), and .release",
    "vfio_init_device": "vfio_alloc_device(), and .init for what may fail",
    "vfio_assign_device_set": "call it in .init",
    "vfio_add_group_dev": "vfio_register_group_dev() of an embedded struct vfio_device",
    "vfio_del_group_dev": "vfio_unregister_group_dev()",
    "vfio_device_data": "container_of() of the struct vfio_device",
    "vfio_pin_pages": "vfio_pin_pages() of the vfio_device, with an iova",
    "pci_enable_pcie_error_reporting": "nothing: the PCI core does it",
    "pci_disable_pcie_error_reporting": "nothing: the PCI core does it",
    "from_timer": "timer_container_of()",
    "del_timer_sync": "timer_delete_sync()",
    "del_timer": "timer_delete()",
    "strlcpy": "strscpy()",
    "get_user_pages_longterm": "pin_user_pages() with FOLL_LONGTERM",
}


class Failed(Exception):
    """A file is left as it was."""


def spatch(script: str, mode: str, path: str) -> str:
    command = [SPATCH, "--sp-file", script, "--iso-file", os.path.join(TOP, "cocci", "same.iso"), "-D", mode,
               "--no-includes", "--very-quiet", path]
    if mode == "patch":
        command.insert(1, "--in-place")
    try:
        out, errors, failed = run(command, None, TIMEOUT, os.path.basename(script))
    except Unclear as why:
        raise Failed(why.why) from None
    if failed:
        said = [line for line in errors.splitlines() if not line.startswith("warning:")]
        raise Failed("spatch failed on %s, the file is as it was: %s" % (os.path.basename(script), (said or [""])[0]))
    return out


def has_mode(script: str, mode: str) -> bool:
    with open(script, encoding="utf-8") as f:
        return re.search(r"^virtual.*\b%s\b" % mode, f.read(), re.M) is not None


def convert(name: str, tmp: str) -> Tuple[str, List[Finding]]:
    """The new text of a file, and what the scripts say of that."""
    copy = os.path.join(tmp, os.path.basename(name))
    shutil.copyfile(name, copy)
    os.chmod(copy, 0o600)
    findings = list(unparsed(name, copy))
    scripts = sorted(os.path.join(SCRIPTS, s) for s in os.listdir(SCRIPTS) if s.endswith(".cocci"))
    # What is reported are lines of the file as it is at last.
    for mode in ("patch", "report"):
        for script in scripts:
            if not has_mode(script, mode):
                continue
            out = spatch(script, mode, copy)
            for line, text in re.findall(r"^[^:\n]*:(\d+)[0-9:-]*: (.*)$", out, re.M) if mode == "report" else ():
                findings.append(Finding(REVIEW, name, int(line), "api", text))
    with open(copy, encoding="utf-8", errors="surrogateescape") as f:
        return f.read(), findings


def unparsed(name: str, copy: str) -> Iterator[Finding]:
    try:
        out, errors, _ = run([SPATCH, "--parse-c", copy], None, TIMEOUT, "--parse-c")
    except Unclear as why:
        raise Failed(why.why) from None
    bad = sum(int(n) for n in re.findall(r"^badcount:\s*(\d+)", out + errors, re.M))
    if bad:
        m = re.search(r'= File "%s", line (\d+)' % re.escape(copy), out + errors)
        yield Finding(REVIEW, name, int(m.group(1)) if m else 1, "parse",
                      "%d lines cannot be parsed by spatch, from here on: look through them yourself" % bad)


def looked_up(names: List[str], texts: Dict[str, str], headers: Headers, known: Set[Tuple[str, int]]) -> \
        Iterator[Finding]:
    """What the headers do not have, but for the lines that something has been said of."""
    driver = Driver(names, texts)
    for file in sorted(driver.missing):
        yield Finding(REVIEW, names[0], 0, "api", "%s is included, but is not beside the file: what it declares was "
                      "not looked up" % file)
    found: Set[Tuple[str, int, str]] = set()
    for file, at, name, wrong in wrong_calls(driver, headers):
        line = c.line_of(texts[file], at)
        if (file, line) in known or (wrong == "gone" and driver.missing):
            continue
        found.add((file, line, call_text(name, wrong)))
    for file, at, tag, member in gone_members(driver, headers):
        line = c.line_of(texts[file], at)
        if (file, line) not in known:
            found.add((file, line, "struct %s has no %s in the newest kernel%s" % (tag, member, instead(member))))
    for file, line, text in sorted(found):
        yield Finding(REVIEW, file, line, "api", text)


def instead(name: str) -> str:
    return ": " + INSTEAD[name] if name in INSTEAD else ""


def call_text(name: str, wrong: str) -> str:
    if wrong == "gone":
        return "%s() is not in the newest kernel's headers%s" % (name, instead(name))
    if wrong == "void":
        return "%s() returns nothing in the newest kernel" % name
    _, wanted, given = wrong.split()
    return "%s() takes %s arguments in the newest kernel, not %s" % (name, wanted, given)


def find_headers(wanted: Optional[str]) -> Optional[Headers]:
    if wanted:
        if not is_new(wanted):
            raise Failed("%s has no include/linux/vfio_pci_core.h of 7.x: name a 7.x tree or build directory" % wanted)
        return Headers(wanted)
    cache = os.environ.get("CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "vfio-pci-sdk")
    path = newest(cache)
    return Headers(path) if path else None


def write(name: str, text: str) -> None:
    try:
        Replacement(name, text).put()
    except OSError as why:
        raise Failed("cannot be written: %s" % why.strerror) from None
    say("CHANGE", name)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(usage=argparse.SUPPRESS, add_help=False, allow_abbrev=False)
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("--headers")
    parser.add_argument("--out")
    parser.add_argument("--format", choices=report.FORMATS, default="text")
    parser.add_argument("files", nargs="*")
    args = parser.parse_args()
    if args.help or not args.files:
        print((__doc__ or "").strip(), file=sys.stdout if args.help else sys.stderr)
        sys.exit(DONE if args.help else USAGE)
    return args


def complain(why: object) -> None:
    print("migrate-api: %s" % why, file=sys.stderr)


def main() -> int:
    args = options()
    if not shutil.which(SPATCH):
        complain("%s is not installed: apt install coccinelle" % SPATCH)
        return FAILED
    failed = changed = False
    findings: List[Finding] = []
    texts: Dict[str, str] = {}
    try:
        headers = find_headers(args.headers)
    except Failed as why:
        complain(why)
        return FAILED
    for name in dict.fromkeys(args.files):
        try:
            with tempfile.TemporaryDirectory(prefix="migrate-api.") as tmp:
                with open(name, encoding="utf-8", errors="surrogateescape") as f:
                    before = f.read()
                text, found = convert(name, tmp)
            if text != before:
                write(name, text)
                changed = True
            texts[name] = text
            findings += found
        except OSError:
            complain("%s cannot be read." % name)
            failed = True
        except Failed as why:
            complain("%s: %s" % (name, why))
            failed = True
    try:
        for name, text in texts.items():
            findings += live(name, text, args.out)
    except OSError as why:
        complain("cannot write %s: %s" % (why.filename, why.strerror))
        failed = True
    if texts:
        findings += prove(texts, headers, findings)
    findings = list(dict.fromkeys(sorted(findings, key=lambda f: (f.file, f.line))))
    show(findings, texts, args.format)
    if failed:
        return FAILED
    if findings:
        return PLACES
    if not changed:
        complain("nothing to do")
        return NOTHING
    return DONE


def live(name: str, text: str, out: Optional[str]) -> Iterator[Finding]:
    """Live migration of before 5.18: what each part is now, and a skeleton."""
    if not protocol1.is_protocol1(text):
        return
    found = protocol1.arcs(text)
    for line, what in protocol1.told(found):
        yield Finding(REVIEW, name, line, "api", what)
    base = os.path.splitext(os.path.basename(name))[0]
    if not out:
        yield Finding(REVIEW, name, 0, "api", "has a migration region, which no kernel since 5.18 asks for: say OUT= "
                      "for a skeleton of protocol 2")
        return
    os.makedirs(out, exist_ok=True)
    path = os.path.join(out, base + "_live.c")
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as f:
        f.write(protocol1.skeleton(os.path.basename(name), re.sub(r"\W", "_", base), found))
    say("WRITE", path)


def prove(texts: Dict[str, str], headers: Optional[Headers], findings: List[Finding]) -> List[Finding]:
    """What the newest kernel's headers and the rules of make review say of the result."""
    found: List[Finding] = []
    if headers:
        found += looked_up(list(texts), texts, headers, {(f.file, f.line) for f in findings})
    else:
        found.append(Finding(REVIEW, next(iter(texts)), 0, "api", "no headers of a 7.x kernel are at hand, so nothing "
                             "was looked up in them: say TREE=, a 7.x tree, or make KERNEL=lab-7"))
    return found + review(texts, None)


def show(findings: List[Finding], texts: Dict[str, str], how: str) -> None:
    if how == "text":
        for f in findings:
            print("%s%s: %s" % (f.file, ":%d" % f.line if f.line else "", f.text))
        return
    sys.stdout.write(report.formatted(findings, how, lambda f: c.function_at(texts[f.file], f.line)
                                      if f.file in texts and f.line else ""))
