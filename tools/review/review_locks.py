# SPDX-License-Identifier: GPL-2.0-only
"""Which locks are held where: on each path of a function, and through the functions that it calls."""

import re
from typing import Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Set, Tuple

from review_c import Function, text_of
from review_driver import Driver, same_lock
from review_flow import NONE, Call, Facts, Fork, Node, known, value_of, walk


class Lock(NamedTuple):
    kind: str           # mutex, spin, read, write (of a rw_semaphore), rcu, device
    name: str           # structure.member


class Held(NamedTuple):
    lock: Lock
    when: str           # "", or the variable (or "return", the result) that is 0 if it was taken; with a ! in front: is not


TAKES = {"mutex": r"mutex_lock(_nested|_nest_lock|_interruptible|_killable|_io)?$|mutex_trylock$",
         "spin": r"(raw_)?(spin|read|write)_(try)?lock(_irq|_irqsave|_bh)?$",
         "read": r"(percpu_)?down_read(_killable|_interruptible|_trylock|_nested)?$",
         "write": r"(percpu_)?down_write(_killable|_trylock|_nested|_nest_lock)?$",
         "rcu": r"(s?rcu_read_lock)$", "device": r"device_(try)?lock$",
         "atomic": r"local_irq_(save|disable)$|preempt_disable$|local_bh_disable$|get_cpu$"}
RELEASES = {"mutex": r"mutex_unlock$", "spin": r"(raw_)?(spin|read|write)_unlock(_irq|_irqrestore|_bh)?$",
            "read": r"(percpu_)?up_read$", "write": r"(percpu_)?up_write$|downgrade_write$", "rcu": r"s?rcu_read_unlock$",
            "device": r"device_unlock$",
            "atomic": r"local_irq_(restore|enable)$|preempt_enable$|local_bh_enable$|put_cpu$"}
TAKE = [(kind, re.compile(p)) for kind, p in TAKES.items()]
RELEASE = [(kind, re.compile(p)) for kind, p in RELEASES.items()]
# What the core's functions do with memory_lock, for drivers, which do not see their bodies; FAILING of them return 0 if
# they have taken it.
MEMORY = "vfio_pci_core_device.memory_lock"
CORE_TAKES = {"vfio_pci_core_access_begin": "read", "vfio_pci_core_access_lock": "write",
              "vfio_pci_core_access_revoke": "write", "vfio_pci_live_access_begin": "write"}
# The same of a body that takes its locks in a callback of pci_walk_bus().
WALK_TAKES = {"vfio_pci_power_lock_in_d0": ("vfio_pci_core_device.access_sem", MEMORY)}
CORE_RELEASES = {"vfio_pci_core_access_end": "read", "vfio_pci_core_access_unlock": "write",
                 "vfio_pci_core_access_restore": "write", "vfio_pci_live_access_end": "write"}
FAILING = re.compile(r"(vfio_pci_core|vfio_pci_live)_access_begin$|.*_(interruptible|killable)$")
USER = re.compile(r"(_*copy_(to|from)_user(_\w+)?|_*(get|put)_user|clear_user|v?memdup_(array_)?user(_nul)?|"
                  r"copy_struct_(from|to)_user|simple_(read_from|write_to)_buffer|strncpy_from_user|strndup_user|"
                  r"(get|pin)_user_pages\w*|mmap_(read|write)_lock(_killable)?|copy_page_(to|from)_iter|"
                  r"import_iovec|vfio_check_precopy_ioctl|vfio_pci_core_(read|write|do_io_rw))$")
SLEEP = re.compile(r"(mutex_lock\w*|down_(read|write)(_killable|_interruptible)?|down(_interruptible)?|msleep\w*|ssleep|"
                   r"usleep_range|fsleep|schedule|schedule_timeout\w*|cond_resched|vfree|kvfree|vmalloc|vzalloc|vmap|"
                   r"wait_event\w*|wait_for_completion\w*|cancel_(delayed_)?work_sync|flush_(delayed_)?work|"
                   r"flush_workqueue|destroy_workqueue|synchronize_(s?rcu|irq)|free_irq|request_(threaded_)?irq|"
                   r"pm_runtime_(resume_and_get|get_sync|put_sync)|pci_(try_)?reset_function\w*|device_lock|"
                   r"pci_(enable|disable)_device|ioremap\w*|iounmap|memremap|memunmap|dma_free_coherent|"
                   r"fput_sync|unmap_mapping_range|vfio_pci_core_(enable|disable|close_device))$")
WAIT = re.compile(r"(msleep\w*|ssleep|usleep_range|fsleep|wait_for_completion\w*|wait_event\w*|read_poll_timeout|"
                  r"readx_poll_timeout|readl_poll_timeout|schedule_timeout\w*|flush_(delayed_)?work|flush_workqueue)$")


NAMELESS: FrozenSet[str] = frozenset()


