# SPDX-License-Identifier: GPL-2.0-only
"""The paths of a function: a graph of its statements, what a path knows of values, and walking all of them."""

import dataclasses
import functools
import re
from typing import Callable, Dict, FrozenSet, Iterator, List, Optional, Set, Tuple

from review_c import CLOSE, OPEN, WORDS, Function, Statement, Token, Tokens, closing, lex, split, text_of

GUARDS = {"mutex": ("mutex_lock", "mutex_unlock"), "mutex_intr": ("mutex_lock_interruptible", "mutex_unlock"),
          "rwsem_read": ("down_read", "up_read"), "rwsem_write": ("down_write", "up_write"),
          "rwsem_read_try": ("down_read_trylock", "up_read"), "rwsem_write_try": ("down_write_trylock", "up_write"),
          "spinlock": ("spin_lock", "spin_unlock"), "spinlock_irq": ("spin_lock_irq", "spin_unlock_irq"),
          "spinlock_irqsave": ("spin_lock_irqsave", "spin_unlock_irqrestore"),
          "raw_spinlock_irqsave": ("spin_lock_irqsave", "spin_unlock_irqrestore"),
          "rcu": ("rcu_read_lock", "rcu_read_unlock"), "device": ("device_lock", "device_unlock")}
NEGATIVE, ZERO, POSITIVE = "N", "Z", "P"    # what a value may be: negative or an error pointer, 0 or NULL, the rest
LIMIT = 20000                               # states of one walk


@dataclasses.dataclass(frozen=True)
class Call:
    name: str
    args: Tuple[Tuple[Token, ...], ...]
    at: Token
    member: str         # of x->f(): x

    def arg(self, n: int) -> str:
        return text_of(list(self.args[n])) if n < len(self.args) else ""


@dataclasses.dataclass(frozen=True)
class Write:
    to: str
    op: str
    value: Tuple[Token, ...]
    at: Token
    declares: bool


def unwrapped(tokens: Tokens) -> Tokens:
    """Without brackets around all of it, likely() and casts in front."""
    while tokens:
        if tokens[0].text == "(" and closing(tokens, 0) == len(tokens) - 1:
            tokens = tokens[1:-1]
        elif tokens[0].text in ("likely", "unlikely", "WARN_ON", "WARN_ON_ONCE") and len(tokens) > 1 and \
                closing(tokens, 1) == len(tokens) - 1:
            tokens = tokens[2:-1]
        elif len(tokens) > 4 and tokens[0].text == "!" and tokens[1].text == "!":
            tokens = tokens[2:]
        else:
            break
    return tokens


def calls_of(tokens: Tokens) -> List[Call]:
    found = []
    for n in range(len(tokens) - 1):
        t = tokens[n]
        if tokens[n + 1].text != "(" or not (t.text[0].isalpha() or t.text[0] == "_") or t.text in WORDS:
            continue
        end = closing(tokens, n + 1)
        before = tokens[n - 1].text if n else ""
        member = ""
        if before in ("->", "."):
            member = text_of(operand_before(tokens, n - 1))
        found.append(Call(t.text, tuple(tuple(a) for a in split(tokens[n + 2:end])), t, member))
    return found


def operand_before(tokens: Tokens, at: int) -> Tokens:
    """The operand that ends before this index: a name with members, indices and brackets."""
    n = at - 1
    while n >= 0:
        if tokens[n].text in CLOSE:
            depth = 0
            while n >= 0:
                depth += (tokens[n].text in CLOSE) - (tokens[n].text in OPEN)
                if not depth:
                    break
                n -= 1
            if n > 0 and re.match(r"\w", tokens[n - 1].text) and tokens[n - 1].text not in WORDS:
                n -= 1
        if n > 0 and tokens[n - 1].text in ("->", "."):
            n -= 2
            continue
        break
    return tokens[max(n, 0):at]


ASSIGN = {"=", "+=", "-=", "|=", "&=", "^=", "*=", "/=", "%=", "<<=", ">>="}


