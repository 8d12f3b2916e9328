# SPDX-License-Identifier: GPL-2.0-only
"""An index is less than the number of elements

Id: VPS-INPUT-09
Group: input
Severity: error
Reason: an index that is compared by > with the number of elements may still be one past the last. (A number from
  get_user() or of a callback's arguments that nothing bounds at all is found as VPS-INPUT-04.)
Prevents: a write past the end of the array
Fix: if (n >= ARRAY_SIZE(table)) return -EINVAL; and array_index_nospec() when user space can see what was read
"""

import re


def check(driver):
    for f in driver.functions:
        given = {}
        for node, call in driver.calls(f):
            if re.match(r"_*get_user$", call.name) and re.fullmatch(r"\w+", call.arg(0)):
                given[call.arg(0)] = call
            if re.match(r"_*copy_from_user$", call.name) and re.fullmatch(r"&\w+", call.arg(0)) and not \
                    driver.type_of(f, call.arg(0)[1:]).startswith("struct"):
                given[call.arg(0)[1:]] = call
        if f in driver.part_of("ioctl", "file_ioctl") and f.parameters[-1].name:
            given.setdefault(f.parameters[-1].name, None)
        for name in given:
            used = next(((node, n) for node in driver.graph(f).nodes for n, t in enumerate(node.tokens[:-1])
                         if t.text == "[" and "".join(x.text for x in inside(node.tokens, n)) == name), None)
            if used and not bounded(driver, f, name):
                yield driver.hit(f, used[0].tokens[used[1] + 1], "%s is the user's, and nothing bounds it" % name)._replace(
                    id="VPS-INPUT-04")
        yield from beyond(driver, f)


def inside(tokens, n):
    depth, out = 0, []
    for t in tokens[n:]:
        depth += (t.text == "[") - (t.text == "]")
        if not depth:
            return out[1:]
        out.append(t)
    return []


def bounded(driver, f, name):
    for node in driver.graph(f).nodes:
        if node.kind == "cond" and re.search(r"\b%s(<|>|<=|>=|==)|(<|>|<=|>=|==)%s\b" % (name, name), node.text):
            return True
        for c in node.calls:
            if re.match(r"(array_index_nospec|min\w*|clamp\w*|umin)$", c.name) and \
                    any(name in c.arg(k) for k in range(len(c.args))):
                return True
    return any(w.to == name and w.op in ("&=", "%=", "=") and w.value and not w.declares
               for node in driver.graph(f).nodes for w in node.writes)


def beyond(driver, f):
    """if (n > ARRAY_SIZE(x)) return; x[n]"""
    for node in driver.graph(f).nodes:
        m = re.fullmatch(r"([\w.>-]+?)>(ARRAY_SIZE\(([\w.>-]+)\)|[A-Z][A-Z0-9_]*(?:NUM|COUNT|SIZE|NR)[A-Z0-9_]*|"
                         r"[\w.>-]*(?:num|nr|count)_?\w*)", node.text.replace("->", "\0").replace("\0", "->")) \
            if node.kind == "cond" else None
        if not m:
            continue
        for other in driver.graph(f).nodes:
            if any(t.text == "[" and "".join(x.text for x in inside(other.tokens, n)) == m.group(1) for n, t in
                   enumerate(other.tokens)) and (not m.group(3) or m.group(3) in other.text):
                if after(node, other):
                    yield driver.hit(f, node.at, "%s may be one too many: compare by >=" % m.group(1))
                    break


def after(node, other):
    """True if only the path on which the comparison is false leads there."""
    def leads(truth):
        seen, todo = set(), [n for n, t in node.next if t is truth]
        while todo:
            n = todo.pop()
            if n is other:
                return True
            if n not in seen and n is not node:
                seen.add(n)
                todo += [x for x, _ in n.next]
        return False
    return leads(False) and not leads(True)
