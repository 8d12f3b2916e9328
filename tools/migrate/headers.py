# SPDX-License-Identifier: GPL-2.0-only
"""What a kernel's headers declare, and what a driver uses that they do not."""

import os
import re
import subprocess
from typing import Dict, Iterable, Iterator, List, Optional, Sequence, Set, Tuple

from migrate import ctext as c
from migrate.ctext import Function

CALL = re.compile(r"(?<![\w.>])([a-z_]\w*)\s*\(")
CHAIN = re.compile(r"(?<![\w.>])([a-z_]\w*)((?:\s*(?:->|\.)\s*\w+(?:\[[^\]]*\])?)+)")
KEYWORDS = {"if", "while", "for", "switch", "return", "sizeof", "typeof", "defined", "__attribute__", "alignof", "do",
            "else", "case", "offsetof"}
# A definition or a declaration begins a line with its type; what a macro is called by may be anything.
PROTOTYPE = r"^(?!\s*(?:return|else|if|#))((?:[A-Za-z_][\w ]*[ *]+)+)(%s)\s*\(([^;{}]*?)\)[^;{}(]*[;{]"
OLD = re.compile(r"LINUX_VERSION_CODE\s*(<=?|>=?)\s*KERNEL_VERSION\s*\(")


def newest(cache: str) -> Optional[str]:
    """The headers of a 7.x kernel in the cache, the newest one."""
    found: List[Tuple[List[int], str]] = []
    kernels = os.path.join(cache, "kernels")
    for name in os.listdir(kernels) if os.path.isdir(kernels) else ():
        build = os.path.join(kernels, name, "build")
        release = os.path.join(kernels, name, "release")
        if is_new(build) and os.path.isfile(release):
            with open(release, encoding="utf-8") as f:
                found.append(([int(n) for n in re.findall(r"\d+", f.read())[:3]], build))
    return max(found)[1] if found else None


def is_new(path: str) -> bool:
    """True if the headers have the API that drivers are migrated to."""
    header = os.path.join(path, "include/linux/vfio_pci_core.h")
    if not os.path.isfile(header):
        return False
    with open(header, encoding="utf-8", errors="replace") as f:
        return "vfio_pci_ioctl_get_region_info(" in f.read()


def newest_branches(text: str) -> str:
    """The text with what is only for older kernels blanked, every offset unchanged."""
    out, stack = [], []     # type: List[str], List[Optional[bool]]
    for line in text.splitlines(True):
        m = re.match(r"\s*#\s*(if|ifdef|ifndef|elif|else|endif)\b(.*)", line)
        if m:
            word = m.group(1)
            if word.startswith("if"):
                version = OLD.search(m.group(2)) if word == "if" else None
                stack.append(version.group(1).startswith(">") if version else None)
            elif word == "endif" and stack:
                stack.pop()
            elif stack and stack[-1] is not None:
                stack[-1] = not stack[-1]
        hidden = any(state is False for state in stack) and not m
        out.append(re.sub(r"[^\n]", " ", line) if hidden else line)
    return "".join(out)


