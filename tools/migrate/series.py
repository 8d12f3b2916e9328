# SPDX-License-Identifier: GPL-2.0-only
"""What comes out: a series of patches, or changed files."""

import os
import re
import subprocess
import tempfile
import textwrap
import time
from typing import Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple

from migrate.change import Change
from migrate.files import Replacement
from migrate.tree import Tree

NO_COMMIT = "From " + "0" * 40
MARK = ".of-migrate"


class Stop(Exception):
    """Nothing was changed: the message says why."""


def diff(name: str, old: str, new: str) -> str:
    """As git has it, with the function in the header of each hunk."""
    with tempfile.TemporaryDirectory(prefix="migrate.") as tmp:
        for side, text in (("a", old), ("b", new)):
            with open(os.path.join(tmp, side), "w", encoding="utf-8", errors="surrogateescape") as f:
                f.write(text)
        out = subprocess.run(["diff", "-up", "--label", "a/" + name, "--label", "b/" + name, "a", "b"], cwd=tmp,
                             stdout=subprocess.PIPE, check=False).stdout
    return "diff --git a/%s b/%s\n%s" % (name, name, out.decode("utf-8", errors="surrogateescape"))


def author(tree: Tree) -> str:
    """The author that git would use in the tree: git am refuses a patch without one. "" outside a repository."""
    ident = subprocess.run(["git", "-C", tree.path, "var", "GIT_AUTHOR_IDENT"], stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, check=False).stdout.decode(errors="replace")
    m = re.match(r"(.+ <.+>) (\d+) ([-+]\d{4})$", ident)
    if not m:
        return ""
    date = time.strftime("%a, %d %b %Y %H:%M:%S", time.gmtime(int(m.group(2))))
    return "From: %s\nDate: %s +0000\n" % (m.group(1), date)


def wrapped(message: str) -> str:
    return "\n\n".join(textwrap.fill(paragraph, 72) for paragraph in message.split("\n\n"))


def patches(tree: Tree, series: Sequence[Change]) -> Iterator[Tuple[str, str]]:
    """A series that git am takes."""
    head = "%s Mon Sep 17 00:00:00 2001\n%s" % (NO_COMMIT, author(tree))
    for number, change in enumerate(series, 1):
        body = "".join(diff(n, change.old[n], change.files[n]) for n in sorted(change.files))
        slug = re.sub(r"[^A-Za-z0-9]+", "-", change.subject).strip("-")
        yield "%04d-%s.patch" % (number, slug), "%sSubject: [PATCH %d/%d] %s\n\n%s\n---\n%s" % (
            head, number, len(series), change.subject, wrapped(change.message), body)


def check_apply(tree: Tree, series: Sequence[Change], out: Optional[str]) -> None:
    names = [n for change in series for n in change.files]
    for name in names:
        path = os.path.join(tree.path, name)
        if not os.access(path, os.W_OK) or not os.access(os.path.dirname(path), os.W_OK):
            raise Stop("%s cannot be written: make it writable, or say OUT= instead of APPLY=1" % path)
    status = subprocess.run(["git", "-C", tree.path, "status", "--porcelain", "--"] + names, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, check=False)
    if status.returncode != 0:
        if not out:
            raise Stop("%s is not in git: say OUT= as well, where the patches go by which this can be undone" %
                       tree.path)
    elif status.stdout.strip():
        raise Stop("files to change have changes that are not in git (%s): commit them first" %
                   status.stdout.decode(errors="replace").split("\n")[0].strip())


def apply(tree: Tree, series: Sequence[Change]) -> None:
    """All files or none. A link stays one: what it points to is changed, if that is in the tree."""
    names = list(dict.fromkeys(n for change in series for n in change.files))
    ready: List[Replacement] = []
    root = os.path.realpath(tree.path)
    try:
        for name in names:
            path = os.path.realpath(os.path.join(tree.path, name))
            if os.path.commonpath([root, path]) != root:
                raise Stop("%s is a link to %s, which is not in %s: nothing was changed" % (name, path, tree.path))
            ready.append(Replacement(path, tree.read(name)))
        for new in ready:
            new.put()
    except (OSError, Stop) as why:
        for new in ready:
            new.drop()
        if isinstance(why, Stop):
            raise
        raise Stop("cannot write %s: %s" % (why.filename, why.strerror)) from None


def is_ours(path: str) -> bool:
    """A patch of git's names a commit, one of ours does not."""
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.readline().startswith(NO_COMMIT)


def check_out(out: str, names: Iterable[str]) -> None:
    """What an earlier run wrote is replaced, and nothing else: MARK tells that there was one."""
    if not os.path.isdir(out) or os.path.exists(os.path.join(out, MARK)):
        return
    for name in names:
        if os.path.lexists(os.path.join(out, name)):
            raise Stop("%s has a file that is not of migrate, %s: name another directory" % (out, name))


def write_out(tree: Tree, out: str, series: Sequence[Change], texts: Mapping[str, str]) -> None:
    """Patches and reports; patches of an earlier run go, and nothing else does."""
    check_out(out, [name for name, _ in patches(tree, series)] + list(texts))
    try:
        os.makedirs(out, exist_ok=True)
        with open(os.path.join(out, MARK), "w", encoding="utf-8") as f:
            f.write("Files of make migrate: a later run replaces them.\n")
        for old in os.listdir(out):
            path = os.path.join(out, old)
            if re.fullmatch(r"\d{4}-.*\.patch", old) and is_ours(path):
                os.unlink(path)
        for name, patch in patches(tree, series):
            with open(os.path.join(out, name), "w", encoding="utf-8", errors="surrogateescape") as f:
                f.write(patch)
        for name, text in texts.items():
            with open(os.path.join(out, name), "w", encoding="utf-8", errors="surrogateescape") as f:
                f.write(text)
    except OSError as why:
        raise Stop("cannot write to %s: %s" % (out, why.strerror)) from None
