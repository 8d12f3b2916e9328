# SPDX-License-Identifier: GPL-2.0-only
"""What a change leaves behind: comments about what is gone, unused locals and labels, blank lines."""

import difflib
import re
from dataclasses import dataclass
from typing import Iterable, Iterator, List, Optional, Sequence, Set, Tuple

from migrate.ctext import Function, functions, line_of, mask, split
from migrate.findings import Unclear

# A line that declares locals.
DECLARATION = re.compile(r"^(\t+)((?:struct |unsigned |const |enum )*\w+ )(\**\w+(?: = [^;]*|, [^;]*)?);\n", re.M)


def paragraphs(comment: str) -> List[str]:
    """The paragraphs of a comment, without its stars."""
    inner = re.sub(r"^/\*|\*/$", "", comment)
    lines = [re.sub(r"^[ \t]*\*?[ \t]?", "", line).rstrip() for line in inner.split("\n")]
    return [p.strip("\n") for p in re.split(r"\n\s*\n", "\n".join(lines)) if p.strip()]


def comment_of(kept: List[str], indent: str) -> str:
    """A comment, without the indentation of its first line."""
    if len(kept) == 1 and "\n" not in kept[0] and len((indent + kept[0]).expandtabs(8)) <= 94:
        return "/* %s */" % kept[0]
    inner = ("\n%s *\n" % indent).join(
        "\n".join(("%s * %s" % (indent, line)).rstrip() for line in p.split("\n")) for p in kept)
    return "/*\n%s\n%s */" % (inner, indent)


@dataclass(frozen=True)
class Dropped:
    """A comment, or a paragraph of one, that spoke of what is gone."""

    line: int       # of the original
    word: str
    whole: bool
    kept: bool      # at the head of the file: it is about the file, and only told of


def drop_comments(text: str, original: str, names: Iterable[str]) -> Tuple[str, List[Dropped]]:
    """Remove comments that speak of things that are gone. Other paragraphs of such a comment stay."""
    gone = re.compile(r"\b(%s)\b" % "|".join(re.escape(n) for n in sorted(names)))
    code = re.search(r"\S", mask(text))
    dropped: List[Dropped] = []
    for m in reversed(list(re.finditer(r"/\*.*?\*/|//[^\n]*(?:\n[ \t]*//[^\n]*)*", text, re.S))):
        word = gone.search(m.group())
        if not word or "SPDX" in m.group():
            continue
        at = original.find(m.group())
        line = line_of(original, at) if at >= 0 else line_of(text, m.start())
        if code and m.start() < code.start():
            dropped.append(Dropped(line, word.group(), False, True))
            continue
        start, end = m.start(), m.end()
        before = text.rfind("\n", 0, start) + 1
        alone = not text[before:start].strip()
        kept = [p for p in paragraphs(m.group()) if not gone.search(p)] if m.group().startswith("/*") and alone else []
        dropped.append(Dropped(line, word.group(), not kept, False))
        if kept:
            text = text[:start] + comment_of(kept, text[before:start]) + text[end:]
            continue
        if alone:
            start = before
            end = text.find("\n", end) + 1
        text = text[:start].rstrip(" \t") + text[end:]
    return text, dropped[::-1]


def drop_typedefs(text: str, gone: Iterable[str]) -> str:
    """What is left of typedefs after their structs have gone."""
    return re.sub(r"^typedef(?:\s+struct \w+)?\s+(\w+);?\n", lambda m: "" if m.group(1) in gone else m.group(), text,
                  flags=re.M)


NEW_FLAGS = "The fault handler must not change vm_flags: set them now."


def reword_flags(text: str, name: str) -> Tuple[str, str]:
    """A paragraph that explains vm_flags with what remap_pfn_range() does is replaced, the rest of its comment stays.
    Gives what the comment was, or nothing."""
    function = Function(text, name)
    for m in re.finditer(r"([ \t]*)/\*((?:(?!\*/).)*)\*/(?=\s*(?:\w+->vm_flags|vm_flags_set))",
                         text[function.body:function.end], re.S):
        if "remap_pfn_range" not in m.group(2):
            continue
        kept = [NEW_FLAGS if "remap_pfn_range" in p else p for p in paragraphs("/*%s*/" % m.group(2))]
        kept = [p for i, p in enumerate(kept) if p not in kept[:i]]
        new = m.group(1) + comment_of(kept, m.group(1))
        at = function.body + m.start()
        return text[:at] + new + text[function.body + m.end():], m.group().strip()
    return text, ""


def computed(expr: str) -> bool:
    """What a function computes may matter, what a macro does hardly."""
    return any(not re.match(r"container_of$|pci_resource_|resource_size$|vfio_pci_core_vma_|[A-Z_0-9]+$", f)
               for f in re.findall(r"\b(\w+)\s*\(", expr))


