#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: coverage.py DIRECTORY

Write table.txt and missed.txt in DIRECTORY from the .info files that lab/coverage made there, and print the table."""

import os
import sys


class Counts:
    """What one file of the source has: how often each line ran and each branch was taken."""

    def __init__(self) -> None:
        self.lines: dict[int, int] = {}
        self.branches: dict[str, int] = {}

    def share(self, of: str) -> tuple[int, int]:
        counts = list(self.lines.values() if of == "lines" else self.branches.values())
        return sum(1 for count in counts if count), len(counts)


def read_info(path: str) -> dict[str, Counts]:
    """The files of a tracefile of lcov; it has a record for each file and each test."""
    files: dict[str, Counts] = {}
    counts = Counts()
    with open(path, encoding="utf-8") as info:
        for line in info:
            key, _, value = line.rstrip("\n").partition(":")
            if key == "SF":
                counts = files.setdefault(value, Counts())
            elif key == "DA":
                number, count = value.split(",")[:2]
                counts.lines[int(number)] = counts.lines.get(int(number), 0) + int(count)
            elif key == "BRDA":
                branch, _, taken = value.rpartition(",")
                counts.branches[branch] = counts.branches.get(branch, 0) + (0 if taken == "-" else int(taken))
    return files


def percent(hit: int, total: int) -> str:
    return f"{100 * hit / total:6.1f} %" if total else "       -"


def row(name: str, shares: list[tuple[int, int]]) -> str:
    return f"{name:<34}" + "".join(f"{hit:>7} of {total:<5}{percent(hit, total)}" for hit, total in shares)


def total(files: dict[str, Counts], of: str) -> tuple[int, int]:
    shares = [counts.share(of) for counts in files.values()]
    return sum(share[0] for share in shares), sum(share[1] for share in shares)


def ranges(numbers: list[int]) -> list[tuple[int, int]]:
    """Runs of lines that follow each other."""
    runs: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def missed_lines(path: str, counts: Counts) -> list[str]:
    try:
        with open(path, encoding="utf-8") as source:
            text = source.read().splitlines()
    except OSError:
        return []
    lines = []
    for first, last in ranges([number for number, count in counts.lines.items() if not count]):
        shown = f"{first}" if first == last else f"{first}-{last}"
        lines.append(f"{os.path.basename(path)}:{shown}: {text[first - 1].strip()}")
    return lines


def main() -> int:
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    if len(sys.argv) != 2 or not os.path.isdir(sys.argv[1]):
        print(__doc__, file=sys.stderr)
        return 2
    directory = sys.argv[1]
    files = read_info(os.path.join(directory, "all.info"))
    if not files:
        print("coverage: nothing of drivers/vfio/pci was counted: see build/*/vm/console-*.log", file=sys.stderr)
        return 1
    table = [f"{'':<34}{'lines':>12}{'branches':>24}"]
    missed = []
    for path in sorted(files, key=os.path.basename):
        table.append(row(os.path.basename(path), [files[path].share("lines"), files[path].share("branches")]))
        missed += missed_lines(path, files[path])
    table += [row("all", [total(files, "lines"), total(files, "branches")]), "", "each program alone"]
    lines = total(files, "lines")[1]
    for name in sorted(os.listdir(directory)):
        if name.endswith(".info") and name != "all.info":
            hit = total(read_info(os.path.join(directory, name)), "lines")[0]
            table.append(row(name.removesuffix(".info"), [(hit, lines)]))
    for name, content in (("table.txt", table), ("missed.txt", missed)):
        with open(os.path.join(directory, name), "w", encoding="utf-8") as output:
            output.write("\n".join(content) + "\n")
    print("\n".join(table))
    print(f"  WROTE   {directory}/html/index.html, table.txt, missed.txt")
    return 0


if __name__ == "__main__":
    sys.exit(main())
