# SPDX-License-Identifier: GPL-3.0-or-later
"""Read a conversation file (.smtp); README.txt beside this file tells its form."""

import base64
import dataclasses
import hashlib
import hmac
import pathlib
import re

VARIANTS = ("plain", "bytes", "tls", "hangup", "silence")
REPLY = re.compile(rb"([2-5][0-9][0-9])([ -]|$)")


class BadScript(Exception):
    """The conversation file itself is wrong."""


@dataclasses.dataclass
class Say:
    """The server sends these bytes, as they are."""

    data: bytes


@dataclasses.dataclass
class Act:
    """Something else happens: see _on_s_… and _on_t below."""

    what: str
    argument: str = ""


HANDSHAKE = Act("handshake")


@dataclasses.dataclass
class Line:
    """One line that the client must say; for BDAT also the content that must follow it."""

    pattern: str
    content: list = None    # patterns of lines, or bytes to be taken exactly; None: any
    raw: bool = False       # the pattern is bytes with escapes, to be said exactly, CRLF and all
    unread: bool = False    # BDAT whose content the server does not read


@dataclasses.dataclass
class Hear:
    """A block of lines: nothing is answered before all of it has come, and nothing else may."""

    lines: list


def unescape(text):
    r"""Bytes of a text with \r \n \t \0 \e \\ \s \xNN; \s is a blank that editors cannot lose."""
    table = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0", b"e": b"\x1b",
             b"\\": b"\\", b"s": b" "}

    def one(found):
        if len(found[1]) == 3:
            return bytes([int(found[1][1:], 16)])
        if found[1] not in table:
            raise BadScript(f"unknown escape {found[0].decode()}")
        return table[found[1]]

    return re.sub(rb"\\(x[0-9a-fA-F]{2}|.)", one, text.encode())


def macro(name, argument, values):
    """The value of {name:argument}, or None if there is no such macro."""
    if name == "b64":
        return base64.b64encode(unescape(argument)).decode()
    if name == "repeat":
        count, _, text = argument.partition(":")
        return text * int(count)
    if name == "numbers":    # count:text, with the number of each for %
        count, _, text = argument.partition(":")
        return "".join(text.replace("%", str(n)) for n in range(1, int(count) + 1))
    if name == "cram":       # user:password:challenge, the answer of RFC 2195 in base64
        user, password, challenge = argument.split(":", 2)
        digest = hmac.new(password.encode(), challenge.encode(), hashlib.md5).hexdigest()
        return base64.b64encode(f"{user} {digest}".encode()).decode()
    return values.get(name) if not argument else None


def expand(text, values):
    """Replace macros, the innermost first; braces that name none stay as they are."""
    while True:
        for found in re.finditer(r"\{([a-z0-9_]+)(?::([^{}]*))?\}", text):
            value = macro(found[1], found[2] or "", values)
            if value is not None:
                text = text[:found.start()] + value + text[found.end():]
                break
        else:
            return text


def words(text):
    """Split a command line as a shell does: '...', "...", $'...' with escapes, blanks."""
    piece = r"""\$'((?:[^'\\]|\\.)*)'|'([^']*)'|"([^"]*)"|([^\s'"$]+|\$)"""
    out, at = [], 0
    while at < len(text):
        blank = re.compile(r"\s+").match(text, at)
        if blank:
            at = blank.end()
            continue
        word = b""
        while found := re.compile(piece).match(text, at):
            word += unescape(found[1]) if found[1] is not None else \
                (found[2] or found[3] or found[4] or "").encode()
            at = found.end()
        if at < len(text) and not text[at].isspace():
            raise BadScript(f"cannot split: {text}")
        out.append(word)
    return out


