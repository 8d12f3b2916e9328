# SPDX-License-Identifier: GPL-2.0-only
"""The C of a driver as the review's own rules see it: tokens, functions, statements, tables and types.

spatch finds shapes; what needs all paths of a function, or all calls of a driver, is found here. The parser knows
the C of kernel drivers and no preprocessor: of #if ... #else the first part counts, macros are names.
"""

import dataclasses
import re
from typing import Dict, Iterator, List, Optional, Tuple

TOKEN = re.compile(
    r"(?P<space>[ \t\r\f\v]+|\\\n)|(?P<comment>/\*.*?\*/|//[^\n]*)|(?P<line>\n)|"
    r"(?P<string>L?\"(?:\\.|[^\"\\\n])*\"|L?'(?:\\.|[^'\\\n])*')|(?P<name>[A-Za-z_]\w*)|(?P<number>\.?\d[\w.]*)|"
    r"(?P<op>->|\+\+|--|<<=|>>=|\.\.\.|[-+*/%&|^!=<>]=|<<|>>|&&|\|\||.)", re.S)
TYPES = {"void", "bool", "char", "short", "int", "long", "signed", "unsigned", "float", "double", "size_t", "ssize_t",
         "loff_t", "u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "__u8", "__u16", "__u32", "__u64", "__le16",
         "__le32", "__le64", "__be16", "__be32", "__be64", "__s32", "__s64", "vm_fault_t", "dma_addr_t", "phys_addr_t",
         "resource_size_t", "pgoff_t", "gfp_t", "irqreturn_t", "uintptr_t", "uint8_t", "uint16_t", "uint32_t",
         "uint64_t", "int64_t", "pci_power_t", "pci_ers_result_t", "spinlock_t", "atomic_t", "wait_queue_head_t",
         "va_list", "umode_t", "fmode_t", "pgprot_t"}
QUALIFIERS = {"const", "volatile", "static", "inline", "extern", "register", "__user", "__iomem", "__init", "__exit",
              "__always_inline", "__maybe_unused", "noinline", "__must_check", "__force", "__rcu", "__read_mostly",
              "__ro_after_init", "__initdata", "__cold", "__percpu", "auto"}
WORDS = {"if", "else", "for", "while", "do", "switch", "case", "default", "return", "goto", "break", "continue",
         "sizeof", "typeof", "struct", "union", "enum"}
OPEN, CLOSE = {"(": ")", "[": "]", "{": "}"}, {")", "]", "}"}


@dataclasses.dataclass(frozen=True)
class Token:
    text: str
    line: int
    column: int

    def __str__(self) -> str:
        return self.text


Tokens = List[Token]


class Unparsed(Exception):
    """A function that the parser does not understand."""


def lex(text: str) -> Tokens:
    """The tokens of a file, without comments and what the preprocessor takes."""
    out: Tokens = []
    line, start, pos = 1, 0, 0
    skipping: List[bool] = []       # of each #if around here: is this part left out?
    fresh = True                    # nothing but space on this line so far
    while pos < len(text):
        m = TOKEN.match(text, pos)
        assert m
        kind, said = m.lastgroup, m.group()
        if fresh and said == "#":
            end = pos
            while True:
                end = text.find("\n", end)
                if end < 0 or text[end - 1] != "\\":
                    break
                end += 1
            end = len(text) if end < 0 else end
            directive = re.match(r"#\s*(\w*)\s*(.*)", text[pos:end], re.S)
            word = directive.group(1) if directive else ""
            if word in ("if", "ifdef", "ifndef"):
                skipping.append(word == "if" and directive.group(2).strip() == "0")
            elif word in ("else", "elif") and skipping:
                skipping[-1] = not skipping[-1] if word == "else" and skipping[-1] else True
            elif word == "endif" and skipping:
                skipping.pop()
            line += text.count("\n", pos, end)
            pos = end
            continue
        if kind == "line":
            fresh, start = True, m.end()
        elif kind not in ("space", "comment"):
            fresh = False
            if not any(skipping):
                out.append(Token(said, line, pos - start))
        if "\n" in said:
            line += said.count("\n")
            start = pos + said.rindex("\n") + 1
        pos = m.end()
    return out


def text_of(tokens: Tokens) -> str:
    """One spelling of an expression."""
    out = ""
    for t in tokens:
        out += " " if out and (out[-1].isalnum() or out[-1] == "_") and (t.text[0].isalnum() or t.text[0] == "_") else ""
        out += t.text
    return out


