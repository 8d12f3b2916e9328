# SPDX-License-Identifier: GPL-2.0-only
"""docs/upstream.md, docs/parity.md and the file of marks: what is ours, what tests it, what has been looked at."""

import os
import re
from typing import NamedTuple

from source import functions, read

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = os.path.join(TOP, "docs/upstream.md")
MARKS = os.path.join(TOP, "tools/upstream/seen.txt")
WORDS = {
    "same": "ours does so already",
    "taken": "ours was changed for it",
    "differs": "it differs on purpose, and a test or a page says so",
    "none": "it concerns nothing that is ours",
    "text": "comments and form only",
}


class Row(NamedTuple):
    """An upstream function and what does its work here."""

    name: str
    ours: list[tuple[str, str]]     # file below drivers/vfio/pci or compat, function
    said: str                       # the cell as it is


class Mark(NamedTuple):
    """A hunk that somebody has looked at."""

    word: str
    where: str
    why: str


def rows(page: str) -> dict[str, list[Row]]:
    """The tables of the page, by upstream file."""
    found: dict[str, list[Row]] = {}
    file = None
    for line in page.split("\n"):
        heading = re.match(r"#+ .*?(?:`(vfio_pci\w*\.c)`)?$", line)
        if heading:
            file = heading[1]
            continue
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        name = re.match(r"`(\w+)`$", cells[0]) if len(cells) == 2 else None
        if file and name:
            ours = [(where, function) for where, names in re.findall(r"`([\w/]+\.[ch])`: ((?:`\w+\(\)`(?:, )?)+)", cells[1])
                    for function in re.findall(r"\w+(?=\(\))", names)]
            found.setdefault(file, []).append(Row(name[1], ours, cells[1]))
    return found


def path_of(name: str) -> str:
    """Where a file that the page names lies."""
    for place in ("drivers/vfio/pci", ""):
        if os.path.exists(os.path.join(TOP, place, name)):
            return os.path.join(TOP, place, name)
    return ""


def wrong_here(table: dict[str, list[Row]]) -> list[str]:
    """Statements of the page about this tree that are wrong."""
    wrong = []
    have: dict[str, set[str]] = {}
    for file, listed in table.items():
        for row in listed:
            if not row.ours and not row.said.startswith("none: "):
                wrong.append("%s: %s() needs \"`file.c`: `function()`\" or \"none: why\"" % (file, row.name))
            for where, function in row.ours:
                if where not in have:
                    have[where] = functions(path_of(where)) if path_of(where) else set()
                    if not path_of(where):
                        wrong.append("%s: %s() names %s, which does not exist" % (file, row.name, where))
                if have[where] and function not in have[where]:
                    wrong.append("%s: %s() names %s() of %s, which has no such function" % (file, row.name, function, where))
    return wrong


def wrong_there(table: dict[str, list[Row]], tree: str, files: tuple[str, ...]) -> list[str]:
    """Statements of the page about the kernel source that are wrong."""
    wrong = []
    for file in files:
        theirs = functions(os.path.join(tree, "drivers/vfio/pci", file))
        listed = [row.name for row in table.get(file, [])]
        wrong += ["%s: %s() has no row" % (file, name) for name in sorted(theirs - set(listed))]
        wrong += ["%s: the kernel has no %s()" % (file, name) for name in sorted(set(listed) - theirs)]
        wrong += ["%s: %s() has two rows" % (file, name) for name in sorted(set(listed)) if listed.count(name) > 1]
    return wrong


def tests_of(files: set[str]) -> list[str]:
    """The programs that docs/parity.md names for files of ours."""
    found = set()
    tests: list[str] = []
    for line in read(os.path.join(TOP, "docs/parity.md")).split("\n"):
        cells = line.split("|")
        if len(cells) < 4:
            continue
        # "the same" means the tests of the row above.
        named = re.findall(r"`(?:tests|samples/[\w-]+|template)/(\w+?)(?:_test)?\.c`", cells[3])
        tests = (tests if "the same" in cells[3] else []) + named
        if files & set(re.findall(r"`(\w+\.c)`", cells[2])):
            found.update(tests)
    return sorted(found)


def marks() -> dict[str, Mark]:
    """The file of marks, by digest."""
    found = {}
    for number, line in enumerate(read(MARKS).split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = line.split(None, 3)
        if len(parts) < 4 or parts[1] not in WORDS:
            raise SystemExit("upstream: %s:%d: say DIGEST WORD FILE:PIECE WHY, with a WORD of: %s" %
                             (os.path.relpath(MARKS, TOP), number, ", ".join(WORDS)))
        found[parts[0]] = Mark(parts[1], parts[2], parts[3])
    return found
