# SPDX-License-Identifier: GPL-2.0-only
"""Live migration protocol 1: a region of VFIO_REGION_TYPE_MIGRATION, until 5.17. Which function is which arc of
protocol 2, and a skeleton of the SDK's live migration (<vfio_pci_sdk/live.h>) with the driver's own code where its
shape is clear."""

import re
import textwrap
from dataclasses import dataclass
from typing import Dict, FrozenSet, Iterator, List, Mapping, Optional, Tuple

from migrate import ctext as c
from migrate.ctext import Function
from migrate.walk import LOG

SIGNS = re.compile(r"\bVFIO_REGION_TYPE_MIGRATION\b|\bvfio_device_migration_info\b")
STATE = r"VFIO_DEVICE_STATE_(?:V1_)?(STOP|RUNNING|SAVING|RESUMING)\b"
# The bits of device_state, and the callback that a driver's work on the way there belongs to.
ARCS: Mapping[FrozenSet[str], str] = {
    frozenset(): "stop", frozenset({"RUNNING"}): "run", frozenset({"SAVING"}): "stop",
    frozenset({"RUNNING", "SAVING"}): "save_start", frozenset({"RESUMING"}): "stop"}
# A field of the region, and what user space learns or does by it.
FIELDS: Mapping[str, str] = {"pending_bytes": "size", "data_offset": "save", "data_size": "save"}
PROTOTYPES: Mapping[str, str] = {
    "stop": "int %s(struct vfio_pci_core_device *vdev)", "run": "int %s(struct vfio_pci_core_device *vdev)",
    "save_start": "int %s(struct vfio_pci_core_device *vdev, bool precopy)",
    "size": "u64 %s(struct vfio_pci_core_device *vdev)",
    "save": "ssize_t %s(struct vfio_pci_core_device *vdev, struct vfio_pci_live_piece *piece)",
    "load": "int %s(struct vfio_pci_core_device *vdev, const struct vfio_pci_live_piece *piece)"}


@dataclass(frozen=True)
class Arc:
    """A part of a function that belongs to a callback."""

    callback: str
    function: str
    line: int
    calls: Tuple[str, ...]
    body: str       # its statements, when they can stand elsewhere
    device: str     # declaration of the device, for them


def is_protocol1(text: str) -> bool:
    return SIGNS.search(c.mask(text)) is not None


def arcs(text: str) -> List[Arc]:
    found: List[Arc] = []
    for name in c.functions(text):
        fn = Function(text, name)
        inside = fn.inside()
        if re.search(STATE, inside):
            for condition, start, end in branches(inside):
                callback = ARCS.get(bits(condition))
                if callback:
                    found.append(arc(text, fn, callback, inside, start, end))
        for field, callback in FIELDS.items():
            m = re.search(r"\b%s\b" % field, inside)
            if m:
                writes = callback == "save" and re.search(r"\bcopy_from_user\s*\(|(?:->|\.)%s\s*=(?!=)" % field, inside)
                found.append(Arc("load" if writes and "copy_from_user" in writes.group() else callback, name,
                                 c.line_of(text, fn.body + m.start()), (), "", ""))
        if SIGNS.search(inside):
            found += data(text, fn, inside)
    return list(dict.fromkeys(found))


def data(text: str, fn: Function, inside: str) -> Iterator[Arc]:
    """Copies of the state itself, which is neither a local nor a field of the region."""
    for call, which, callback in (("copy_to_user", 1, "save"), ("copy_from_user", 0, "load")):
        for m in re.finditer(r"\b%s\s*\(" % call, inside):
            args = c.split(inside[m.end():c.closing(inside, m.end() - 1) - 1])
            if len(args) == 3 and not args[which].startswith("&"):
                yield Arc(callback, fn.name, c.line_of(text, fn.body + m.start()), (), "", "")


def bits(condition: str) -> FrozenSet[str]:
    names = set(re.findall(STATE, condition)) - {"STOP"}
    return frozenset() if re.match(r"\s*!", condition) else frozenset(names)


def branches(inside: str) -> Iterator[Tuple[str, int, int]]:
    """Conditions on device_state, and where what they guard begins and ends."""
    for m in re.finditer(r"\bcase\b([^:;]*%s[^:;]*):" % STATE, inside):
        depth, end = 0, m.end()
        while end < len(inside) and depth >= 0 and not (
                depth == 0 and re.match(r"(?:case\b|default\s*:)", inside[end:end + 10]) and end > m.end()):
            depth += (inside[end] in "({") - (inside[end] in ")}")
            end += 1
        yield m.group(1), m.end(), end if depth >= 0 else end - 1
    for m in re.finditer(r"\bif\s*\(", inside):
        close = c.closing(inside, m.end() - 1)
        condition = inside[m.end():close - 1]
        if re.search(STATE, condition):
            yield condition, close, c.statement_end(inside, close)


