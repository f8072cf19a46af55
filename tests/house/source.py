# SPDX-License-Identifier: GPL-3.0-or-later
"""Just enough C to look at the sources: comments and strings apart, functions, calls, enums."""

import dataclasses
import re

TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


def without_comments(text):
    """The same text, every character at its place, comments blank."""
    return TOKEN.sub(lambda m: _blank(m[0]) if m[0].startswith("/") else m[0], text)


def code_only(text):
    """Comments blank, and strings empty but for their quotes."""
    def replace(match):
        token = match[0]
        if token.startswith("/"):
            return _blank(token)
        return token[0] + _blank(token[1:-1]) + token[-1]
    return TOKEN.sub(replace, text)


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def closing(text, at):
    """Where the bracket that opens at `at` closes; strings must be out of the way."""
    depth = 0
    for place in range(at, len(text)):
        if text[place] in "([{":
            depth += 1
        elif text[place] in ")]}":
            depth -= 1
            if depth == 0:
                return place
    raise ValueError(f"no closing bracket for line {line_of(text, at)}")


def split_top(text, code=None):
    """Splits at the commas outside brackets and strings. `code` is text without strings."""
    code = code_only(text) if code is None else code
    parts, depth, start = [], 0, 0
    for place, char in enumerate(code):
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == "," and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    parts.append(text[start:])
    return [p.strip() for p in parts if p.strip()]


@dataclasses.dataclass
class Function:
    name: str
    line: int
    lines: int           # from the line of its name to the closing brace
    parameters: list


def functions(text):
    """The functions that are defined: in the house style their names begin a line."""
    code = code_only(text)
    found = []
    for match in re.finditer(r"^([A-Za-z_]\w*)\(", code, re.MULTILINE):
        end = closing(code, match.end() - 1)
        brace = re.compile(r"\s*(?:__attribute__\s*\(\(.*?\)\)\s*)*\{").match(code, end + 1)
        if not brace:
            continue
        last = closing(code, brace.end() - 1)
        inside = code[match.end():end]
        parameters = [] if inside.strip() in ("", "void") else split_top(inside, inside)
        first = line_of(code, match.start())
        found.append(Function(match[1], first, line_of(code, last) - first + 1, parameters))
    return found


def misplaced_functions(text):
    """Names of functions that are defined with their type on the same line."""
    code = code_only(text)
    pattern = re.compile(r"^(?!typedef|enum|struct \w+ \{|union)[a-z][\w \*]*[ \*](\w+)\(",
                         re.MULTILINE)
    found = []
    for match in pattern.finditer(code):
        end = closing(code, match.end() - 1)
        if re.compile(r"\s*\{").match(code, end + 1):
            found.append((match[1], line_of(code, match.start())))
    return found


def prototypes(text):
    """(name, parameters) of the functions that a header declares."""
    code = re.sub(r"__attribute__\s*\(\(.*?\)\)", "", code_only(text), flags=re.DOTALL)
    code = re.sub(r"^#(?:\\\n|.)*$", "", code, flags=re.MULTILINE)
    for match in re.finditer(r"^[A-Za-z_][\w \t\n\*]*?[ \*]([a-z_]\w*)\(", code, re.MULTILINE):
        end = closing(code, match.end() - 1)
        inside = code[match.end():end]
        yield match[1], ([] if inside.strip() in ("", "void") else split_top(inside, inside))


def calls(text, name):
    """(line, [arguments]) of every call of that function, comments out of the way."""
    text = without_comments(text)
    code = code_only(text)
    for match in re.finditer(rf"(?<![\w.>]){name}\s*\(", code):
        end = closing(code, match.end() - 1)
        yield line_of(code, match.start()), split_top(text[match.end():end], code[match.end():end])


def enum_members(text):
    """Members of the enums that have a name: the closed sets."""
    code = code_only(text)
    members = set()
    for match in re.finditer(r"\benum\s+\w+\s*\{", code):
        inside = code[match.end():closing(code, match.end() - 1)]
        members |= {part.split("=")[0].strip() for part in split_top(inside, inside)}
    return members


def switches(text):
    """(line, [labels], has a default) of every switch; labels of inner ones are not its own."""
    code = code_only(text)
    for match in re.finditer(r"\bswitch\s*\(", code):
        brace = code.index("{", closing(code, match.end() - 1))
        body = code[brace + 1:closing(code, brace)]
        while True:
            inner = re.search(r"\bswitch\s*\(", body)
            if not inner:
                break
            start = body.index("{", closing(body, inner.end() - 1))
            body = body[:inner.start()] + body[closing(body, start) + 1:]
        labels = [l.strip() for l in re.findall(r"\bcase\s+([^:]+):", body)]
        yield line_of(code, match.start()), labels, bool(re.search(r"\bdefault\s*:", body))


def untranslated(argument):
    """The strings of an argument that are words and not inside _( ), N_( ) or NUMBER_( )."""
    code = code_only(argument)
    while True:
        match = re.search(r"(?<!\w)(?:_|N_|NUMBER_)\s*\(", code)
        if not match:
            break
        end = closing(code, match.end() - 1)
        argument = argument[:match.start()] + " " * (end + 1 - match.start()) + argument[end + 1:]
        code = code_only(argument)
    words = []
    for string in re.findall(r'"((?:\\.|[^"\\\n])*)"', argument):
        bare = re.sub(r"%[-+ #0-9.*]*(?:[hlzjt]{0,2})[a-zA-Z%]|\\.", "", string)
        if re.search(r"[A-Za-z]{3}", bare):
            words.append(string)
    return words
