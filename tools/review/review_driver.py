# SPDX-License-Identifier: GPL-2.0-only
"""A driver as a whole: who calls whom, through tables as well, which function has which part, types of expressions."""

import collections
import functools
import re
from typing import Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Set, Tuple

from review_c import QUALIFIERS, Function, Source, Table, Token, macros_of, parse
from review_flow import NONE, Call, Facts, Graph, Node, walk

# A part that a function has by what its parameters are, when no table names it.
SIGNATURES = (
    ("fault", r"vm_fault_t", r"struct vm_fault\*"),
    ("mig_read", r"ssize_t", r"struct file\*,char\*,size_t,loff_t\*"),
    ("mig_write", r"ssize_t", r"struct file\*,(const )?char\*,size_t,loff_t\*"),
    ("set_state", r"struct file\*", r"struct vfio_device\*,enum vfio_device_mig_state"),
    ("file_ioctl", r"long", r"struct file\*,unsigned int,unsigned long"),
    ("ioctl", r"long", r"struct vfio_device\*,unsigned int,unsigned long"),
    ("region_mmap", r"int", r"struct vfio_pci_core_device\*,struct vfio_pci_region\*,struct vm_area_struct\*"),
    ("file_release", r"int", r"struct inode\*,struct file\*"),
    ("irq", r"irqreturn_t", r"int,void\*"),
)
PARTS = {
    ("vfio_device_ops", "open_device"): "open", ("vfio_device_ops", "close_device"): "close",
    ("vfio_device_ops", "init"): "init", ("vfio_device_ops", "release"): "release",
    ("vfio_device_ops", "read"): "read", ("vfio_device_ops", "write"): "write",
    ("vfio_device_ops", "ioctl"): "ioctl", ("vfio_device_ops", "mmap"): "mmap",
    ("vfio_device_ops", "device_feature"): "feature",
    ("pci_error_handlers", "reset_done"): "reset_done", ("pci_error_handlers", "reset_prepare"): "reset_prepare",
    ("vm_operations_struct", "fault"): "fault", ("vm_operations_struct", "huge_fault"): "fault",
    ("file_operations", "read"): "mig_read", ("file_operations", "write"): "mig_write",
    ("file_operations", "unlocked_ioctl"): "file_ioctl", ("file_operations", "release"): "file_release",
    ("vfio_migration_ops", "migration_set_state"): "set_state",
    ("vfio_migration_ops", "migration_get_state"): "get_state",
    ("vfio_migration_ops", "migration_get_data_size"): "get_size",
    ("vfio_log_ops", "log_start"): "log", ("vfio_log_ops", "log_stop"): "log",
    ("vfio_log_ops", "log_read_and_clear"): "log",
    ("pci_driver", "probe"): "probe", ("pci_driver", "remove"): "remove",
    ("vfio_pci_device_ops", "access_revoke"): "revoke", ("vfio_pci_device_ops", "access_restore"): "revoke",
    ("pci_driver", "sriov_configure"): "sriov", ("vfio_pci_regops", "mmap"): "region_mmap",
    ("vfio_pci_regops", "rw"): "region_rw",
}
USERS = ("read", "write", "ioctl", "feature", "mig_read", "mig_write", "file_ioctl", "set_state", "get_state", "log",
         "fault", "mmap", "region_mmap", "region_rw", "open")


class Hit(NamedTuple):
    file: str
    line: int
    column: int
    end: int
    message: str
    id: str = ""        # of another rule, which says the same of other code


