# SPDX-License-Identifier: GPL-2.0-only
"""The tree that scripts/migrate works on: what is in it, what becomes of it, and spatch."""

import os
import re
import subprocess
import sys
import tempfile

from migrate_text import Unclear, keep_blanks, struct_body
from migrate_wrap import wrappers

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SPATCH = os.environ.get("SPATCH") or "spatch"
COCCI = os.path.join(TOP, "cocci", "migrate")
OPTIONS = ["--iso-file", os.path.join(TOP, "cocci", "same.iso"), "--no-includes", "--very-quiet"]


def say(word, text):
    print("  %-7s %s" % (word, text), file=sys.stderr, flush=True)


class Tree:
    """The tree, and the new contents of files that change. The tree itself is written last."""

    def __init__(self, path, named, jobs, timeout):
        self.path, self.jobs, self.timeout = path, jobs, timeout
        self.named = named  # files were named, so that whoever did wants to hear of all that is in them
        self.new = {}
        self.wrapped = {}   # by directory: what only wraps a lock there, and is unwrapped by read()
        self.notes = []     # (file, line, what, text), what one of changed, note, review

    def read(self, name):
        if name in self.new:
            return self.new[name]
        text = self.original(name)
        for wrapper in self.wrapped.get(os.path.dirname(name), ()):
            text = wrapper.expand(text)
        return text

    def unwrap(self, name):
        """From now on read() shows what is inside the wrappers of that file's directory."""
        where = os.path.dirname(name)
        if where not in self.wrapped:
            self.wrapped[where] = wrappers(self, where or ".")

    def wrap(self, name, text):
        """A text that came from read(), as it was in the file."""
        for wrapper in self.wrapped.get(os.path.dirname(name), ()):
            text = wrapper.fold(text)
        return text

    def original(self, name):
        with open(os.path.join(self.path, name), encoding="utf-8", errors="surrogateescape") as f:
            return f.read()

    def has_dos_lines(self, name):
        with open(os.path.join(self.path, name), "rb") as f:
            return b"\r\n" in f.read()

    def has(self, name):
        return os.path.isfile(os.path.join(self.path, name))

    def note(self, what, name, line, text):
        if (name, line, what, text) not in self.notes:
            self.notes.append((name, line, what, text))

    def note_unclear(self, name, line, why):
        """Note what was left, at the place the reason names or at line."""
        m = re.match(r"(\S+\.[ch]):(\d+): (.*)", str(why), re.S)
        self.note("left", *((m.group(1), int(m.group(2)), m.group(3)) if m else (name, why.line or line, str(why))))

    def grep(self, pattern, *where, include="*.[ch]", options="-rlE"):
        """Files below the directories that have a line with the pattern."""
        where = [w for w in where if os.path.exists(os.path.join(self.path, w))]
        if not where:
            return []
        found = subprocess.run(["grep", options, "--include=" + include, "--exclude-dir=.git", "-e", pattern, "--"] +
                               where, cwd=self.path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False,
                               env=dict(os.environ, LC_ALL="C"))
        return sorted(os.path.normpath(n) for n in found.stdout.decode(errors="replace").splitlines())

    def headers_of(self, name, *tags):
        """Headers that may declare structs for a file."""
        pattern = r"^(typedef +)?struct (%s)\b" % "|".join(tags)
        found = self.grep(pattern, os.path.dirname(name) or ".", include="*.h")
        if self.has("include/linux/mm.h"):
            found += self.grep(pattern, "include", include="*.h")
        return sorted(set(found))

    def declaration(self, name, tag):
        """The file that declares a struct for a file, and what stands in its braces."""
        for where in [name] + self.headers_of(name, tag):
            body = struct_body(self.read(where), tag)
            if body is not None:
                return where, body
        return None, ""

    def spatch(self, script, name, defines, text=None, in_place=True):
        """Runs a script on (the new contents of) a file. Gives the new contents and what was printed."""
        text = self.read(name) if text is None else text
        path = os.path.join(COCCI, script + ".cocci")
        with open(path, encoding="utf-8") as f:
            rules = f.read()
        known = set(re.findall(r"\w+", " ".join(re.findall(r"^virtual (.*)$", rules, re.M))))
        known |= set(re.findall(r"virtual\.(\w+)", rules))
        args = []
        for key, value in defines.items():
            if key in known and value:
                args += ["-D", key if value is True else "%s=%s" % (key, value)]
        with tempfile.TemporaryDirectory(prefix="migrate.") as tmp:
            source = os.path.join(tmp, os.path.basename(name))
            with open(source, "w", encoding="utf-8", errors="surrogateescape") as f:
                f.write(text)
            command = [SPATCH, "--sp-file", path] + OPTIONS + args + [source]
            if in_place:
                command.insert(1, "--in-place")
            try:
                run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, cwd=tmp,
                                     timeout=self.timeout, start_new_session=True)
            except subprocess.TimeoutExpired:
                raise Unclear("spatch took longer than %d s for %s; say --timeout" % (self.timeout, script)) from None
            errors = run.stderr.decode(errors="replace")
            if run.returncode != 0 or "already tagged token" in errors or "Fatal error" in errors:
                said = [line for line in errors.splitlines() if line.strip() and not line.startswith("warning:")]
                raise Unclear("spatch failed on %s: %s" % (script, " ".join(said[:2]) or "no message"))
            with open(source, encoding="utf-8", errors="surrogateescape") as f:
                return keep_blanks(text, f.read()), run.stdout.decode(errors="replace")

    def unparsed(self, name):
        """The first line of a file that spatch cannot make sense of, and how many there are."""
        try:
            run = subprocess.run([SPATCH, "--parse-c", os.path.join(self.path, name)], stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, check=False, timeout=self.timeout)
        except subprocess.TimeoutExpired:
            return 0, 0
        out = run.stdout.decode(errors="replace")
        line = re.search(r"parse error\s*= File \".*\", line (\d+)", out)
        bad = re.search(r"nb bad = (\d+)", out)
        return int(line.group(1)) if line else 0, int(bad.group(1)) if bad else 0