def closing(tokens: Tokens, at: int) -> int:
    """The index of what closes the bracket at this index."""
    depth = 0
    for n in range(at, len(tokens)):
        if tokens[n].text in OPEN:
            depth += 1
        elif tokens[n].text in CLOSE:
            depth -= 1
            if not depth:
                return n
    raise Unparsed("line %d: %s is not closed" % (tokens[at].line, tokens[at]))


def split(tokens: Tokens, on: str = ",") -> List[Tokens]:
    """The parts between separators that stand in no bracket."""
    parts: List[Tokens] = [[]]
    depth = 0
    for t in tokens:
        depth += (t.text in OPEN) - (t.text in CLOSE)
        if t.text == on and not depth:
            parts.append([])
        else:
            parts[-1].append(t)
    return parts if len(parts) > 1 or parts[0] else []


# ---- statements

@dataclasses.dataclass
class Statement:
    kind: str                       # block if loop do switch case label goto return break continue expr scope
    tokens: Tokens                  # condition, expression, or name of a label
    line: int
    body: List["Statement"] = dataclasses.field(default_factory=list)
    other: List["Statement"] = dataclasses.field(default_factory=list)     # else; of a for, what follows each turn
    end: int = 0


class Parser:
    """Statements of a function's body."""

    def __init__(self, tokens: Tokens):
        self.tokens, self.at = tokens, 0

    def peek(self) -> str:
        return self.tokens[self.at].text if self.at < len(self.tokens) else ""

    def bracket(self) -> Tokens:
        if self.peek() != "(":
            raise Unparsed("line %d: no ( here" % self.line())
        end = closing(self.tokens, self.at)
        inside = self.tokens[self.at + 1:end]
        self.at = end + 1
        return inside

    def line(self) -> int:
        return self.tokens[min(self.at, len(self.tokens) - 1)].line

    def until(self, stop: str) -> Tokens:
        first, depth = self.at, 0
        while self.at < len(self.tokens):
            t = self.tokens[self.at].text
            if t == stop and not depth:
                self.at += 1
                return self.tokens[first:self.at - 1]
            depth += (t in OPEN) - (t in CLOSE)
            if depth < 0:
                break
            self.at += 1
        raise Unparsed("line %d: no %s" % (self.tokens[first].line, stop))

    def statements(self) -> List[Statement]:
        out = []
        while self.at < len(self.tokens):
            out.append(self.statement())
        return out

    def statement(self) -> Statement:
        line, word = self.line(), self.peek()
        after = self.tokens[self.at + 1].text if self.at + 1 < len(self.tokens) else ""
        if word == "{":
            end = closing(self.tokens, self.at)
            inside = Parser(self.tokens[self.at + 1:end]).statements()
            self.at = end + 1
            return Statement("block", [], line, inside, end=self.tokens[end].line)
        if word in ("if", "switch", "while", "for") or word == "do":
            self.at += 1
            if word == "do":
                body = [self.statement()]
                if self.peek() != "while":
                    raise Unparsed("line %d: do without while" % line)
                self.at += 1
                cond = self.bracket()
                self.until(";")
                return Statement("do", cond, line, body)
            head = self.bracket()
            if word == "for":
                parts = split(head, ";") or [[], [], []]
                parts = [p if isinstance(p, list) else [] for p in parts]
                while len(parts) < 3:
                    parts.append([])
                loop = Statement("loop", parts[1], line, [self.statement()],
                                 [Statement("expr", parts[2], line)] if parts[2] else [])
                return Statement("block", [], line, [Statement("expr", parts[0], line), loop])
            body = [self.statement()]
            other = []
            if word == "if" and self.peek() == "else":
                self.at += 1
                other = [self.statement()]
            return Statement({"while": "loop"}.get(word, word), head, line, body, other)
        if word in ("return", "goto", "break", "continue", "case", "default"):
            self.at += 1
            if word in ("case", "default"):
                return Statement("case", self.until(":"), line)
            return Statement(word, self.until(";"), line)
        if re.match(r"[A-Za-z_]", word) and after == ":" and word not in WORDS:
            self.at += 2
            return Statement("label", [self.tokens[self.at - 2]], line)
        if re.match(r"(scoped_(cond_)?guard|\w*for_each\w*|hlist_for_\w+)$", word) and after == "(":
            self.at += 1
            head = self.bracket()
            kind = "scope" if word.startswith("scoped") else "loop"
            return Statement(kind, head, line, [self.statement()])
        if word == ";":
            self.at += 1
            return Statement("expr", [], line)
        if re.match(r"[A-Za-z_]\w*$", word) and after == "(":      # a macro that is an iterator of the driver's own
            end = closing(self.tokens, self.at + 1)
            if end + 1 < len(self.tokens) and self.tokens[end + 1].text == "{":
                head = self.tokens[self.at + 2:end]
                self.at = end + 1
                return Statement("loop", head, line, [self.statement()])
        return Statement("expr", self.until(";"), line)


