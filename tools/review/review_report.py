# SPDX-License-Identifier: GPL-2.0-only
"""The filled-in checklist: as text, Markdown, SARIF 2.1.0, or annotations of GitHub's workflows; and the empty one."""

import collections
import hashlib
import json
import re
import textwrap
from urllib.parse import quote

from review_rules import GROUPS

URI = "https://docs.kernel.org/driver-api/vfio-pci-device-specific-driver-acceptance.html"

# items: all, in order; idle: ids of questions that do not arise. fails, ignored, old: {id: [...]} of Finding,
# (Finding, reason), Finding. undecided: ids of rules that could not read all. patch_of: {Finding: subject} in a series.
# repaired: ((file, id, message, line), patch that breaks, patch that repairs).
Review = collections.namedtuple("Review", "what kernel items idle fails ignored old unread unused undecided patch_of "
                                          "repaired patches quiet", defaults=((), {}, (), (), False))


def status(review, item):
    if not item.rule and not item.fix:
        return "n/a" if item.id in review.idle else "ask"
    return "fail" if review.fails.get(item.id) else "open" if item.id in review.undecided else "ignored" if \
        review.ignored.get(item.id) else "pass"


def by_group(items):
    for key, title in GROUPS.items():
        group = [i for i in items if i.group == key]
        if group:
            yield title, group


def place(finding):
    return "%s:%d" % (finding.file, finding.line)


def in_patch(review, finding):
    subject = review.patch_of.get(finding)
    return " (in \"%s\")" % subject if subject else ""


def summary(review):
    count = collections.Counter(status(review, item) for item in review.items)
    said = ["%d pass" % count["pass"], "%d fail" % count["fail"]]
    said += ["%d not decided" % count["open"]] if count["open"] else []
    said += ["%d ignored" % count["ignored"]] if count["ignored"] else []
    said += ["%d to ask" % count["ask"]] + (["%d n/a" % count["n/a"]] if count["n/a"] else [])
    return ", ".join(said)


def notes(review):
    """What is no item of the checklist and must be known all the same."""
    for u in review.unread:
        if ":" in u.by:
            yield u, "%s:%d: [%s]%s" % (u.file, u.line, *u.by.split(":", 1))
            continue
        yield u, "%s:%d: %d lines were not checked: %s cannot parse them; read them yourself" % (
            u.file, u.line, u.count, "spatch" if u.by == "spatch" else "the review")
    for u in review.unused:
        yield u, "%s:%d: suppression of %s has no effect: take it out" % (u.file, u.line, u.id)
    for (file, ident, message, _), breaks, repairs in review.repaired:
        yield None, "%s: [%s] %s: broken by \"%s\", repaired by \"%s\"; each patch must stand alone" % (
            file, ident, message, breaks, repairs)
    for found in review.old.values() if not review.quiet else ():
        for f in found:
            yield f, "%s: was there before the change: [%s] %s" % (place(f), f.id, f.message)


# ---- for people

def wrapped(lead, text, indent, hang=None):
    return textwrap.fill(lead + text, 100, initial_indent=" " * indent,
                         subsequent_indent=" " * (indent + (len(lead) if hang is None else hang)),
                         break_long_words=False, break_on_hyphens=False)


def text(review):
    out = ["Review of %s" % review.what, "Rules for %s" % review.kernel]
    for title, group in by_group(review.items):
        group = [i for i in group if not review.quiet or status(review, i) in ("fail", "open")]
        out += ["", title] if group else []
        for item in group:
            what = status(review, item)
            head = "  %-8s%-13s " % (what.upper() if what == "fail" else what, item.id)
            out.append(textwrap.fill(item.ask if what == "ask" else item.title, 100, initial_indent=head,
                                     subsequent_indent=" " * len(head), break_on_hyphens=False))
            for f in review.fails.get(item.id, []):
                out.append(wrapped(place(f) + ": ", f.message + in_patch(review, f), 10, 2))
            for f, reason in review.ignored.get(item.id, []):
                out += [wrapped(place(f) + ": ", f.message, 10, 2), wrapped("ignored:  ", reason, 12)]
            if what == "fail":
                out += [wrapped("why:      ", item.reason, 12), wrapped("prevents: ", item.prevents, 12),
                        wrapped("fix:      ", item.fix, 12)]
            if what == "ask":
                out.append(wrapped("good answer: ", item.good, 10))
            elif item.rule and item.ask:
                out.append(wrapped("ask: ", item.ask, 10))
    more = [line for _, line in notes(review)]
    out += ([""] + more if more else []) + ["", summary(review)]
    return "\n".join(out) + "\n"


