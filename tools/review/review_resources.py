# SPDX-License-Identifier: GPL-2.0-only
"""What a function acquires and what releases it: memory, files, references, mappings, power, and pairs of calls."""

import functools
import re
from typing import Dict, FrozenSet, Iterator, NamedTuple, Optional, Set, Tuple

from review_c import Function, Token
from review_driver import Driver
from review_flow import Call, Facts, Node, after, assume, known, walk

ALLOC = re.compile(r"(k|kv|v)[mzc]?alloc(_array|_node|_track_caller|_obj|_objs|_flex)?$|kv?memdup$|kstrdup$|kasprintf$|"
                   r"bitmap_z?alloc$|alloc_pages?$|get_zeroed_page$|k?memdup_nul$")
ALLOC_ERR = re.compile(r"v?memdup_(array_)?user(_nul)?$|strndup_user$")
FREE = re.compile(r"(k|kv|v)free(_sensitive|_rcu|_rcu_mightsleep|_const)?$|bitmap_free$|__free_pages?$|free_pages?$|"
                  r"put_page$")
# (acquires, releases, values of the result that say it failed, what it is)
POINTERS = [(ALLOC, FREE, "Z", "memory"), (ALLOC_ERR, FREE, "N", "memory"),
            (re.compile(r"anon_inode_(create_)?getfile(_fmode)?$"), re.compile(r"fput$"), "N", "the file"),
            (re.compile(r"eventfd_ctx_f(d|ile)get$"), re.compile(r"eventfd_ctx_put$"), "N", "the eventfd"),
            (re.compile(r"fget(_raw)?$"), re.compile(r"fput$"), "Z", "the file"),
            (re.compile(r"(pci_)?io(re)?map(_\w+)?$|memremap$"), re.compile(r"(pci_)?iounmap$|memunmap$"), "Z",
             "the mapping"),
            (re.compile(r"alloc_(ordered_)?workqueue$"), re.compile(r"destroy_workqueue$"), "Z", "the queue"),
            (re.compile(r"pci_get_(domain_bus_and_slot|device|slot|class)$"), re.compile(r"pci_dev_put$"), "Z",
             "the reference"),
            (re.compile(r"debugfs_lookup$"), re.compile(r"dput$"), "Z", "the directory"),
            (re.compile(r"kmem_cache_z?alloc(_node|_lru)?$"), re.compile(r"kmem_cache_free$"), "Z", "memory"),
            (re.compile(r"kmem_cache_create\w*$"), re.compile(r"kmem_cache_destroy$"), "Z", "the cache"),
            (re.compile(r"dma_alloc_(coherent|attrs|noncoherent)$"), re.compile(r"dma_free_\w+$"), "Z", "the DMA buffer"),
            (re.compile(r"dma_pool_create$"), re.compile(r"dma_pool_destroy$"), "Z", "the pool"),
            (re.compile(r"dma_map_(single|page|resource)(_attrs)?$"), re.compile(r"dma_unmap_\w+$"), "N", "the DMA mapping"),
            (re.compile(r"kmap(_local_(page|pfn))?$"), re.compile(r"kunmap(_local)?$"), "", "the mapping of a page"),
            (re.compile(r"dma_buf_get$"), re.compile(r"dma_buf_put$"), "N", "the dma-buf"),
            (re.compile(r"iommu_group_get$"), re.compile(r"iommu_group_put$"), "Z", "the group"),
            (re.compile(r"kthread_run$"), re.compile(r"kthread_stop$"), "N", "the thread")]
# Words of pairs: what one does the other undoes. The result of the first is 0 when it did.
PAIRS = [("alloc", "dealloc|free"), ("create", "destroy"), ("register", "unregister"), ("enable", "disable"),
         ("map", "unmap"), ("init", "uninit|fini|exit|cleanup|destroy|deinit"), ("start", "stop"), ("add", "del|remove"),
         ("request", "release|free"), ("get", "put"), ("attach", "detach"), ("open", "close"), ("lock", "unlock"),
         ("begin", "end"), ("setup", "teardown|cleanup"), ("reserve", "release|unreserve")]
STATUS = [(r"pm_runtime_resume_and_get$|pm_runtime_get_sync$", r"pm_runtime_put\w*$"),
          (r"sg_alloc_table\w*$", r"sg_free_table$"), (r"sg_alloc_append_table\w*$", r"sg_free_append_table$"),
          (r"dma_map_sgtable$", r"dma_unmap_sgtable$"),
          (r"request_(threaded_)?irq$", r"free_irq$"), (r"try_module_get$", r"module_put$"),
          (r"pci_alloc_irq_vectors\w*$", r"pci_free_irq_vectors$"),
          (r"irq_bypass_register_producer$", r"irq_bypass_unregister_producer$")]