def arc(text: str, fn: Function, callback: str, inside: str, start: int, end: int) -> Arc:
    code = re.sub(r"\n[ \t]*break;\s*$", "", unindented(text, fn.body + start, fn.body + end))
    calls = tuple(dict.fromkeys(f for f in re.findall(r"(?<![\w.>])([a-z_]\w*)\s*\(", c.mask(code))
                                if not LOG.match(f) and f not in ("if", "while", "for", "switch", "sizeof")))
    device = owner(text, fn)
    # A jump is not free to go elsewhere, and neither is what uses a local.
    free = set(re.findall(r"(?<![\w.>])[a-z_]\w*", c.mask(code))) - set(calls) - {"ret", "if", "return", "else"}
    first = re.search(r"\bret\b\s*(=(?!=))?", c.mask(code))
    movable = device is not None and free <= {device[0]} and (first is None or first.group(1) is not None)
    line = c.line_of(text, fn.body + start)
    return Arc(callback, fn.name, line, calls, code if movable else "", device[1] if device and movable else "")


def unindented(text: str, start: int, end: int) -> str:
    """Statements as they would stand at the beginning of a line, without braces around all of them."""
    code = text[start:end].strip()
    if code.startswith("{") and c.closing(c.mask(code), 0) == len(code):
        code = code[1:-1]
    else:
        start += len(text[start:end]) - len(text[start:end].lstrip())
        code = re.sub(r"[^ \t]", " ", text[text.rfind("\n", 0, start) + 1:start]) + code
    return textwrap.dedent(code.expandtabs(8)).strip("\n").rstrip()


def owner(text: str, fn: Function) -> Optional[Tuple[str, str]]:
    """The parameter that is the device, and its declaration from a vfio_pci_core_device."""
    for param in fn.params:
        m = re.match(r"struct (\w+) \*\s*(\w+)$", param)
        body = c.struct_body(text, m.group(1)) if m else None
        core = re.search(r"\bstruct vfio_pci_core_device\s+(\w+);", body or "")
        if m and core:
            return m.group(2), "struct %s *%s = container_of(vdev, struct %s, %s);" % (
                m.group(1), m.group(2), m.group(1), core.group(1))
    return None


def told(found: List[Arc]) -> Iterator[Tuple[int, str]]:
    """A line of the report for each part."""
    for part in found:
        does = " by %s" % ", ".join("%s()" % f for f in part.calls) if part.calls else ""
        yield part.line, "%s() does %s%s for migration protocol 1, which no kernel since 5.18 has: this is .%s of " \
            "struct vfio_pci_live_ops" % (part.function, WORK[part.callback], does, part.callback)


WORK: Mapping[str, str] = {
    "stop": "what stops the device", "run": "what starts the device", "save_start": "what begins pre-copy",
    "size": "what tells the size of the state", "save": "what saves the state", "load": "what loads the state"}


def skeleton(name: str, prefix: str, found: List[Arc]) -> str:
    """C for the SDK's library. It compiles; what could not be moved returns -EOPNOTSUPP and says where to look."""
    by_callback: Dict[str, List[Arc]] = {}
    for part in found:
        by_callback.setdefault(part.callback, []).append(part)
    out = ["""// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live migration of %s, from protocol 1: see docs/live-migration.md. Move it into that file, fill in what
 * returns -EOPNOTSUPP, and call vfio_pci_live_init() before the device is registered.
 */
#include <vfio_pci_sdk/live.h>
""" % name]
    for callback, prototype in PROTOTYPES.items():
        if callback == "save_start" and callback not in by_callback:
            continue
        out.append("static %s\n{\n%s}\n" % (prototype % ("%s_live_%s" % (prefix, callback)),
                                            body_of(callback, by_callback.get(callback, []))))
    members = [cb for cb in PROTOTYPES if cb != "save_start" or cb in by_callback]
    out.append("const struct vfio_pci_live_ops %s_live_ops = {\n\t.version = 1,\n\t.oldest = 1,\n%s};\n" % (
        prefix, "".join("\t.%s = %s_live_%s,\n" % (cb, prefix, cb) for cb in members)))
    return "\n".join(out)


def body_of(callback: str, parts: List[Arc]) -> str:
    moved = next((part for part in parts if part.body), None)
    where = "".join("\t/* %s(), line %d%s */\n" % (part.function, part.line, ": " + ", ".join(
        "%s()" % f for f in part.calls) if part.calls else "") for part in parts)
    if not moved:
        return where + ("\treturn 0;\n" if callback == "size" else "\treturn -EOPNOTSUPP;\n")
    ret = "\tint ret;\n" if re.search(r"\bret\b", moved.body) else ""
    end = "" if moved.body.split("\n")[-1].startswith("return") else "\n\treturn %s;\n" % ("ret" if ret else "0")
    code = c.tabs(textwrap.indent(moved.body, " " * 8)) + "\n"
    if callback == "save_start":
        code = "\tif (!precopy)\n\t\treturn 0;\n\n" + code
    return "\t%s\n%s\n%s%s%s" % (moved.device, ret, where, code, end)