def writes_of(tokens: Tokens) -> List[Write]:
    found: List[Write] = []
    declaration = False
    for n, t in enumerate(tokens):
        if t.text in ("++", "--"):
            after = n + 1 < len(tokens) and re.match(r"[\w(]", tokens[n + 1].text)
            operand = tokens[n + 1:n + 2] if after and (not n or not re.match(r"[\w)\]]", tokens[n - 1].text)) else \
                operand_before(tokens, n)
            if after and operand and operand[0] is tokens[n + 1]:
                end = n + 2
                while end < len(tokens) and (tokens[end].text in ("->", ".") or tokens[end - 1].text in ("->", ".")):
                    end += 1
                operand = tokens[n + 1:end]
            found.append(Write(text_of(operand), t.text, (), t, False))
            continue
        if t.text not in ASSIGN:
            continue
        first, depth = n - 1, 0
        while first >= 0:
            said = tokens[first].text
            depth += (said in CLOSE) - (said in OPEN)
            if depth < 0 or (not depth and (said in (",", ";", "&&", "||", "?", ":") or said in ASSIGN)):
                break
            first -= 1
        left = tokens[first + 1:n]
        end, depth = n + 1, 0
        while end < len(tokens):
            said = tokens[end].text
            depth += (said in OPEN) - (said in CLOSE)
            if depth < 0 or (not depth and said in (",", ";")):
                break
            end += 1
        declares = False
        if len(left) > 1 and re.match(r"[A-Za-z_]", left[0].text) and \
                (re.match(r"[A-Za-z_*]", left[1].text)) and left[0].text not in ("sizeof",):
            declaration = declares = True
            names = [x for x in left if x.text != "["]
            stop = next((k for k, x in enumerate(left) if x.text == "["), len(left))
            stop = next((k for k, x in enumerate(left) if x.text.startswith("__free")), stop)
            left = left[stop - 1:stop] or names[-1:]
        elif declaration and left and left[0].text == "*":
            declares = True
            left = [x for x in left if x.text != "*"]
        elif declaration and first >= 0 and tokens[first].text == ",":
            declares = True
        found.append(Write(text_of(left), t.text, tuple(tokens[n + 1:end]), t, declares))
    return found


class Node:
    """A statement, or a part of a condition between && and ||."""

    def __init__(self, kind: str, tokens: Tokens, line: int):
        self.kind, self.tokens, self.line = kind, tokens, line
        self.next: List[Tuple["Node", Optional[bool]]] = []

    @functools.cached_property
    def calls(self) -> List[Call]:
        return calls_of(self.tokens)

    @functools.cached_property
    def writes(self) -> List[Write]:
        return writes_of(self.tokens) if self.kind in ("expr", "cond", "return", "switch") else []

    @functools.cached_property
    def text(self) -> str:
        return text_of(self.tokens)

    @property
    def at(self) -> Token:
        return self.tokens[0] if self.tokens else Token("", self.line, 0)


Ends = List[Tuple[Node, Optional[bool]]]