# ---- files

@dataclasses.dataclass
class Parameter:
    type: str
    name: str


@dataclasses.dataclass(eq=False)
class Function:
    name: str
    file: str
    line: int
    returns: str
    parameters: List[Parameter]
    tokens: Tokens
    body: List[Statement]
    at: Token
    static: bool

    def __hash__(self) -> int:
        return id(self)


@dataclasses.dataclass
class Table:
    """A structure with designated members: ops, handlers, drivers."""
    type: str
    name: str
    file: str
    at: Token
    members: Dict[str, Tokens]


@dataclasses.dataclass
class Source:
    file: str
    functions: List[Function]
    structures: Dict[str, Dict[str, str]]
    tables: List[Table]
    macros: Dict[str, str]
    broken: List[Tuple[int, str]]


def declared(tokens: Tokens) -> Optional[Tuple[str, str]]:
    """(type, name) of a parameter or a member without initialiser."""
    names = [t for t in tokens if t.text not in QUALIFIERS]
    if not names:
        return None
    for n, t in enumerate(names):               # pointer to function: its name stands behind (*
        if t.text == "(" and n + 2 < len(names) and names[n + 1].text == "*":
            return "function", names[n + 2].text
    stop = next((n for n, t in enumerate(names) if t.text in ("[", ":", "=") or t.text.startswith("__")), len(names))
    array = stop < len(names) and names[stop].text == "["
    words = names[:stop]
    if len(words) < 2 or not re.match(r"[A-Za-z_]", words[-1].text):
        return None
    return text_of(words[:-1]) + ("[]" if array else ""), words[-1].text


def members(tokens: Tokens) -> Iterator[Tuple[str, str]]:
    """(type, name) of each member of a structure."""
    at = 0
    while at < len(tokens):
        first, depth = at, 0
        while at < len(tokens) and (tokens[at].text != ";" or depth):
            depth += (tokens[at].text in OPEN) - (tokens[at].text in CLOSE)
            at += 1
        member = tokens[first:at]
        at += 1
        inner = next((n for n, t in enumerate(member) if t.text == "{"), None)
        if inner is not None:
            end = closing(member, inner)
            yield from members(member[inner + 1:end])
            continue
        parts = split(member)
        for n, part in enumerate(parts):
            kind = declared(part if not n else parts[0][:-1] + part)
            if kind:
                yield kind


def designated(tokens: Tokens) -> Dict[str, Tokens]:
    found: Dict[str, Tokens] = {}
    for part in split(tokens):
        if len(part) > 3 and part[0].text == "." and part[2].text == "=":
            found[part[1].text] = part[3:]
            if part[3].text == "{":
                found.update({"%s.%s" % (part[1].text, k): v for k, v in designated(part[4:-1]).items()})
    return found


MACRO = re.compile(r"^#[ \t]*define[ \t]+(\w+)\(([^)\n]*)\)[ \t]*((?:[^\n]*\\\n)*[^\n]*)", re.M)


@dataclasses.dataclass(frozen=True)
class Macro:
    parameters: Tuple[str, ...]
    body: Tuple[Token, ...]


def macros_of(text: str) -> Dict[str, Optional[Macro]]:
    """Macros with parameters that a driver defines; None for those that glue words, which stay names."""
    found: Dict[str, Optional[Macro]] = {}
    for name, parameters, body in MACRO.findall(text):
        words = tuple(p.strip() for p in parameters.split(",") if p.strip())
        found[name] = None if "#" in body or "..." in words or "DEFINE_" in name else Macro(
            words, tuple(lex(body.replace("\\\n", " "))))
    return found


