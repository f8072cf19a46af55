# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules that decide every other case: recipients, sender, aliases, duties to the message."""

import re

from sendmail_lib.rows import HELD, MAIL, Row, VALID

BODY = b"\nbody\n"
ALIASES = """# comment
root: alice
alice: \\alice, a@corp.example
team: x@x.org,
\ty@y.org, bob
self: self, other@x.org
"quoted name": q@x.org
nobody: /dev/null
list: l1@x.org, l2@x.org
owner-list: boss@x.org
comment: (a comment, with a comma) c@x.org
"""


def t(name, given, to, **more):
    """Recipients from the header."""
    return Row(f"-t: {name}", "-t", given.encode() + BODY, to=to, **more)


def operand(name, words, to, **more):
    return Row(f"operands: {name}", words, to=to, **more)


def arrives(name, stdin, words="b@x.org", **more):
    return Row(f"message: {name}", words, stdin, **more)


FROM_HEADER = [
    t("To, Cc and Bcc", "To: a@x.org\nCc: c@x.org\nBcc: z@x.org\n", ("a@x.org", "c@x.org", "z@x.org"),
      header={"Bcc": None, "To": "a@x.org", "Cc": "c@x.org"}),
    t("Resent fields win, all of them", "Resent-To: r@x.org\nResent-Cc: s@x.org\nResent-Bcc: u@x.org\n"
      "Resent-To: v@x.org\nTo: a@x.org\nBcc: z@x.org\n",
      ("r@x.org", "s@x.org", "u@x.org", "v@x.org"),
      header={"Resent-Bcc": None, "Bcc": None, "Resent-To": ["r@x.org", "v@x.org"], "To": "a@x.org"}),
    t("Apparently-To", "Apparently-To: b@x.org\nSubject: s\n", ("b@x.org",),
      header={"Apparently-To": None}),
    t("several To", "To: a@x.org\nTo: c@x.org\n", ("a@x.org", "c@x.org")),
    t("an empty group and Bcc", "To: undisclosed-recipients:;\nBcc: b@x.org\n", ("b@x.org",),
      header={"To": "undisclosed-recipients:;", "Bcc": None}),
    t("a group", 'To: Friends: "Q, R" <q@x.org>, s@x.org;\n', ("q@x.org", "s@x.org"),
      header={"To": 'Friends: "Q, R" <q@x.org>, s@x.org;'}),
    t("comments with commas", "To: a@x.org (one, two), b@x.org\n", ("a@x.org", "b@x.org")),
    *[t(f"{word!r} is no address", f"To: {word}, b@x.org\n", ("b@x.org",),
        header={"To": f"{word}, b@x.org"})
      for word in ("Undisclosed <>", "undisclosed recipients", "<>", "A Name")],
    *[t(f"{field!r} without commas", f"To: {field}\n", ("b@x.org", "c@x.org"),
        header={"To": field})
      for field in ("b@x.org c@x.org", "<b@x.org> <c@x.org>", "b@x.org, c@x.org b@x.org")],
    t("a name before an address", "To: b@x.org, Bob b@x.org\n", (), exit=65, mails=0),
    t("what should be an address", "To: b@x.org, foo@@bar\n", (), exit=65, mails=0),
    t("nothing but names", "To: A Name\nCc: <>\n", (), exit=64, mails=0),
    t("a source route", "To: <@relay.org:t@x.org>\n", ("t@x.org",)),
    t("folded", "To: a@x.org,\n\tb@x.org\n ,c@x.org\n", ("a@x.org", "b@x.org", "c@x.org")),
    t("folded Bcc", "To: a@x.org\nBcc: z@x.org,\n\ty@x.org,\n w@x.org\nSubject: s\n",
      ("a@x.org", "z@x.org", "y@x.org", "w@x.org"), header={"Bcc": None, "Subject": "s"}),
    t("any case of field names", "TO: a@x.org\ncc: c@x.org\nbCC: z@x.org\n",
      ("a@x.org", "c@x.org", "z@x.org"), header={"Bcc": None}),
    t("names of fields with blanks before the colon", "To : b@x.org\nSubject: s\n", ("b@x.org",)),
    Row("-t: duplicates", "-t B@X.ORG b@x.org", b"To: b@X.org, B@x.org, b@x.org\n" + BODY, to=(),
        mails=None, also=lambda r: [] if sorted(
            re.sub("@.*", lambda m: m[0].lower(), a["address"]) for a in r.mails[0][0]["to"]) ==
        ["B@x.org", "b@x.org"] else [f"recipients: got {r.mails[0][0]['to']}"]),
    Row("-t: only the header counts", "-t", b"To: b@x.org\nSubject: s\n\nTo: no@x.org\nCc: no@x.org\n",
        body=b"To: no@x.org\nCc: no@x.org\n"),
    Row("without -t the header names nobody", "", MAIL, exit=64, drained=True),
    Row("-t: no recipients in To", "-t", b"Subject: s\nTo: \n\nbody\n", exit=64, drained=True),
]

