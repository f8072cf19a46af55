# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that is installed with its catalogues, and locales to run it in."""

import pathlib

import catalog

PREFIX = pathlib.Path("/srv")    # where the program finds itself, in a namespace of its own
PROGRAM = PREFIX / "bin" / "postrider"
BRACKETS = "en@brackets"


class Cannot(Exception):
    """It cannot be made here."""


def _run(*command):
    status, said = catalog.run(*map(str, command))
    if status:
        raise Cannot(f"{' '.join(map(str, command))}: {said[-2000:]}")


def install(build):
    """An ordinary build, made for PREFIX, and the folder below BUILD that belongs there."""
    folder, root = build / "languages", build / "languages" / "root"
    options = [f"--prefix={PREFIX}", f"--sysconfdir={PREFIX}/etc", "-Dtests=false",
               "-Dmta_links=true", "-Dbuildtype=debug"]
    # What stands in LINGUAS is read when the build is set up.
    again = ["--reconfigure"] if (folder / "build.ninja").exists() else []
    _run("meson", "setup", *again, *options, folder)
    _run("ninja", "-C", folder)
    _run("meson", "install", "-C", folder, "--no-rebuild", "--destdir", root)
    return root / PREFIX.relative_to("/")


def make_locales(build):
    """The folder for LOCPATH, with Japanese in two encodings."""
    folder = build / "locales"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("de_DE.UTF-8", "es_ES.UTF-8", "fr_FR.UTF-8", "ja_JP.UTF-8", "ja_JP.EUC-JP",
                 "zh_CN.UTF-8"):
        language, charset = name.split(".")
        if not (folder / name).exists():
            _run("localedef", "-i", language, "-f", charset, folder / name)
    return folder


def _quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _bracketed(text):
    bare = text.rstrip("\n")
    return f"[[{bare}]]{text[len(bare):]}"


def install_brackets(root, wanted):
    """A language in which every message is the English one between brackets."""
    lines = ['msgid ""', 'msgstr "Content-Type: text/plain; charset=UTF-8\\n'
             'Plural-Forms: nplurals=1; plural=0;\\n"']
    for message in wanted:
        lines.append("#, c-format" if "c-format" in message.flags else "")
        lines.append(f"msgid {_quoted(message.id)}")
        if message.plural:
            lines.append(f"msgid_plural {_quoted(message.plural)}")
        form = "msgstr[0]" if message.plural else "msgstr"
        lines.append(f"{form} {_quoted(_bracketed(message.plural or message.id))}")
    folder = root / "share" / "locale" / BRACKETS / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "brackets.po").write_text("\n".join(lines) + "\n", encoding="utf-8")
    _run("msgfmt", "-o", folder / "postrider.mo", folder / "brackets.po")
