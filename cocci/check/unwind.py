# SPDX-License-Identifier: GPL-2.0-only
"""All error paths of a function undo the same

Id: VPS-ERR-07
Group: errors
Severity: error
Reason: one error path releases what was registered, enabled or mapped before it, another one that comes later leaves it:
  after a failed open or probe the device is half set up, and what the left-over refers to is freed.
Prevents: what is left behind by a failure that nobody tested
Mend: jump to the label that undoes all that was done so far
"""

import re

from review_c import Token
from review_flow import after, assume, known, walk
from review_resources import PAIRS, STATUS, written


def opposite(name):
    for acquires, releases in STATUS:
        if re.match(acquires, name):
            return re.compile(releases)
    words = name.split("_")
    for n in range(len(words) - 1, -1, -1):
        for word, back in PAIRS:
            if words[n] == word:
                return re.compile("_".join(map(re.escape, words[:n])) + ("_" if n else "") + "(%s)" % back + "".join(
                    "_" + re.escape(w) for w in words[n + 1:]) + "$")
    return None


def text(tokens):
    return "".join(t.text for t in tokens)


def check(driver):
    for f in driver.functions:
        names = {call.name for g in driver.below([f]) for _, call in driver.calls(g)}
        for node, call in driver.calls(f):
            back = opposite(call.name)
            if call.member or not back or not call.args or not any(back.match(n) for n in names):
                continue
            yield from one(driver, f, node, call, back)


def one(driver, f, start, call, back):
    status = written(start, call)
    if start.kind not in ("expr", "cond") or (start.kind == "expr" and not status):
        return
    if status and driver.type_of(f, status) not in ("int", "long", "ssize_t"):
        return
    if not status and any(not re.match("int|long|bool", g.returns) for g in driver.targets(f, call)):
        return
    undone, left = {}, {}
    kept = "".join(t.text for t in call.args[0])

    def releases(node):
        for c in node.calls:
            if back.match(c.name):
                return True
            for g in driver.targets(f, c):
                if any(back.match(d.name) for h in driver.below([g]) for _, d in driver.calls(h)):
                    return True
        return False

    def failed(node, facts):
        said = node.text
        if re.match(r"-E|ERR_PTR\(|ERR_CAST\(|PTR_ERR\(|NULL$", said):
            return True
        if f.returns.endswith("*"):
            return known(facts, said) in ("N", "Z")
        return bool(re.fullmatch(r"ret|err|rc|error|status|r|res|result|rv", said)) and "Z" not in known(facts, said)

    def step(node, facts, state):
        jump = state
        if node is start:
            return None
        if status and known(facts, status) in ("N", "NP", "P") and state == "new":
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
    errors = [n for n in undone.values()]
    if errors and left and kept:
        for at in left.values():
            yield driver.hit(f, at, "%s() from line %d is not undone here, as on another path" % (call.name, call.at.line))