OPERANDS = [
    operand("a list", "a,b@x.org", ("a@example.com", "b@x.org")),
    operand("a display name", ["Bob Foo <bob@x.org>"], ("bob@x.org",)),
    operand("angle brackets", ["<f@x.org>"], ("f@x.org",)),
    operand("a quoted local part", ['"john doe"@x.org'], ('"john doe"@x.org',)),
    operand("a comment", ["bob@x.org (a comment, really)"], ("bob@x.org",)),
    operand("names that are blank-separated", ["root d@x.org"], ("root@example.com", "d@x.org")),
    operand("an empty one among others", ["", "b@x.org", ""], ("b@x.org",)),
    Row("operands: only an empty one", [""], exit=64, drained=True),
    operand("a dot at the end of the domain", "b@x.org.", ("b@x.org",)),
    operand("an address literal", "b@[192.0.2.1]", ("b@[192.0.2.1]",)),
    operand("percent and bang", ["user%host@gw.org", "host!user@gw.org"],
            ("user%host@gw.org", "host!user@gw.org")),
    operand("the same one twice", "b@x.org b@X.ORG", ("b@x.org",)),
    *[operand(f"local: {name}", name, ("bob@example.com",)) for name in
      ("bob", "bob@vm", "bob@VM", "bob@localhost", "bob@localhost.localdomain", "bob@example.com")],
    operand("local: the full name of the host", "bob@vm.example.com", ("bob@example.com",)),
    operand("local: the mail name", "bob@mail.example.org", ("bob@q.example",),
            mailname="mail.example.org\n", config="qualify_domain q.example\n",
            sender="$ME@q.example"),
    operand("local_names", "bob@other.example", ("bob@example.com",),
            config="local_names other.example,vm\n"),
    *[Row(f"operands: {text!r} is refused", ["b@x.org", text], exit=65, drained=True) for text in
      ("a@x.org\r\nRCPT TO:<z@x.org>", "a\n@x.org", "a\t\x01@x.org", "<a@x.org", "a@x.org>",
       "a@", "@x.org", "a b <c@x.org", "x" * 1100 + "@x.org", "a@x.org\x7f")],
]

SENDERS = [
    Row("sender: the account's from", "b@x.org", config="from acc@x.org\n", sender="acc@x.org"),
    Row("sender: -f wins over from", "-f me@x.org b@x.org", config="from acc@x.org\n",
        sender="me@x.org"),
    *[Row(f"sender: -f {address}", f"-f '{address}' b@x.org", b"Subject: s\n" + BODY, sender=address,
          header={"From": f"$FULL <{address}>"}) for address in ("a?b@x.org", "v*x@x.org", "a@[1.2.3.4]")],
    Row("sender: allow_from_override off", "-f me@x.org b@x.org", sender="acc@x.org",
        config="from acc@x.org\nallow_from_override off\n"),
    Row("sender: never the From field", "b@x.org", b"From: other@x.org\nTo: b@x.org\n" + BODY),
    Row("sender: never Return-Path or the From_ line", "b@x.org",
        b"From eve@x.org Mon Nov 23\nReturn-Path: <eve@x.org>\nTo: b@x.org\n" + BODY,
        header={"Return-Path": None, "From": "$FULL <$ME@example.com>"}),
    Row("sender: Full-Name names From", "b@x.org", b"Full-Name: Fully Named\nTo: b@x.org\n" + BODY,
        header={"Full-Name": None, "From": "Fully Named <$ME@example.com>"}),
]

