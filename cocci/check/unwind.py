# SPDX-License-Identifier: GPL-2.0-only
"""All error paths of a function undo the same steps

Id: VPS-ERR-07
Group: errors
Severity: error
Reason: one error path releases what was registered, enabled or mapped before it, and a later error path does not: after
  a failed open or probe the device is half set up, and what the left-over refers to is freed.
Prevents: leaks on an error path that was never tested
Fix: jump to the label that undoes all that was done so far
"""

import re

from review_c import Token
from review_flow import after, assume, known, walk
from review_resources import POINTERS, opposite, written

# References that a call takes on what it is given.
TAKES = {"get_file": "fput", "get_device": "put_device", "pci_dev_get": "pci_dev_put", "kref_get": "kref_put"}


def text(tokens):
    return "".join(t.text for t in tokens)


def check(driver):
    everything = {call.name for f in driver.functions for _, call in driver.calls(f)}
    alone = set(driver.part_of("probe", "init", "open"))        # nobody undoes what they leave when they fail
    for f in driver.functions:
        names = everything if f in alone else {call.name for g in driver.below([f]) for _, call in driver.calls(g)}
        for node, call in driver.calls(f):
            if call.name in TAKES:
                yield from one(driver, f, node, call, re.compile(TAKES[call.name] + "$"), reference=True)
                continue
            kept = next((releases for acquires, releases, _, _ in POINTERS if acquires.match(call.name)), None)
            if f in alone and kept and "->" in written(node, call):
                yield from one(driver, f, node, call, kept, member=True)
                continue
            for name in [call.name] + inherited(driver, f, call):
                back = opposite(name)
                if call.member or not back or not call.args or not any(back.match(n) for n in names) or (
                        f in alone and re.match("vfio_pci_core_|.*lock", name)):
                    continue
                yield from one(driver, f, node, call, back, alone=f in alone)
                break


def inherited(driver, f, call):
    """Names of what a function does for its caller: return acquire();"""
    return [c.name for g in driver.targets(f, call) for node, c in driver.calls(g) if node.kind == "return" and
            node.text.startswith(c.name + "(") and opposite(c.name)]


def one(driver, f, start, call, back, alone=False, member=False, reference=False):
    status = "" if reference else written(start, call)
    if start.kind not in ("expr", "cond") or (start.kind == "expr" and not status and not reference):
        return
    if status and not member and driver.type_of(f, status) not in ("int", "long", "ssize_t"):
        return
    if not status and not reference and any(not re.match("int|long|bool", g.returns) for g in driver.targets(f, call)):
        return
    undone, left = {}, {}
    kept = call.arg(0)
    out = [a[1:] for a in map(call.arg, range(len(call.args))) if re.fullmatch(r"&\w+", a) and not reference]

    def releases(node):
        for c in node.calls:
            said = " ".join(map(c.arg, range(len(c.args))))
            if out and not any(re.search(r"\b%s\b" % name, said) for name in out):
                continue
            if back.match(c.name) and (not reference or c.arg(0) == kept):
                return True
            if alone and c.name == "vfio_put_device" and any(
                    back.match(d.name) for h in driver.below(driver.part_of("release")) for _, d in driver.calls(h)):
                return True
            given = [g for arg in c.args if len(arg) == 1 for g in driver.of(arg[0].text, f.file)]
            for g in driver.targets(f, c) + given:
                if any(back.match(d.name) for h in driver.below([g]) for _, d in driver.calls(h)):
                    return True
        return False

    def failed(node, facts):
        said = node.text
        if (alone or member) and node.calls and f.returns == "int" and said.startswith(node.calls[0].name + "("):
            return not driver.targets(f, node.calls[0]) or node.calls[0].name.startswith("vfio_")
        if re.match(r"-E|ERR_PTR\(|ERR_CAST\(|PTR_ERR\(|NULL$", said):
            return True
        if f.returns.endswith("*"):
            return known(facts, said) in ("N", "Z")
        return bool(re.fullmatch(r"ret|err|rc|error|status|r|res|result|rv", said)) and "Z" not in known(facts, said)

    def step(node, facts, state):
        jump = state
        if node is start:
            return None
        if status and known(facts, status) in (("Z", "N", "NZ") if member else ("N", "NP", "P")) and state == "new":
            return None
        if releases(node):
            undone[node.line] = node
            return None
        if node.kind == "return":
            if failed(node, facts):
                at = jump if isinstance(jump, Token) else node.at
                left[at.line] = at
            return None
        if node.kind == "goto":
            jump = Token("goto", node.line, 0)
        if status and any(w.to == status for w in node.writes):
            jump = "old" if jump == "new" else jump
        return jump

    begins = []
    for other, truth in start.next:
        if start.kind == "cond" and not status:
            bad = not start.text.startswith("!") and not start.text.endswith("==0")
            if truth == bad:
                continue
        for facts in driver.facts(f).get(start, []):
            facts = after(facts, start)
            more = assume(facts, start.tokens, truth) if truth is not None else facts
            if more is not None:
                begins.append((other, more, "new" if status else "old"))
    for _ in walk(begins, step):
        pass
    if left and kept and (undone or alone or member or reference):
        for at in left.values():
            yield driver.hit(f, at, "%s() from line %d is not undone here, as on another path" % (call.name, call.at.line))
