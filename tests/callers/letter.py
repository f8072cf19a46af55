# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be true of every mail that postrider submits, and of one in particular."""
import re

from checks import Wrong, equal

ONCE = ("Date", "From", "Message-ID", "Subject")
DATE = re.compile(r"\w{3}, +\d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d [-+]\d{4}( \(.*\))?")


def envelope(mail, sender, *recipients):
    equal((mail.sender, sorted(mail.recipients)), (sender, sorted(recipients)), "envelope")


def header(mail, **wanted):
    """Every mail is complete. In names of `wanted`, _ stands for -; None is a field's absence."""
    for name in ONCE:
        count = len(mail.fields(name))
        if count > 1 or (count == 0 and name != "Subject"):
            raise Wrong(f"{name}: got {count} of them in {mail.head!r}, want one")
    if not DATE.fullmatch(mail.fields("Date")[0]):
        raise Wrong(f"got Date: {mail.fields('Date')[0]!r}, want one of RFC 5322")
    if not re.fullmatch(r"<[^<>@\s]+@[^<>@\s]+>", mail.fields("Message-ID")[0]):
        raise Wrong(f"got Message-ID: {mail.fields('Message-ID')[0]!r}, want <left@right>")
    if mail.fields("Bcc") or mail.fields("Return-Path"):
        raise Wrong(f"got {mail.head!r}, want no Bcc and no Return-Path")
    for name, want in wanted.items():
        name = name.replace("_", "-")
        want = [] if want is None else want if isinstance(want, list) else [want]
        equal(mail.fields(name), want, name)


def body(mail, want):
    """The body, with line ends as on a Unix system."""
    want = want.encode() if isinstance(want, str) else want
    if b"\r" in mail.body.replace(b"\r\n", b""):
        raise Wrong(f"got a bare CR in {mail.body!r}, want none")
    equal(mail.body.replace(b"\r\n", b"\n"), want, "body")


def matches(text, pattern, what):
    if not re.search(pattern, text):
        raise Wrong(f"{what}: got {text!r}, want {pattern!r} in it")