ALIAS = [
    Row(f"aliases: {name}", [name], aliases=text, to=to, sender=sender, **more)
    for name, to, sender, text, more in (
        ("root", ("alice@example.com", "a@corp.example"), "$ME@example.com", ALIASES, {}),
        ("ROOT", ("alice@example.com", "a@corp.example"), "$ME@example.com", ALIASES, {}),
        ("root@vm", ("alice@example.com", "a@corp.example"), "$ME@example.com", ALIASES, {}),
        ("\\root", ("root@example.com",), "$ME@example.com", ALIASES, {}),
        ("team", ("x@x.org", "y@y.org", "bob@example.com"), "$ME@example.com", ALIASES, {}),
        ("team+detail", ("x@x.org", "y@y.org", "bob@example.com"), "$ME@example.com", ALIASES, {}),
        ("team@x.org", ("team@x.org",), "$ME@example.com", ALIASES, {}),
        ("self", ("self@example.com", "other@x.org"), "$ME@example.com", ALIASES, {}),
        ('"quoted name"', ("q@x.org",), "$ME@example.com", ALIASES, {}),
        ("list", ("l1@x.org", "l2@x.org"), "boss@x.org", ALIASES, {}),
        ("comment", ("c@x.org",), "$ME@example.com", ALIASES, {}),
        ("nobody,b@x.org", ("b@x.org",), "$ME@example.com", ALIASES, {}),
        ("unknown", ("unknown@example.com",), "$ME@example.com", ALIASES, {}),
    )] + [
    Row("aliases: /dev/null takes it all", "nobody", aliases=ALIASES, mails=0),
    Row("aliases: -t", "-t", b"To: team\nBcc: list\n" + BODY, aliases=ALIASES, sender="boss@x.org",
        to=("x@x.org", "y@y.org", "bob@example.com", "l1@x.org", "l2@x.org"),
        header={"To": "team@example.com", "Bcc": None}),
    *[Row(f"aliases: beside the mistake {slip!r}", "root", aliases=f"{slip}\nroot: r@x.org\n{slip}\n",
          to=("r@x.org",)) for slip in ("spam: :blackhole:", "gone: :fail: gone",
                                        "empty:")],
    *[Row(f"aliases: the mistake {slip!r} stops its own mail", "root", aliases=f"{slip}\nx: x@x.org\n",
          exit=78, drained=True, stderr=rb"[^\n]*/etc/aliases:1[^\n]*\n.*")
      for slip in ("root: :fail: gone", "root:", "root r@x.org", "foo@x.org: x@x.org",
                   "root, x: x@x.org")],
    Row("aliases: a circle ends", "loop", aliases="loop: loop2\nloop2: loop\n", exit=(0, 65, 67, 69),
        mails=None, stderr=b".*"),
    Row("aliases: newaliases names a program", "", HELD, exit=65, program="newaliases",
        logged=False, aliases='x: y\nprogram: "|/bin/touch /tmp/pwned"\n',
        stderr=rb"[^\n]*/etc/aliases:2[^\n]*\n.*"),
    Row("aliases: newaliases without a file", "", HELD, mails=0, program="newaliases", logged=False),
]

