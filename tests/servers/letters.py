# SPDX-License-Identifier: GPL-3.0-or-later
"""The messages that are sent, and the rule by which what arrived is compared with them."""
import random
import re

HEADER = (b"Date: Mon, 23 Nov 2026 10:00:00 +0000\n"
          b"From: Alice <alice@test.example>\n"
          b"To: someone@y.example\n"
          b"Message-ID: <%b@test.example>\n"
          b"Subject: %b\n")
MIME = (b"MIME-Version: 1.0\n"
        b"Content-Type: text/plain; charset=utf-8\n"
        b"Content-Transfer-Encoding: 8bit\n")
# A field that a server put on top: it ends where a line begins with no blank.
RECEIVED = re.compile(rb"Received: .*\r\n(?:[ \t].*\r\n)*")


def letter(name, body, mime=b""):
    ident = name.replace(" ", "-").encode()
    return HEADER % (ident, name.encode()) + mime + b"\n" + body


def mebibyte():
    """1 MiB of lines of every length up to 120, many of which begin with dots."""
    dice = random.Random(20261123)
    lines, size = [], 0
    while size < 1024 * 1024:
        line = b"." * dice.randrange(3) + b"x%06d " % size * dice.randrange(1, 15)
        lines.append(line.rstrip() + b"\n")
        size += len(line) + 1
    return b"".join(lines)


# name: (bytes for standard input, options)
LETTERS = {
    "a short one": (letter("short", b"Hello.\n"), ()),
    "leading dots": (letter("dots", b".one\n..two\n...\n. x\n\n.\tend\n.last\n"), ()),
    "empty lines": (letter("empty", b"\n\n\nafter three\n\n\n"), ()),
    "an empty body": (letter("no body", b""), ()),
    "a line of 998": (letter("998", b"y" * 998 + b"\n" + b"." * 997 + b"\n"), ()),
    "UTF-8, 8 bit": (letter("eight", "Grüße aus Köln, 東京.\n".encode(), MIME), ()),
    "no final newline": (letter("unended", b"the end"), ()),
    "CRLF line ends": (letter("crlf", b"one\n.two\n\nthree\n").replace(b"\n", b"\r\n"), ()),
    "a lone dot, -i": (letter("lone dot", b"before\n.\nafter\n..\n"), ("-i",)),
    "a lone dot, -oi": (letter("lone dot", b"before\n.\nafter\n"), ("-oi",)),
    "1 MiB": (letter("large", mebibyte()), ("-i",)),
    "folded fields": (letter("folded", b"text\n", b"X-Long: one\n two\n\t three\nX-Empty:\n"), ()),
}


def canonical(text):
    """The one form that RFC 5322 and SMTP know: CRLF ends every line."""
    text = text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return text if text.endswith(b"\r\n") else text + b"\r\n"


def without_trace(content, count):
    """Take exactly `count` Received fields off the top, as those are what the servers add."""
    for _ in range(count):
        match = RECEIVED.match(content)
        if match is None:
            return b"(fewer Received fields than expected) " + content
        content = content[match.end():]
    return content


def difference(got, want):
    """None, or where two messages part, in few words."""
    if got == want:
        return None
    at = next((i for i, (a, b) in enumerate(zip(got, want)) if a != b), min(len(got), len(want)))
    return f"byte {at} of {len(want)}: got {got[at:at + 60]!r}, want {want[at:at + 60]!r}"