class Driver:
    """The C files of one directory, headers with them."""

    def __init__(self, texts: Dict[str, str]):
        macros = {name: macro for text in texts.values() for name, macro in macros_of(text).items()}
        self.sources: List[Source] = [parse(name, text, macros) for name, text in sorted(texts.items())]
        self.texts = texts
        self.functions: List[Function] = [f for s in self.sources for f in s.functions]
        self.named: Dict[str, List[Function]] = collections.defaultdict(list)
        for f in self.functions:
            self.named[f.name].append(f)
        self.structures = {k: v for s in self.sources for k, v in s.structures.items()}
        self.tables: List[Table] = [t for s in self.sources for t in s.tables]
        self.macros = {k: v for s in self.sources for k, v in s.macros.items()}
        self.has: Callable[[str], bool] = lambda name: True      # does the kernel's API know a name?
        self.graphs: Dict[Function, Graph] = {}
        self.members: Dict[str, List[Function]] = collections.defaultdict(list)
        for table in self.tables:
            for member, value in table.members.items():
                value = [t for t in value if t.text not in ("&", "(", ")")]
                if len(value) == 1:
                    self.members[member] += self.named.get(value[0].text, [])

    def graph(self, f: Function) -> Graph:
        if f not in self.graphs:
            self.graphs[f] = Graph(f)
        return self.graphs[f]

    # ---- parts

    @functools.cached_property
    def parts(self) -> Dict[str, List[Function]]:
        found: Dict[str, List[Function]] = collections.defaultdict(list)
        for table in self.tables:
            for member, value in table.members.items():
                part = PARTS.get((table.type, member))
                names = [t.text for t in value if t.text in self.named]
                if part and len(names) == 1:
                    found[part] += [f for f in self.of(names[0], table.file) if f not in found[part]]
        tabled = {f for fs in found.values() for f in fs}
        for f in self.functions:
            given = ",".join(p.type.replace(" *", "*") for p in f.parameters)
            for part, returns, parameters in SIGNATURES:
                if f not in tabled and re.fullmatch(returns, f.returns.replace(" ", " ")) and \
                        re.fullmatch(parameters, given):
                    found[part].append(f)
                    break
            if f not in tabled and re.search(r"reset_(done|prepare)$", f.name) and given == "struct pci_dev*":
                found["reset_done" if f.name.endswith("done") else "reset_prepare"].append(f)
        return found

    def part_of(self, *parts: str) -> List[Function]:
        return [f for part in parts for f in self.parts.get(part, [])]

    @functools.cached_property
    def locks(self):
        from review_locks import Locks      # which is written in terms of drivers
        return Locks(self)

    # ---- calls

    def of(self, name: str, file: str) -> List[Function]:
        """The functions that a name means in a file: its own first."""
        found = self.named.get(name, [])
        own = [f for f in found if f.file == file]
        return own or [f for f in found if not f.static or f.file.endswith(".h")]

    def targets(self, f: Function, call: Call) -> List[Function]:
        if call.member:
            return self.members.get(call.name, [])
        return self.of(call.name, f.file)

    @functools.lru_cache(maxsize=None)
    def calls(self, f: Function) -> Tuple[Tuple[Node, Call], ...]:
        return tuple((node, call) for node in self.graph(f).nodes for call in node.calls)

    @functools.lru_cache(maxsize=None)
    def chosen(self, f: Function) -> Tuple[Tuple[Node, Call], ...]:
        """Functions that are put into a variable, as calls of them: they are called through it."""
        found = []
        for node in self.graph(f).nodes:
            for w in node.writes:
                if len(w.value) == 1 and re.fullmatch(r"\w+", w.to) and self.of(w.value[0].text, f.file):
                    found.append((node, Call(w.value[0].text, (), w.value[0], "")))
        return tuple(found)

    @functools.lru_cache(maxsize=None)
    def callees(self, f: Function) -> Tuple[Function, ...]:
        return tuple(dict.fromkeys(g for _, call in self.calls(f) + self.chosen(f) for g in self.targets(f, call)))

    @functools.cached_property
    def callers(self) -> Dict[Function, List[Tuple[Function, Node, Call]]]:
        found: Dict[Function, List[Tuple[Function, Node, Call]]] = collections.defaultdict(list)
        for f in self.functions:
            for node, call in self.calls(f) + self.chosen(f):
                for g in self.targets(f, call):
                    found[g].append((f, node, call))
        return found

    def below(self, roots: Iterable[Function]) -> Set[Function]:
        """The functions and all that they call."""
        seen: Set[Function] = set()
        todo = list(roots)
        while todo:
            f = todo.pop()
            if f not in seen:
                seen.add(f)
                todo += self.callees(f)
        return seen

    def above(self, f: Function) -> Set[Function]:
        seen: Set[Function] = set()
        todo = [f]
        while todo:
            g = todo.pop()
            if g not in seen:
                seen.add(g)
                todo += [h for h, _, _ in self.callers[g]]
        return seen

    def way(self, f: Function, wanted: Iterable[str]) -> Optional[List[str]]:
        """Names of the calls that lead from f to a function by one of these names, the shortest way."""
        names = set(wanted)
        todo: collections.deque = collections.deque([(f, [])])
        seen = {f}
        while todo:
            g, path = todo.popleft()
            for _, call in self.calls(g):
                if call.name in names and not call.member:
                    return path + [call.name]
                for h in self.targets(g, call):
                    if h not in seen:
                        seen.add(h)
                        todo.append((h, path + [h.name]))
        return None

    @functools.lru_cache(maxsize=None)
    def facts(self, f: Function) -> Dict[Node, List[Facts]]:
        """What paths from the entry know where they come to a node."""
        found: Dict[Node, Set[Facts]] = collections.defaultdict(set)
        for node, facts, _ in walk([(self.graph(f).entry, NONE, "")], lambda node, facts, state: state):
            found[node].add(facts)
        return {node: list(all_facts)[:8] for node, all_facts in found.items()}

    # ---- types

    @functools.lru_cache(maxsize=None)
    def locals(self, f: Function) -> Dict[str, str]:
        found = {p.name: p.type for p in f.parameters if p.name}
        said = " ".join(t.text for t in f.tokens if t.text not in QUALIFIERS)
        for m in re.finditer(r"\b((?:const )?(?:struct|union|enum) \w+) ((?:\* )*)(\w+)(?= [=;,\[])", said):
            found.setdefault(m.group(3), m.group(1).replace("const ", "") + "*" * m.group(2).count("*"))
        for m in re.finditer(r"(?:^|(?<=[;{}] ))((?:const )?(?:unsigned )?[a-z_]\w*) ((?:\* )*)(\w+)(?= [=;,\[])"
                             r"((?: [^;()]*?)?;)?", said):
            if m.group(1) not in ("return", "goto", "else", "case", "struct"):
                found.setdefault(m.group(3), m.group(1) + "*" * m.group(2).count("*"))
                for name in re.findall(r", (\w+)(?= [,;=])", m.group(4) or ""):
                    found.setdefault(name, m.group(1))
        return found

    def type_of(self, f: Function, expression: str) -> str:
        """The type of x->y.z, or "" where something of it is not of the driver."""
        words = [w for w in re.split(r"->|\.", re.sub(r"\[.*?\]|[()*&]", "", expression)) if w]
        if not words:
            return ""
        kind = self.locals(f).get(words[0], "")
        for word in words[1:]:
            m = re.search(r"(?:struct|union) (\w+)", kind)
            kind = self.structures.get(m.group(1), {}).get(word, "") if m else ""
        return kind

    def lock_of(self, f: Function, expression: str) -> str:
        """A name for a lock: structure and member, so that two locks called lock are two."""
        said = expression.lstrip("&").strip("()")
        m = re.match(r"(.*)(?:->|\.)(\w+)$", said)
        if not m:
            return said
        kind = re.search(r"(?:struct|union) (\w+)", self.type_of(f, m.group(1)))
        return "%s.%s" % (kind.group(1) if kind else "?", m.group(2))

    # ---- what is said

    def hit(self, f: Function, at: Token, message: str) -> Hit:
        return Hit(f.file, at.line, at.column, at.column + len(at.text), message)

    def at_table(self, table: Table, message: str) -> Hit:
        return Hit(table.file, table.at.line, table.at.column, table.at.column + len(table.at.text), message)

    @staticmethod
    def place(file: str, line: int, column: int, end: int, message: str) -> Hit:
        return Hit(file, line, column, end, message)

    def devices(self) -> Set[str]:
        """Structures that embed the core's device, at any depth."""
        found = {"vfio_pci_core_device"}
        while True:
            more = {name for name, kinds in self.structures.items() for kind in kinds.values()
                    if re.fullmatch(r"(struct )?(%s)" % "|".join(found), kind)} - found
            if not more:
                return found
            found |= more

    def structure(self, kind: str) -> str:
        m = re.search(r"struct (\w+)", kind)
        return m.group(1) if m else ""

    @functools.cached_property
    def words(self) -> Set[str]:
        """All that the code says; comments are not code."""
        return {t.text for f in self.functions for t in f.tokens} | {
            word for body in self.macros.values() for word in re.findall(r"\w+", body)} | {
            t.text for table in self.tables for value in table.members.values() for t in value}


def same_lock(a: str, b: str) -> bool:
    """Locks whose structures are not known are one when their members are."""
    return a == b or (a.split(".")[-1] == b.split(".")[-1] and ("?." in a or "?." in b))


def nodes_with(driver: Driver, functions: Iterable[Function], names: Iterable[str]) -> Iterator[
        Tuple[Function, Node, Call]]:
    wanted = set(names)
    for f in functions:
        for node, call in driver.calls(f):
            if call.name in wanted:
                yield f, node, call