def markdown(review):
    out = ["# Review of %s" % review.what, "", "%s. Rules for %s." % (summary(review).capitalize(), review.kernel)]
    for title, group in by_group(review.items):
        group = [i for i in group if not review.quiet or status(review, i) in ("fail", "open")]
        out += ["", "## %s" % title, ""] if group else []
        for item in group:
            what = status(review, item)
            label = {"fail": " — **fails**", "open": " — not decided", "ignored": " — ignored",
                     "n/a": " — does not arise"}.get(what, "")
            out.append("- [%s] `%s` %s%s" % ("x" if what in ("pass", "ignored", "n/a") else " ", item.id,
                                             item.ask if what == "ask" else item.title, label))
            out += ["  - `%s`: %s%s" % (place(f), f.message, in_patch(review, f)) for f in review.fails.get(item.id, [])]
            out += ["  - `%s`: %s. Ignored: %s" % (place(f), f.message, why)
                    for f, why in review.ignored.get(item.id, [])]
            if what == "fail":
                out += ["  - Why: %s" % item.reason, "  - Prevents: %s" % item.prevents, "  - Fix: %s" % item.fix]
            if what == "ask":
                out.append("  - A good answer: %s" % item.good)
            elif item.rule and item.ask:
                out.append("  - Ask: %s" % item.ask)
    more = ["- %s" % line for _, line in notes(review)]
    return "\n".join(out + (["", "## Notes", ""] + more if more else [])) + "\n"


def oneline(review):
    """A line a finding, in the manner of compilers."""
    severity = {item.id: (item.severity or "error").upper() for item in review.items}
    out = ["%s: %s: [%s] %s%s" % (place(f), severity[f.id], f.id, f.message, in_patch(review, f))
           for found in review.fails.values() for f in found]
    out += [line for _, line in notes(review)] if review.undecided or not review.quiet else []
    return "\n".join(sorted(out) + ([] if review.quiet else [summary(review)])) + "\n" if out or not review.quiet else ""


def mail(review):
    """The patch quoted, each finding below its line, as a reviewer answers."""
    items = {item.id: item for item in review.items}
    left = [f for found in review.fails.values() for f in found]
    out = []

    def say(f):
        item = items[f.id]
        return ["", textwrap.fill("[%s] %s." % (f.id, f.message), 75, break_on_hyphens=False),
                textwrap.fill(line(item.reason), 75, break_on_hyphens=False),
                textwrap.fill(line("How about: " + item.fix), 75, break_on_hyphens=False), ""]

    for number, patch in enumerate(review.patches, 1):
        name, quoted, here, file, at = patch.subject or "patch %d" % number, [], 0, "", 0
        for said in patch.text.rstrip("\n").split("\n"):
            m = re.match(r"\+\+\+ \w/(\S+)", said)
            file = m.group(1) if m else file
            m = re.match(r"@@ -\S+ \+(\d+)", said)
            at = int(m.group(1)) - 1 if m else at + (said[:1] in ("+", " ") and not said.startswith("+++"))
            quoted.append("> " + said if said else ">")
            hits = [f for f in left if f.file == file and f.line == at and not m and said[:1] in ("+", " ") and
                    review.patch_of.get(f, name) == name]
            for f in hits:
                left.remove(f)
                here += 1
                quoted += say(f)
        out += (["Subject: Re: %s" % patch.subject, ""] if patch.subject else []) + (quoted if here or len(
            review.patches) == 1 else ["> [...]", "", "Nothing to say about this one."]) + [""]
    if left:
        out += ["Not on a line of the patch:", ""]
        for f in left:
            out += ["%s%s" % (place(f), in_patch(review, f))] + say(f)
    asked = [item for item in review.items if status(review, item) == "ask"]
    if asked and not review.quiet:
        out += ["Questions:", ""] + [textwrap.fill("- %s" % item.ask, 75, subsequent_indent="  ") for item in asked]
    return "\n".join(out + [""] + [said for _, said in notes(review)] + [summary(review)]) + "\n"


