# SPDX-License-Identifier: GPL-2.0-only
"""What tools/review/review is to look at: files, a patch, or a range of commits; and the suppressions in them.

A change (patch or range) is two directories, the touched files before and after it: what is found after
and was not found before is what the change brings.
"""

import collections
import difflib
import email
import email.policy
import os
import re
import shutil
import subprocess

from review_rules import ID, Stop

# beside: C files in the directories of the files, which rules must see to know the driver. patches: of a series.
Input = collections.namedtuple("Input", "what before after files beside changed patches", defaults=((),))
# A patch of a series: its subject, its text, and a directory with the files after it.
Patch = collections.namedtuple("Patch", "subject text after")
Suppression = collections.namedtuple("Suppression", "file line last id reason wrong")
PROGRAM = re.compile(r"^#include <(std\w+|unistd|fcntl|pthread|errno|sys/\w+)\.h>", re.M)
# The tests of cocci/ are wrong on purpose, but for those whole drivers.
SKIP = re.compile(r"(^|/)(\.[^/.][^/]*|build|cocci/(check|migrate|migrate/api)/tests(?!/drivers/))(/|$)|\.mod\.c$")
# Files of this directory are no driver together.
CASES = re.compile(r"/cocci/check/tests$")


def git(args, cwd, stdin=None):
    env = dict(os.environ, GIT_CEILING_DIRECTORIES=os.path.dirname(os.path.abspath(cwd)), LC_ALL="C")
    try:
        return subprocess.run(["git"] + args, cwd=cwd, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              check=False, env=env)
    except FileNotFoundError:
        raise Stop("git is not installed: apt-get install git") from None


def complaint(run):
    lines = [line for line in run.stderr.decode(errors="replace").splitlines() if line.strip()]
    return re.sub(r"^(error|fatal): ", "", lines[0]) if lines else "git ended with status %d" % run.returncode