class Graph:
    """All paths of a function."""

    def __init__(self, function: Function):
        self.entry, self.exit = Node("entry", [], function.line), Node("exit", [], function.line)
        self.nodes: List[Node] = [self.entry]
        self.labels: Dict[str, Node] = {}
        self.gotos: List[Tuple[Node, str, List[List[Tokens]]]] = []
        self.depths: Dict[str, List[List[Tokens]]] = {}
        self.scopes: List[List[Tokens]] = []
        self.breaks: List[Tuple[Ends, int]] = []
        self.continues: List[Tuple[Ends, int]] = []
        ends = self.block(function.body, [(self.entry, None)])
        self.join(ends, self.exit)
        for node, label, scopes in self.gotos:
            around = self.depths.get(label, [])
            same = 0
            while same < min(len(scopes), len(around)) and scopes[same] is around[same]:
                same += 1
            self.scopes = scopes
            self.join(self.leave(same, node.line, [(node, None)]), self.labels.get(label, self.exit))
        self.nodes.append(self.exit)
        reached: Set[Node] = set()
        todo = [self.entry]
        while todo:
            node = todo.pop()
            if node not in reached:
                reached.add(node)
                todo += [n for n, _ in node.next]
        self.nodes = [n for n in self.nodes if n in reached]

    def add(self, kind: str, tokens: Tokens, line: int, ends: Ends) -> Node:
        node = Node(kind, tokens, line)
        self.nodes.append(node)
        self.join(ends, node)
        return node

    @staticmethod
    def join(ends: Ends, node: Node) -> None:
        for end, truth in ends:
            end.next.append((node, truth))

    def leave(self, depth: int, line: int, ends: Ends) -> Ends:
        """What guards and __free() undo when scopes are left."""
        for scope in reversed(self.scopes[depth:]):
            for tokens in reversed(scope):
                ends = [(self.add("cleanup", [Token(t.text, line, t.column) for t in tokens], line, ends), None)]
        return ends

    def block(self, statements: List[Statement], ends: Ends, end: int = 0) -> Ends:
        self.scopes.append([])
        for statement in statements:
            ends = self.statement(statement, ends)
        ends = self.leave(len(self.scopes) - 1, end or (statements[-1].line if statements else 0), ends) if ends else []
        self.scopes.pop()
        return ends

    def lock(self, kind: str, args: Tokens, line: int, ends: Ends) -> Ends:
        take, release = GUARDS.get(kind, ("guard_" + kind, "unguard_" + kind))
        made = {}
        for name in (take, release):
            made[name] = [Token(name, line, args[0].column if args else 0), Token("(", line, 0), *args, Token(")", line, 0)]
        self.scopes[-1].append(made[release])
        return [(self.add("expr", made[take], line, ends), None)]

    def simple(self, s: Statement, ends: Ends) -> Ends:
        tokens = s.tokens
        if tokens and tokens[0].text == "guard" and len(tokens) > 3:
            end = closing(tokens, 1)
            return self.lock(text_of(tokens[2:end]), tokens[end + 2:-1], s.line, ends)
        if not tokens:
            return ends
        ends = [(self.add("expr", tokens, s.line, ends), None)]
        for n, t in enumerate(tokens):
            if t.text == "__free" and n:
                how = tokens[n + 2].text
                self.scopes[-1].append([Token({"kfree": "kfree", "kvfree": "kvfree"}.get(how, "free_" + how), s.line, 0),
                                        Token("(", s.line, 0), tokens[n - 1], Token(")", s.line, 0)])
        return ends

    def statement(self, s: Statement, ends: Ends) -> Ends:
        if s.kind == "label":
            node = self.add("label", s.tokens, s.line, ends)
            self.labels[s.tokens[0].text] = node
            self.depths[s.tokens[0].text] = list(self.scopes)
            return [(node, None)]
        if s.kind == "block":
            return self.block(s.body, ends, s.end)
        if s.kind == "expr":
            return self.simple(s, ends)
        if s.kind == "return":
            node = self.add("return", s.tokens, s.line, ends)
            self.join(self.leave(0, s.line, [(node, None)]), self.exit)
            return []
        if s.kind == "goto":
            node = self.add("goto", [], s.line, ends)
            self.gotos.append((node, text_of(s.tokens), list(self.scopes)))
            return []
        if s.kind in ("break", "continue"):
            where = self.breaks if s.kind == "break" else self.continues
            if where:
                where[-1][0].extend(self.leave(where[-1][1], s.line, ends))
            return []
        if s.kind == "if":
            yes, no = self.condition(s.tokens, s.line, ends)
            yes = self.block(s.body, yes)
            return yes + (self.block(s.other, no) if s.other else no)
        if s.kind == "scope":
            self.scopes.append([])
            parts = split(s.tokens) or [s.tokens]
            kind = text_of(parts[0])
            ends = self.lock(kind, parts[-1] if len(parts) > 1 else [], s.line, ends)
            ends = self.block(s.body, ends)
            ends = self.leave(len(self.scopes) - 1, s.line, ends) if ends else []
            self.scopes.pop()
            return ends
        if s.kind in ("loop", "do"):
            return self.loop(s, ends)
        if s.kind == "switch":
            return self.switch(s, ends)
        return ends

    def loop(self, s: Statement, ends: Ends) -> Ends:
        depth = len(self.scopes)
        self.breaks.append(([], depth))
        self.continues.append(([], depth))
        if s.kind == "do":
            head = self.add("label", [], s.line, ends)
            back = self.block(s.body, [(head, None)]) + self.continues[-1][0]
            yes, no = self.condition(s.tokens, s.line, back)
            self.join(yes, head)
        else:
            head = self.add("label", [], s.line, ends)
            iterator = bool(s.tokens) and any(t.text == "," for t in s.tokens) and not s.other
            if not s.tokens:
                yes, no = [(head, None)], []
            elif iterator:
                node = self.add("iterate", s.tokens, s.line, [(head, None)])
                yes, no = [(node, None)], [(node, None)]
            else:
                yes, no = self.condition(s.tokens, s.line, [(head, None)])
            back = self.block(s.body, yes) + self.continues[-1][0]
            for other in s.other:
                back = self.statement(other, back)
            self.join(back, head)
        self.continues.pop()
        return no + self.breaks.pop()[0]

    def switch(self, s: Statement, ends: Ends) -> Ends:
        node = self.add("switch", s.tokens, s.line, ends)
        self.breaks.append(([], len(self.scopes)))
        body = s.body[0].body if s.body and s.body[0].kind == "block" else s.body
        inside: Ends = []
        default = False
        self.scopes.append([])
        for part in body:
            if part.kind == "case":
                default = default or not part.tokens
                inside = inside + [(node, None)]
                inside = [(self.add("case", part.tokens, part.line, inside), None)]
            else:
                inside = self.statement(part, inside)
        self.scopes.pop()
        return inside + self.breaks.pop()[0] + ([] if default else [(node, None)])

    def condition(self, tokens: Tokens, line: int, ends: Ends) -> Tuple[Ends, Ends]:
        tokens = unwrapped(tokens)
        for op in ("||", "&&"):
            depth = 0
            if any(t.text == "?" for t in tokens):
                break
            for n, t in enumerate(tokens):
                depth += (t.text in OPEN) - (t.text in CLOSE)
                if t.text == op and not depth:
                    yes, no = self.condition(tokens[:n], line, ends)
                    yes2, no2 = self.condition(tokens[n + 1:], line, no if op == "||" else yes)
                    return (yes + yes2, no2) if op == "||" else (yes2, no + no2)
        if tokens and tokens[0].text == "!" and len(tokens) > 1:
            rest = unwrapped(tokens[1:])
            if rest is not tokens[1:] and len(rest) < len(tokens) - 1:
                yes, no = self.condition(rest, line, ends)
                return no, yes
        node = self.add("cond", tokens, tokens[0].line if tokens else line, ends)
        return [(node, True)], [(node, False)]


