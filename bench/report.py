#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Makes tables and plots of what the benchmarks measured.

usage: bench_report.py table KERNEL GOALS CSV...
       bench_report.py plot DIRECTORY CSV...

A CSV has lines of unit, case, driver, turn and value; it is .../KERNEL/bench/PROGRAM.csv.
"""

import csv
import re
import statistics
import subprocess
import sys
from pathlib import Path

# The kernel's timer, in instructions. Measurements begin right after a tick: shorter ones have none.
TICK = 4_000_000
THEIRS, OURS = "vfio-pci", "vfio-pci-sdk"


def load(paths):
    """Gives {(unit, case): {driver: [values]}}, in the order of the files."""
    cases: dict = {}
    for path in paths:
        with open(path, newline="") as lines:
            for unit, case, driver, _, value in csv.reader(lines):
                cases.setdefault((unit, case), {}).setdefault(driver, []).append(int(value))
    return cases


def middle(values):
    """The mean of the middle half: as good as the median, and between two heaps not one of the two."""
    values = sorted(values)
    cut = len(values) // 4 if len(values) > 3 else (len(values) - 1) // 2
    return statistics.mean(values[cut : len(values) - cut])


def spread(values):
    """How far the values are from each other, in parts of their middle.

    A value that has timer ticks in it is as long as what the kernel did in them: the upper quarter of
    such values says nothing about the case.
    """
    whole = middle(values)
    values = sorted(values)
    if whole > TICK:
        values = values[: -(-len(values) * 3 // 4)]
    return (values[-1] - values[0]) / whole if whole else 0


def load_goals(path, kernel):
    """The most that ours may be of theirs on that kernel, by pattern of the case."""
    goals = []
    with open(path) as lines:
        for line in lines:
            fields = line.split("#")[0].split(maxsplit=2)
            if len(fields) == 3 and fields[0] == kernel:
                goals.append((re.compile(fields[2].strip()), float(fields[1])))
    return goals


def row(case, one, other, goals):
    """The cells of a case: name, both values, ratio, spread, goal, marks. True where a goal is missed."""
    first, second = middle(one), middle(other)
    noise = max(spread(one), spread(other))
    ratio = second / first if first else float(not second) or float("inf")
    goal = next((most for pattern, most in goals if pattern.fullmatch(case)), None)
    missed = goal is not None and ratio > goal + 0.005
    cells = [
        case, f"{first:,.0f}", f"{second:,.0f}", f"{ratio:.3f}", f"{noise:.1%}",
        f"{goal:g}" if goal is not None else "", "noisy" * (noise > 0.02), "MISSED" * missed,
    ]
    return cells, missed


def print_rows(title, rows):
    """A table with one head; numbers to the right."""
    head = title + ["ratio", "spread", "goal", "", ""]
    widths = [max(len(r[i]) for r in [head] + rows) for i in range(len(head))]
    for cells in [head] + rows:
        line = [cells[0].ljust(widths[0])]
        line += [c.rjust(w) for c, w in zip(cells[1:6], widths[1:6])]
        print("  ".join(line + [c for c in cells[6:] if c]).rstrip())
    print()


def table(paths, goals):
    """Prints one table for each unit and pair of drivers. Returns the number of goals missed."""
    groups: dict = {}
    for (unit, case), drivers in load(paths).items():
        if len(drivers) != 2:
            print(f"# {case}: only {', '.join(drivers)} could be measured\n")
            continue
        pair = sorted(drivers, key=[THEIRS, OURS].index) if set(drivers) == {THEIRS, OURS} else sorted(drivers)
        groups.setdefault((unit, *pair), []).append((case, drivers[pair[0]], drivers[pair[1]]))
    failed = 0
    for (unit, one, other), cases in groups.items():
        results = [row(label, a, b, goals) for label, a, b in cases]
        failed += sum(missed for _, missed in results)
        print_rows([unit, one, other], [cells for cells, _ in results])
    return failed


PLOTS = {
    "zap-vmas": ("Zap of one-page mappings in one process", "mappings", r"pages mapped one by one: zap (\d+)"),
    "zap-processes": ("Zap of 1000 mappings in each of many processes", "processes",
                      r"1000 pages in processes: zap (\d+)"),
    "touch": ("Touch of every page of a BAR", "bytes", r"touch BAR: (\d+ .iB)"),
}
SCALE = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


def number(text):
    """'4 KiB' and '7' as numbers."""
    digits, _, unit = text.partition(" ")
    return int(digits) * SCALE.get(unit, 1)


def plot(out, name, results):
    """One SVG: a line for each kernel and driver."""
    title, axis, pattern = PLOTS[name]
    lines: dict = {}
    for kernel, cases in results.items():
        for (_, case), drivers in cases.items():
            if match := re.fullmatch(pattern, case):
                for driver, values in drivers.items():
                    point = f"{number(match[1])} {middle(values) / 1000}"
                    lines.setdefault((kernel, driver), []).append(point)
    if not lines:
        return
    base = "set logscale x 2; set format x '%.0b%B'" if axis == "bytes" else "set logscale x 2"
    curves = ", ".join(
        f"'-' with linespoints lw 2 pt {7 if driver == OURS else 6} dt {1 if driver == OURS else 2} "
        f"lc {list(results).index(kernel) + 1} title '{driver}, {kernel}'" for kernel, driver in lines)
    script = f"""set terminal svg size 760,420 font 'sans-serif,12' background 'white'
set output '{out / name}.svg'
set title '{title}'; set xlabel '{axis}'; set ylabel 'thousand instructions'
{base}; set logscale y; set key left top; set grid
plot {curves}
""" + "".join("\n".join(points) + "\ne\n" for points in lines.values())
    subprocess.run(["gnuplot"], input=script, text=True, check=True)
    print(f"  {'PLOT':<7} {out / name}.svg")


def main(argv):
    if len(argv) >= 5 and argv[1] == "table":
        missed = table(argv[4:], load_goals(argv[3], argv[2]))
        if missed:
            print(f"{missed} goals of {Path(argv[3]).parent.name}/{Path(argv[3]).name} missed: "
                  "run make bench again, then look at what changed.")
        return 1 if missed else 0
    if len(argv) >= 4 and argv[1] == "plot":
        paths: dict = {}
        for path in argv[3:]:
            paths.setdefault(Path(path).parent.parent.name, []).append(path)
        results = {kernel: load(files) for kernel, files in sorted(paths.items())}
        for name in PLOTS:
            plot(Path(argv[2]), name, results)
        return 0
    help_wanted = argv[1:] in (["--help"], ["-h"])
    print(__doc__.split("\n\n", 1)[1], file=sys.stdout if help_wanted else sys.stderr)
    return 0 if help_wanted else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv))
