# SPDX-License-Identifier: GPL-2.0-only
"""Through a tree: candidates, what each of them is, and the series of changes."""

import concurrent.futures
import functools
import re
from dataclasses import dataclass, field
from typing import Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from migrate import ctext, walk
from migrate.change import REMAP, Change
from migrate.findings import LEFT, NOTE, Finding, OtherModel, Unclear
from migrate.inode import DeviceInode
from migrate.judge import judge, partial
from migrate.proof import review
from migrate.remap import Remap, is_remap, remap_line
from migrate.rewrite import ListChange
from migrate.shape import find
from migrate.tree import Tree, say
from migrate.verify import verify

FACTS = ("ops", "mmap", "pgoff", "remap")
DIRECTORIES = ("drivers", "sound", "arch", "fs", "net", "samples", "virt")


@dataclass(frozen=True)
class Place:
    """The old model, where it is."""

    file: str
    line: int
    last: int
    text: str


@dataclass
class Outcome:
    series: List[Change] = field(default_factory=list)
    findings: List[Finding] = field(default_factory=list)
    places: List[Place] = field(default_factory=list)
    looked_at: int = 0

    def add(self, *findings: Finding) -> None:
        self.findings += [f for f in dict.fromkeys(findings) if f not in self.findings]


class Run:
    def __init__(self, tree: Tree, files: Sequence[str], space: str, huge: bool) -> None:
        self.tree, self.files, self.space, self.huge = tree, files, space, huge
        self.outcome = Outcome()

    @property
    def named(self) -> bool:
        """True if files were named: then everything found in them is reported."""
        return bool(self.files)

    def candidates(self) -> Tuple[List[str], List[str]]:
        """Files that may use an old model; the whole tree in a few seconds."""
        tree, files = self.tree, list(self.files)
        if not files:
            say("GREP", tree.path)
            files = tree.grep(walk.ZAPS + "|" + REMAP, *DIRECTORIES, include="*.c")
        lists, remaps = [], []
        for name in files:
            body = tree.read(name)
            zaps, remap = re.search(walk.ZAPS, body), is_remap(body, self.named)
            if tree.has_dos_lines(name):
                if zaps or remap:
                    self.outcome.add(Finding(LEFT, name, 1, "dos-lines", "lines end as DOS has them: make them end as "
                                             "the kernel wants it first"))
            elif zaps:
                lists.append(name)
            elif remap:
                remaps.append(name)
        return lists, remaps

    def unclear(self, name: str, line: int, *reasons: Unclear) -> None:
        """Report what is left, and why. A list of something else is only a note unless the file was named."""
        for why in reasons:
            found = why.finding(name, line)
            if isinstance(why, OtherModel) and not self.named:
                found = Finding(NOTE, found.file, found.line, found.reason, found.text)
            self.outcome.add(found)
        if not all(isinstance(why, OtherModel) for why in reasons):
            self.outcome.add(*(Finding(LEFT, name, bad, "parse", "lines cannot be parsed by spatch from here on")
                               for bad in self.tree.unparsed(name)))

    # ---- lists

    def look(self, lists: Sequence[str]) -> Dict[str, List[walk.Walk]]:
        """The walks of each file."""
        found: Dict[str, List[walk.Walk]] = {}
        for name in lists:
            try:
                walks = walk.walks(self.tree.read(name))
                self.others(name, walks)
                if walks:
                    self.tree.unwrap(name)
                    found[name] = walk.walks(self.tree.read(name))
            except Unclear as why:
                self.unclear(name, 0, why)
        return found

    def others(self, name: str, walks: Sequence[walk.Walk]) -> None:
        """Report VMAs that are kept one per object: the driver may have a reason for that."""
        for line, keeper, why in walk.others(self.tree.read(name), {w.function.name for w in walks}):
            kind = LEFT if keeper or self.named else NOTE
            self.outcome.add(Finding(kind, name, line, "other-container", why))

    def facts(self, name: str) -> Dict[str, List[List[str]]]:
        """What SmPL finds in a file."""
        facts: Dict[str, List[List[str]]] = {key: [] for key in FACTS}
        _, out = self.tree.spatch("vma_list", name, {"facts": True})
        for line in out.splitlines():
            if line.startswith("FACT\t"):
                key, *values = line.split("\t")[1:]
                if values not in facts[key]:
                    facts[key].append(values)
        return facts

    def list_change(self, name: str, walks: Sequence[walk.Walk], facts: Dict[str, List[List[str]]]) -> ListChange:
        shape, reasons = find(self.tree, name, walks, facts, self.space)
        if shape is None:
            src = ctext.Source(name, self.tree.read(name))
            if not all(isinstance(why, OtherModel) for why in reasons):
                reasons += [why for w in walks for why in partial(src, w.function.name, w.regions)]
            raise Refused(reasons)
        verdict = judge(shape)
        if verdict.reasons:
            raise Refused(verdict.reasons)
        change = ListChange(shape, verdict, self.huge)
        change.make()
        change.findings += verify(change)
        return change

    def lists(self, lists: Sequence[str]) -> List[Tuple[Change, int]]:
        """Change all that can be changed; return those that need an inode, with their lines."""
        walks = self.look(lists)
        wants_inode: List[Tuple[Change, int]] = []
        with concurrent.futures.ThreadPoolExecutor(self.tree.jobs) as pool:
            futures = {name: pool.submit(self.facts, name) for name in walks}
            for number, (name, future) in enumerate(futures.items(), 1):
                line = walks[name][0].line
                self.outcome.places += [Place(
                    name, w.line, w.last,
                    "mappings are zapped by a walk of %s: unmap_mapping_range() needs no list" % w.path)
                    for w in walks[name]]
                try:
                    facts = future.result()
                except Unclear as why:
                    self.unclear(name, line, why)
                    continue
                say("MIGRATE", "%s (%d of %d)" % (name, number, len(futures)))
                change = self.attempt(name, line, functools.partial(self.list_change, name, walks[name], facts))
                if change is not None and change.needs_inode:
                    wants_inode.append((change, line))
        return wants_inode

    def attempt(self, name: str, line: int, make: Callable[[], Change]) -> Optional[Change]:
        """Makes one change, or says why not."""
        try:
            change = make()
        except Refused as refused:
            self.unclear(name, line, *refused.reasons)
            return None
        except Unclear as why:
            self.unclear(name, line, why)
            return None
        self.outcome.add(*change.findings)
        if change.files:
            change.commit()
            self.outcome.series.append(change)
        return change

    def inode(self, wanted: Sequence[Tuple[Change, int]]) -> None:
        """One for each vfio device; without it those who want it are left after all."""
        try:
            inode = DeviceInode(self.tree)
        except Unclear as why:
            self.unclear("drivers/vfio", 0, why)
            for change, line in wanted:
                self.outcome.series.remove(change)
                for name in change.files:
                    self.tree.new.pop(name, None)
                self.outcome.findings = [f for f in self.outcome.findings if f not in change.findings]
                self.outcome.add(Finding(LEFT, change.name, line, "inode",
                                         "needs an inode for each vfio device, see drivers/vfio above"))
            return
        if inode.files:
            inode.commit()
            self.outcome.series.insert(0, inode)
            self.outcome.add(*inode.findings)

    # ---- all

    def all(self) -> Outcome:
        lists, remaps = self.candidates()
        self.outcome.looked_at = len(lists) + len(remaps)
        wants_inode = self.lists(lists)
        for name in remaps:
            line = remap_line(self.tree.read(name))
            self.outcome.places.append(Place(
                name, line, line, "pages are mapped at mmap: they do not come back after a zap"))
            say("MIGRATE", name)
            self.attempt(name, line, functools.partial(Remap, self.tree, name, self.huge, self.space == "sdk"))
        if wants_inode:
            self.inode(wants_inode)
        self.prove()
        self.outcome.add(*self.unkept())
        return self.outcome

    def unkept(self) -> Iterator[Finding]:
        """Files that were named, zap, and have no list."""
        told = {found.file for found in self.outcome.findings} | {
            name for change in self.outcome.series for name in change.files}
        for name in self.files:
            m = re.search(walk.ZAPS, ctext.mask(self.tree.original(name)))
            if m and name not in told:
                line = ctext.line_of(self.tree.original(name), m.start())
                yield Finding(NOTE, name, line, "note", "only VMAs that a function is given or finds are zapped here: "
                              "none is kept, so there is nothing to migrate")

    def prove(self) -> None:
        """What make review finds in the drivers that were changed. Its rules are for drivers, not for the core."""
        core = {name for change in self.outcome.series if isinstance(change, ListChange)
                and change.shape.list.owner == "vfio_pci_core_device"
                and change.shape.list.owner_file.endswith("vfio_pci_core.h") for name in change.files}
        texts = {name: text for change in self.outcome.series for name, text in change.files.items()
                 if name.endswith(".c") and name not in core and "vfio_pci_core_device" in text}
        if texts:
            say("REVIEW", ", ".join(texts))
            self.outcome.add(*review(texts, self.tree.path))


class Refused(Exception):
    """All the reasons why a file is left."""

    def __init__(self, reasons: Sequence[Unclear]) -> None:
        super().__init__()
        self.reasons = reasons


def migrate(tree: Tree, files: Sequence[str], space: str, huge: bool) -> Outcome:
    return Run(tree, files, space, huge).all()
