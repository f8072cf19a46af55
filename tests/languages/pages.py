# SPDX-License-Identifier: GPL-3.0-or-later
"""Manual pages in other languages: what of the English page they cover, and which one that was.

A page says in a comment of which text it is the translation:

    .\\" translated from: man/postrider.1 0123456789abcdef0123456789abcdef01234567

which is the name that git gives to the contents of that file, so that git can show what has changed
since: git diff NAME man/postrider.1.
"""

import hashlib
import re

import catalog

MAN = catalog.ROOT / "man"
MACROS = ("Fl", "Ic", "Cm", "Ev", "Pa", "Dv", "Xr", "Li", "Ql", "In", "Dl", "Dt", "Dd")
SECTIONS = {"ja": {
    "NAME": "名前", "SYNOPSIS": "書式", "DESCRIPTION": "説明", "EXIT STATUS": "終了ステータス",
    "ENVIRONMENT": "環境変数", "FILES": "ファイル", "EXAMPLES": "使用例", "SEE ALSO": "関連項目",
    "STANDARDS": "規格", "DIAGNOSTICS": "診断", "AUTHORS": "作者",
}}


def pages():
    """The English ones."""
    return sorted(p for p in MAN.glob("*.[0-9]"))


def twin(page, language):
    return MAN / language / page.name


def revision(page):
    data = page.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def translated_revision(page):
    match = re.search(r'^\.\\" translated from: man/\S+ ([0-9a-f]{40})$',
                      page.read_text(encoding="utf-8"), re.MULTILINE)
    return match[1] if match else None


def is_current(page, language):
    return translated_revision(twin(page, language)) == revision(page)


# ---- what a page covers

def _lines(text):
    return [l for l in text.splitlines() if not l.startswith('.\\"')]


def _words(line):
    """What the line says with macros whose arguments are the same in every language."""
    found, last = [], None
    for word in line[1:].split():
        if word in MACROS:
            last = [word]
            found.append(last)
        elif re.fullmatch(r"[A-Z][a-z]|[.,:;)]", word):
            last = None
        elif last:
            last.append(word)
    return {" ".join(f).rstrip(" .,:;)") for f in found if len(f) > 1}


def parts(text):
    """[[first line, what is named in it]] for the sections, and for the items of their lists."""
    found = [["", set()]]
    for line in _lines(text):
        # Where the heading is not SYNOPSIS, its lines must be a list, whose items say nothing.
        if line.startswith((".It ", ".Sh ", ".Ss ")):
            found.append([line, set()])
        if line.startswith("."):
            found[-1][1] |= _words(line)
    return found


def literals(text):
    """The literal blocks: examples, files, commands."""
    return re.findall(r"^\.Bd -literal.*?^\.Ed", "\n".join(_lines(text)), re.MULTILINE | re.DOTALL)


def _headings(text, language):
    known = SECTIONS.get(language, {})
    return [known.get(l[4:]) for l in _lines(text) if l.startswith(".Sh ")]


def disagreements(page, language):
    """Where the translation does not cover the page."""
    ours = page.read_text(encoding="utf-8")
    theirs = twin(page, language).read_text(encoding="utf-8")
    a, b = parts(ours), parts(theirs)
    found = [f"{l!r} or {m!r}: one is without the other" for (l, _), (m, _) in zip(a, b)
             if l[:4] != m[:4]][:1]
    if len(a) != len(b):
        found.append(f"{len(b)} sections and items, not {len(a)}")
    if not found:
        for (line, words), (_, others) in zip(a, b):
            found += [f"{line}: {w!r} is not there" for w in sorted(words - others)]
            found += [f"{line}: {w!r} is new" for w in sorted(others - words)]
    if literals(ours) != literals(theirs):
        found.append("the literal blocks are not the same")
    headings = [l[4:] for l in _lines(theirs) if l.startswith(".Sh ")]
    found += [f"the section {h!r} should be {w!r}" for h, w in
              zip(headings, _headings(ours, language)) if w and h != w]
    return found


def text_lines(text):
    """(number, line) of the running text."""
    literal = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith((".Bd -literal", ".Ed")):
            literal = line.startswith(".Bd")
        elif not literal and line and not line.startswith("."):
            yield number, line
