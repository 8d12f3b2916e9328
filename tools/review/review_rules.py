# SPDX-License-Identifier: GPL-2.0-only
"""The rules of cocci/check/, the questions beside them, and running the rules over files.

All rules go to spatch as one semantic patch, so that each file is parsed once: 30 rules over
drivers/vfio take a third of the time they take one by one. Files of one directory are one group:
a rule may find the ops in main.c and the handler they name in mmap.c.
"""

import collections
import concurrent.futures
import importlib.util
import os
import re
import subprocess
import tempfile

from review_driver import Driver

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CHECK = os.path.join(TOP, "cocci", "check")
SPATCH = os.environ.get("SPATCH") or "spatch"
OPTIONS = ["--iso-file", os.path.join(TOP, "cocci", "same.iso"), "--no-includes", "--very-quiet"]
GROUPS = collections.OrderedDict([
    ("lifetime", "Lifetime"), ("mmap", "mmap and fault"), ("memtype", "Memory types"),
    ("reset", "Reset and power"), ("irq", "Interrupts"), ("migration", "Migration"), ("input", "User input"),
    ("locking", "Locks and context"), ("errors", "Error paths"), ("kernel", "The kernel's own rules"),
    ("ignore", "Suppressions")])
LETTERS = {"LIFE": "lifetime", "MMAP": "mmap", "MEMT": "memtype", "RST": "reset", "IRQ": "irq", "MIG": "migration",
           "INPUT": "input", "LOCK": "locking", "ERR": "errors"}
ID = r"VPS-(?:%s)-\d\d" % "|".join(LETTERS)
PRELUDE = "prelude.cocci"
HEADERS = ("vfio.h", "vfio_pci_core.h", "mm_types.h", "huge_mm.h")


class Stop(Exception):
    """The review cannot be made: the message says why and what to type."""


# "when": a question is asked where the code has this word. "rule" is a file of cocci/check/, None for a question and
# for what tools/review/review itself finds. "check": the function of a rule in Python.
# "touches": of a change a question is asked only where a changed line has a word like this.
Item = collections.namedtuple("Item", "id group title severity reason prevents fix ask good when rule check touches",
                              defaults=(None, None))
Finding = collections.namedtuple("Finding", "file line column end severity id message")
# "by": who cannot read it, spatch or the parser of the rules in Python
Unread = collections.namedtuple("Unread", "file line count by")

IGNORE = Item(
    "VPS-IGN-01", "ignore", "A suppression names a rule and gives a reason", "error",
    "The next reviewer must be able to judge whether the reason still holds; a suppression of nothing hides a typo.",
    "findings that are silenced and forgotten.",
    "write /* review: ignore VPS-... because */ on or above the line, or take the comment out.", None, None, None, None)


# ---- what there is to check

def fields_of(lines, where):
    """Key: value, continued on lines that are indented further."""
    fields, key = {}, None
    for number, line in lines:
        m = re.match(r" ?([A-Z][A-Za-z ]*):(?: (.*)|)$", line)
        if m:
            key = m.group(1)
            if key in fields:
                raise Stop("%s:%d: says %s: twice" % (where, number, key))
            fields[key] = (m.group(2) or "").strip()
        elif key and line.startswith("  ") and line.strip():
            fields[key] = (fields[key] + " " + line.strip()).strip()
        elif line.strip():
            raise Stop("%s:%d: is neither \"Key: value\" nor the rest of one" % (where, number))
    return fields


def item_of(fields, title, where, rule):
    need = ["Id", "Group"] + (["Severity", "Reason", "Prevents", "Fix"] if rule else ["Ask", "Good answer"])
    for key in need:
        if not fields.get(key):
            raise Stop("%s: has no %s:" % (where, key))
    for key in fields:
        if key not in ("Id", "Group", "Severity", "Reason", "Prevents", "Fix", "Ask", "Good answer", "Title", "When",
                       "Touches"):
            raise Stop("%s: has %s:, which nothing reads" % (where, key))
    if not re.fullmatch(ID, fields["Id"]) or LETTERS[fields["Id"].split("-")[1]] != fields["Group"]:
        raise Stop("%s: Id: %s is not VPS-<letters of group %s>-<two digits>" % (where, fields["Id"], fields["Group"]))
    if rule and fields["Severity"] not in ("error", "warning"):
        raise Stop("%s: Severity: %s is neither error nor warning" % (where, fields["Severity"]))
    return Item(fields["Id"], fields["Group"], title, fields.get("Severity"), fields.get("Reason"),
                fields.get("Prevents"), fields.get("Fix"), fields.get("Ask"), fields.get("Good answer"),
                fields.get("When"), rule, touches=fields.get("Touches"))


