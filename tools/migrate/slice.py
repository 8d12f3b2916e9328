# SPDX-License-Identifier: GPL-2.0-only
"""What a value is made of: the statements that a fault handler needs to compute it again."""

import re
from typing import Dict, List, Optional, Set

from migrate.ctext import Function, assigned, calls, declared, last_word
from migrate.findings import Unclear

IDENT = re.compile(r"[A-Za-z_]\w*")


class Slice:
    """The statements that compute an expression of a function, as they would stand in a fault handler,
    where the VMA is called vma and the device comes from its vm_private_data."""

    def __init__(self, function: Function, caller: Optional[Function] = None) -> None:
        self.function, self.caller = function, caller
        self.device: Optional[str] = None   # the local that vm_private_data must hold
        self.lines: List[str] = []          # declarations, in order
        self.known: Set[str] = set()
        self.args: Dict[str, str] = {}
        if caller:
            found = calls(caller.source()[caller.source().index("{"):], function.name)
            if len(found) != 1:
                raise Unclear("pfn", "%s() is called %d times by %s()" % (function.name, len(found), caller.name))
            self.args = {last_word(p): a for p, a in zip(function.params, found[0])}

    def expression(self, expr: str, function: Optional[Function] = None) -> str:
        """Records what expr needs and gives it as it must be written in the fault handler."""
        function = function or self.function
        vma = function.parameter(r"struct vm_area_struct \*")
        out, last = [], 0
        expr = " ".join(expr.split())
        for m in IDENT.finditer(expr):
            name, before = m.group(), expr[:m.start()].rstrip()
            if m.start() < last or before.endswith(("->", ".")):
                continue
            out.append(expr[last:m.start()])
            last = m.end()
            if name == vma:
                out.append("vma")
            elif expr[m.end():].lstrip().startswith("(") or name.isupper():
                out.append(name)
            else:
                out.append(self.variable(name, function))
        out.append(expr[last:])
        plain = re.sub(r"\(&([\w.>\[\]-]+)\)->", r"\1.", "".join(out))
        return re.sub(r"\bvmf->vma\b", "vma", plain)

    def variable(self, name: str, function: Function) -> str:
        if function is self.function and name in self.args:
            arg = self.args[name]
            value = self.expression(arg, self.caller)
            return value if re.fullmatch(r"[\w.>\[\]-]+", value) else "(%s)" % value
        kind = declared(function, name)
        if kind is None or name in self.known:
            return name
        values = assigned(function, name)
        if len(values) != 1:
            raise Unclear("pfn", "%s() computes %s in %d ways: a fault handler would have to choose" % (
                function.name, name, len(values)) if values else
                "%s() gets %s from another function: let it be computed where a page faults" % (function.name, name))
        value = values[0]
        if value == "vmf->vma":
            return "vma"
        if re.match(r"container_of\s*\(|.*\bprivate_data\b", value) or value in self.names_of(function) or \
           re.fullmatch(r"\w+\([^()]*\)", value) and self.takes_parameter(value, function):
            if self.device not in (None, name):
                raise Unclear("pfn", "both %s and %s come from a parameter of %s()" % (
                    self.device, name, function.name))
            self.device = name
            self.known.add(name)
            self.lines.insert(0, "%s%s = vma->vm_private_data;" % (kind, name))
            return name
        value = self.expression(value, function)
        self.known.add(name)
        self.lines.append("%s%s = %s;" % (kind, name, value))
        return name

    def names_of(self, function: Function) -> Set[str]:
        """The parameters other than the VMA."""
        names = {last_word(p) for p in function.params}
        return names - {function.parameter(r"struct vm_area_struct \*")}

    def takes_parameter(self, value: str, function: Function) -> bool:
        return not function.parameter(r"struct vm_area_struct \*") in IDENT.findall(value) and \
            bool(self.names_of(function) & set(IDENT.findall(value)))
