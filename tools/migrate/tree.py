# SPDX-License-Identifier: GPL-2.0-only
"""The tree that is migrated: what is in it, what becomes of it, and spatch."""

import os
import re
import subprocess
import sys
import tempfile
from typing import Dict, List, Mapping, Optional, Sequence, Tuple, Union

from migrate import ctext as c
from migrate.findings import Unclear
from migrate.tidy import keep_blanks
from migrate.wrap import Wrapper, wrappers

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SPATCH = os.environ.get("SPATCH") or "spatch"
COCCI = os.path.join(TOP, "cocci", "migrate")
OPTIONS = ["--iso-file", os.path.join(TOP, "cocci", "same.iso"), "--no-includes", "--very-quiet"]


Define = Union[str, bool, None]


def say(word: str, text: str) -> None:
    print("  %-7s %s" % (word, text), file=sys.stderr, flush=True)


class Tree:
    """The tree, and the new contents of files that change. The tree itself is written last."""

    def __init__(self, path: str, jobs: int = 1, timeout: int = 120) -> None:
        self.path, self.jobs, self.timeout = path, jobs, timeout
        self.new: Dict[str, str] = {}
        # By directory: what only wraps a lock there, and is unwrapped by read().
        self.wrapped: Dict[str, List[Wrapper]] = {}

    def read(self, name: str) -> str:
        if name in self.new:
            return self.new[name]
        text = self.original(name)
        for wrapper in self.wrapped.get(os.path.dirname(name), ()):
            text = wrapper.expand(text)
        return text

    def unwrap(self, name: str) -> None:
        """From now on read() shows what is inside the wrappers of that file's directory."""
        where = os.path.dirname(name)
        if where not in self.wrapped:
            self.wrapped[where] = wrappers(self, where or ".")

    def wrap(self, name: str, text: str) -> str:
        """A text that came from read(), as it was in the file."""
        for wrapper in self.wrapped.get(os.path.dirname(name), ()):
            text = wrapper.fold(text)
        return text

    def original(self, name: str) -> str:
        with open(os.path.join(self.path, name), encoding="utf-8", errors="surrogateescape") as f:
            return f.read()

    def has_dos_lines(self, name: str) -> bool:
        with open(os.path.join(self.path, name), "rb") as f:
            return b"\r\n" in f.read()

    def has(self, name: str) -> bool:
        return os.path.isfile(os.path.join(self.path, name))

    def grep(self, pattern: str, *places: str, include: str = "*.[ch]") -> List[str]:
        """Files below the directories that have a line with the pattern."""
        where = [w for w in places if os.path.exists(os.path.join(self.path, w))]
        if not where:
            return []
        found = subprocess.run(["grep", "-rlE", "--include=" + include, "--exclude-dir=.git", "-e", pattern, "--"] +
                               where, cwd=self.path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False,
                               env=dict(os.environ, LC_ALL="C"))
        return sorted(os.path.normpath(n) for n in found.stdout.decode(errors="replace").splitlines())

    def headers_of(self, name: str, *tags: str) -> List[str]:
        """Headers that may declare structs for a file."""
        pattern = r"^(typedef +)?struct (%s)\b" % "|".join(tags)
        found = self.grep(pattern, os.path.dirname(name) or ".", include="*.h")
        if self.has("include/linux/mm.h"):
            found += self.grep(pattern, "include", include="*.h")
        return sorted(set(found))

    def declaration(self, name: str, tag: str) -> Tuple[str, str]:
        """The file that declares a struct for a file, and what stands in its braces."""
        for where in [name] + self.headers_of(name, tag):
            body = c.struct_body(self.read(where), tag)
            if body is not None:
                return where, body
        return "", ""

    def spatch(self, script: str, name: str, defines: Mapping[str, Define], text: Optional[str] = None) -> \
            Tuple[str, str]:
        """Runs a script on (the new contents of) a file. Gives the new contents and what was printed."""
        text = self.read(name) if text is None else text
        path = os.path.join(COCCI, script + ".cocci")
        with open(path, encoding="utf-8") as f:
            rules = f.read()
        known = set(re.findall(r"\w+", " ".join(re.findall(r"^virtual (.*)$", rules, re.M))))
        known |= set(re.findall(r"virtual\.(\w+)", rules))
        args: List[str] = []
        for key, value in defines.items():
            if key in known and value:
                args += ["-D", key if value is True else "%s=%s" % (key, value)]
        with tempfile.TemporaryDirectory(prefix="migrate.") as tmp:
            source = os.path.join(tmp, os.path.basename(name))
            with open(source, "w", encoding="utf-8", errors="surrogateescape") as f:
                f.write(text)
            out, errors, failed = run([SPATCH, "--in-place", "--sp-file", path, *OPTIONS, *args, source], tmp,
                                      self.timeout, script)
            if failed:
                raise self.failure(script, errors, text)
            with open(source, encoding="utf-8", errors="surrogateescape") as f:
                return keep_blanks(text, f.read()), out

    @staticmethod
    def failure(script: str, errors: str, text: str) -> Unclear:
        """A message of Coccinelle's in the words of whoever has to change the file."""
        m = re.search(r"(?:in|: )\s*(\w+) reachable by inconsistent control-flow paths", errors) or \
            re.search(r"already tagged token:\s*C code context\s*File \"[^\"]*\", line (\d+)", errors)
        if m and m.group(1).isdigit():
            return Unclear("tool", "%s would change this line in two ways: unknown shape" % script, int(m.group(1)))
        if m:
            dead = c.unreachable(text, m.group(1))
            if dead:
                return Unclear("dead-code", "%s() has a statement that is never reached" % m.group(1), dead)
            return Unclear("shape", "%s() does this on some ways only, which %s cannot change" % (m.group(1), script),
                           c.Function(text, m.group(1)).line())
        said = [line for line in errors.splitlines() if line.strip() and not line.startswith("warning:")]
        return Unclear("tool", "spatch failed on %s: %s" % (script, " ".join(said[:2]) or "no message"))

    def unparsed(self, name: str) -> List[int]:
        """The lines of a file from which on spatch cannot make sense of it."""
        path = os.path.join(self.path, name)
        try:
            out, errors, _ = run([SPATCH, "--parse-c", path], None, self.timeout, "--parse-c")
        except Unclear:
            return []
        found = re.findall(r"parse error\s*= File \"([^\"]*)\", line (\d+)", out + errors)
        return sorted({int(line) for where, line in found if os.path.realpath(where) == os.path.realpath(path)})


def run(command: Sequence[str], where: Optional[str], timeout: int, script: str) -> Tuple[str, str, bool]:
    """What a spatch prints, its messages, and whether it failed."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, cwd=where,
                              timeout=timeout, start_new_session=True)
    except subprocess.TimeoutExpired:
        raise Unclear("tool", "spatch took longer than %d s for %s; say TIMEOUT=" % (timeout, script)) from None
    errors = done.stderr.decode(errors="replace")
    return done.stdout.decode(errors="replace"), errors, \
        done.returncode != 0 or "already tagged token" in errors or "Fatal error" in errors