DUTIES = [
    arrives("CRLF and LF mixed", b"From: a@x.org\r\nTo: b@x.org\n\r\na\r\nb\nc\r\r\n", body=b"a\nb\nc\n",
            header={"From": "a@x.org", "To": "b@x.org"}),
    arrives("two dots at the start of a line stay", MAIL + b"..two\n", same=True, body=b"body\n..two\n"),
    arrives("a dot and CRLF ends it", MAIL + b".\r\nafter\n", body=b"body\n"),
    arrives("a dot at the end of input ends it", MAIL + b".", body=b"body\n"),
    arrives("a dot in the header ends it", b"From: a@x.org\nTo: b@x.org\n.\nno\n", body=b""),
    arrives("From_ lines", b"From a@x Mon Jan\n>From b@x Mon Jan\n" + MAIL, body=b"body\n",
            header={"Subject": "s"}),
    arrives("a From_ line with CRLF", b"From a@x Mon Jan\r\n" + MAIL, body=b"body\n",
            header={"Subject": "s"}),
    arrives("From in the body is not quoted", MAIL + b"From here\n", same=True,
            body=b"body\nFrom here\n"),
    arrives("a blank line first", b"\nSubject: no\nbody\n", body=b"Subject: no\nbody\n",
            header={"Subject": None, "To": "undisclosed-recipients:;"}),
    arrives("a blank first is no continuation", b" text\nmore\n", body=b" text\nmore\n",
            header={"From": VALID}),
    arrives("--foo: is body", b"Subject: s\n--foo: bar\nx\n", body=b"--foo: bar\nx\n",
            header={"Subject": "s", "--foo": None}),
    arrives("empty Date and Message-ID are replaced",
            b"From: a@x.org\nTo: b@x.org\nDate:\nMessage-ID: \nSubject: s\n" + BODY,
            header={"Date": VALID, "Message-ID": VALID, "Subject": "s"}),
    arrives("Date and Message-ID in any case are kept",
            b"DATE: Mon, 23 Nov 2026 10:00:00 +0000\nmessage-id: <1@x.org>\nFrom: a@x.org\n"
            b"To: b@x.org\n" + BODY, same=True),
    arrives("Sender is completed, not added", b"Sender: alice\nFrom: a@x.org\nTo: b@x.org\n" + BODY,
            header={"Sender": "alice@example.com"}),
    arrives("no Sender", MAIL, same=True, header={"Sender": None, "Received": None}),
    arrives("this host's names in the header", b"From: A <root@localhost>\nReply-To: root@vm\n"
            b"Sender: x@localhost.localdomain\nTo: root@vm\nCc: y@localhost\n" + BODY,
            header={"From": "A <root@example.com>", "Reply-To": "root@example.com",
                    "Sender": "x@example.com", "To": "root@vm", "Cc": "y@localhost"}),
    arrives("bare names in every address field", b"From: a\nReply-To: b\nTo: c, D <d>, e (E)\n"
            b"Cc: f\nErrors-To: g\n" + BODY,
            header={"From": "a@example.com", "Reply-To": "b@example.com", "Cc": "f@example.com",
                    "To": "c@example.com, D <d@example.com>, e@example.com (E)",
                    "Errors-To": "g@example.com"}),
    arrives("an address field that cannot be read stays",
            b"From: a@x.org\nTo: foo@@bar, <<\nSubject: s\n" + BODY, header={"To": "foo@@bar, <<"}),
    arrives("what is removed, what is kept", b"Return-Path: <a@x.org>\nContent-Length: 99\n"
            b"Status: RO\nX-Status: A\nFull-Name: F\n" + MAIL,
            header={"Return-Path": None, "Content-Length": None, "Full-Name": None, "Status": "RO",
                    "X-Status": "A"}),
    arrives("Bcc with operands", b"Bcc: z@x.org\n" + MAIL, header={"Bcc": None, "To": "b@x.org"}),
    arrives("Resent fields are completed", b"Resent-To: r@x.org\nResent-Bcc: u@x.org\nBcc: z@x.org\n"
            + MAIL, header={"Resent-Date": VALID, "Resent-Message-ID": lambda v: len(v) == 1,
                            "Resent-From": "$FULL <$ME@example.com>", "Resent-Bcc": None,
                            "Bcc": None, "Date": "Mon, 23 Nov 2026 10:00:00 +0000",
                            "Message-ID": "<1@x.org>", "From": "a@x.org"}),
    arrives("no newline at the end", MAIL[:-1], same=True, body=b"body\n"),
    arrives("only a header, no blank line", b"From: a@x.org\nTo: b@x.org\nSubject: s\n", body=b"",
            header={"Subject": "s"}),
    arrives("a body line over 998", MAIL + b"x" * 1500 + b"\n",
            also=lambda r: [] if max(map(len, r.content.split(b"\r\n"))) <= 998 else ["long lines"]),
    arrives("a header line over 998", MAIL.replace(b"Subject: s", b"Subject: " + b"word " * 300),
            header={"Subject": lambda v: v[0].split() == ["word"] * 300},
            also=lambda r: [] if max(map(len, r.content.split(b"\r\n"))) <= 998 else ["long lines"]),
    arrives("8 bits without MIME, a relay without 8BITMIME", MAIL.replace(b"body", "bödy".encode()),
            relay="seven", header={"MIME-Version": "1.0", "Content-Transfer-Encoding": VALID,
                                   "Content-Type": lambda v: "charset=utf-8" in v[0].replace('"', "")},
            also=lambda r: [] if r.content.isascii() else ["8 bits on the wire"]),
    arrives("8 bits in a name, no SMTPUTF8", "From: Zoë <a@x.org>\nTo: Jörg <b@x.org>\n".encode()
            + BODY, also=lambda r: [] if r.content.isascii() else ["8 bits on the wire"]),
    arrives("8 bits that are not UTF-8, in Subject", b"Subject: caf\xe9\n" + MAIL.replace(
            b"Subject: s\n", b""), header={"Subject": lambda v: v[0].startswith("=?unknown-8bit?")}),
    arrives("a relay that can all", MAIL.replace(b"body", "bödy".encode()), relay="modern", same=True,
            body="bödy\n".encode(), param={"BODY": "8BITMIME"}),
    arrives("lines that begin with dots, a relay with CHUNKING", MAIL + b".x\n..\n", relay="modern",
            same=True, body=b"body\n.x\n..\n"),
]

ROWS = FROM_HEADER + OPERANDS + SENDERS + ALIAS + DUTIES