# ---- for programs

def sarif(review):
    index = {item.id: n for n, item in enumerate(review.items)}
    level = {item.id: item.severity or "none" for item in review.items}

    def location(file, line=None, column=None, end=None):
        physical = {"artifactLocation": {"uri": "file://" + quote(file)} if file.startswith("/") else
                    {"uri": quote(file), "uriBaseId": "%SRCROOT%"}}
        if line:
            physical["region"] = {"startLine": line}
            if column is not None:      # spatch counts from 0
                physical["region"].update(startColumn=column + 1, endColumn=end + 1)
        return [{"physicalLocation": physical}]

    def result(ident, kind, message, found=None, **more):
        made = {"ruleId": ident, "ruleIndex": index[ident], "kind": kind,
                "level": level[ident] if kind == "fail" else "none", "message": {"text": message}}
        if found:
            made["locations"] = location(found.file, found.line, found.column, found.end)
            made["partialFingerprints"] = {"vfioReview/v1": hashlib.sha256("\0".join((
                ident, found.file, message)).encode("utf-8", "surrogateescape")).hexdigest()}
        return dict(made, **more)

    results = []
    for item in review.items:
        what = status(review, item)
        results += [result(item.id, "fail", f.message, f) for f in review.fails.get(item.id, [])]
        results += [result(item.id, "fail", f.message, f, suppressions=[{"kind": "inSource", "justification": why}])
                    for f, why in review.ignored.get(item.id, [])]
        results += [result(item.id, "fail", f.message, f, baselineState="unchanged")
                    for f in review.old.get(item.id, [])]
        if what == "pass" and not review.old.get(item.id):
            results.append(result(item.id, "pass", item.title))
        elif what == "open":
            results.append(result(item.id, "open", item.title))
        elif what == "n/a":
            results.append(result(item.id, "notApplicable", item.title))
        elif what == "ask":
            results.append(result(item.id, "review", "%s A good answer: %s" % (item.ask, item.good)))

    def rule(item):
        made = {"id": item.id, "shortDescription": {"text": item.title}, "properties": {"tags": [item.group]},
                "defaultConfiguration": {"level": level[item.id]}}
        if item.fix:
            made["fullDescription"] = {"text": "%s Prevents: %s" % (item.reason, item.prevents)}
            made["help"] = {"text": " ".join(["Fix: %s" % item.fix] + (["Ask: %s" % item.ask] if item.ask else []))}
        else:
            made["help"] = {"text": "A good answer: %s" % item.good}
        return made

    told = [{"level": "warning", "message": {"text": line}, "locations": location(u.file, u.line)}
            for u, line in notes(review) if u is not None and not hasattr(u, "message")]
    return json.dumps({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "vfio-pci-review", "informationUri": URI,
                                "rules": [rule(item) for item in review.items]}},
            "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": told}],
            "columnKind": "utf16CodeUnits",
            "results": results,
        }]}, indent=1, ensure_ascii=False) + "\n"