def expanded(tokens: Tokens, macros: Dict[str, Optional[Macro]], depth: int = 0) -> Tokens:
    """The tokens with the driver's own macros written out, at the place where they are used."""
    if depth > 3 or not any(t.text in macros for t in tokens):
        return tokens
    out: Tokens = []
    n = 0
    while n < len(tokens):
        t = tokens[n]
        macro = macros.get(t.text)
        if macro is None or n + 1 >= len(tokens) or tokens[n + 1].text != "(":
            out.append(t)
            n += 1
            continue
        try:
            end = closing(tokens, n + 1)
        except Unparsed:
            return tokens
        args = split(tokens[n + 2:end])
        if len(args) != len(macro.parameters):
            out.append(t)
            n += 1
            continue
        given = dict(zip(macro.parameters, args))
        body: Tokens = []
        for b in macro.body:
            body += [Token(a.text, t.line, t.column) for a in given[b.text]] if b.text in given else [
                Token(b.text, t.line, t.column)]
        out += expanded(body, {k: v for k, v in macros.items() if k != t.text}, depth + 1)
        n = end + 1
    return out


def parse(file: str, text: str, macros: Optional[Dict[str, Optional[Macro]]] = None) -> Source:
    source = Source(file, [], {}, [], {}, [])
    for m in re.finditer(r"^#[ \t]*define[ \t]+(\w+)((?:\([^)\n]*\))?)[ \t]*((?:[^\n]*\\\n)*[^\n]*)", text, re.M):
        source.macros[m.group(1)] = m.group(3).replace("\\\n", " ").strip()
    tokens = expanded(lex(text), macros or {})
    at = first = 0
    while at < len(tokens):
        said = tokens[at].text
        try:
            if said == "(":
                end = closing(tokens, at)
                head = tokens[first:at]
                if head and head[-1].text == "DEFINE_VFIO_PCI_OPS":
                    parts = split(tokens[at + 1:end])
                    inner = [t for part in parts[1:] for t in part + [Token(",", part[-1].line if part else 0, 0)]]
                    source.tables.append(Table("vfio_device_ops", parts[0][0].text, file, parts[0][0],
                                               dict(designated(inner), vfio_pci_ops=[])))
                at = end + 1
                continue
            if said == "{":
                end = closing(tokens, at)
                top_level(source, tokens[first:at], tokens[at + 1:end], tokens[at])
                at = end + 1
                if at < len(tokens) and tokens[at].text not in (";", ",", ")") and ")" in map(str, tokens[first:at]):
                    first = at
                continue
        except Unparsed as why:
            source.broken.append((tokens[at].line, str(why)))
            at += 1
            continue
        at += 1
        if said in (";", "}"):
            first = at
    return source


def top_level(source: Source, head: Tokens, inside: Tokens, brace: Token) -> None:
    """What stands before a { of the file, and what is in it."""
    words = [t.text for t in head]
    if "=" in words:
        before = head[:words.index("=")]
        names = [t for t in before if t.text not in QUALIFIERS and not t.text.startswith("__")]
        stop = next((n for n, t in enumerate(names) if t.text == "["), len(names))
        if names[:stop] and names[0].text == "struct" and stop >= 3:
            name = names[stop - 1]
            source.tables.append(Table(names[1].text, name.text, source.file, name, designated(inside)))
        return
    if words and words[-1] != ")" and words[0] in ("struct", "union", "static", "typedef", "const") and "(" not in words:
        names = [w for w in words if w not in QUALIFIERS and w not in ("struct", "union", "typedef")]
        if names and "enum" not in words:
            source.structures[names[0]] = {name: kind for kind, name in members(inside)}
        return
    if "(" not in words:
        return
    start = words.index("(")
    name = head[start - 1] if start else None
    if name is None or not re.match(r"[A-Za-z_]", name.text):
        return
    end = closing(head, start)
    parameters = []
    for part in split(head[start + 1:end]):
        kind = declared(part)
        parameters.append(Parameter(*kind) if kind else Parameter(text_of(part), ""))
    try:
        body = Parser(inside).statements()
    except (Unparsed, IndexError) as why:
        source.broken.append((name.line, "%s(): %s" % (name.text, why)))
        return
    returns = text_of([t for t in head[:start - 1] if t.text not in QUALIFIERS])
    source.functions.append(Function(name.text, source.file, name.line, returns, parameters, inside, body, name,
                                     "static" in words))
