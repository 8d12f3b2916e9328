# SPDX-License-Identifier: GPL-2.0-only
"""What scripts/migrate must know of C beyond what Coccinelle tells: where functions and comments
are, what a value is made of, and how to leave a file tidy."""

import difflib
import re

IDENT = re.compile(r"[A-Za-z_]\w*")
# A line that declares locals.
DECLARATION = re.compile(r"^\t((?:struct |unsigned |const |enum )*\w+ )(\**\w+(?: = [^;]*|, [^;]*)?);\n", re.M)
TOKENS = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)


class Unclear(Exception):
    """A person must look: the message says at what and why, and line is where, if that is known."""

    def __init__(self, why, line=None):
        super().__init__(why)
        self.line = line


def mask(text):
    """The text with comments and strings blanked, every offset unchanged."""
    return TOKENS.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


ALTERNATIVE = re.compile(r"^[ \t]*#[ \t]*(if|ifdef|ifndef|elif|else|endif)\b", re.M)


def after_alternatives(masked, at):
    """From an #else or #elif to the end of its #endif: the other branch has the same brackets."""
    depth = 0
    for m in ALTERNATIVE.finditer(masked, at):
        depth += m.group(1).startswith("if") - (m.group(1) == "endif")
        if depth < 0:
            return m.end()
    return len(masked)


def closing(masked, start):
    """Offset just after what closes the bracket at start."""
    depth, i = 0, start
    while i < len(masked):
        if masked[i] in "({[":
            depth += 1
        elif masked[i] in ")}]":
            depth -= 1
            if depth == 0:
                return i + 1
        elif masked[i] == "#" and re.match(r"#[ \t]*(else|elif)\b", masked[i:i + 20]):
            i = after_alternatives(masked, i + 1)
            continue
        i += 1
    raise Unclear("brackets do not match")


LOOP = r"while|for|\w*for_each\w*"


def statement_end(masked, at):
    """Offset just after the statement that begins at or after at."""
    m = re.compile(r"\s*").match(masked, at)
    at = m.end()
    if masked.startswith("{", at):
        return closing(masked, at)
    m = re.compile(r"(if|switch|%s)\s*\(" % LOOP).match(masked, at)
    if m:
        end = statement_end(masked, closing(masked, m.end() - 1))
        other = re.compile(r"\s*else\b").match(masked, end)
        return statement_end(masked, other.end()) if m.group(1) == "if" and other else end
    m = re.compile(r"do\b").match(masked, at)
    if m:
        at = statement_end(masked, m.end())
    return masked.index(";", at) + 1


def loops(masked, start, end):
    """Where the outermost loops between two offsets begin and end."""
    loop = re.compile(r"\b(do|%s)\b(?=\s*[({])" % LOOP)
    while True:
        m = loop.search(masked, start, end)
        if not m:
            return
        start = statement_end(masked, m.start())
        yield m.start(), start


def jumps_back(masked, start, end):
    """Where the loops made of a label and a goto begin and end, blocks complete."""
    for label in re.finditer(r"^[ \t]*(\w+):[ \t]*$", masked[start:end], re.M):
        back = [m.end() for m in re.finditer(r"\bgoto %s;" % label.group(1), masked[start:end])
                if m.start() > label.end()]
        if back and label.group(1) != "default":
            first, last = start + label.start(), start + back[-1]
            while masked.count("{", first, last) > masked.count("}", first, last):
                last = masked.index("}", last) + 1
            yield first, last


class Function:
    """A function's definition: header from start, body between braces, all as offsets."""

    def __init__(self, text, name):
        masked = mask(text)
        for m in re.finditer(r"^[A-Za-z_][^;{}()=#]*\b%s\s*\(" % re.escape(name), masked, re.M):
            end = closing(masked, m.end() - 1)
            brace = re.compile(r"(?:\s*__\w+(?:\([^()]*\))?)*\s*\{").match(masked, end)
            if brace:
                self.text, self.name = text, name
                self.start = m.start()
                self.body = brace.end()
                self.end = closing(masked, brace.end() - 1)
                self.params = split(text[m.end():end - 1])
                return
        raise Unclear("no function %s" % name)

    def source(self):
        return self.text[self.start:self.end]

    def inside(self):
        return mask(self.text)[self.body:self.end - 1]

    def line(self):
        return line_of(self.text, self.start)

    def type_of(self, name):
        """How a local or a parameter is declared, up to its name: "struct foo *"."""
        for param in self.params:
            m = re.match(r"(.*?)%s$" % name, param)
            if m and not m.group(1)[-1:].isalnum():
                return m.group(1)
        return declared(self, name)

    def parameter(self, kind):
        """Name of the parameter of that type."""
        for param in self.params:
            m = re.match(r"(?:const\s+)?%s\s*(\w+)$" % kind, param)
            if m:
                return m.group(1)
        return None


def functions(text):
    """Names of all functions a text defines."""
    masked = mask(text)
    names = re.findall(r"^[A-Za-z_][^;{}()=#]*?\b(\w+)\s*\([^;{}]*\)\s*\{", masked, re.M)
    return [n for n in names if n not in ("if", "while", "for", "switch")]