def github(review):
    def data(said):
        return said.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

    def value(said):
        return data(said).replace(":", "%3A").replace(",", "%2C")

    def command(name, message, file, line, title, column=None, end=None):
        where = "file=%s,line=%d" % (value(file), line)
        if column is not None:
            where += ",col=%d,endColumn=%d" % (column + 1, end + 1)
        return "::%s %s,title=%s::%s" % (name, where, value(title), data(message))

    out = []
    for title, group in by_group(review.items):
        out.append("::group::%s" % title)
        for item in group:
            what = status(review, item)
            out.append("%s %s %s" % (what, item.id, item.ask if what == "ask" else item.title))
            for f in review.fails.get(item.id, []):
                out.append(command(item.severity, "%s\nWhy: %s\nMend: %s" % (f.message, item.reason, item.fix), f.file,
                                   f.line, "%s %s" % (item.id, item.title), f.column, f.end))
            for f, why in review.ignored.get(item.id, []):
                out.append(command("notice", "%s\nIgnored: %s" % (f.message, why), f.file, f.line, item.id))
            if what == "ask":
                out.append("  good answer: %s" % item.good)
        out.append("::endgroup::")
    out += [command("notice", line, u.file, u.line, "review") for u, line in notes(review) if u is not None]
    return "\n".join(out + [summary(review)]) + "\n"


FORMATS = {"text": text, "oneline": oneline, "markdown": markdown, "mail": mail, "sarif": sarif, "github": github}


# ---- the guide

def guide(items):
    """docs/review-guide.md"""
    out = ["# Guide for reviewers", "",
           line("For people and for language models who review a vfio-pci variant driver: what must hold, what to look for, "
                "how it was broken before. Made by `make checklist` from `cocci/check/`: change it there. `make review` "
                "decides the items with an id of two digits below 51; begin with its output, and read the code for the "
                "others. Say of each finding: the path that leads there, who can take it, and what happens.")]
    for title, group in by_group(items):
        out += ["", "## %s" % title]
        for item in group:
            if item.fix:
                out += ["", "- **%s** (%s). %s" % (item.title, item.id, line(item.reason).replace("\n", " ")),
                        "  Look for: %s" % line(item.ask or "any path where this does not hold").replace("\n", " "),
                        "  Broken before: %s" % line(item.prevents).replace("\n", " "),
                        "  Right: %s" % line(item.fix).replace("\n", " ")]
            else:
                out += ["", "- **%s** (%s). Ask: %s" % (item.title, item.id, item.ask),
                        "  Right: %s" % line(item.good).replace("\n", " ")]
    return "\n".join(textwrap.fill(said, 118, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
                     if said.startswith(("- ", "  ")) else said for said in out) + "\n"


# ---- the empty one

def checklist(items):
    """docs/review-checklist.md"""
    out = ["# Review checklist", "",
           line("What a reviewer of a vfio-pci variant driver looks for, by what can go wrong. Items with a rule are "
                "decided by `make review` ([Reviewing](review.md)); the questions it asks. Made by `make checklist` "
                "from `cocci/check/`: change it there.")]
    for title, group in by_group(items):
        out += ["", "## %s" % title]
        for item in group:
            out += ["", "### %s: %s" % (item.id, item.title), ""]
            if item.fix:
                out += [line(item.reason), "", line(item.prevents, "**Prevents:** "), "", line(item.fix, "**Fix:** ")]
                out += ["", line(item.ask, "**Ask:** ")] if item.ask else []
                by = "`cocci/check/%s.%s`" % (item.rule, "py" if item.check else "cocci") if item.rule else \
                    "`tools/review/review`"
                out += ["", "*Decided by %s (%s).*" % (by, item.severity)]
            else:
                out += [line(item.ask), ""] if item.ask != item.title else []
                out += [line(item.good, "**A good answer:** ")]
                out += ["", "*Asked of code that has `%s`.*" % item.when] if item.when else []
    return "\n".join(out) + "\n"


def line(said, lead=""):
    """A sentence, unless it begins or ends with code."""
    if re.match(r"(?!(struct|drvdata|goto|return|vfio|mmap) )[a-z]+(-[a-z]+)*[ ,:;]", said):
        said = said[0].upper() + said[1:]
    end = "." if said[-1] not in ".;?" else ""
    return textwrap.fill(lead + said + end, 118, break_long_words=False, break_on_hyphens=False)
