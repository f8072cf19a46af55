# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server may answer."""
from play import LOGIN, TLS, Case

TWO = ("bob@example.net", "carol@example.net")
PLAIN = {"capabilities": ("SIZE",)}
PIPELINING = {"capabilities": ("PIPELINING", "SIZE")}

ANSWERS = [
    ("greeting 421", {"greeting": "421 closing"}), ("greeting 554", {"greeting": "554 no"}),
    ("greeting 450", {"greeting": "450 later"}), ("greeting 250", {"greeting": "250 what"}),
    ("greeting of lines", {"greeting": "220 a\n220 b"}),
    ("greeting is nonsense", {"greeting": "raw:hello\r\n"}),
    ("greeting hangs up", {"greeting": "hang up"}), ("EHLO 500", {"EHLO": "500 no"}),
    ("EHLO and HELO 550", {"EHLO": "550 no", "HELO": "550 no"}),
    ("EHLO hangs up", {"EHLO": "hang up"}),
    ("EHLO without a text", {"EHLO": "raw:250\r\n"}),
    ("EHLO without capabilities", {"EHLO": "250 hi"}),
    ("MAIL 550", {"MAIL": "550 5.7.1 no"}), ("MAIL 450", {"MAIL": "450 later"}),
    ("MAIL 421", {"MAIL": "421 closing"}),
    ("MAIL 251", {"MAIL": "251 fine"}), ("MAIL 552", {"MAIL": "552 too big"}),
    ("MAIL hangs up", {"MAIL": "hang up"}),
    ("RCPT 550", {"RCPT": "550 5.1.1 no"}), ("RCPT 450", {"RCPT": "450 later"}),
    ("RCPT 251", {"RCPT": "251 forwarded"}),
    ("RCPT 252", {"RCPT": "252 who knows"}), ("RCPT 421", {"RCPT": "421 closing"}),
    ("RCPT hangs up", {"RCPT": "hang up"}),
    ("one of two RCPT 550", {"RCPT TO:<carol": "550 no"}),
    ("one of two RCPT 450", {"RCPT TO:<carol": "450 no"}),
    ("DATA 554", {"DATA": "554 no"}), ("DATA 451", {"DATA": "451 later"}),
    ("DATA hangs up", {"DATA": "hang up"}),
    ("DATA 250", {"DATA": "250 what"}), ("content 550", {"content": "550 5.7.1 spam"}),
    ("content 451", {"content": "451 later"}),
    ("content 552", {"content": "552 full"}), ("content 251", {"content": "251 odd"}),
    ("content 200", {"content": "200 odd"}),
    ("content of lines", {"content": "250 a\n250 it's b"}),
    ("content hangs up", {"content": "hang up"}),
    ("content is nonsense", {"content": "raw:what\r\n"}), ("QUIT 500", {"QUIT": "500 no"}),
    ("QUIT hangs up", {"QUIT": "hang up"}),
    ("control characters", {"content": "550 \x1b[31mred"}),
    ("a quote in a refusal", {"RCPT": "550 don't"}),
    ("a refusal of lines", {"RCPT": "550 one\n550 two"}),
]
LMTP = [
    ("all is well", {}, TWO), ("one is refused", {"RCPT TO:<carol": "550 no"}, TWO),
    ("one fails", {"content": "250 a\f550 no"}, TWO),
    ("one fails for now", {"content": "250 a\f450 later"}, TWO),
    ("all fail", {"content": "550 no\f550 no"}, TWO),
    ("first fails", {"content": "550 no\f250 a"}, TWO),
    ("LHLO 500", {"LHLO": "500 no"}, TWO),
]
CAPABILITIES = [
    ("PIPELINING",), ("SIZE",), ("DSN",), ("8BITMIME", "SIZE"), ("SMTPUTF8", "8BITMIME"), (),
    ("PIPELINING", "DSN", "SMTPUTF8"),
]


def cases():
    for name, answers in ANSWERS:
        args = TWO if "two" in name else TWO[:1]
        yield Case(f"reply: {name}", args=args, answers=answers, server=PLAIN)
        # Whether the rest of the flight can still be written is a matter of luck.
        if "421" not in name and "hangs" not in name and any(
                word in name for word in ("MAIL", "RCPT", "DATA", "content")):
            yield Case(f"pipelined: {name}", args=args, answers=answers, server=PIPELINING)
    for name, answers, args in LMTP:
        yield Case(f"lmtp: {name}", "protocol lmtp\n", args=args, answers=answers,
                   server={"lmtp": True, **PIPELINING})
    for offered in CAPABILITIES:
        for what, extra in (("a mail", {}), ("a report", {"config": "dsn_notify failure\n"}),
                            ("UTF-8", {"args": ("b\u00f6b@ex\u00e4mple.net",)})):
            yield Case(f"server offers {' '.join(offered) or 'nothing'}: {what}",
                       server={"capabilities": offered}, **extra)
    yield Case("reply: SIZE too small", server={"capabilities": ("SIZE",), "size": 10})
    yield Case("reply: nobody listens", "port 1\n")
    yield Case("reply: the login is wanted", server={"users": {"alice": "secret"}})
    safe = {"users": {"alice": "secret"}, "tls": "starttls"}
    yield Case("reply: AUTH 535", TLS + LOGIN, server={**safe, "users": {"alice": "other"}})
    yield Case("reply: AUTH 454", TLS + LOGIN, answers={"AUTH": "454 later"}, server=safe)
    yield Case("reply: AUTH hangs up", TLS + LOGIN, answers={"AUTH": "hang up"}, server=safe)
    for word in ("STARTTLSX", "DSNX", "XDSN"):
        yield Case(f"capability {word}", "dsn_notify failure\n", more=(word,),
                   server={"capabilities": ("PIPELINING",)})
    for answer in ("454 not now", "500 no", "220 go on\n220 now"):
        yield Case(f"STARTTLS answered by {answer[:3]}, {len(answer.split(chr(10)))} lines",
                   "tls on\ntls_trust_file {trust}\n",
                   answers={"STARTTLS": answer} if answer[0] != "2"
                   else {}, server={"tls": "starttls"})