BORROWS = re.compile(
    r"(mem(cpy|set|cmp|move|chr)\w*|_*copy_\w+|str\w*|v?sc?n?printf|dev_\w+|pr_\w+|pci_(dbg|err|warn|info|notice)\w*|"
    r"IS_ERR\w*|PTR_ERR\w*|ERR_CAST|sg_\w+|is_vmalloc_addr|vmalloc_to_p\w+|virt_to_\w+|kmap\w*|offset_in_page|"
    r"PAGE_ALIGN|ALIGN|min\w*|max\w*|WARN\w*|BUG\w*|mutex_\w+|spin_\w+|INIT_\w+|init_\w+|dma_\w+|get_file|stream_open|"
    r"nonseekable_open|bitmap_\w+|\w+_bit|READ_ONCE|unlikely|likely|container_of|for_each\w+|io(read|write)\w+|"
    r"read[bwlq]|write[bwlq]|mlx5_cmd_\w+|MLX5_\w+|le\d+_to_cpu\w*|cpu_to_le\d+|debugfs_create_\w+|trace_\w+|"
    r"alloc_pages_bulk\w*|release_pages|list_empty|check_\w+_overflow|xa_init\w*|array_size|struct_size|sizeof|"
    r"lockdep_\w+|FIELD_\w+|request_irq|"
    r"get_user|put_user|irq_bypass_\w+|pm_\w+|device_\w+|vfio_pci_core_\w+)$")


# Of pairs, the words of what makes something that its opposite takes back; others give access to what stays.
MAKES = re.compile(r"(?<!vfio_)(alloc|create|get|open|dup|new|reserve)(_|$)")


def opposite(name: str):
    """The calls that undo a call of this name, by the words in it."""
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


class Lost(NamedTuple):
    function: Function
    at: Token
    what: str
    taken: int          # the line where it was acquired


def written(node: Node, call: Call) -> str:
    """What the result of a call is assigned to, "" if nothing."""
    for w in node.writes:
        if w.op == "=" and any(t is call.at for t in w.value):
            before = [t.text for t in w.value[:next(n for n, t in enumerate(w.value) if t is call.at)]]
            if not before or before[0] == "(":
                return w.to
    return ""


def root(name: str) -> str:
    m = re.match(r"\W*(\w+)", name)
    return m.group(1) if m else name