# ---- what a path knows

Facts = FrozenSet[Tuple[str, str]]
NONE: Facts = frozenset()
EXPRESSION = re.compile(r"[\w>.*&\[\]-]+$")


def known(facts: Facts, name: str) -> str:
    for key, value in facts:
        if key == name:
            return value
    return NEGATIVE + ZERO + POSITIVE


def learn(facts: Facts, name: str, values: str) -> Optional[Facts]:
    """The facts with this one more, or None where they contradict each other."""
    left = "".join(v for v in known(facts, name) if v in values)
    if not left:
        return None
    facts = frozenset({(k, v) for k, v in facts if k != name} | {(name, left)})
    pointer = next((v for k, v in facts if k == "@" + name), None)      # name = PTR_ERR_OR_ZERO(pointer)
    if pointer and left in ("Z", "N", "NP"):
        return learn(facts, pointer, "ZP" if left == "Z" else "N")
    return facts


def forget(facts: Facts, name: str) -> Facts:
    plain = re.compile(r"(?<![\w.>])%s(?!\w)" % re.escape(name))
    return frozenset((k, v) for k, v in facts if not plain.search(k.lstrip("@")) and
                     not (k[0] == "@" and plain.search(v)))


@functools.lru_cache(maxsize=None)
def lexed(said: str) -> Tuple[Token, ...]:
    return tuple(lex(said))