def write(directory, name, body):
    path = os.path.join(directory, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(body)


# ---- files

def named(tree, names):
    """Files and, of directories, all C files below that are not for user space."""
    files = []
    for name in names:
        path = os.path.join(tree, name)
        if os.path.isdir(path):
            found = []
            for where, _, inside in os.walk(path):
                found += [os.path.relpath(os.path.join(where, n), path) for n in inside if n.endswith(".c") and
                          os.path.isfile(os.path.join(where, n))]
            found = [tidy(os.path.join(name, n)) for n in found if not SKIP.search(n)]
            found = [n for n in found if not is_program(tree, n)]
            if not found:
                raise Stop("no C source is below %s: name a driver's directory or its files" % path)
            files += sorted(found)
        elif not os.path.isfile(path):
            raise Stop("%s is not there: FILES= are relative to TREE=, or to here without it" % path)
        elif not name.endswith((".c", ".h")):
            raise Stop("%s is not C source: name .c files, or say make review <%s if it is a patch" % (name, name))
        elif not os.access(path, os.R_OK):
            raise Stop("%s cannot be read: change its permissions" % path)
        else:
            files.append(tidy(name))
    files = once(tree, files)
    return Input(listed(tree, files), None, tree, files, beside(tree, files), False)


def once(tree, files):
    """Each file once, and each directory by the first of its names: absolute, relative, or through a link."""
    names, found = {}, {}
    for name in files:
        where, base = os.path.split(name)
        place = os.path.realpath(os.path.join(tree, where))
        name = os.path.join(names.setdefault(place, where), base)
        found.setdefault((place, os.path.realpath(os.path.join(tree, name))), name)
    return list(found.values())


def tidy(name):
    """One spelling of a name, in which ".." stays: what is before it may be a link."""
    return re.sub(r"/(\./+)+", "/", re.sub(r"^(\./+)+", "", re.sub(r"/+", "/", name)))


def beside(tree, files):
    found = set()
    for directory in {os.path.dirname(n) for n in files}:
        if CASES.search(os.path.abspath(os.path.join(tree, directory))):
            continue
        for base in os.listdir(os.path.join(tree, directory)):
            name = os.path.join(directory, base)
            if name.endswith(".c") and os.path.isfile(os.path.join(tree, name)) and not SKIP.search(base) and \
                    not is_program(tree, name):
                found.add(name)
    return sorted(set(once(tree, files + sorted(found))) - set(files))


def headers_beside(tree, files):
    """Their inline functions take locks, for example."""
    return sorted({os.path.join(directory, base) for directory in {os.path.dirname(n) for n in files}
                   for base in os.listdir(os.path.join(tree, directory)) if base.endswith(".h") and
                   os.path.isfile(os.path.join(tree, directory, base))} - set(files))


def is_program(tree, name):
    with open(os.path.join(tree, name), encoding="utf-8", errors="replace") as f:
        return PROGRAM.search(f.read())


def listed(tree, files):
    if len(files) == 1:
        return files[0]
    where = os.path.commonpath([os.path.abspath(os.path.join(tree, n)) for n in files])
    outside = any(os.path.isabs(n) or ".." in n.split("/") for n in files)
    return "%d files below %s" % (len(files), where if outside else os.path.relpath(where, os.path.abspath(tree)))


# ---- a patch

def touched(patch):
    """(old name, new name) of each file of a patch as git and diff -Naur write it."""
    for m in re.finditer(rb"^--- ([^\t\r\n]+).*\n\+\+\+ ([^\t\r\n]+)", patch, re.M):
        old, new = (n.decode(errors="surrogateescape").strip('" ') for n in m.groups())
        yield tuple(None if n == "/dev/null" else n.partition("/")[2] for n in (old, new))


class Nothing(Exception):
    """There is nothing to review, and that is all right: the message says why."""


def messages(text):
    """(subject, patch) of each message of a mailbox, decoded, or of one patch as it is."""
    if not re.match(rb"From \S+.*\n|(?:[A-Z][\w-]*: .*\n(?:[ \t].*\n)*)+\n", text):
        return [("", text)]
    found = []
    starts = [m.start() for m in re.finditer(rb"^From \S+ .*\d\d:\d\d", text, re.M)] or [0]
    for first, last in zip(starts, starts[1:] + [len(text)]):
        message = email.message_from_bytes(re.sub(rb"\AFrom .*\n", b"", text[first:last]), policy=email.policy.default)
        part = message.get_body(("plain",)) if message.is_multipart() else message
        body = part.get_payload(decode=True) if part is not None else b""
        body = re.sub(rb"^>(>*From )", rb"\1", body.replace(b"\r\n", b"\n"), flags=re.M)
        subject = " ".join(str(message["subject"] or "").split())
        if any(touched(body)):
            found.append((subject, body))
    return found


def of_patch(tree, text, tmp):
    if not text.strip():
        raise Stop("there is nothing to review: say FILES= or RANGE=, or give a patch on the standard input")
    series = messages(text)
    if not series:
        raise Nothing("the message holds no patch, as a cover letter")
    if not any(any(touched(body)) for _, body in series):
        raise Stop("the standard input is no patch: it has no lines --- a/FILE and +++ b/FILE")
    names = [pair for _, body in series for pair in touched(body)]
    source = [(old, new) for old, new in names if (new or old).endswith((".c", ".h"))]
    if not source:
        raise Nothing("the patch touches no C source")
    before = os.path.join(tmp, "before")
    made = set()
    for old, new in source:
        if old is None:
            made.add(new)
        elif old not in made:
            made.add(new)
            copy(tree, old, before)
    os.makedirs(before, exist_ok=True)
    neighbours(tree, source, before)
    how = "what the patch changes in "
    try:
        steps = applied(series, before, tmp, "step")
    except Stop as why:
        found = taken_back(tree, series, source, tmp) or on_its_own_base(tree, series, source, tmp)
        if not found:
            raise Stop("the patch does not apply to %s (%s): say TREE=, the tree it is for" % (
                os.path.abspath(tree), why)) from None
        before, how, steps = found
    made = change(how, before, steps[-1], source)
    if len(series) == 1:
        return made._replace(patches=(Patch(series[0][0], series[0][1].decode(errors="replace"), steps[-1]),))
    return made._replace(what=made.what.replace("the patch", "the series of %d patches" % len(series), 1), patches=tuple(
        Patch(subject, body.decode(errors="replace"), step) for (subject, body), step in zip(series, steps)))


def copy(tree, name, directory):
    path = os.path.join(tree, name)
    if os.path.isabs(name) or ".." in name.split("/"):
        raise Stop("the patch names %s, which is outside of the tree" % name)
    if not os.path.isfile(path):
        raise Stop("the patch changes %s, which is not there: say TREE=, the tree it is for" % path)
    with open(path, "rb") as f:
        write(directory, name, f.read())


def applied(series, start, tmp, name, reverse=False):
    """The directories as they are after each patch; the patches are applied one after the other."""
    steps = []
    for n, (subject, body) in enumerate(series):
        step = os.path.join(tmp, "%s%d" % (name, n))
        shutil.copytree(start, step)
        run = git(["apply", "--whitespace=nowarn", "--include=*.c", "--include=*.h"] + (["--reverse"] if reverse else []) +
                  ["-"], step, body)
        if run.returncode:
            raise Stop((subject + ": " if subject and len(series) > 1 else "") + complaint(run))
        steps.append(step)
        start = step
    return steps


def neighbours(tree, source, *directories):
    """The other files of the directories that the patch touches."""
    touched_names = [n for pair in source for n in pair if n and os.path.isdir(os.path.join(tree, os.path.dirname(n)))]
    for name in beside(tree, touched_names) + headers_beside(tree, touched_names):
        with open(os.path.join(tree, name), "rb") as f:
            body = f.read()
        for directory in directories:
            write(directory, name, body)


def taken_back(tree, series, source, tmp):
    """(before, how, steps) of a patch that the tree has already."""
    again = in_place(tree, source, tmp)
    if again is None:
        return None
    neighbours(tree, source, again)
    try:
        back = applied(list(reversed(series)), again, tmp, "back", reverse=True)
    except Stop:
        return None
    return back[-1], "what the patch, already applied, has changed in ", list(reversed(back[:-1])) + [again]


def on_its_own_base(tree, series, source, tmp):
    """The same of a patch that was made for older or newer files, where git has those: its index lines name them. Such
    is each commit below others, which b4 gives one by one."""
    base = os.path.join(tmp, "base")
    neighbours(tree, source, base)
    made = set()
    for old, new, blob in (found for _, body in series for found in blobs(body)):
        if old is not None and old not in made:
            run = git(["cat-file", "blob", blob], tree)
            if run.returncode:
                return None
            write(base, old, run.stdout)
        elif old is None and os.path.exists(os.path.join(base, new)):
            os.remove(os.path.join(base, new))
        made |= {old, new}
    if {old or new for old, new in source} - made:
        return None
    try:
        return base, "what the patch, on the files that it was made for, changes in ", applied(series, base, tmp, "own")
    except Stop:
        return None


def blobs(body):
    """(old name, new name, blob of the old) of each C file of a patch."""
    for m in re.finditer(rb"^index ([0-9a-f]{7,})\.\.[0-9a-f]+.*\n(--- .*\n\+\+\+ .*)", body, re.M):
        for old, new in touched(m.group(2)):
            if (new or old).endswith((".c", ".h")):
                yield old, new, m.group(1).decode()


def in_place(tree, source, tmp, name="again"):
    """The files that a patch leaves behind, as they are in the tree: it may have been applied already."""
    directory = os.path.join(tmp, name)
    for new in {new for _, new in source if new}:
        try:
            with open(os.path.join(tree, new), "rb") as f:
                write(directory, new, f.read())
        except OSError:
            return None
    return directory


# ---- a range of commits

def of_range(tree, commits, tmp):
    m = re.fullmatch(r"([^.\s-][^\s]*?)(\.\.\.?)([^.\s][^\s]*)?", commits)
    if not m:
        raise Stop("%s is no range of commits: say RANGE=main..topic, for example" % commits)
    top = git(["rev-parse", "--show-toplevel"], tree)
    if top.returncode:
        raise Stop("%s is not in git: RANGE= needs a repository, here or in TREE=" % os.path.abspath(tree))
    top = top.stdout.decode().rstrip("\n")
    revs = []
    for name in (m.group(1), m.group(3) or "HEAD"):
        run = git(["rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"], top)
        if run.returncode:
            raise Stop("%s has no commit %s: see git -C %s log" % (top, name, top))
        revs.append(run.stdout.decode().strip())
    if m.group(2) == "...":
        run = git(["merge-base"] + revs, top)
        if run.returncode:
            raise Stop("%s and %s have no commit in common: say RANGE=A..B" % (m.group(1), m.group(3)))
        revs[0] = run.stdout.decode().strip()
    run = git(["diff", "--name-status", "-M", "-z"] + revs + ["--", "*.c", "*.h"], top)
    pairs = list(renames(run.stdout.decode(errors="surrogateescape").split("\0")))
    names = [n for pair in pairs for n in pair if n]
    if not names:
        raise Nothing("nothing in C changes in %s" % commits)
    dirs = [os.path.join(tmp, "before"), os.path.join(tmp, "after")]
    for directory, rev in zip(dirs, revs):
        os.makedirs(directory, exist_ok=True)
        for name in names + of_commit(top, rev, {os.path.dirname(n) for n in names}):
            run = git(["cat-file", "blob", "%s:%s" % (rev, name)], top)
            if run.returncode == 0:
                write(directory, name, run.stdout)
    return change("what %s changes in " % commits, dirs[0], dirs[1], pairs)


def renames(words):
    """(old name, new name) from what git diff --name-status -z says."""
    words = iter(words)
    for status in words:
        if status:
            old = next(words)
            yield {"A": None}.get(status, old), {"D": None}.get(status, next(words) if status[0] in "RC" else old)


def of_commit(top, rev, directories):
    """The C files and headers right in these directories."""
    found = []
    for directory in directories:
        run = git(["ls-tree", "--name-only", "-z", rev] + ([directory + "/"] if directory else []), top)
        found += [n for n in run.stdout.decode(errors="surrogateescape").split("\0") if n.endswith((".c", ".h"))]
    return found


def change(what, before, after, pairs):
    for old, new in pairs:      # what a file had it has under another name as well
        if old and new and old != new and os.path.isfile(os.path.join(before, old)):
            os.makedirs(os.path.dirname(os.path.join(before, new)), exist_ok=True)
            os.replace(os.path.join(before, old), os.path.join(before, new))
    names = dict.fromkeys(new for _, new in pairs if new)
    files = [n for n in names if not SKIP.search(n) and os.path.isfile(os.path.join(after, n)) and (
        n.endswith(".c") or has_code(os.path.join(after, n)))]
    if not files:
        raise Nothing("no function is changed or added")
    if all(same(os.path.join(before, n), os.path.join(after, n)) for n in files):
        raise Nothing("files are moved, and nothing in them is changed")
    return Input(what + listed(after, files), before, after, files, beside(after, files), True)


def has_code(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return bool(re.search(r"^\{", f.read(), re.M))


def same(old, new):
    if not os.path.isfile(old):
        return False
    with open(old, "rb") as f, open(new, "rb") as g:
        return f.read() == g.read()


def changed_lines(given):
    """What a change takes out and brings in, to see which questions it touches."""
    said = []
    for name in given.files:
        lines = []
        for directory in (given.before, given.after):
            path = os.path.join(directory, name)
            if os.path.isfile(path):
                with open(path, encoding="utf-8", errors="replace") as f:
                    lines.append(f.read().splitlines())
            else:
                lines.append([])
        said += [line for line in difflib.unified_diff(*lines, n=0, lineterm="") if line[:1] in "+-" and line[:3] not in (
            "+++", "---")]
    return "\n".join(said)


def mentions(given, word):
    for name in given.files:
        with open(os.path.join(given.after, name), encoding="utf-8", errors="replace") as f:
            if re.search(r"\b%s\b" % re.escape(word), f.read()):
                return True
    return False


# ---- suppressions

MARK = re.compile(r"/\*[\s*]*review:\s*ignore\b(.*?)\*/|//\s*review:\s*ignore\b([^\n]*)", re.S)


def suppressions(root, files):
    for name in files:
        with open(os.path.join(root, name), encoding="utf-8", errors="replace") as f:
            text = f.read()
        for m in MARK.finditer(text):
            body = m.group(1) if m.group(1) is not None else m.group(2)
            words = re.sub(r"\n\s*\*? ?", " ", body).split()
            first = text.count("\n", 0, m.start()) + 1
            last = first + m.group(0).count("\n")
            given = words[0].rstrip(":,") if words and re.match(ID, words[0]) else None
            wrong = "names two rules: each needs a comment of its own" if len(words) > 1 and re.match(
                ID, words[1].strip(",")) else "is not written \"review: ignore\"" if "review: ignore" not in m.group(0) else ""
            yield Suppression(name, first, last, given, " ".join(words[1:]) if given else "", wrong)
