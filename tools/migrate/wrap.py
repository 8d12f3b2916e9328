# SPDX-License-Identifier: GPL-2.0-only
"""Macros and functions that do nothing but take or release one lock. The program works on what is inside them,
so that it need not know of them."""

import re
from typing import TYPE_CHECKING, Callable, List

from migrate import ctext as c

if TYPE_CHECKING:
    from migrate.tree import Tree

LOCKS = r"(?:mutex|spin)_\w*lock\w*|(?:down|up)_(?:read|write)\w*"
MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)\((\w+)\)(?:[ \t]|\\\n)+(%s)\(&\(?\2\)?->([\w.]+)\)[ \t]*\n" %
                   LOCKS, re.M)
FUNCTION = re.compile(r"^static (?:inline |__always_inline )*(?:void|bool|int)\s+(\w+)\([\w ]+\*\s*(\w+)\)\n\{\n"
                      r"\t(?:return )?(%s)\(&\2->([\w.]+)\);\n\}\n" % LOCKS, re.M)


class Wrapper:
    def __init__(self, where: str, match: "re.Match[str]") -> None:
        self.where, self.definition = where, match.group()
        self.name, _, self.call, self.lock = match.groups()

    def apart(self, text: str, change: Callable[[str], str]) -> str:
        """The text with something done to all but the definition."""
        return self.definition.join(change(part) for part in text.split(self.definition))

    def expand(self, text: str) -> str:
        return self.apart(text, self.expand_calls)

    def expand_calls(self, text: str) -> str:
        masked = c.mask(text)
        for m in reversed(list(re.finditer(r"\b%s\s*\(" % self.name, masked))):
            end = c.closing(masked, m.end() - 1)
            who = text[m.end():end - 1].strip()
            plain = re.fullmatch(r"\w+(?:(?:->|\.)\w+)*", who)
            who = who if plain else "(%s)" % who
            text = "%s%s(&%s->%s)%s" % (text[:m.start()], self.call, who, self.lock, text[end:])
        return text

    def fold(self, text: str) -> str:
        """What expand() made, as it was."""
        call = re.compile(r"\b%s\(&(?:(\w+(?:(?:->|\.)\w+)*)|\(((?:[^()]|\([^()]*\))*)\))->%s\)" % (
            self.call, re.escape(self.lock)))
        return self.apart(text, lambda part: call.sub(
            lambda m: "%s(%s)" % (self.name, m.group(1) or m.group(2)), part))


def wrappers(tree: "Tree", directory: str) -> List[Wrapper]:
    """All that the files of a directory define."""
    found = []
    for name in tree.grep(r"\b(%s)\(" % LOCKS.replace("(?:", "("), directory):
        for pattern in (MACRO, FUNCTION):
            found += [Wrapper(name, m) for m in pattern.finditer(tree.original(name))]
    return found