class Headers:
    """The headers of one kernel."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.roots = [d for d in ("include", "arch/x86/include") if os.path.isdir(os.path.join(path, d))]
        self.structs: Dict[str, Optional[str]] = {}

    def grep(self, *args: str) -> List[str]:
        out = subprocess.run(["grep", "-rhE", "--include=*.h", *args, "--", *self.roots], cwd=self.path,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False,
                             env=dict(os.environ, LC_ALL="C")).stdout
        return out.decode(errors="replace").splitlines()

    def known(self, names: Iterable[str]) -> Set[str]:
        """Of the names, those that are functions or macros."""
        wanted = sorted(set(names))
        if not wanted:
            return set()
        pattern = r"\b(%s)\b" % "|".join(wanted)
        lines = [line for line in self.grep("-e", pattern) if not re.match(r"\s*(\*|/\*|//)", line)]
        found = set()
        for line in lines:
            found.update(re.findall(pattern, line))
        # A macro may make a name of a prefix and a size: vfio_pci_core_ioread##size.
        sized = {name: re.sub(r"\d+$", "", name) for name in wanted if name not in found and name[-1].isdigit()}
        if sized:
            lines = self.grep("-e", r"\b(%s)[ \t]*##" % "|".join(sized.values()))
            pasted = set(re.findall(r"\b(\w+)[ \t]*##", "\n".join(lines)))
            found |= {name for name, prefix in sized.items() if prefix in pasted}
        return found

    def struct(self, tag: str) -> Optional[str]:
        """What stands in the braces of a struct; None where there is no such struct."""
        if tag not in self.structs:
            self.structs[tag] = None
            for name in self.grep("-l", "-e", r"^(typedef )?struct %s \{" % tag):
                text = self.read(name)
                body = c.struct_body(text, tag)
                if body is not None:
                    self.structs[tag] = body
                    break
        return self.structs[tag]

    def read(self, name: str) -> str:
        path = os.path.join(self.path, name)
        if not os.path.isfile(path):
            return ""
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def prototypes(self, includes: Iterable[str]) -> Dict[str, Tuple[str, List[str]]]:
        """Result and parameters of the functions of some headers, and of those that they include."""
        found: Dict[str, Tuple[str, List[str]]] = {}
        seen: Set[str] = set()
        level = list(includes)
        for _ in range(2):
            following: List[str] = []
            for name in level:
                if name in seen:
                    continue
                seen.add(name)
                text = c.mask(self.read(os.path.join("include", name)))
                following += re.findall(r"^\s*#\s*include\s*<([^>]+)>", text, re.M)
                for m in re.finditer(PROTOTYPE % r"[a-z_]\w*", text, re.M):
                    params = [p for p in c.split(m.group(3)) if p != "void"]
                    if m.group(2) in found and found[m.group(2)][1] != params:
                        found[m.group(2)] = ("", ["..."])
                    else:
                        found.setdefault(m.group(2), (m.group(1).strip(), params))
                for macro in re.findall(r"^\s*#\s*define\s+([a-z_]\w*)\(", text, re.M):
                    found[macro] = ("", ["..."])
            level = following
        return found


class Driver:
    """The files of a driver, and the headers beside them."""

    def __init__(self, files: Sequence[str], texts: Dict[str, str]) -> None:
        self.texts = {name: newest_branches(texts[name]) for name in files}
        self.missing: Set[str] = set()
        self.beside: Dict[str, str] = {}
        for name in files:
            self.include(name, self.texts[name])
        self.all = "\n".join([*self.texts.values(), *self.beside.values()])
        masked = c.mask(self.all)
        self.own = set(re.findall(r"^[ \t]*#[ \t]*define[ \t]+(\w+)\(", masked, re.M))
        self.own |= set(c.functions(self.all))
        self.own |= set(re.findall(r"^[A-Za-z_][\w \t\n*]*?\b(\w+)\s*\([^;{}]*\)[^;{}()]*;", masked, re.M))
        self.own |= set(re.findall(r"\(\s*\*\s*(\w+)\s*\)", masked))

    def include(self, name: str, text: str) -> None:
        for quoted in re.findall(r'^\s*#\s*include\s*"([^"]+)"', text, re.M):
            path = os.path.normpath(os.path.join(os.path.dirname(name), quoted))
            if path in self.beside:
                continue
            if not os.path.isfile(path):
                self.missing.add(quoted)
                continue
            with open(path, encoding="utf-8", errors="replace") as f:
                self.beside[path] = newest_branches(f.read())
            self.include(path, self.beside[path])

    def system_includes(self) -> List[str]:
        return sorted(set(re.findall(r"^\s*#\s*include\s*<([^>]+)>", self.all, re.M)))

    def calls(self) -> Iterator[Tuple[str, int, str]]:
        """File, offset and name of each call of a function that is not the driver's."""
        for file, text in self.texts.items():
            masked = c.mask(text)
            for f in c.functions(text):
                fn = Function(text, f)
                for m in CALL.finditer(masked, fn.body, fn.end):
                    if m.group(1) not in KEYWORDS and m.group(1) not in self.own:
                        yield file, m.start(1), m.group(1)

    def struct(self, tag: str, headers: Headers) -> Optional[str]:
        body = c.struct_body(self.all, tag)
        return body if body is not None else headers.struct(tag)