def assume(facts: Facts, tokens: Tokens, truth: bool) -> Optional[Facts]:
    """What a path knows after a condition was true or false."""
    tokens = unwrapped(tokens)
    while tokens and tokens[0].text == "!":
        tokens, truth = unwrapped(tokens[1:]), not truth
    said = text_of(tokens)
    m = re.match(r"(IS_ERR|IS_ERR_OR_NULL|PTR_ERR_OR_ZERO)\((.*)\)$", said)
    if m and EXPRESSION.match(m.group(2)):
        yes = {"IS_ERR": "N", "IS_ERR_OR_NULL": "NZ", "PTR_ERR_OR_ZERO": "N"}[m.group(1)]
        return learn(facts, m.group(2), yes if truth else "".join(v for v in "NZP" if v not in yes))
    m = re.match(r"dma_mapping_error\([^,]+,([\w>.-]+)\)$", said)
    if m:
        return learn(facts, m.group(1), "N" if truth else "ZP")
    w = writes_of(tokens)
    if w and w[0].op == "=" and "=" not in (t.text for t in w[0].value):
        # (x = f()) < 0, or x = f() alone
        rest = re.sub(r"^\(?%s=.*?\)?(?=(<|==0|>=0|!=0|$))" % re.escape(w[0].to), w[0].to, said, count=1)
        m = re.match(r"\(*(%s)=.*\)(<0|>=0|==0|!=0|<=0|>0)?$" % re.escape(w[0].to), said)
        if m:
            rest = m.group(1) + (m.group(2) or "")
        return assume(facts, list(lexed(rest)), truth) if "=" not in rest.replace("==", "").replace("!=", "").replace(
            ">=", "").replace("<=", "") else facts
    m = re.match(r"(.+?)(==|!=|<=|>=|<|>)(?![<>=])(.+)$", said.replace("->", "\0"))
    if m:
        left, op, right = (x.replace("\0", "->") for x in m.groups())
        if right in ("NULL", "0", "false") and EXPRESSION.match(left):
            yes = {"==": "Z", "!=": "NP", "<": "N", "<=": "NZ", ">": "P", ">=": "ZP"}[op]
            return learn(facts, left, yes if truth else "".join(v for v in "NZP" if v not in yes))
        if op == "!=":
            op, truth = "==", not truth
        if op in (">=", "<="):
            op, truth = {">=": "<", "<=": ">"}[op], not truth
        if "(" in said:
            return facts
        if op == "==" and truth and re.match(r"-E[A-Z]", right) and EXPRESSION.match(left):
            facts = learn(facts, left, "N") or facts
        return learn(facts, left + op + right, "P" if truth else "Z")
    if EXPRESSION.match(said) or "(" not in said:
        return learn(facts, said, "NP" if truth else "Z")
    m = re.match(r"(\w+)\(([\w>.&-]*)\)$", said)     # a predicate asked twice
    if m and re.match(r"(is|has|test|\w+_(is|has|can|supported|enabled|present|migratable|valid))", m.group(1)):
        return learn(facts, said, "NP" if truth else "Z")
    return facts


def value_of(facts: Facts, tokens: Tokens) -> str:
    tokens = unwrapped(tokens)
    said = text_of(tokens)
    if said in ("0", "NULL", "false"):
        return "Z"
    if re.match(r"(-E[A-Z]+$|ERR_PTR\(|ERR_CAST\(|-1$)", said):
        m = re.match(r"ERR_PTR\((\w+)\)$", said)
        return known(facts, m.group(1)) if m else "N"
    if re.match(r"(0x)?[0-9a-fA-F]+[uUlL]*$|true$|&\w", said):
        return "P"
    m = re.match(r"PTR_ERR\((.*)\)$", said)
    if m:
        return "N"
    if EXPRESSION.match(said):
        return known(facts, said)
    return "NZP"


def after(facts: Facts, node: Node) -> Facts:
    """What a path knows after a node without conditions."""
    for w in node.writes:
        value = value_of(facts, list(w.value)) if w.op == "=" else "NZP"
        facts = forget(facts, w.to)
        if value != "NZP":
            facts = learn(facts, w.to, value) or facts
        elif len(w.value) > 3 and w.value[0].text == "PTR_ERR_OR_ZERO":
            facts = facts | {("@" + w.to, text_of(list(w.value[2:-1])))}
    for call in node.calls:
        if re.search(r"(destroy|free|init|put)", call.name):
            continue
        for arg in call.args:
            if len(arg) == 2 and arg[0].text == "&":
                facts = forget(facts, arg[1].text)
    return facts


@dataclasses.dataclass(frozen=True)
class Fork:
    """The states after a condition that was true, and after one that was false."""
    yes: object
    no: object


Step = Callable[[Node, Facts, object], Optional[object]]


def walk(start: List[Tuple[Node, Facts, object]], step: Step) -> Iterator[Tuple[Node, Facts, object]]:
    """Every (node, facts, state) that paths from here reach. step() returns the state after a node, None to stop."""
    todo = list(start)
    seen = set()
    while todo and len(seen) < LIMIT:
        node, facts, state = todo.pop()
        if (node, facts, state) in seen:
            continue
        seen.add((node, facts, state))
        yield node, facts, state
        behind = step(node, facts, state)
        if behind is None:
            continue
        reached = after(facts, node) if node.writes or node.calls else facts
        for other, truth in node.next:
            more = assume(reached, node.tokens, truth) if truth is not None else reached
            if more is not None:
                then = (behind.yes if truth else behind.no) if isinstance(behind, Fork) else behind
                todo.append((other, more, then))
