# SPDX-License-Identifier: GPL-3.0-or-later
"""What the table of settings, `postrider --help`, and the manuals say, in comparable form."""

import dataclasses
import re

import source


@dataclasses.dataclass
class Setting:
    name: str
    default: str | None     # None: decided elsewhere, or none at all
    msmtp: str | None       # None: the same
    file_only: bool


# ---- the table in the sources

def _string(text):
    """The value of a C expression that is a string, NULL, or something else (as it stands)."""
    text = (text or "NULL").strip()
    parts = re.findall(r'"((?:\\.|[^"\\])*)"', text)
    if parts:
        return "".join(parts).replace('\\"', '"').replace("\\\\", "\\")
    return None if text == "NULL" else text


def _members(header):
    """The names of the members of struct setting, in order."""
    text = source.without_comments(header)
    start = re.search(r"struct setting \{", text)
    body = text[start.end():text.index("};", start.end())]
    return re.findall(r"(\w+)\s*;", body)


def settings(header, code):
    """The rows of the table `settings` in settings.c, in order."""
    code = _expanded(source.without_comments(code))
    start = re.search(r"\bstruct setting settings\[[^\]]*\]\s*=\s*\{", code)
    bare = source.code_only(code)
    body = code[start.end():source.closing(bare, start.end() - 1)]
    members = _members(header)
    rows = []
    for row in source.split_top(body):
        row = re.sub(r"^\[[^\]]*\]\s*=\s*", "", row)
        values = dict(zip(members, [])) if not row.startswith("{") else {}
        for place, part in enumerate(source.split_top(row.strip("{} \t\n"))):
            named = re.match(r"\.(\w+)\s*=\s*(.*)", part, re.DOTALL)
            if named:
                values[named[1]] = named[2]
            else:
                values[members[place]] = part
        rows.append(Setting(_string(values["name"]), _string(values.get("fallback")),
                            _string(values.get("msmtp")),
                            values.get("file_only", "false").strip() == "true"))
    return rows


def _expanded(code):
    """The code with its own one-line macros of arguments put in their places, once."""
    for match in re.finditer(r"^#define (\w+)\(([^)]*)\)((?:\\\n|.)*)$", code, re.MULTILINE):
        name, names, body = match[1], [n.strip() for n in match[2].split(",")], match[3]
        body = body.replace("\\\n", "\n")
        rest = code[match.end():]
        for call in reversed(list(re.finditer(rf"\b{name}\(", source.code_only(rest)))):
            end = source.closing(source.code_only(rest), call.end() - 1)
            given = dict(zip(names, source.split_top(rest[call.end():end])))
            new = re.sub(r"#(\w+)", lambda m, g=given: '"' + g.get(m[1], m[1]) + '"', body)
            new = re.sub(r"\w+", lambda m, g=given: g.get(m[0], m[0]), new)
            rest = rest[:call.start()] + new + rest[end + 1:]
        code = code[:match.end()] + rest
    return code


# ---- the manuals

def sections(text):
    """{title: lines} of a manual, comments left out."""
    found, title = {}, ""
    for line in text.splitlines():
        if line.startswith('.\\"'):
            continue
        if line.startswith(".Sh "):
            title = line[4:].strip().strip('"')
        found.setdefault(title, []).append(line)
    return found


def entries(text):
    """{setting: [(default, default in an msmtp file)]} of postrider.conf(5)."""
    found = {}
    skip = ("FILES", "GRAMMAR", "SECRETS", "PATTERNS", "EXAMPLES", "CHOOSING AN ACCOUNT")
    for title, lines in sections(text).items():
        if title in skip:
            continue
        body = "\n".join(lines)
        for item in re.split(r"^(?=\.It Ic )", body, flags=re.MULTILINE)[1:]:
            name = item.split()[2]
            item = re.split(r"^\.(?:El|Sh)", item, flags=re.MULTILINE)[0]
            if title == "FILES" or "Ta" in item.splitlines()[0].split():
                continue
            found.setdefault(name, []).append((_default(item, "Default:"),
                                               _default(item, "In an msmtp file:")))
    return found


# What is not in the table of settings but made of others.
DERIVED = {"port", "user"}


def differing(text):
    """The settings in the table of postrider.conf(5) about the two dialects."""
    return re.findall(r"^\.It Ic (\w+) Ta", text, re.MULTILINE)


def optional_values(text):
    """The long options whose value stands in brackets."""
    return {"-" + o for o in re.findall(r"^\.It .*?Fl (-[a-z][\w-]*) Ns Op =", text, re.MULTILINE)}


def _default(item, label):
    """What stands behind the label: a value (.Cm or .Ql), "none" for words, None if no label."""
    match = re.search(rf"^{label}(.*)\n?(.*)$", item, re.MULTILINE)
    if not match:
        return None
    if match[1].strip():
        return "none"
    value = re.match(r"\.(?:Cm|Ql) (.*?)(?: \.| ,)?$", match[2])
    return value[1].strip('"') if value else "none"


def manual_options(text):
    """All options that have an entry (.It Fl) in postrider(1): {"-t", "--host", ...}."""
    found = set()
    for line in text.splitlines():
        if not line.startswith(".It Fl "):
            continue
        for word in re.findall(r"\bFl (-?[A-Za-z0-9][\w-]*)", line):
            found.add("-" + word)
    return found


def ignored_options(text):
    """The options that the manual says mean nothing, in the paragraph that says so."""
    match = re.search(r"mean nothing here:\n(.*?)\nand\n", text, re.DOTALL)
    return {"-" + w for w in re.findall(r"^\.Fl (\w)", match[1], re.MULTILINE)} if match else set()


def silent_options(code):
    """The options in flags.c that are accepted without being shown by --help."""
    code = source.without_comments(code)
    rows = re.findall(r"\{ (\.letter = '\w'[^}]*FLAGS_SILENT[^}]*)\}", code)
    return {"-" + re.search(r"'(\w)'", r)[1] for r in rows if "absent" not in r}


def help_options(text):
    """All options at the beginning of the lines of `postrider --help`."""
    found = set()
    for line in text.splitlines():
        match = re.match(r"\s+(-.*)", line)
        if not match:
            continue
        head = re.split(r"\s{2,}|\t", match[1])[0]
        for word in re.split(r"[,\s]+", head):
            option = re.match(r"(--[a-z][a-z0-9-]*|-[A-Za-z0-9]+)", word)
            if option:
                found.add(option[1])
    return found


def statuses(text):
    """{number: name} of the section EXIT STATUS."""
    lines = "\n".join(sections(text).get("EXIT STATUS", []))
    return {int(n): name for n, name in re.findall(r"^\.It (\d+) Dv (\w+)", lines, re.MULTILINE)}