class Script:
    """A parsed file. Text keeps its macros, since some values differ from play to play."""

    def __init__(self, path, text=None):
        self.path = pathlib.Path(path)
        self.name = f"{self.path.parent.name}/{self.path.stem}"
        self.title = self.run = ""
        self.config, self.env, self.stdin = [], [], None
        self.config_file = ".config/postrider/config"
        self.events, self.exits = [], set()
        self.stderr, self.stderr_not, self.stdout, self.secrets = [], [], [], []
        self.variants = set(VARIANTS)
        text = self.path.read_text("utf-8") if text is None else text
        for number, line in enumerate(text.splitlines(), 1):
            try:
                self._line(line)
            except BadScript as why:
                raise BadScript(f"{self.path}:{number}: {why}") from None
        self._check()

    def _line(self, line):
        if not line.strip():
            return
        if line.startswith("#"):
            comment = line[1:].strip()
            if not self.title and not comment.startswith("SPDX"):
                self.title = comment
            return
        if line[0] == "|":
            self._stdin(line)
            return
        if line[:2] in ("B|", "B="):
            self._content(line)
            return
        if line[:2] in ("C=", "C!"):
            self._said(Line(line[2:].lstrip(" "), raw=line[1] == "=", unread=line[1] == "!"))
            return
        word, colon, value = line.partition(":")
        if not colon:
            raise BadScript(f"not understood: {line}")
        value = value[1:] if value.startswith(" ") else value
        method = getattr(self, "_on_" + word.lower().replace("-", "_"), None)
        if method is None:
            raise BadScript(f"no such word: {word}")
        method(value)

    # Input

    def _on_run(self, value):
        self.run = value

    def _on_config(self, value):
        self.config.append(value)

    def _on_config_file(self, value):
        self.config_file = value

    def _on_env(self, value):
        self.env.append(value)

    def _on_stdin(self, value):
        self.stdin = []
        if value:
            raise BadScript("the input goes on lines of its own, after '| ' or '|='")

    def _stdin(self, line):
        if self.stdin is None:
            raise BadScript("'stdin:' must come first")
        if line.startswith("|="):
            self.stdin.append(("raw", line[2:].lstrip(" ")))
        else:
            self.stdin.append(("line", line[2:] if line.startswith("| ") else line[1:]))

    # The conversation

    def _on_s(self, value):
        self.events.append(("say-line", value))

    def _on_s_raw(self, value):
        self.events.append(("say-raw", value))

    def _on_s_close(self, _value):
        self.events.append(Act("close"))

    def _on_s_reset(self, _value):
        self.events.append(Act("reset"))

    def _on_s_wait(self, _value):
        self.events.append(Act("wait"))

    def _on_s_flood(self, value):
        self.events.append(Act("flood", value))

    def _on_s_drip(self, value):
        self.events.append(Act("drip", value))

    def _on_t(self, value):
        self.events.append(Act("handshake", value))

    def _on_s_now(self, value):
        self.events.append(Act("now", value))

    def _on_s_scram(self, value):
        self.events.append(Act("scram", value))

    def _on_c_bytes(self, _value):
        self.events.append(Act("bytes"))

    def _on_c(self, value):
        self._said(Line(value))

    def _said(self, line):
        if not self.events or not isinstance(self.events[-1], Hear):
            self.events.append(Hear([]))
        self.events[-1].lines.append(line)

    def _content(self, line):
        last = self.events[-1] if self.events else None
        if not isinstance(last, Hear) or not last.lines[-1].pattern.startswith("BDAT"):
            raise BadScript("content must follow a BDAT line")
        bdat = last.lines[-1]
        bdat.content = bdat.content or []
        if line.startswith("B="):
            bdat.content.append(("raw", line[2:].lstrip(" ")))
        else:
            bdat.content.append(("line", line[3:] if line.startswith("B| ") else line[2:]))

    # What must come of it

    def _on_exit(self, value):
        self.exits = {int(v) for v in value.split("|")}

    def _on_stderr(self, value):
        self.stderr.append(value.strip())

    def _on_stderr_not(self, value):
        self.stderr_not.append(value.strip())

    def _on_stdout(self, value):
        self.stdout.append(value.strip())

    def _on_secret(self, value):
        self.secrets.append(value)

    def _on_variants(self, value):
        names, _, reason = value.partition("(")
        self.variants = set(names.replace(",", " ").split())
        if not self.variants <= set(VARIANTS):
            raise BadScript(f"no such variant in: {names}")
        if not reason:
            raise BadScript("a reason is wanted: variants: plain bytes (why)")

    def _check(self):
        if not self.title or not self.run or not self.exits:
            raise BadScript(f"{self.path}: needs a title, 'run:' and 'exit:'")
        if "tls" in self.variants and any(c.startswith("tls") for c in self.config):
            raise BadScript(f"{self.path}: sets tls, so the tls variant must be left out")
        if not self.events:
            self.variants &= {"plain"}

    # For a play

    def input(self, values):
        if self.stdin is None:
            return b"Subject: test\n\nhello\n"
        return b"".join(unescape(expand(t, values)) if kind == "raw"
                        else expand(t, values).encode() + b"\n" for kind, t in self.stdin)

    def steps(self, values):
        """The events, with the server's words as bytes."""
        out = []
        for event in self.events:
            if isinstance(event, tuple):
                text = expand(event[1], values)
                event = Say(text.encode() + b"\r\n" if event[0] == "say-line"
                            else unescape(text))
            out.append(event)
        return out

    def positions(self):
        """How many times the server acts (speaks or shakes hands): where it can be cut off."""
        return sum(isinstance(e, tuple) or e == HANDSHAKE for e in self.events)

    def decided(self):
        """After how many acts of the server the outcome is certain; None if never.

        That is: when the last reply about content is there, or, where no content is sent, the
        reply to the last command before QUIT.
        """
        return Follower(self).decided()


class Follower:
    """Walks through a script and knows which command each reply answers."""

    def __init__(self, script):
        self.script = script
        self.owed = ["greeting"]
        self.in_data = False
        self.lmtp = any(c.split() == ["protocol", "lmtp"] for c in script.config)
        self.accepted = 0
        self.content_at = self.other_at = None

    def decided(self):
        acts = 0
        for event in self.script.steps({}):
            if isinstance(event, Hear):
                for line in event.lines:
                    self.command(line.pattern)
                continue
            acts += isinstance(event, Say) or event == HANDSHAKE
            if isinstance(event, Say):
                for line in event.data.split(b"\r\n"):
                    self.reply(line, acts)
        return self.content_at if self.content_at is not None else self.other_at

    def command(self, text):
        if self.in_data:
            if text == ".":
                self.in_data = False
                self.owed.append("content")
            return
        verb = text.split(" ")[0].upper()
        kinds = {"MAIL": "mail", "RCPT": "rcpt", "DATA": "data", "QUIT": "quit"}
        if verb == "BDAT" and text.upper().endswith("LAST"):
            self.owed.append("content")
        else:
            self.owed.append(kinds.get(verb, "other"))

    def reply(self, line, acts):
        found = REPLY.match(line)
        if not found or found[2] == b"-" or not self.owed:
            return
        kind, good = self.owed.pop(0), found[1].startswith(b"2")
        if kind == "mail":
            self.accepted = 0
        elif kind == "rcpt" and good:
            self.accepted += 1
        elif kind == "data" and found[1] == b"354":
            self.in_data = True
        if kind == "content":
            self.accepted -= 1
            if self.lmtp and self.accepted > 0:
                self.owed.insert(0, "content")
            self.content_at = acts
        elif kind != "quit":
            self.other_at = acts