def split(text):
    """Arguments of a call or parameters of a function."""
    parts, depth, last = [], 0, 0
    for i, c in enumerate(text):
        depth += (c in "({[") - (c in ")}]")
        if c == "," and depth == 0:
            parts.append(text[last:i])
            last = i + 1
    parts.append(text[last:])
    return [" ".join(p.split()) for p in parts if p.strip()]


def calls(text, name):
    """Argument lists of all calls of a function."""
    masked = mask(text)
    return [split(text[m.end():closing(masked, m.end() - 1) - 1])
            for m in re.finditer(r"\b%s\s*\(" % re.escape(name), masked)]


# ---- what a value is made of

class Slice:
    """The statements that compute an expression of a function, as they would stand in a fault handler,
    where the VMA is called vma and the device comes from its vm_private_data."""

    def __init__(self, function, caller=None):
        self.function, self.caller = function, caller
        self.device = None          # the local that vm_private_data must hold
        self.lines = []             # declarations, in order
        self.known = set()
        self.args = {}
        if caller:
            found = calls(caller.source()[caller.source().index("{"):], function.name)
            if len(found) != 1:
                raise Unclear("%s() is called %d times by %s()" % (function.name, len(found), caller.name))
            self.args = {re.search(r"(\w+)$", p).group(1): a for p, a in zip(function.params, found[0])}

    def expression(self, expr, function=None):
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

    def variable(self, name, function):
        if function is self.function and name in self.args:
            arg = self.args[name]
            value = self.expression(arg, self.caller)
            return value if re.fullmatch(r"[\w.>\[\]-]+", value) else "(%s)" % value
        kind = declared(function, name)
        if kind is None or name in self.known:
            return name
        values = assigned(function, name)
        if len(values) != 1:
            raise Unclear("%s() computes %s in %d ways: a fault handler would have to choose" % (
                function.name, name, len(values)) if values else
                "%s() gets %s from another function: what is it at a fault?" % (function.name, name))
        value = values[0]
        if value == "vmf->vma":
            return "vma"
        if re.match(r"container_of\s*\(|.*\bprivate_data\b", value) or value in self.names_of(function) or \
           re.fullmatch(r"\w+\([^()]*\)", value) and self.takes_parameter(value, function):
            if self.device not in (None, name):
                raise Unclear("both %s and %s come from a parameter of %s()" % (self.device, name, function.name))
            self.device = name
            self.known.add(name)
            self.lines.insert(0, "%s%s = vma->vm_private_data;" % (kind, name))
            return name
        value = self.expression(value, function)
        self.known.add(name)
        self.lines.append("%s%s = %s;" % (kind, name, value))
        return name

    def names_of(self, function):
        """The parameters other than the VMA."""
        names = {re.search(r"(\w+)$", p).group(1) for p in function.params}
        return names - {function.parameter(r"struct vm_area_struct \*")}

    def takes_parameter(self, value, function):
        return not function.parameter(r"struct vm_area_struct \*") in IDENT.findall(value) and \
            bool(self.names_of(function) & set(IDENT.findall(value)))


def operators(expr):
    """The binary operators outside all brackets."""
    flat, depth = "", 0
    for char in expr.replace("->", "."):
        depth += (char in "([") - (char in ")]")
        flat += char if depth == 0 else " "
    return set(re.findall(r"<<|>>|&&|\|\||[-+*/%&|^?]", flat))


def declared(function, name):
    """How a local is declared, up to its name: "struct foo *" or "u64 "."""
    m = re.search(r"(?:^|[;{])\s*((?:const\s+)?(?:struct\s+|unsigned\s+|enum\s+)?\w+)((?:\s+[\w*\s,]*?|\s*\*+\s*|\s+)"
                  r"(?:[^;{}()]*?,\s*)?)(\**)%s\s*(?=[;,=])" % name, function.inside())
    if not m or m.group(1) in ("return", "goto", "else", "case"):
        return None
    stars = "*" * (m.group(2).count("*") if "," not in m.group(2) else 0) + m.group(3)
    return "%s %s" % (" ".join(m.group(1).split()), stars)


def assigned(function, name):
    """All values a local is given."""
    inside = function.inside()
    values = []
    for m in re.finditer(r"(?<![\w>.])%s\s*=(?!=)\s*" % name, inside):
        end = m.end()
        depth = 0
        while depth or inside[end] not in ";,":
            depth += (inside[end] in "({[") - (inside[end] in ")}]")
            end += 1
        values.append(" ".join(inside[m.end():end].split()))
    for m in re.finditer(r"\bcheck_(add|sub)_overflow\s*\(", inside):
        a, b, out = split(inside[m.end():closing(inside, m.end() - 1) - 1])
        if out == "&" + name:
            values.append("%s %s %s" % (a, "+" if m.group(1) == "add" else "-", b))
    if len(values) > 1 and values[0] in ("0", "NULL"):
        values.pop(0)
    return values


# ---- what is left behind

