# SPDX-License-Identifier: GPL-2.0-only
"""C as text: brackets, statements, loops, functions, calls and declarations, with comments and strings masked.

Coccinelle cannot tell where a loop made of a label and a goto ends, what a comment is about, or anything at all of
a function with an unreachable statement. Offsets in the masked text are offsets in the file."""

import functools
import re
from dataclasses import dataclass
from typing import Iterator, List, Optional, Sequence, Set, Tuple

from migrate.findings import Unclear

IDENT = re.compile(r"[A-Za-z_]\w*")
TOKENS = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)


Region = Tuple[int, int]


@functools.lru_cache(maxsize=512)
def mask(text: str) -> str:
    """The text with comments and strings blanked, every offset unchanged."""
    return TOKENS.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def tabs(code: str) -> str:
    """C that is written with spaces here, as the kernel indents it."""
    return re.sub(r"^ +", lambda m: "\t" * (len(m.group()) // 8) + " " * (len(m.group()) % 8), code, flags=re.M)


def line_of(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


ALTERNATIVE = re.compile(r"^[ \t]*#[ \t]*(if|ifdef|ifndef|elif|else|endif)\b", re.M)


def after_alternatives(masked: str, at: int) -> int:
    """From an #else or #elif to the end of its #endif: the other branch has the same brackets."""
    depth = 0
    for m in ALTERNATIVE.finditer(masked, at):
        depth += m.group(1).startswith("if") - (m.group(1) == "endif")
        if depth < 0:
            return m.end()
    return len(masked)


def closing(masked: str, start: int) -> int:
    """Offset just after what closes the bracket at start."""
    depth, i = 0, start
    while i < len(masked):
        if masked[i] in "({[":
            depth += 1
        elif masked[i] in ")}]":
            depth -= 1
            if depth == 0:
                return i + 1
        elif masked[i] == "#" and re.match(r"#[ \t]*(else|elif)\b", masked[i:i + 20]):
            i = after_alternatives(masked, i + 1)
            continue
        i += 1
    raise Unclear("parse", "brackets do not match", line_of(masked, start))


LOOP = r"while|for|\w*for_each\w*"


def statement_end(masked: str, at: int) -> int:
    """Offset just after the statement that begins at or after at."""
    at += len(masked[at:]) - len(masked[at:].lstrip())
    if masked.startswith("{", at):
        return closing(masked, at)
    m = re.compile(r"(if|switch|%s)\s*\(" % LOOP).match(masked, at)
    if m:
        end = statement_end(masked, closing(masked, m.end() - 1))
        other = re.compile(r"\s*else\b").match(masked, end)
        return statement_end(masked, other.end()) if m.group(1) == "if" and other else end
    m = re.compile(r"do\b").match(masked, at)
    if m:
        at = statement_end(masked, m.end())
    return masked.index(";", at) + 1


def loops(masked: str, start: int, end: int) -> Iterator[Tuple[int, int]]:
    """Where the outermost loops between two offsets begin and end."""
    loop = re.compile(r"\b(do|%s)\b(?=\s*[({])" % LOOP)
    while True:
        m = loop.search(masked, start, end)
        if not m:
            return
        start = statement_end(masked, m.start())
        yield m.start(), start


def jumps_back(masked: str, start: int, end: int) -> Iterator[Tuple[int, int]]:
    """Where the loops made of a label and a goto begin and end, blocks complete."""
    for label in re.finditer(r"^[ \t]*(\w+):[ \t]*$", masked[start:end], re.M):
        back = [m.end() for m in re.finditer(r"\bgoto %s;" % label.group(1), masked[start:end])
                if m.start() > label.end()]
        if back and label.group(1) != "default":
            first, last = start + label.start(), start + back[-1]
            while masked.count("{", first, last) > masked.count("}", first, last):
                last = masked.index("}", last) + 1
            yield first, last


EFFECT = re.compile(r"\+\+|--|(?:->|\.)(?!vm_)\w+\s*[-+|&]?=(?!=)|\b(?!(?:if|return|switch|sizeof|container_of|min|max|"
                    r"(?:pci_)?resource_\w+|vma_pages|test_bit|is_\w+|[A-Z_0-9]+|vm_\w+|pgprot_\w+)\b)[a-z_]\w*\s*\(")
DECLARES = re.compile(r"\s*(?:(?:const|struct|unsigned|enum|static)\s+)*\w+(?:\s+|\s*\*+\s*)\w+\s*(?:[=,][^;]*)?;")


def first_effect(text: str, function: "Function", at: int) -> int:
    """The line of the first statement before an offset, in the same block, that does more than look; after the last
    one that leaves the function with the result of another. Else the offset."""
    masked, found = mask(text), at
    opened = [function.body - 1]
    for i in range(function.body, at):
        if masked[i] == "{":
            opened.append(i)
        elif masked[i] == "}":
            opened.pop()
    end = opened[-1] + 1
    while end < at:
        start, end = end, statement_end(masked, end)
        statement = masked[start:end]
        if end > at:
            break
        if re.search(r"\breturn\s+[a-z_]\w*\s*\(", statement):
            found = at
        elif found == at and not DECLARES.fullmatch(statement) and EFFECT.search(statement):
            found = start + len(statement) - len(statement.lstrip())
    return text.rfind("\n", 0, found) + 1 if found < at else at


def last_word(text: str) -> str:
    """The name that a declaration ends with."""
    return str(re.findall(r"\w+", text)[-1])


class Function:
    """A function's definition: header from start, body between braces, all as offsets."""

    def __init__(self, text: str, name: str) -> None:
        masked = mask(text)
        for m in re.finditer(r"^[A-Za-z_][^;{}()=#]*\b%s\s*\(" % re.escape(name), masked, re.M):
            end = closing(masked, m.end() - 1)
            brace = re.compile(r"(?:\s*__\w+(?:\([^()]*\))?)*\s*\{").match(masked, end)
            if brace:
                self.text, self.name = text, name
                self.start = m.start()
                self.body = brace.end()
                self.end = closing(masked, brace.end() - 1)
                self.params = split(text[m.end():end - 1])
                return
        raise Unclear("shape", "no function %s" % name)

    def source(self) -> str:
        return self.text[self.start:self.end]

    def inside(self) -> str:
        return mask(self.text)[self.body:self.end - 1]

    def line(self) -> int:
        return line_of(self.text, self.start)

    def type_of(self, name: str) -> Optional[str]:
        """How a local or a parameter is declared, up to its name: "struct foo *"."""
        for param in self.params:
            m = re.match(r"(.*[\s*])%s$" % name, param)
            if m:
                return m.group(1)
        return declared(self, name)

    def parameter(self, kind: str) -> Optional[str]:
        """Name of the parameter of that type."""
        for param in self.params:
            m = re.match(r"(?:const\s+)?%s\s*(\w+)$" % kind, param)
            if m:
                return m.group(1)
        return None


@functools.lru_cache(maxsize=512)
def functions(text: str) -> Tuple[str, ...]:
    """Names of all functions a text defines."""
    masked = mask(text)
    names = re.findall(r"^[A-Za-z_][^;{}()=#]*?\b(\w+)\s*\([^;{}]*\)\s*\{", masked, re.M)
    return tuple(n for n in names if n not in ("if", "while", "for", "switch"))


def split(text: str) -> List[str]:
    """Arguments of a call or parameters of a function."""
    parts, depth, last = [], 0, 0
    for i, c in enumerate(text):
        depth += (c in "({[") - (c in ")}]")
        if c == "," and depth == 0:
            parts.append(text[last:i])
            last = i + 1
    parts.append(text[last:])
    return [" ".join(p.split()) for p in parts if p.strip()]


def calls(text: str, name: str) -> List[List[str]]:
    """Argument lists of all calls of a function."""
    masked = mask(text)
    return [split(text[m.end():closing(masked, m.end() - 1) - 1])
            for m in re.finditer(r"\b%s\s*\(" % re.escape(name), masked)]


def operators(expr: str) -> Set[str]:
    """The binary operators outside all brackets."""
    flat, depth = "", 0
    for char in expr.replace("->", "."):
        depth += (char in "([") - (char in ")]")
        flat += char if depth == 0 else " "
    return set(re.findall(r"<<|>>|&&|\|\||[-+*/%&|^?]", flat))


def declared(function: Function, name: str) -> Optional[str]:
    """How a local is declared, up to its name: "struct foo *" or "u64 "."""
    m = re.search(r"(?:^|[;{])\s*((?:const\s+)?(?:struct\s+|unsigned\s+|enum\s+)?\w+)((?:\s+[\w*\s,]*?|\s*\*+\s*|\s+)"
                  r"(?:[^;{}()]*?,\s*)?)(\**)(?<!\w)%s\s*(?=[;,=])" % name, function.inside())
    if not m or m.group(1) in ("return", "goto", "else", "case"):
        return None
    stars = "*" * (m.group(2).count("*") if "," not in m.group(2) else 0) + m.group(3)
    return "%s %s" % (" ".join(m.group(1).split()), stars)


def assigned(function: Function, name: str) -> List[str]:
    """All values a local is given."""
    inside = function.inside()
    values = []
    for m in re.finditer(r"(?<![\w>.])%s\s*=(?!=)\s*" % name, inside):
        end = m.end()
        depth = 0
        while depth or inside[end] not in ";,":
            depth += (inside[end] in "({[") - (inside[end] in ")}]")
            end += 1
        values.append(" ".join(inside[m.end():end].split()))
    for m in re.finditer(r"\bcheck_(add|sub)_overflow\s*\(", inside):
        a, b, out = split(inside[m.end():closing(inside, m.end() - 1) - 1])
        if out == "&" + name:
            values.append("%s %s %s" % (a, "+" if m.group(1) == "add" else "-", b))
    if len(values) > 1 and values[0] in ("0", "NULL"):
        values.pop(0)
    return values


def struct_body(text: str, tag: str) -> Optional[str]:
    """What stands in the braces of a struct, comments blanked; None where it is not declared."""
    masked = mask(text)
    m = re.search(r"^(?:typedef\s+)?struct\s+%s\s*\{" % tag, masked, re.M)
    return masked[m.end():closing(masked, m.end() - 1) - 1] if m else None


def function_at(text: str, line: int) -> str:
    """The name of the function that a line is in, or nothing."""
    for name in functions(text):
        function = Function(text, name)
        if function.line() <= line <= line_of(text, function.end):
            return name
    return ""


def unreachable(text: str, name: str) -> int:
    """The line of the first statement of a function that follows a jump in the same block, or 0."""
    try:
        function = Function(text, name)
    except Unclear:
        return 0
    inside = function.inside()
    jump = r"(?:return\b[^;{}]*|goto \w+|break|continue);"
    for m in re.finditer(r"^([ \t]*)%s[ \t]*\n(?:[ \t]*\n)*([ \t]*)(\S[^\n]*)" % jump, inside, re.M):
        after = m.group(3)
        if m.group(2) == m.group(1) and not re.match(r"[}#]|\w+:|case\b|default\b", after) and \
           not re.search(r"(?:\)|\belse|:)\s*$", inside[:m.start()]):
            return line_of(text, function.body + m.start(3))
    return 0


@dataclass(frozen=True)
class Source:
    """One C file as it was."""

    name: str
    text: str

    def functions(self) -> Tuple[str, ...]:
        return functions(self.text)

    def function(self, name: str) -> Function:
        return Function(self.text, name)

    def source(self, name: str) -> str:
        return self.function(name).source()

    def inside(self, name: str) -> str:
        return self.function(name).inside()

    def defines(self, name: Optional[str]) -> bool:
        return name is not None and name in self.functions()

    def loops(self, name: str) -> List[Region]:
        f = self.function(name)
        return list(loops(mask(self.text), f.body, f.end))

    def without(self, name: str, regions: Sequence[Region], instead: str = "") -> str:
        """The source of a function, with something else where its loops were."""
        f = self.function(name)
        source = f.source()
        for number, (start, end) in reversed(list(enumerate(regions))):
            # A label begins its line.
            indent = "\t" if self.text[start - 1] == "\n" else ""
            source = source[:start - f.start] + (indent + instead if number == 0 and instead else "") + \
                source[end - f.start:]
        return source
