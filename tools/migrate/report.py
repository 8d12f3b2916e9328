# SPDX-License-Identifier: GPL-2.0-only
"""The report: a line for each finding, JSON or SARIF, and a table of trees."""

import json
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterable, List, Sequence

from migrate.findings import LEFT, ORDER, REASONS, REVIEW, Finding

LEVELS = {"left": "error", "review": "warning", "note": "note", "changed": "note"}
Where = Callable[[Finding], str]        # the function that a finding is in


def in_order(findings: Iterable[Finding]) -> List[Finding]:
    return sorted(findings, key=lambda f: (ORDER.index(f.kind), f.file, f.line))


def as_text(findings: Iterable[Finding]) -> str:
    lines = []
    for f in in_order(findings):
        where = "%s:%d" % (f.file, f.line) if f.line else f.file
        lines.append("%s: %s: %s" % (where, f.kind, " ".join(f.text.split())))
        if f.needs_person:
            lines[-1] += " [%s]" % f.reason
    return "".join(line + "\n" for line in lines)


def advice(findings: Iterable[Finding]) -> str:
    """What each reason that occurs means, and what to do about it."""
    reasons = sorted({f.reason for f in findings if f.needs_person})
    return "".join("[%s] %s %s\n" % (reason, *REASONS[reason]) for reason in reasons)


def as_json(findings: Iterable[Finding], where: Where) -> str:
    return json.dumps([{"kind": f.kind, "file": f.file, "line": f.line, "function": where(f), "reason": f.reason,
                        "text": " ".join(f.text.split()), "advice": f.advice}
                       for f in in_order(findings)], indent=2) + "\n"


def as_sarif(findings: Iterable[Finding], where: Where) -> str:
    found = in_order(findings)
    used = sorted({f.reason for f in found})
    results: List[Dict[str, Any]] = []
    for f in found:
        location: Dict[str, Any] = {"physicalLocation": {"artifactLocation": {"uri": f.file},
                                                         "region": {"startLine": max(f.line, 1)}}}
        if where(f):
            location["logicalLocations"] = [{"name": where(f), "kind": "function"}]
        results.append({"ruleId": f.reason, "level": LEVELS[f.kind], "locations": [location],
                        "message": {"text": "%s: %s" % (f.kind, " ".join(f.text.split()))}})
    rules = [{"id": reason, "shortDescription": {"text": REASONS[reason][0]},
              "help": {"text": REASONS[reason][1] or REASONS[reason][0]}} for reason in used]
    return json.dumps({"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [
        {"tool": {"driver": {"name": "migrate", "rules": rules}}, "results": results}]}, indent=2) + "\n"


FORMATS: Sequence[str] = ("text", "json", "sarif")


def formatted(findings: Iterable[Finding], how: str, where: Where) -> str:
    if how == "json":
        return as_json(findings, where)
    return as_sarif(findings, where) if how == "sarif" else as_text(findings)


def summary(tree: str, looked_at: int, findings: Iterable[Finding]) -> str:
    """For a CI to keep: what has become of each file, and why. Nothing in it changes from run to run."""
    files: Dict[str, Dict[str, Any]] = {}
    for f in in_order(findings):
        entry = files.setdefault(f.file, {"verdict": f.kind, "reasons": []})
        if f.needs_person and f.reason not in entry["reasons"]:
            entry["reasons"].append(f.reason)
    counts = {kind: sum(entry["verdict"] == kind for entry in files.values()) for kind in ORDER}
    told = {"tree": tree, "candidates": looked_at, "files": files, **counts}
    return json.dumps(told, indent=2, sort_keys=True) + "\n"


@dataclass(frozen=True)
class Row:
    """One tree of the table."""

    tree: str
    files: int
    changed: int
    seconds: int
    findings: Sequence[Finding]


def table(rows: Sequence[Row]) -> str:
    """Trees, files that use the old model, what was changed, what was left and why; then each file that was left."""
    cells = [("tree", "files", "changed", "left", "review", "seconds", "reasons")]
    for row in rows:
        left = {f.file for f in row.findings if f.kind == LEFT}
        review = {f.file for f in row.findings if f.kind == REVIEW}
        reasons: Dict[str, int] = {}
        for f in row.findings:
            if f.kind == LEFT:
                reasons[f.reason] = reasons.get(f.reason, 0) + 1
        cells.append((row.tree, str(row.files), str(row.changed), str(len(left)), str(len(review)), str(row.seconds),
                      " ".join("%s:%d" % item for item in sorted(reasons.items())) or "-"))
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    return "".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() + "\n" for line in cells)