class Resources:
    def __init__(self, driver: Driver):
        self.driver = driver

    # ---- who takes over what is given to it

    @functools.lru_cache(maxsize=None)
    def consumes(self, f: Function, n: int) -> bool:
        """True if the function frees, stores or passes on its n-th parameter."""
        if n >= len(f.parameters) or not f.parameters[n].name:
            return False
        name = f.parameters[n].name
        self_key = (f, n)
        if self_key in self.active:
            return False
        self.active.add(self_key)
        try:
            for node, call in self.driver.calls(f):
                if self.takes_over(f, call, {name}):
                    return True
            for node in self.driver.graph(f).nodes:
                for w in node.writes:
                    value = "".join(t.text for t in w.value)
                    if w.op == "=" and value == name and re.search(r"->|\.|\*|\[", w.to):
                        return True
        finally:
            self.active.discard(self_key)
        return False

    @functools.cached_property
    def active(self) -> Set[Tuple[Function, int]]:
        return set()

    def takes_over(self, f: Function, call: Call, names: Set[str]) -> bool:
        """Does a call take over something that has these names?"""
        for n, arg in enumerate(call.args):
            said = "".join(t.text for t in arg)
            said = re.sub(r"^\((const )?(struct )?\w+\*+\)", "", said)
            if said in names:
                if FREE.match(call.name):
                    return True
                targets = self.driver.targets(f, call)
                if targets:
                    if any(self.consumes(g, n) for g in targets):
                        return True
                elif not BORROWS.match(call.name):
                    return True
            elif said.startswith("&") and re.match(r"(list_add|hlist_add|llist_add|queue_\w*work|schedule_\w*work|"
                                                   r"rb_|xa_|call_rcu|kref_)", call.name) and \
                    any(re.match(r"&%s(->|\.)" % re.escape(name), said) for name in names):
                return True
        return False

    # ---- pointers

    def lost(self) -> Iterator[Lost]:
        """What is acquired into a variable and has no name any more at a return."""
        for f in self.driver.functions:
            for node, call in self.driver.calls(f):
                for acquires, releases, failed, what in POINTERS:
                    if acquires.match(call.name) and not call.member:
                        name = written(node, call)
                        if name and "[" not in name:
                            yield from self.follow(f, node, call, name, releases, failed, what)
                        break
                else:
                    yield from self.paired(f, node, call)

    def paired(self, f: Function, node: Node, call: Call) -> Iterator[Lost]:
        """What a function of the parent driver's, or of this one, makes, and its opposite takes back."""
        name = written(node, call)
        back = opposite(call.name) if name and not call.member and MAKES.search(call.name) else None
        if back is None or not re.fullmatch(r"\w+", name) or not any(back.match(n) for n in self.called) or \
                call.name == "vfio_alloc_device" or any(self.keeps(g) for g in self.driver.targets(f, call)):
            return
        kind = self.driver.locals(f).get(name, "")
        if not kind.endswith("*"):
            return
        failed = "N" if any("IS_ERR(%s)" % name in n.text for n in self.driver.graph(f).nodes) else "Z"
        made = re.match(r"(\w+?_\w+?_|\w+?_)", call.name)
        yield from self.follow(f, node, call, name, back, failed, "what %s() made" % call.name, made and made.group(1))

    def keeps(self, f: Function) -> bool:
        """Does a function store what it returns?"""
        names = {node.text for node in self.driver.graph(f).nodes if node.kind == "return" and re.fullmatch(r"\w+", node.text)}
        return any(self.takes_over(f, c, names) for _, c in self.driver.calls(f) if not FREE.match(c.name) and not
                   self.driver.targets(f, c))

    @functools.cached_property
    def called(self) -> Set[str]:
        return {call.name for f in self.driver.functions for _, call in self.driver.calls(f)}

    @functools.lru_cache(maxsize=None)
    def owned(self, f: Function) -> FrozenSet[str]:
        """Local variables that hold what the function itself allocates."""
        return frozenset(w for node, call in self.driver.calls(f) if ALLOC.match(call.name)
                         for w in [written(node, call)] if re.fullmatch(r"\w+", w))

    def follow(self, f: Function, start: Node, call: Call, name: str, releases, failed: str, what: str,
               made: Optional[str] = None) -> Iterator[Lost]:
        """made: of what a parent driver made, how the names of its functions begin, which only look at it."""
        owned = self.owned(f)
        mine = set(self.driver.locals(f)) - {p.name for p in f.parameters}
        if re.fullmatch(r"\w+", name):
            mine.add(name)          # unless it is a global
            if name not in self.driver.locals(f) and not any(w.to == name and w.declares for n in
                                                             self.driver.graph(f).nodes for w in n.writes):
                return
        elif root(name) not in owned:
            return
        ends: Dict[Tuple[int, int], Token] = {}

        def escapes(said: str) -> bool:
            base = root(said)
            if base not in mine:
                return True
            return said != base and base not in owned

        def step(node: Node, facts: Facts, state: object) -> Optional[object]:
            names, jump = state
            value = known(facts, name)
            if name in names and all(v in failed + "Z" for v in value):
                return None
            if node.kind == "exit":
                if not any(escapes(n) for n in names):
                    ends.setdefault((jump.line, jump.column), jump)
                return None
            if node is start and node.kind != "cond" and jump is not call.at:
                return None         # round a loop
            for c in node.calls:
                if c is call:
                    continue
                if c.name == "dma_mapping_error" and node.writes:
                    return None         # what it says is looked at later
                given = ["".join(t.text for t in a) for a in c.args]
                if releases.match(c.name) and any(g.lstrip("&") in names for g in given):
                    return None
                if c.name == "fput" and any(g in files for g in given):
                    return None
                if FREE.match(c.name) and given:
                    names = frozenset(n for n in names if not n.startswith(given[0] + "->"))
                elif made and c.name.startswith(made) and not self.driver.targets(f, c):
                    continue
                elif self.takes_over(f, c, set(names) | {root(name)}) and not re.match(r"anon_inode_\w*getfile", c.name):
                    return None
            for w in node.writes:
                value = re.sub(r"^\((const )?(struct )?\w+\*+\)", "", "".join(t.text for t in w.value))
                if w.to in names and not any(t is call.at for t in w.value):
                    names = names - {w.to}
                if w.op == "=" and value == root(name) and value != name and re.search(r"->|\.|\*|\[", w.to):
                    return None
                stored = re.search(r"->|\.|\*|\[", w.to) and re.search(r"\b%s\b" % re.escape(root(name)), value)
                if stored and (made or what == "the DMA mapping") and not any(t is call.at for t in w.value):
                    return None
                if w.op == "=" and value in names:
                    names = names | {w.to}
                    if re.fullmatch(r"\w+", w.to) and w.to not in mine:
                        return None
            if node.kind == "return":
                said = "".join(t.text for t in node.tokens)
                if any(re.search(r"(?<![\w>.])%s(?![\w-])" % re.escape(n), said) for n in names) or \
                        any(re.fullmatch(r"\W*%s\W*" % root(n), said) for n in names) or \
                        (said in files and "N" not in known(facts, said)):
                    return None
                jump = node.at if node.tokens else Token("return", node.line, 0)
            elif node.kind == "goto":
                jump = Token("goto", node.line, 0)
            return names, jump

        # A file that has the thing as its private data frees it with itself.
        files = {written(node, c) for node, c in self.driver.calls(f)
                 if re.match(r"anon_inode_\w*getfile", c.name) and any("".join(t.text for t in a) == name for a in c.args)}
        begins = []
        for other, truth in start.next:
            for facts in self.driver.facts(f).get(start, []):
                more: Optional[Facts] = after(facts, start)
                if truth is not None:
                    more = assume(more, start.tokens, truth)
                if more is not None:
                    begins.append((other, more, (frozenset([name]), call.at)))
        for _ in walk(begins, step):
            pass
        for at in ends.values():
            yield Lost(f, at, what, call.at.line)