def drop_dead_stores(body: str, original: str) -> str:
    """Remove what is computed for no one any more."""
    for var in set(re.findall(r"^\t+(\w+) = [^;]*;\n", body, re.M)):
        stores = list(re.finditer(r"^\t+%s = ([^;]*);\n" % var, body, re.M))
        declared = re.search(r"^\t(?:[\w ]+[ *])%s(?: = [^;]*)?;\n" % var, body, re.M)
        uses = len(re.findall(r"\b%s\b" % var, mask(body)))
        if declared and uses == len(stores) + 1 and not any(computed(m.group(1)) for m in stores) and \
           len(re.findall(r"\b%s\b" % var, original)) > uses:
            for m in reversed(stores):
                body = body[:m.start()] + body[m.end():]
    return body


def drop_labels(body: str, original: str) -> str:
    """Remove labels that nobody jumps to any more."""
    for label in re.findall(r"^[ \t]*(\w+):[ \t]*$", body, re.M):
        jump = r"\bgoto %s;" % label
        if re.search(jump, original) and not re.search(jump, body):
            body = re.sub(r"(\n*)^[ \t]*%s:[ \t]*\n" % label, lambda m: "\n\n" if len(m.group(1)) > 1 else "\n", body,
                          flags=re.M)
    return body


def drop_unused(text: str, original: str) -> str:
    """Remove locals that were used in the original and are not any more."""
    for name in functions(text):
        now = Function(text, name)
        try:
            then: Optional[Function] = Function(original, name)
        except Unclear:
            then = None
        if then and then.source() == now.source():
            continue

        def unused(var: str, body: str, then: Optional[Function] = then) -> bool:
            uses = len(re.findall(r"\b%s\b" % var, mask(body)))
            return uses == 1 and (not then or len(re.findall(r"\b%s\b" % var, then.inside())) != 1)

        body = text[now.body:now.end - 1]
        before = then.inside() if then else mask(original)
        body = drop_labels(drop_dead_stores(body, before), before)
        for m in list(DECLARATION.finditer(body))[::-1]:
            if m.group(2).split()[0] in ("return", "goto", "else"):
                continue
            declared = split(m.group(3))
            kept = [d for d in declared if computed(d) or not unused(re.findall(r"\w+", d)[0], body)]
            if len(kept) < len(declared):
                line = "%s%s%s;\n" % (m.group(1), m.group(2), ", ".join(kept)) if kept else ""
                body = body[:m.start()] + line + body[m.end():]
        text = text[:now.body] + body + text[now.end - 1:]
    return text


def headings(lines: Sequence[str]) -> Iterator[List[str]]:
    """Comments that belong to no function, as they are between blank lines."""
    for paragraph in re.split(r"\n\n+", "\n".join(lines)):
        if re.fullmatch(r"\n*/\*(?:(?!\*/).)*\*/\n*", paragraph, re.S):
            yield paragraph.strip("\n").split("\n")


def keep_blanks(before: str, after: str) -> str:
    """A blank line among removed statements separates what is left, and so do headings; not every spatch keeps them."""
    old, new = before.split("\n"), after.split("\n")
    out: List[str] = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        following = new[j1] if j1 < len(new) else "}"
        gone = {"delete": old[i1:i2], "replace": old[i1:i1 + 1]}.get(tag, [])
        for heading in headings(gone):
            out += [*([""] if out and out[-1].strip() else []), *heading, *([""] if following.strip() else [])]
        if not all(line.strip() for line in gone) and "}" not in gone and out and out[-1].strip() and \
           following.strip() and not out[-1].endswith("{") and not following.lstrip().startswith("}"):
            out.append("")
        out += new[j1:j2]
    return "\n".join(out)


def align_members(text: str) -> str:
    """New members of a struct stand where the ones beside them do."""
    def align(m: "re.Match[str]") -> str:
        column = len(m.group(1).expandtabs(8))
        new = "\t" + m.group(3)
        tabs = (column - len(new.expandtabs(8)) + 7) // 8
        return m.group(1) + m.group(2) + (new + "\t" * tabs if tabs > 0 else new + " ") + m.group(4)
    return re.sub(r"^(\t[^\n;]*[^\n\t ]\t+)(\S[^\n]*;\n)\t(struct \w+) (\*(?:inode|mapping);)$", align, text,
                  flags=re.M)


def tidy(text: str, original: str) -> str:
    """Blank lines as the kernel has them, in and around what is new."""
    old, new = original.split("\n"), text.split("\n")
    fresh: Set[int] = set()
    for tag, _, _, start, end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            fresh.update(range(start - 1, end + 1))
    out: List[str] = []
    for i, line in enumerate(new):
        if i in fresh:
            after = new[i + 1].strip() if i + 1 < len(new) else ""
            if not line.strip():
                line = ""
                if out and (out[-1] == "" or out[-1].endswith("{")) or after.startswith("}"):
                    continue
            elif out and out[-1] == "}" and re.match(r"[A-Za-z/]", line) and not line.startswith("EXPORT_SYMBOL"):
                out.append("")
        out.append(line)
    return "\n".join(out)
