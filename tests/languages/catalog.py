# SPDX-License-Identifier: GPL-3.0-or-later
"""Catalogues of messages: reads .po files, makes the template anew, and compares them."""

import dataclasses
import pathlib
import re
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PO = ROOT / "po"


@dataclasses.dataclass
class Message:
    id: str
    plural: str | None
    texts: list[str]            # one, or one for each plural form
    flags: set[str]
    files: list[str]
    context: str | None = None

    @property
    def translated(self):
        return all(self.texts) and "fuzzy" not in self.flags

    @property
    def name(self):
        return repr(self.id if len(self.id) < 70 else self.id[:67] + "...")


def unquote(text):
    plain = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
    parts = re.findall(r'"((?:\\.|[^"\\])*)"', text)
    return re.sub(r"\\(.)", lambda m: plain[m[1]], "".join(parts))


def parse(text):
    """The messages of a .po file in order, its header among them, as the message with the id ""."""
    found = []
    for block in re.split(r"\n\s*\n", text):
        if re.search(r"^#~", block, re.MULTILINE) or "msgid" not in block:
            continue
        parts = dict(re.findall(r'^(msg\w+(?:\[\d\])?)\s+((?:"(?:\\.|[^"\\])*"\s*)+)', block,
                                re.MULTILINE))
        values = {k: unquote(v) for k, v in parts.items()}
        found.append(Message(
            values["msgid"], values.get("msgid_plural"),
            [v for k, v in values.items() if k.startswith("msgstr")],
            set(re.split(r",\s*", " ".join(re.findall(r"^#, (.*)$", block, re.MULTILINE)))),
            " ".join(re.findall(r"^#: (.*)$", block, re.MULTILINE)).split(),
            values.get("msgctxt")))
    return found


def languages():
    lines = (PO / "LINGUAS").read_text(encoding="utf-8").splitlines()
    return [l.strip() for l in lines if l.strip() and not l.startswith("#")]


def run(*command):
    """(status, everything that it says)"""
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


def extract(target):
    """Writes the template to TARGET, with the options of po/meson.build; what xgettext says."""
    options = re.findall(r"'(--[^']+)'", (PO / "meson.build").read_text(encoding="utf-8"))
    return run("xgettext", *options, "--files-from=po/POTFILES", "-o", str(target))[1]


def template():
    """The messages that the sources have now."""
    with tempfile.TemporaryDirectory() as folder:
        target = pathlib.Path(folder, "all.pot")
        extract(target)
        return [m for m in parse(target.read_text(encoding="utf-8")) if m.id]


def catalogue(language):
    return parse((PO / f"{language}.po").read_text(encoding="utf-8"))


def missing(language, wanted):
    """What keeps the catalogue from being complete: [(what is wrong, message)]."""
    have = {(m.context, m.id): m for m in catalogue(language) if m.id}
    want = {(m.context, m.id): m for m in wanted}
    found = [("not there", m) for key, m in want.items() if key not in have]
    found += [("left over", m) for key, m in have.items() if key not in want]
    found += [("fuzzy" if "fuzzy" in m.flags else "not translated", m)
              for key, m in have.items() if key in want and not m.translated]
    return found


# ---- what has to agree

DIRECTIVE = re.compile(r"%(?:(\d+)\$)?[-+ #0']*(\*|\d+)?(?:\.(\*|\d+))?"
                       r"(%|<PRI[dux]\d+>|(?:hh|ll|[hljzt])?[diouxXeEfgGcsp])")


def arguments(text):
    """{place: type} of the arguments that a format takes."""
    found, place = {}, 0
    for match in DIRECTIVE.finditer(text):
        if match[4] == "%":
            continue
        for star in (match[2], match[3]):
            if star == "*":
                place += 1
                found[place] = "*"
        place += 1
        found[int(match[1] or place)] = match[4]
    return found


# Settings, options, addresses of pages, and what stands for a value.
KEPT = re.compile(r"https?://\S+\w|(?<![\w-])--[a-z][\w-]+|\b[a-z]+_[a-z_]+\b|\{\w+\}")


def disagreements(message):
    """Where a translation is not in the form of its message."""
    found = []
    for text in message.texts:
        if not text:
            continue
        if message.flags & {"c-format"} and \
                arguments(text) != arguments(message.plural or message.id):
            found.append(f"{message.name}: arguments of {text!r}")
        for edge in ("startswith", "endswith"):
            if getattr(text, edge)("\n") != getattr(message.id, edge)("\n"):
                found.append(f"{message.name}: {edge} a line end or not")
        found += [f"{message.name}: {word} is not in {text!r}"
                  for word in KEPT.findall(message.id) if word not in text]
        if text != text.strip(" "):
            found.append(f"{message.name}: blanks at the edges of {text!r}")
    return found