def member_type(body: str, member: str) -> Optional[str]:
    """The tag of the struct that a member is or points to."""
    m = re.search(r"\bstruct\s+(\w+)\s*\*?\s*%s\s*(?:\[[^\]]*\])?\s*;" % re.escape(member), body)
    return m.group(1) if m else None


def gone_members(driver: Driver, headers: Headers) -> Iterator[Tuple[str, int, str, str]]:
    """File, offset, struct and member that the struct does not have."""
    for file, text in driver.texts.items():
        masked = c.mask(text)
        for f in c.functions(text):
            fn = Function(text, f)
            for m in CHAIN.finditer(masked[fn.body:fn.end]):
                kind = re.match(r"(?:const )?struct (\w+)", fn.type_of(m.group(1)) or "")
                tag = kind.group(1) if kind else None
                for step in re.finditer(r"(?:->|\.)\s*(\w+)", m.group(2)):
                    body = driver.struct(tag, headers) if tag else None
                    if body is None:
                        break
                    if not re.search(r"\b%s\b" % step.group(1), body):
                        yield file, fn.body + m.start(2) + step.start(1), tag or "", step.group(1)
                        break
                    tag = member_type(body, step.group(1))
        for m in re.finditer(r"\bstruct\s+(\w+)\s+\w+\s*=\s*\{", masked):
            body = driver.struct(m.group(1), headers)
            end = c.closing(masked, m.end() - 1)
            if body is None:
                continue
            for given in top_level_members(masked, m.end(), end):
                if not re.search(r"\b%s\b" % masked[given[0]:given[1]], body):
                    yield file, given[0], m.group(1), masked[given[0]:given[1]]


def top_level_members(masked: str, start: int, end: int) -> Iterator[Tuple[int, int]]:
    depth = 0
    for m in re.finditer(r"[{}()]|\.\s*(\w+)\s*=(?!=)", masked[start:end - 1]):
        if m.group() in "{(":
            depth += 1
        elif m.group() in "})":
            depth -= 1
        elif depth == 0:
            yield start + m.start(1), start + m.end(1)


def wrong_calls(driver: Driver, headers: Headers) -> Iterator[Tuple[str, int, str, str]]:
    """File, offset, function and what is wrong with a call of it: it is gone, takes or gives something else."""
    calls = list(driver.calls())
    known = headers.known(name for _, _, name in calls)
    prototypes = headers.prototypes(driver.system_includes())
    for file, at, name in calls:
        if name not in known:
            yield file, at, name, "gone"
            continue
        result, params = prototypes.get(name, ("", ["..."]))
        if any("..." in p for p in params):
            continue
        masked = c.mask(driver.texts[file])
        opening = masked.index("(", at)
        end = c.closing(masked, opening) - 1
        # A string is blank in the masked text, but an argument.
        given = c.split(re.sub(r"[^\n,(){}\[\]]", "x", masked[opening + 1:end])) \
            if driver.texts[file][opening + 1:end].strip() else []
        if len(given) != len(params):
            yield file, at, name, "arguments %d %d" % (len(params), len(given))
        elif re.search(r"(?:^|\s)void$", result) and re.search(r"(?:[=!(?]|&&|\|\||\breturn)\s*$", masked[:at]):
            yield file, at, name, "void"
