# SPDX-License-Identifier: GPL-2.0-only
"""C files of the kernel and of this tree as a list of pieces: functions, types, macros, declarations."""

import os
import re
from typing import Iterator, NamedTuple

CORE_FILES = ("vfio_pci_core.c", "vfio_pci_config.c", "vfio_pci_intrs.c", "vfio_pci_rdwr.c", "vfio_pci_dmabuf.c",
              "vfio_pci_igd.c", "vfio_pci_zdev.c", "vfio_pci.c")


class Piece(NamedTuple):
    """What stands between two semicolons or braces at the outermost level, with the comment above it."""

    name: str
    is_function: bool
    first: int      # index of the first line
    end: int        # index behind the last line


def blank(text: str) -> str:
    """The text with comments and literals replaced by spaces; lines and columns stay."""
    return re.sub(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])+'",
                  lambda found: re.sub(r"[^\n]", " ", found[0]), text, flags=re.S)


def generated(text: str, macro: str, argument: str) -> str:
    """The function that a call of a function-defining macro expands to, or the call itself."""
    body = re.search(r"^#\s*define\s+%s\((\w+)\)((?:.*\\\n)*.*)" % re.escape(macro), text, flags=re.M)
    name = body and re.search(r"(\w+)##%s\s*\(" % body[1], body[2])
    return name[1] + argument if name else "%s(%s)" % (macro, argument)


def title(head: str) -> str:
    """What a declaration, definition or directive is about."""
    head = re.sub(r"__(?:attribute__|printf|must_hold|acquires|releases|counted_by)\s*\(\(?[^()]*\)\)?", " ", head).strip()
    for pattern in (r"#\s*(?:define|undef)\s+(\w+)",
                    r"(#\s*\w+)",
                    r"\w+\s*\(\s*(\w+)",                                   # EXPORT_SYMBOL_GPL(name), DEFINE_MUTEX(name)
                    r"(?:static |extern |const |inline )*((?:struct|union|enum) \w+)\s*\{",
                    r"enum\s*\{\s*(\w+)",
                    r"[^=({]*?(\w+)\s*\([^)]",
                    r"typedef .*?(\w+)\s*;?$",
                    r"((?:struct|union|enum) \w+)\s*;?$",
                    r"[^=[]*?(\w+)\s*(?:\[[^]]*\]\s*)*(?:=|;|$)"):
        found = re.match(pattern, head, flags=re.S)
        if found:
            return found[1]
    return "(rest)"


def pieces(text: str) -> Iterator[Piece]:
    """The pieces of a file, in order and without gaps."""
    lines = blank(text).split("\n")
    first = 0           # of the piece at hand, comments included
    depth = 0
    head: list[str] = []
    body = directive = False
    for at, line in enumerate(lines):
        start_of_directive = not directive and re.match(r"\s*#", line)
        if directive or start_of_directive:
            # Within a function or a type a directive is part of it.
            if start_of_directive and not head:
                pending = line
            directive = line.rstrip().endswith("\\")
            if not directive and not head:
                yield Piece(title(pending), False, first, at + 1)
                first = at + 1
            continue
        call = re.match(r"([A-Z][A-Z0-9_]*)\((\w*)\)\s*$", line)
        if call and not head:
            name = generated(text, call[1], call[2])
            yield Piece(name, not name.endswith(")"), first, at + 1)
            first = at + 1
            continue
        # Branches of #if may open a block twice; the brace in the first column closes the function.
        if line.startswith("}"):
            depth = 1
        if line.strip():
            head.append(line)
        ended = False
        for char in line:
            if char == "{":
                depth += 1
                body = True
            elif char == "}":
                depth -= 1
            ended = ended or char == ";" and not depth
        joined = " ".join(head)
        declarator = joined.split("{", 1)[0]
        is_function = body and "(" in declarator and "=" not in declarator
        if head and not depth and (ended or body and is_function):
            yield Piece(title(joined), is_function, first, at + 1)
            first, head, body = at + 1, [], False
    if first < len(lines):
        yield Piece("(rest)", False, first, len(lines))


def read(path: str) -> str:
    """A file's text, or nothing where there is no such file."""
    if not os.path.isfile(path):
        return ""
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def functions(path: str) -> set[str]:
    """The functions that a file defines."""
    return {piece.name for piece in pieces(read(path)) if piece.is_function}