def sleeps(call: Call) -> bool:
    """May the call sleep by itself?"""
    if call.member:
        return False
    if USER.match(call.name) or SLEEP.match(call.name):
        return True
    return any(re.search(r"\bGFP_(KERNEL|USER|HIGHUSER)(_ACCOUNT)?\b", call.arg(n)) for n in range(len(call.args))) or \
        bool(re.match(r"kv?[mz]alloc_(obj|objs|flex)$", call.name) and not
             any("GFP_" in call.arg(n) for n in range(len(call.args))))


def touches_user(call: Call) -> bool:
    return not call.member and bool(USER.match(call.name))


def waits(call: Call) -> bool:
    return not call.member and bool(WAIT.match(call.name))


class Locks:
    def __init__(self, driver: Driver):
        self.driver = driver
        self.held: Dict[Function, Dict[Node, Set[FrozenSet[Held]]]] = {}
        self.ends: Dict[Function, List[Tuple[Optional[Node], Facts, FrozenSet[Held]]]] = {}
        self.released: Dict[Function, Set[Lock]] = {}
        self.taken: Dict[Function, Set[Lock]] = {}
        self.tried: Dict[Function, Set[Tuple[Lock, bool]]] = {}     # taken if it returns true, or 0 (False)
        self.context: Dict[Function, FrozenSet[str]] = {}
        self.ways: Dict[Tuple[object, Function], Optional[List[str]]] = {}

    def taking(self, f: Function, call: Call) -> Optional[Lock]:
        return self.named(f, call, TAKE, CORE_TAKES)

    def releasing(self, f: Function, call: Call) -> Optional[Lock]:
        return self.named(f, call, RELEASE, CORE_RELEASES)

    def named(self, f: Function, call: Call, kernel, core: Dict[str, str]) -> Optional[Lock]:
        if call.member:
            return None
        for kind, pattern in kernel:
            if pattern.match(call.name):
                return Lock(kind, self.driver.lock_of(f, call.arg(0)) if call.args else kind)
        if call.name in core and not self.driver.targets(f, call):
            return Lock(core[call.name], MEMORY)
        return None

    def look(self, f: Function) -> None:
        """Walk the paths of a function once."""
        if f in self.held:
            return
        held: Dict[Node, Set[FrozenSet[Held]]] = {}
        ends: List[Tuple[Optional[Node], Facts, FrozenSet[Held]]] = []
        self.held[f], self.ends[f] = held, ends
        self.released[f], self.taken[f], self.tried[f] = set(), set(), set()
        graph = self.driver.graph(f)
        relevant = {n for n in graph.nodes if any(self.taking(f, c) or self.releasing(f, c) or self.driver.targets(f, c)
                                                  for c in n.calls)}
        if not relevant:
            return
        released: Set[Lock] = set()
        heads = {t.text for node in graph.nodes if node.kind == "iterate" for t in node.tokens}

        def listed(call: Call) -> bool:
            """True if the call is about one element of a list: no path can tell which elements are locked."""
            return any(t.text in heads for arg in call.args for t in arg)

        def step(node: Node, facts: Facts, state: object) -> Optional[object]:
            locks, last = state
            now = set()
            for h in locks:
                value = known(facts, h.when.lstrip("!")) if h.when else "NZP"
                if h.when and value == "Z":
                    now |= set() if h.when[0] == "!" else {Held(h.lock, "")}
                elif h.when and "Z" not in value:
                    now |= {Held(h.lock, "")} if h.when[0] == "!" else set()
                else:
                    now.add(h)
            locks = frozenset(now)
            held.setdefault(node, set()).add(locks)
            if node.kind == "exit":
                ends.append((last, facts, locks))
                return None
            if node.kind == "return":
                last = node
            if node not in relevant:
                return locks, last
            fork: Dict[bool, Set[Held]] = {True: set(), False: set()}

            def tries(call: Call, lock: Lock, good: bool) -> FrozenSet[Held]:
                """Locks that are held after a call that takes one if it returns not 0 (good), or 0."""
                said = re.sub(r"^(!?)(un)?likely\((.*)\)$", r"\1\3", node.text)
                w = next((w for w in node.writes if w.op == "=" and any(t is call.at for t in w.value)), None)
                if node.kind == "cond" and not w:
                    turned = said.startswith("!") or re.search(r"(==0|<=0)$", said)
                    fork[good != bool(turned)].add(Held(lock, ""))
                    return locks
                to = w.to if w else "return" if node.kind == "return" else ""
                return locks | {Held(lock, "!" + to if good and to else to)}

            for call in node.calls:
                lock = self.taking(f, call)
                if lock:
                    if "try" in call.name or FAILING.match(call.name):
                        locks = tries(call, lock, "try" in call.name)
                    else:
                        locks |= {Held(lock, "")}
                    continue
                lock = self.releasing(f, call)
                if lock:
                    if not any(same_lock(h.lock.name, lock.name) for h in locks) and not listed(call):
                        released.add(lock)
                    locks = frozenset(h for h in locks if not same_lock(h.lock.name, lock.name))
                    continue
                for g in self.driver.targets(f, call):
                    self.look(g)
                    gone = self.released[g]
                    released.update(r for r in gone if not any(same_lock(h.lock.name, r.name) for h in locks) and
                                    not listed(call))
                    locks = frozenset(h for h in locks if not any(same_lock(h.lock.name, r.name) for r in gone))
                    locks |= {Held(t, "") for t in self.taken[g]}
                    for lock, good in self.tried[g]:
                        locks = tries(call, lock, good)
            if fork[True] or fork[False]:
                return Fork((locks | fork[True], last), (locks | fork[False], last))
            return locks, last

        for _ in walk([(graph.entry, NONE, (frozenset(), None))], step):
            pass
        # A callee may take the lock (trylock); then this function may release it.
        maybe = {h.lock for g in self.driver.callees(f) for _, _, state in self.ends.get(g, ()) for h in state}
        self.released[f] = {r for r in released if not any(same_lock(r.name, m.name) for m in maybe)}
        if ends:
            sure = [{h.lock for h in locks if not h.when} for _, _, locks in ends]
            self.taken[f] = set.intersection(*sure) | {Lock("write", name) for name in WALK_TAKES.get(f.name, ())}
            some = {h.lock for _, _, locks in ends for h in locks} - self.taken[f]
            self.tried[f] = {(lock, good) for lock in some for good in (True, False)
                             if all(self.says(lock, good, *end) for end in ends)}

    @staticmethod
    def says(lock: Lock, good: bool, last: Optional[Node], facts: Facts, locks: FrozenSet[Held]) -> bool:
        """True if the value returned here says whether the lock is held: nonzero (good) or 0 means that it is."""
        if not last or not last.tokens:
            return False
        whens = {h.when for h in locks if h.lock == lock}
        if whens - {""}:
            return all(when in ("!" * good + "return", "!" * good + text_of(last.tokens)) for when in whens)
        value, yes = set(value_of(facts, last.tokens)), set("P" if good else "Z")
        return value <= yes if whens else not value & yes

    def at(self, f: Function, node: Node) -> Set[Lock]:
        """The locks held on at least one path to the node."""
        self.look(f)
        core = {Lock("write", MEMORY)} if f in self.driver.part_of("revoke") else set()     # calls it so
        return {h.lock for locks in self.held[f].get(node, ()) for h in locks} | core

    def always(self, f: Function, node: Node) -> FrozenSet[str]:
        """Names of the locks held on every path to the node or by every caller."""
        self.look(f)
        paths = self.held[f].get(node)
        own = frozenset.intersection(*[frozenset(h.lock.name for h in p if not h.when) for p in paths]) if paths else NAMELESS
        return own | self.around(f)

    def around(self, f: Function) -> FrozenSet[str]:
        """Names of the locks that all callers hold; a reset that vfio makes holds memory_lock."""
        if f not in self.context:
            self.context[f] = NAMELESS      # against recursion
            sites = [self.always(g, node) for g, node, _ in self.driver.callers[f] if g is not f]
            core = {MEMORY} if f in self.driver.part_of("revoke", "reset_done", "reset_prepare") else NAMELESS
            self.context[f] = (frozenset.intersection(*sites) if sites else NAMELESS) | core
        return self.context[f]

    def way(self, f: Function, what) -> Optional[List[str]]:
        """Names of the calls from f to one of a kind, the shortest way that is found."""
        key = (what, f)
        if key not in self.ways:
            self.ways[key] = None       # against recursion
            best: Optional[List[str]] = None
            for _, call in self.driver.calls(f):
                if what(call):
                    best = [call.name]
                    break
                for g in self.driver.targets(f, call):
                    rest = self.way(g, what)
                    if rest is not None and (best is None or len(rest) + 1 < len(best)):
                        best = [g.name] + rest
            self.ways[key] = best
        return self.ways[key]

    def under(self, kinds: Iterable[str], what, name: str = "") -> Iterable[
            Tuple[Function, Call, Lock, List[str]]]:
        """Calls of a kind, or that lead to one, while a lock is held; name: the lock's member."""
        kinds = set(kinds)
        for f in self.driver.functions:
            self.look(f)
            for node, call in self.driver.calls(f):
                locks = {x for x in self.at(f, node) | self.inside(f, node, call)
                         if x.kind in kinds and (not name or x.name.split(".")[-1] == name)}
                if not locks:
                    continue
                if what(call) and not self.taking(f, call) in locks:
                    for lock in locks:
                        yield f, call, lock, [call.name]
                    continue
                for g in self.driver.targets(f, call):
                    self.look(g)
                    way = self.way(g, what)
                    for lock in locks if way else ():
                        if not any(same_lock(lock.name, r.name) for r in self.released[g]):
                            yield f, call, lock, [g.name] + way

    def inside(self, f: Function, node: Node, call: Call) -> Set[Lock]:
        """Locks that the node itself has taken before the call."""
        found: Set[Lock] = set()
        for other in node.calls:
            if other is call:
                break
            lock = self.taking(f, other)
            if lock:
                found.add(lock)
        return found


def via(way: List[str]) -> str:
    return "%s()" % way[0] + (", through " + ", ".join("%s()" % n for n in way[1:]) if len(way) > 1 else "")
