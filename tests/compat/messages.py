# SPDX-License-Identifier: GPL-3.0-or-later
"""Shapes of messages: header, recipients in it, body."""
from play import LETTER, Case

HEAD = b"From: alice@example.org\nDate: Mon, 02 Jan 2023 03:04:05 +0000\n" \
       b"Message-ID: <1@example.org>\n"
T = ("-t",)

BODIES = [
    ("empty", b""), ("one line", b"x\n"), ("no line end", b"x"), ("a lone dot", b".\n"),
    ("a lone dot inside", b"a\n.\nb\n"), ("dots", b".a\n..b\n...\na.\n"), ("CRLF", b"a\r\nb\r\n"),
    ("mixed line ends", b"a\r\nb\nc\r\n"), ("dots and CRLF", b".\r\n..\r\n"),
    ("ends with CR", b"a\r"),
    ("bare CR", b"a\rb\n"), ("CR CR LF", b"a\r\r\nb\n"),
    ("smuggling by LF", b"a\n.\nMAIL FROM:<x@y>\n"),
    ("smuggling by CR", b"a\r.\rMAIL FROM:<x@y>\r\n"), ("NUL", b"a\0b\n"), ("8 bit", b"\xe4\xf6\n"),
    ("UTF-8", "\u00e4\u20ac\n".encode()), ("empty lines", b"\n\n\n"),
    ("blanks at the end", b"a  \n\t\n"),
    ("998 bytes", b"x" * 998 + b"\n"), ("999 bytes", b"x" * 999 + b"\n"),
    ("2000 bytes", b"x" * 2000 + b"\n"),
    ("a dot at a buffer's border", b"x" * 1022 + b"\n.\n"),
    ("1023 and a dot", b"x" * 1023 + b".\n"),
    ("64 KB", b"0123456789\n" * 6000), ("1 MB", b"0123456789abcdef\n" * 60000),
    ("From line", b"From x\n>From y\n"),
    ("only CRLF", b"\r\n"), ("control characters", b"\x1b[31m\x07\n"),
]

HEADERS = [
    ("none, only text", b"hello\n"), ("none, blank line first", b"\nhello\n"), ("empty input", b""),
    ("only a header", HEAD), ("only a header, no line end", HEAD[:-1]),
    ("CRLF", HEAD.replace(b"\n", b"\r\n") + b"\r\nx\r\n"),
    ("no From", b"Subject: x\n\nx\n"), ("empty From", b"From:\nSubject: x\n\nx\n"),
    ("From of blanks", b"From:  \n\nx\n"),
    ("two From", b"From: a@example.org\nFrom: b@example.org\n\nx\n"),
    ("no Date", b"From: a@example.org\n\nx\n"),
    ("lower case", b"from: a@example.org\ndate: x\nmessage-id: <x@y>\n\nx\n"),
    ("upper case", b"FROM: a@example.org\nDATE: x\nMESSAGE-ID: <x@y>\n\nx\n"),
    ("folded", HEAD + b"Subject: a\n b\n\tc\n\nx\n"),
    ("folded From", b"From: Alice\n <a@example.org>\n\nx\n"),
    ("mbox line", b"From a@example.org Mon Jan  2 03:04:05 2023\n" + HEAD + b"\nx\n"),
    ("continuation first", b" folded\n" + HEAD + b"\nx\n"),
    ("blank-only line in it", HEAD + b"Subject: a\n \nX: y\n\nx\n"),
    ("space before colon", b"From : a@example.org\n" + HEAD + b"\nx\n"),
    ("no colon", HEAD + b"nonsense\n\nx\n"),
    ("CR in it", HEAD + b"Subject: a\rb\n\nx\n"), ("long field",
                                                   HEAD + b"Subject: " + b"x" * 3000 + b"\n\nx\n"),
    ("UTF-8 field", HEAD + "Subject: \u00e4\n\nx\n".encode()),
    ("Latin-1 field", HEAD + b"Subject: \xe4\n\nx\n"),
    ("empty Subject", HEAD + b"Subject:\n\nx\n"), ("Return-Path",
                                                   b"Return-Path: <x@y>\n" + HEAD + b"\nx\n"),
    ("Received", b"Received: from a by b\n" + HEAD + b"\nx\n"),
    ("Sender", HEAD + b"Sender: s@example.org\n\nx\n"),
    ("NUL", HEAD + b"Subject: a\0b\n\nx\n"), ("Bcc", HEAD + b"Bcc: c@example.net\n\nx\n"),
    ("Bcc between", b"To: a@example.net\nBcc: c@example.net\n" + HEAD + b"\nx\n"),
    ("two Bcc", HEAD + b"Bcc: c@example.net\nBcc: d@example.net\nX: y\n\nx\n"),
    ("folded Bcc", HEAD + b"Bcc: c@example.net,\n d@example.net\nX: y\n\nx\n"),
    ("Bcc that begins empty", HEAD + b"Bcc:\n c@example.net\nX: y\n\nx\n"),
    ("bcc", HEAD + b"bcc: c@example.net\n\nx\n"),
    ("Bcc with a blank", HEAD + b"Bcc : c@example.net\n\nx\n"),
    ("Resent-Bcc", HEAD + b"Resent-Bcc: c@example.net\n\nx\n"),
    ("only Bcc", b"Bcc: c@example.net\n\nx\n"), ("an empty Date", b"Date:\n\nx\n"),
    ("an empty Message-ID", b"Message-ID:\n\nx\n"),
]

