# SPDX-License-Identifier: GPL-2.0-only
"""A size out of a stream has a limit

Id: VPS-INPUT-15
Group: input
Severity: error
Reason: a stream comes from another host, or from a program that made it up. A size that is read out of it and used to
  allocate, to index or to copy without a limit lets it take all memory of the host, or write past the end of a buffer.
Prevents: a host without memory, by one write() to a file of a migration
Fix: compare it with the most that the device takes before it is kept: if (size > MAX_LOAD_SIZE) return -ENOMEM
"""

import re

READ = re.compile(r"(get_unaligned_)?(le|be)(16|32|64)(_to_cpup?)?\(")
LIMIT = re.compile(r"(min|min_t|umin|clamp|clamp_t|clamp_val)$")
ROUND = re.compile(r"(DIV_ROUND_UP|DIV_ROUND_UP_ULL|max|max_t|PAGE_ALIGN|ALIGN|round_?up|array_size|struct_size|size_mul)\(")
SIZES = re.compile(r"(size|len|length|count|num|nr|bytes|pages)(_\w+)?$")


def check(driver):
    below = driver.below(driver.part_of("mig_write"))
    for f in below:
        for node in driver.graph(f).nodes:
            for w in node.writes:
                said = "".join(t.text for t in w.value)
                if w.op != "=" or not READ.match(said) or not SIZES.search(w.to):
                    continue
                names = kept(driver, f, w.to)
                if not any(limited(driver, g, n) for g in below for n in names) and any(
                        sizes(driver, g, n) for g in driver.functions for n in names):
                    yield driver.hit(f, node.at, "%s is the sender's, and has no limit" % w.to)


def kept(driver, f, name):
    """The name, and what it is assigned to in the function; members by their last word."""
    names = {name}
    for node in driver.graph(f).nodes:
        for w in node.writes:
            if "".join(t.text for t in w.value) == name:
                names.add(w.to)
    return {re.split(r"->|\.", n)[-1] if re.search(r"->|\.", n) else n for n in names}


def limited(driver, f, name):
    """Is it refused where it is too large?"""
    word = r"(?<!\w)%s(?!\w)" % re.escape(name)
    for node in driver.graph(f).nodes:
        if any(LIMIT.match(c.name) and any(re.search(word, c.arg(n)) for n in range(len(c.args))) and re.search(
                word, " ".join(w.to for w in node.writes)) for c in node.calls):
            return True
        said = node.text.replace("->", ".")
        if re.search(word + r"<=?[^?]*\?.*-E[A-Z]", said):
            return True
        m = re.match(r"(.+?)(<=|>=|<|>)(?!=)(.+)$", said) if node.kind == "cond" else None
        if not m:
            continue
        left, op, right = m.groups()
        large = op[0] == ">" if re.search(word, left) else op[0] == "<"
        if re.search(word, left + " " + right) and any(refuses(n) for n, truth in node.next if truth is large):
            return True
    return False


def refuses(node):
    for _ in range(4):
        if re.search(r"-E[A-Z]", node.text):
            return True
        if node.kind == "exit" or len(node.next) != 1:
            return False
        node = node.next[0][0]
    return False


def sizes(driver, f, name):
    """True if it is used as the size of an allocation or of a copy."""
    word = re.compile(r"(?<!\w)%s(?!\w)" % re.escape(name))
    for node in driver.graph(f).nodes:
        for c in node.calls:
            if (re.search(r"alloc|copy|add_\w*pages|memcpy", c.name) or ROUND.match(c.name + "(")) and any(
                    word.search(c.arg(n)) for n in range(len(c.args))):
                return True
    return False