def drop_comments(text, original, names):
    """Remove comments that speak of things that are gone; gives the text and the lines (of the original)."""
    gone = re.compile(r"\b(%s)\b" % "|".join(re.escape(n) for n in sorted(names)))
    lines = []
    for m in reversed(list(re.finditer(r"/\*.*?\*/|//[^\n]*(?:\n[ \t]*//[^\n]*)*", text, re.S))):
        if not gone.search(m.group()) or "SPDX" in m.group():
            continue
        at = original.find(m.group())
        lines.append((line_of(original, at) if at >= 0 else line_of(text, m.start()),
                      gone.search(m.group()).group()))
        start, end = m.start(), m.end()
        before = text.rfind("\n", 0, start) + 1
        if not text[before:start].strip():
            start = before
            end = text.find("\n", end) + 1
        text = text[:start].rstrip(" \t") + text[end:]
    return text, lines[::-1]


def drop_typedefs(text, gone):
    """What is left of typedefs after their structs have gone."""
    return re.sub(r"^typedef(?:\s+struct \w+)?\s+(\w+);?\n", lambda m: "" if m.group(1) in gone else m.group(), text,
                  flags=re.M)


def reword_flags(text, name):
    """A comment that explains vm_flags with what remap_pfn_range() does."""
    function = Function(text, name)
    body = text[function.body:function.end]
    body = re.sub(r"/\*(?:(?!\*/).)*remap_pfn_range(?:(?!\*/).)*\*/(?=\s*(?:vma->vm_flags|vm_flags_set))",
                  "/* The fault handler must not change vm_flags: set them now. */", body, flags=re.S)
    return text[:function.body] + body + text[function.end:]


def computed(expr):
    """What a function computes may matter, what a macro does hardly."""
    return any(not re.match(r"container_of$|pci_resource_|resource_size$|[A-Z_0-9]+$", f)
               for f in re.findall(r"\b(\w+)\s*\(", expr))


def drop_dead_stores(body, original):
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


def drop_labels(body, original):
    """Remove labels that nobody jumps to any more."""
    for label in re.findall(r"^[ \t]*(\w+):[ \t]*$", body, re.M):
        jump = r"\bgoto %s;" % label
        if re.search(jump, original) and not re.search(jump, body):
            body = re.sub(r"\n*^[ \t]*%s:[ \t]*\n" % label, "\n\n", body, flags=re.M)
    return body


def drop_unused(text, original):
    """Remove locals that were used in the original and are not any more."""
    for name in functions(text):
        now = Function(text, name)
        try:
            then = Function(original, name)
        except Unclear:
            then = None
        if then and then.source() == now.source():
            continue

        def unused(var, body, then=then):
            uses = len(re.findall(r"\b%s\b" % var, mask(body)))
            return uses == 1 and (not then or len(re.findall(r"\b%s\b" % var, then.inside())) != 1)

        body = text[now.body:now.end - 1]
        before = then.inside() if then else mask(original)
        body = drop_labels(drop_dead_stores(body, before), before)
        for m in list(DECLARATION.finditer(body))[::-1]:
            if m.group(1).split()[0] in ("return", "goto", "else"):
                continue
            declared = split(m.group(2))
            kept = [d for d in declared if computed(d) or not unused(re.match(r"\**(\w+)", d).group(1), body)]
            if len(kept) < len(declared):
                line = "\t%s%s;\n" % (m.group(1), ", ".join(kept)) if kept else ""
                body = body[:m.start()] + line + body[m.end():]
        text = text[:now.body] + body + text[now.end - 1:]
    return text


def keep_blanks(old, new):
    """A blank line among removed statements separates what is left; not every spatch keeps it."""
    old, new = old.split("\n"), new.split("\n")
    out = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        after = new[j1] if j1 < len(new) else "}"
        gone = {"delete": old[i1:i2], "replace": old[i1:i1 + 1]}.get(tag, [])
        if not all(line.strip() for line in gone) and "}" not in gone and out and out[-1].strip() and \
           after.strip() and not out[-1].endswith("{") and not after.lstrip().startswith("}"):
            out.append("")
        out += new[j1:j2]
    return "\n".join(out)


def align_members(text):
    """New members of a struct stand where the ones beside them do."""
    def align(m):
        column = len(m.group(1).expandtabs(8))
        new = "\t" + m.group(3)
        tabs = (column - len(new.expandtabs(8)) + 7) // 8
        return m.group(1) + m.group(2) + (new + "\t" * tabs if tabs > 0 else new + " ") + m.group(4)
    return re.sub(r"^(\t[^\n;]*[^\n\t ]\t+)(\S[^\n]*;\n)\t(struct \w+) (\*(?:inode|mapping);)$", align, text,
                  flags=re.M)


def tidy(text, original):
    """Blank lines as the kernel has them, in and around what is new."""
    old, new = original.split("\n"), text.split("\n")
    fresh = set()
    for tag, _, _, start, end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            fresh.update(range(start - 1, end + 1))
    out = []
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


def struct_body(text, tag):
    """What stands in the braces of a struct, comments blanked; None where it is not declared."""
    masked = mask(text)
    m = re.search(r"^(?:typedef\s+)?struct\s+%s\s*\{" % tag, masked, re.M)
    return m and masked[m.end():closing(masked, m.end() - 1) - 1]