# Header fields with recipients, for -t.
LISTS = [
    ("To", b"To: a@example.net\n"), ("Cc", b"Cc: a@example.net\n"),
    ("Bcc", b"Bcc: a@example.net\n"),
    ("all three", b"To: a@example.net\nCc: b@example.net\nBcc: c@example.net\n"),
    ("two To", b"To: a@example.net\nTo: b@example.net\n"),
    ("a list", b"To: a@example.net, b@example.net\n"),
    ("a semicolon", b"To: a@example.net; b@example.net\n"),
    ("names", b"To: A <a@example.net>, \"B, C\" <b@example.net>\n"),
    ("comments", b"To: a@example.net (a, (b)), (x) b@example.net\n"),
    ("a group", b"To: g: a@example.net, b@example.net;, c@example.net\n"),
    ("an empty group", b"To: undisclosed-recipients:;\n"),
    ("folded", b"To: a@example.net,\n b@example.net\n"),
    ("folded in an address", b"To: A\n <a@example.net>\n"),
    ("empty To", b"To:\n"), ("empty members", b"To: ,a@example.net,,b@example.net,\n"),
    ("nobody", b"X: y\n"),
    ("the same twice", b"To: a@example.net\nCc: a@example.net\n"), ("a bare name", b"To: root\n"),
    ("a quoted name", b"To: \"a b\"@example.net\n"),
    ("a quoted name in brackets", b"To: <\"c d\"@example.net>\n"),
    ("an escaped quote", b"To: \"A \\\"x\\\" B\" <a@example.net>\n"),
    ("a route", b"To: <@r.example:a@example.net>\n"),
    ("Resent-To", b"To: a@example.net\nResent-To: b@example.net\n"),
    ("Resent-Cc", b"To: a@example.net\nResent-Cc: b@example.net\n"),
    ("Resent-Bcc", b"To: a@example.net\nResent-Bcc: b@example.net\n"),
    ("Resent-Date alone", b"To: a@example.net\nResent-Date: x\n"),
    ("two Resent blocks",
     b"Resent-To: a@example.net\nX: y\nResent-To: b@example.net\nTo: c@example.net\n"),
    ("a Resent block of two",
     b"Resent-To: a@example.net\nResent-Cc: b@example.net\nTo: c@example.net\n"),
    ("Resent-From first", b"Resent-From: r@example.org\nResent-To: a@example.net\n"),
    ("UTF-8 domain", "To: a@ex\u00e4mple.net\n".encode()),
    ("UTF-8 name", "To: \u00e4 <a@example.net>\n".encode()), ("no domain after @", b"To: a@\n"),
    ("trailing dot", b"To: a@example.net.\n"),
    ("an address literal", b"To: a@[192.0.2.1]\n"), ("to in lower case", b"to: a@example.net\n"),
    ("To with a blank", b"To : a@example.net\n"),
    ("words before it", b"To: A B a@example.net\n"),
    ("Apparently-To", b"Apparently-To: a@example.net\n"),
    ("no closing bracket", b"To: <a@example.net\n"),
    ("no comma", b"To: a@example.net b@example.net\n"),
    ("brackets and no comma", b"To: <a@example.net> <b@example.net>\n"),
]


def cases():
    for name, body in BODIES:
        yield Case(f"body: {name}", mail=HEAD + b"To: bob@example.net\n\n" + body)
    for name, mail in HEADERS:
        yield Case(f"header: {name}", mail=mail)
    for name, fields in LISTS:
        yield Case(f"-t: {name}", args=T, mail=HEAD + fields + b"\nx\n")
    for name, fields in LISTS[20:32]:
        yield Case(f"read-envelope-from: {name}", args=("--read-envelope-from", "bob@example.net"),
                   mail=fields + HEAD + b"\nx\n")
    for name, config, env in (
            ("full name", "from_full_name Alice\n", {}),
            ("UTF-8 name in C", "from_full_name \u00c4\n", {"LANG": "C"}),
            ("name with a dot", "from_full_name A. B.\n", {}),
            ("name with quotes", "from_full_name A \"x\" B\n", {}),
            ("null sender", "from\n", {})):
        yield Case(f"made From: {name}", config, mail=b"Subject: x\n\nx\n", env=env)
    yield Case("MAIL by LMTP", "protocol lmtp\n", mail=LETTER, server={"lmtp": True})