def read_rule(path):
    where = os.path.relpath(path, TOP)
    title, lines = None, []
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f.read().splitlines(), 1):
            if line.startswith("/// ") and title is None:
                title = line[4:].strip()
            elif line.startswith("//#"):
                lines.append((number, line[3:]))
    if not title:
        raise Stop("%s: has no title, a line that starts with ///" % where)
    return item_of(fields_of(lines, where), title, where, os.path.splitext(os.path.basename(path))[0])


def read_program(path):
    """A rule in Python: its docstring has the title and the fields, check(driver) yields what it hits."""
    where, name = os.path.relpath(path, TOP), os.path.splitext(os.path.basename(path))[0]
    spec = importlib.util.spec_from_file_location("rule_" + name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    title, _, rest = (module.__doc__ or "").strip().partition("\n")
    if not title or not hasattr(module, "check"):
        raise Stop("%s: has no docstring with a title, or no check()" % where)
    item = item_of(fields_of(list(enumerate(rest.splitlines(), 2)), where), title, where, name)
    return item._replace(check=module.check)


def read_questions(path):
    where = os.path.relpath(path, TOP)
    with open(path, encoding="utf-8") as f:
        lines = [(n, line) for n, line in enumerate(f.read().splitlines(), 1) if not line.startswith("#")]
    stanza = []
    for number, line in lines + [(0, "")]:
        if line.strip():
            stanza.append((number, line))
        elif stanza:
            place = "%s:%d" % (where, stanza[0][0])
            fields = fields_of(stanza, where)
            yield item_of(fields, fields.get("Title") or fields.get("Ask"), place, None)
            stanza = []


def load(directory=CHECK):
    """Every item of the checklist, in the order in which it is printed."""
    items = [read_rule(os.path.join(directory, name)) for name in sorted(os.listdir(directory))
             if name.endswith(".cocci") and name != PRELUDE]
    items += [read_program(os.path.join(directory, name)) for name in sorted(os.listdir(directory))
              if name.endswith(".py")]
    questions = os.path.join(directory, "questions.txt")
    if os.path.exists(questions):
        items += read_questions(questions)
    seen = {}
    for item in items + [IGNORE]:
        if item.id in seen:
            raise Stop("%s is the id of two items: \"%s\" and \"%s\"" % (item.id, seen[item.id], item.title))
        seen[item.id] = item.title
    order = list(GROUPS)
    return sorted(items + [IGNORE], key=lambda i: (order.index(i.group), i.rule is None, i.id))


# ---- one semantic patch of many

RESERVED = {"script", "initialize", "finalize", "depends", "expression", "disable", "extends", "using", "exists",
            "forall"}


def words(names, before=r"(?<![\w.])", after=r"\b"):
    """A pattern for any of the names, which matches nothing when there are none."""
    return re.compile("%s(%s)%s" % (before, "|".join(map(re.escape, sorted(names))) or "(?!)", after))


def sections(lines):
    """(kind, line): the header of a rule, its declarations, or its body, which is "code", "python" or "initialize"."""
    state = kind = "code"
    for line in lines:
        if state == kind and line.startswith("@"):
            state = "header"
            m = re.match(r"@\s*(script|initialize|finalize)\s*:", line)
            kind = {None: "code", "initialize": "initialize"}.get(m and m.group(1), "python")
        yield state, line
        if state == "header" and re.search(r"@\s*(//.*)?$", line[1:]):
            state = kind if re.fullmatch(r"@.*@\s*@@\s*", line) else "declarations"
        elif state == "declarations" and line.startswith("@@"):
            state = kind


def own_names(text, prefix):
    """The virtual rules of a file, and the other ones with names, Python's globals too, that start with the prefix."""
    lines = text.splitlines()
    first = next((n for n, line in enumerate(lines) if line.startswith("@")), len(lines))
    virtual = re.findall(r"\w+", " ".join(re.findall(r"^virtual (.*)", "\n".join(lines[:first]), re.M)))
    lines = list(sections(lines[first:]))
    names, variables = set(), set()
    for state, line in lines:
        m = re.match(r"@\s*(?:(?:script|initialize|finalize)\s*:\s*\w+\s+)?(\w+)", line) if state == "header" else None
        names |= {m.group(1)} - RESERVED if m else set()
        m = re.match(r"(?:def\s+)?(\w+)\s*[=(]", line) if state == "initialize" else None
        variables |= {m.group(1)} if m else set()
    own = {"header": words(names), "declarations": words(names, after=r"(?=\.\w)"),
           "python": words(variables), "initialize": words(variables), "code": words(())}

    def renamed(state, line):
        """But for what stands in quotes."""
        parts = re.split(r'("[^"]*")', line)
        if prefix is None:          # the names of the prelude are everyone's
            return line + "\n"
        return "".join(p if n % 2 else own[state].sub(prefix + r"_\1", p) for n, p in enumerate(parts)) + "\n"

    return virtual, "".join(renamed(state, line) for state, line in lines)


def semantic_patch(items, directory):
    virtuals, body = [], []
    for rule in [None] + [item.rule for item in items]:
        path = os.path.join(directory, rule + ".cocci" if rule else PRELUDE)
        if not rule and not os.path.exists(path):
            continue
        with open(path, encoding="utf-8") as f:
            names, text = own_names(f.read(), rule)
        virtuals += [n for n in names if n not in virtuals]
        body.append(text)
    return virtuals, "virtual %s\n\n%s" % (", ".join(virtuals), "\n".join(body))


# Since which release the API has the names that rules ask for, where a release is named and not a tree.
SINCE = {"bind_iommufd": (6, 2), "migration_get_data_size": (6, 2), "match_token_uuid": (6, 17),
         "get_region_info_caps": (7, 0), "vfio_check_precopy_ioctl": (7, 1)}


def has(name, kernel):
    """Is virtual rule has_NAME true: does the kernel's API know NAME? kernel: a tree or its headers, a release, or None
    for the newest."""
    if not kernel:
        return True
    if re.fullmatch(r"\d+(\.\d+)+", kernel):
        return tuple(map(int, kernel.split(".")[:2])) >= SINCE.get(name, (0, 0))
    for header in HEADERS:
        for where in ("include/linux", "include/uapi/linux"):
            path = os.path.join(kernel, where, header)
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as f:
                    if re.search(r"\b%s\b" % re.escape(name), f.read()):
                        return True
    return False


# ---- tables behind macros, which spatch does not expand

# The SDK's way to set vm_ops, for rules that look for a store.
SETUP = re.compile(r"\b(?:return|\w+ =)\s+vfio_pci_core_vma_setup\([^;]*?,\s*(\w+),\s*(&?\w+)\)\s*;")
DEFINED = "DEFINE_VFIO_PCI_OPS("
DEFINE = re.compile(r"\bDEFINE_VFIO_PCI_OPS\((\s*\w+)\s*,(.*?)\)(\s*;)", re.S)
TABLE = "struct vfio_device_ops "
MEMBERS = re.compile(r"^#define[ \t]+(\w+)[ \t]((?:[^\n]*\\\n)*[^\n]*)", re.M)


def member_macros(text):
    """Macros whose bodies are members of a table, a line each."""
    for name, body in MEMBERS.findall(text):
        body = " ".join(body.replace("\\\n", " ").split())
        if re.match(r"\.\w+ ?=", body):
            yield name, body


def expanded(text, members):
    """The same lines with such tables and stores written out."""
    text = SETUP.sub(lambda m: "{ %s->vm_ops = %s; %s }" % (m.group(1), m.group(2), m.group()), text)
    if "DEFINE_VFIO_PCI_OPS" in text and "#define DEFINE_VFIO_PCI_OPS" not in text:
        text = DEFINE.sub(TABLE + r"\1 = { .vfio_pci_ops = 1,\2}\3", text)
    for name, body in members.items():
        text = re.sub(r"^(\s+)%s(?=\s*(,|$))" % name, lambda m, body=body: m.group(1) + body, text, flags=re.M)
    return text


# ---- running them

def spatch(args, cwd, timeout):
    try:
        return subprocess.run([SPATCH] + args, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                              timeout=timeout, encoding="utf-8", errors="replace")
    except FileNotFoundError:
        raise Stop("%s is not installed: apt-get install coccinelle" % SPATCH) from None
    except subprocess.TimeoutExpired:
        raise Stop("spatch took longer than %d s: name fewer files, or give it more time by --timeout" %
                   timeout) from None


# A driver that names the core's structure only in a header, which spatch does not read, is one all the same.
CONCERNED = "\nstruct vfio_pci_core_device;\n"


class Stage:
    """Copies of sources in a directory of the review's own, under names of its own: whatever the path, the link or
    the tree, spatch sees dN/FILE and nothing is written beside what the user named."""

    def __init__(self, root, where):
        self.root, self.where = root, where
        self.directories, self.names = {}, {}

    def read(self, name):
        with open(os.path.join(self.root, name), encoding="utf-8", errors="surrogateescape") as f:
            return f.read()

    def copy(self, name, text):
        """The name of the copy, relative to the stage."""
        directory, base = os.path.split(name)
        if not re.fullmatch(r"[\w.+-]+", base):     # spatch ends a name at a space
            base = "n%d%s" % (len(self.names), os.path.splitext(base)[1])
        made = self.directories.setdefault(directory, "d%d" % len(self.directories))
        copy = os.path.join(made, base)
        os.makedirs(os.path.join(self.where, made), exist_ok=True)
        with open(os.path.join(self.where, copy), "w", encoding="utf-8", errors="surrogateescape") as f:
            f.write(text)
        self.names[copy] = name
        return copy

    def group(self, group, headers):
        """Copies of the files of a group, with tables that macros hide written out."""
        members, texts = {}, {}
        for name in headers:
            members.update(member_macros(self.read(name)))
        for name in group:
            texts[name] = self.read(name)
            members.update(member_macros(texts[name]))
        return [self.copy(name, expanded(text, members) + CONCERNED) for name, text in texts.items()]


class Runner:
    """Runs the rules among the items over files below root. tree: the kernel they are for (default: the newest);
    alone: files of one directory have nothing to do with each other."""

    def __init__(self, items, root, tree=None, directory=CHECK, jobs=None, timeout=120, alone=False):
        self.items = [i for i in items if i.rule and not i.check]
        self.programs = [i for i in items if i.check]
        self.root, self.tree, self.directory, self.timeout, self.alone = root, tree, directory, timeout, alone
        self.jobs = jobs or os.cpu_count() or 1

    def options(self, virtuals):
        args = OPTIONS + ["--macro-file", os.path.join(self.directory, "macros.h"), "-D", "report"]
        for name in virtuals:
            if name.startswith("has_") and has(name[4:], self.tree):
                args += ["-D", name]
        return args

    def concerning(self, files):
        """Files by directory, without directories that have nothing to do with vfio-pci: they would take as long."""
        groups = collections.defaultdict(list)
        for name in files:
            groups[name if self.alone else os.path.dirname(name)].append(name)
        return [group for group in groups.values() if any(map(self.concerned, group))]

    def shares(self, files):
        """The groups, spread over the jobs."""
        sized = sorted(((sum(os.path.getsize(os.path.join(self.root, n)) for n in group), group)
                        for group in self.concerning(files)), reverse=True)
        shares = [[0, []] for _ in range(min(self.jobs, len(sized)))]
        for size, group in sized:
            least = min(shares, key=lambda s: s[0])
            least[0] += size
            least[1].append(group)
        return [groups for _, groups in shares]

    def read(self, name):
        with open(os.path.join(self.root, name), encoding="utf-8", errors="surrogateescape") as f:
            return f.read()

    def concerned(self, name):
        return "vfio_pci_core" in self.read(name)

    def one(self, items, groups, stage, tmp):
        """Findings of the items in groups of staged files, or why there are none."""
        virtuals, text = semantic_patch(items, self.directory)
        with tempfile.NamedTemporaryFile("w", dir=tmp, suffix=".cocci", delete=False, encoding="utf-8") as f:
            f.write(text)
        with tempfile.NamedTemporaryFile("w", dir=tmp, delete=False, encoding="utf-8") as g:
            g.write("\n\n".join("\n".join(group) for group in groups) + "\n")
        run = spatch(["--sp-file", f.name, "--file-groups", g.name] + self.options(virtuals), stage.where,
                     self.timeout)
        # "No rules apply": each of them is for kernels that have what this one lacks.
        errors = [line for line in run.stderr.splitlines() if line.strip() and not line.startswith("No rules apply")]
        if not errors and "No rules apply" in run.stderr:
            return [], None
        if run.returncode or any("rror" in line for line in errors):
            return None, (errors or ["ended with status %d" % run.returncode])[-1]
        return self.findings(run.stdout, stage), None

    def headers(self, group):
        """The headers beside the files of a group."""
        found = []
        for directory in [] if self.alone else {os.path.dirname(name) for name in group}:
            found += [os.path.join(directory, n) for n in os.listdir(os.path.join(self.root, directory))
                      if n.endswith(".h")]
        return [n for n in found if os.path.isfile(os.path.join(self.root, n))]

    def findings(self, out, stage):
        found = []
        for said in out.splitlines():
            m = re.match(r"(.+?):(\d+):(\d+)-(\d+): (ERROR|WARNING): \[(%s)\] (.+)" % ID, said)
            if m and m.group(1) in stage.names:
                name = stage.names[m.group(1)]
                line, column, end = (int(m.group(n)) for n in (2, 3, 4))
                here = stage.read(name).split("\n")[line - 1]
                if "vfio_pci_core_vma_setup(" in here and "vm_ops" not in here:
                    column, end = len(here) - len(here.lstrip()), len(here)
                if column == len(TABLE):    # the name of a table, perhaps of one that was written out
                    where = here.find(DEFINED)
                    if where == 0:
                        column, end = column + len(DEFINED) - len(TABLE), end + len(DEFINED) - len(TABLE)
                found.append(Finding(name, line, column, end, m.group(5).lower(), m.group(6), m.group(7).strip()))
            elif said.strip():
                raise Stop("a rule of cocci/check said what is not in the form of a report: %s" % said)
        return found

    def blame(self, groups, why, stage, tmp):
        """Together the rules failed: which one is it?"""
        for item in self.items:
            _, alone = self.one([item], groups, stage, tmp)
            if alone:
                raise Stop("cocci/check/%s.cocci cannot be run: spatch %s" % (item.rule, alone))
        raise Stop("the rules of cocci/check/ run one by one but not together: spatch %s" % why)

    def run(self, files):
        """Findings in the files, whose names are relative to root, and what of the files could not be read."""
        if not files:
            return [], []
        with tempfile.TemporaryDirectory(prefix="review.") as tmp, \
                concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            stage = Stage(self.root, os.path.join(tmp, "stage"))
            os.mkdir(stage.where)
            shares = [[stage.group(list(dict.fromkeys(group + self.with_code(group))), self.headers(group))
                       for group in groups] for groups in self.shares(files)]
            runs = [pool.submit(self.one, self.items, groups, stage, tmp) for groups in shares if self.items]
            parses = [pool.submit(self.unread, [n for group in groups for n in group], stage) for groups in shares
                      if self.items]
            found, broken = set(), set()
            for group in self.concerning(files):
                hits, unparsed = self.by_programs(group)
                found |= set(hits)
                broken |= unparsed
            for groups, run in zip(shares, runs):
                findings, why = run.result()
                if findings is None:
                    self.blame(groups, why, stage, tmp)
                found.update(findings)
            return sorted(found), sorted(broken | {u for parse in parses for u in parse.result()})

    def with_code(self, group):
        """The headers beside the files that hold functions."""
        return [name for name in self.headers(group) if re.search(r"^\{", self.read(name), re.M)]

    def by_programs(self, group):
        """Findings of the rules in Python in a group of files and the headers beside them, and what they cannot read."""
        names = dict.fromkeys(group + self.headers(group)) if self.programs else {}
        driver = Driver({name: self.read(name) for name in names})
        driver.has = lambda name: has(name, self.tree)
        hits = [Finding(hit.file, hit.line, hit.column, hit.end, item.severity, hit.id or item.id, hit.message)
                for item in self.programs for hit in item.check(driver)]
        return hits, {Unread(source.file, line, 1, "parser") for source in driver.sources for line, _ in source.broken}

    def unread(self, copies, stage):
        """Lines that spatch cannot parse and silently skips. Macros without statements do not matter."""
        said = []
        for n in range(0, len(copies), 500):
            run = spatch(["--macro-file", os.path.join(self.directory, "macros.h"), "--parse-c"] + copies[n:n + 500],
                         stage.where, self.timeout)
            said += (run.stdout + run.stderr).splitlines()
        places, place = set(), None
        for line in said:
            m = re.match(r' = File "(.+)", line (\d+),', line)
            if m:
                place = (m.group(1), int(m.group(2)))
            m = re.match(r"badcount: (\d+)", line)
            if m and place and place[0] in stage.names and not self.plain_macro(stage.names[place[0]], place[1]):
                places.add(Unread(stage.names[place[0]], place[1], int(m.group(1)), "spatch"))
                place = None
        return places

    def plain_macro(self, name, number):
        with open(os.path.join(self.root, name), encoding="utf-8", errors="replace") as f:
            lines = f.read().split("\n")
        first = last = number - 1
        while first and lines[first - 1].endswith("\\"):
            first -= 1
        while last + 1 < len(lines) and lines[last].endswith("\\"):
            last += 1
        body = "\n".join(lines[first:last + 1])
        return body.lstrip().startswith("#define") and ";" not in body
