# SPDX-License-Identifier: GPL-2.0-only
"""Move drivers that track VMAs in a list to the address-space model.

usage: tools/migrate/migrate [OPTION...] TREE [FILE...]
       tools/migrate/migrate [OPTION...] --trees TREE...

TREE is a kernel tree, or any directory when FILEs (relative to it) are named. Finds users of the old
model, changes them with the scripts of cocci/migrate/ and writes a series of patches; docs/migrating.md
explains each change. A file is changed completely or not at all.

  --out DIR       write the patches and the report to DIR (default: patches to the standard output)
  --apply         change TREE; refused when git says that the files have changes
  --mode MODE     patch (default), report (only say what patch would do) or context (show the lines)
  --format F      of the report: text (default), json or sarif
  --trees         every argument is a tree; a table of all of them at the end, patches in DIR/1, DIR/2, ...
  --huge          huge fault handlers, for trees that have huge pfnmaps (6.12)
  --as SPACE      address space of the mappings: inode (vfio_device.inode, made where it is missing),
                  sdk (vfio_pci_core_mapping()), file (f_mapping of the file, kept at open), auto (default)
  --jobs N        files at a time (default: number of CPUs)
  --timeout S     seconds for one script on one file (default: 120)
  --reasons       print what each reason in a report means, and what to do

SPATCH in the environment names another spatch than the one in PATH.

Exit status: 0 done, 1 failed, TREE is untouched, 2 wrong usage, 3 done but the report names places to
review, 4 nothing to do.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from typing import List, Tuple

from migrate import ctext as c
from migrate import report
from migrate.findings import CHANGED, REASONS, Finding
from migrate.run import Outcome, migrate
from migrate.series import Stop, apply, check_apply, patches, write_out
from migrate.tree import SPATCH, Tree

DONE, FAILED, USAGE, REVIEW, NOTHING = range(5)


def check_spatch() -> None:
    if not shutil.which(SPATCH):
        raise Stop("%s is not installed: apt install coccinelle" % SPATCH)
    out = subprocess.run([SPATCH, "--version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False).stdout
    m = re.search(rb"version (\d+)\.(\d+)", out)
    if not m:
        raise Stop("%s --version says nothing useful: reinstall coccinelle" % SPATCH)
    if (int(m.group(1)), int(m.group(2))) < (1, 1):
        raise Stop("spatch %s.%s is too old: 1.1 or newer is needed" % (m.group(1).decode(), m.group(2).decode()))
    if b"Python scripting support: yes" not in out:
        raise Stop("this spatch was built without Python: apt install coccinelle")


def check_tree(path: str, files: List[str]) -> None:
    if not os.path.isdir(path):
        raise Stop("%s is not a directory: say TREE=, a kernel tree" % path)
    if not files and not os.path.isfile(os.path.join(path, "include/linux/mm.h")):
        raise Stop("%s is not a kernel tree (include/linux/mm.h is missing): name files of it with FILES=" % path)
    for name in files:
        if os.path.isabs(name) or os.path.normpath(name).startswith(".."):
            raise Stop("%s: FILES= are relative to TREE= and in it" % name)
        if not os.path.isfile(os.path.join(path, name)):
            raise Stop("%s is not in %s: FILES= are relative to TREE=" % (name, path))


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(usage=argparse.SUPPRESS, add_help=False, allow_abbrev=False)
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("--reasons", action="store_true")
    parser.add_argument("--out")
    parser.add_argument("--apply", action="store_true")
    parser.add_argument("--mode", choices=("patch", "report", "context"), default="patch")
    parser.add_argument("--format", choices=report.FORMATS, default="text")
    parser.add_argument("--trees", action="store_true")
    parser.add_argument("--huge", action="store_true")
    parser.add_argument("--as", dest="space", choices=("auto", "inode", "sdk", "file"), default="auto")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--timeout", type=int, default=120)
    parser.add_argument("tree", nargs="?")
    parser.add_argument("files", nargs="*")
    args = parser.parse_args()
    if args.help:
        print((__doc__ or "").strip())
        sys.exit(DONE)
    if args.reasons:
        for reason, (meaning, advice) in REASONS.items():
            if advice:
                print("%-16s %s %s" % (reason, meaning, advice))
        sys.exit(DONE)
    if not args.tree:
        parser.error("no TREE named: tools/migrate/migrate --help")
    if args.trees and args.apply:
        parser.error("--apply changes one tree, --trees are several")
    return args


def told(outcome: Outcome) -> List[Finding]:
    """The findings, with those that a changed file is one."""
    return outcome.findings + [Finding(CHANGED, name, 0, "changed", change.subject)
                               for change in outcome.series for name in sorted(change.files)]


def show(tree: Tree, outcome: Outcome, args: argparse.Namespace) -> None:
    """MODE=report and MODE=context: what is there, and what a patch would come to."""
    if args.format == "text":
        for place in outcome.places:
            print("%s:%d: %s" % (place.file, place.line, place.text))
            if args.mode == "context":
                for line in tree.original(place.file).splitlines()[place.line - 1:place.last]:
                    print("* " + line)
    sys.stdout.write(findings_text(tree, outcome, args))


def findings_text(tree: Tree, outcome: Outcome, args: argparse.Namespace) -> str:
    def function(found: Finding) -> str:
        return c.function_at(tree.original(found.file), found.line) if tree.has(found.file) and found.line else ""
    return report.formatted(told(outcome), args.format, function)


def write(tree: Tree, outcome: Outcome, args: argparse.Namespace, out: str) -> None:
    if args.mode != "patch":
        show(tree, outcome, args)
        return
    text = findings_text(tree, outcome, args)
    if args.apply and outcome.series:
        check_apply(tree, outcome.series, out)
    if out:
        write_out(tree, out, outcome.series, {"report" + ("" if args.format == "text" else "." + args.format): text,
                                              "summary": report.summary(tree.path, outcome.looked_at, told(outcome))})
    elif not args.apply:
        for _, patch in patches(tree, outcome.series):
            sys.stdout.write(patch)
    if args.apply:
        apply(tree, outcome.series)
    sys.stderr.write(report.as_text(told(outcome)))


def one_tree(path: str, files: List[str], args: argparse.Namespace, out: str) -> Tuple[int, report.Row]:
    start = time.monotonic()
    check_tree(path, files)
    tree = Tree(path, max(1, args.jobs), args.timeout)
    outcome = migrate(tree, [os.path.normpath(f) for f in files], args.space, args.huge)
    write(tree, outcome, args, out)
    seconds = int(time.monotonic() - start)
    places = sum(found.needs_person for found in outcome.findings)
    made = "1 patch" if len(outcome.series) == 1 else "%d patches" % len(outcome.series)
    if places:
        sys.stderr.write(report.advice(outcome.findings))
        status, text = REVIEW, "%s; %s, see above" % (
            made, "1 place needs review" if places == 1 else "%d places need review" % places)
    elif outcome.series:
        status, text = DONE, made
    else:
        status, text = NOTHING, "nothing to do in %s" % path
    print("migrate: %s (%d s)" % (text, seconds), file=sys.stderr)
    changed = len({name for change in outcome.series for name in change.files})
    return status, report.Row(path, outcome.looked_at, changed, seconds, outcome.findings)


def main() -> int:
    args = options()
    trees = [args.tree, *args.files] if args.trees else [args.tree]
    rows, statuses = [], []
    try:
        check_spatch()
        for number, path in enumerate(trees, 1):
            out = os.path.join(args.out, str(number)) if args.out and args.trees else args.out
            status, row = one_tree(path, [] if args.trees else args.files, args, out)
            statuses.append(status)
            rows.append(row)
    except Stop as why:
        print("migrate: %s" % why, file=sys.stderr)
        return FAILED
    if args.trees:
        sys.stdout.write(report.table(rows))
    return REVIEW if REVIEW in statuses else min(statuses)
