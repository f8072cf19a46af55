# SPDX-License-Identifier: GPL-3.0-or-later
"""Every option that any sendmail ever had."""

import re

from sendmail_lib.rows import HELD, MAIL, Row

EMPTY_QUEUE = rb"[ \t]*Total requests: 0\nMail queue is empty\n"
VERSION = rb"postrider [^\n]+\n.*"
BARE = b"Subject: s\n\nbody\n"
EIGHT = MAIL.replace(b"body", "bödy".encode())
DOT = MAIL + b".\nafter\n"
ALIASES = "root: admin@corp.example\nteam: x@x.org, y@y.org\n"


def option(words, name="", **more):
    """The mail goes out as if the option were not there."""
    given = dict(argv=f"{words} b@x.org", same=True, body=b"body\n")
    return Row(f"option {name or words}", **{**given, **more})


def mode(words, name="", **more):
    """Something else than sending: standard input is not read, nothing goes out."""
    given = dict(argv=words, stdin=HELD, mails=0, logged=False)
    return Row(f"option {words}{name}", **{**given, **more})


def tag(result):
    if re.search(r"\bmytag(\[\d+\])?:", "\n".join(result.log)):
        return []
    return [f"syslog: got {result.log!r}, want the tag mytag"]


IGNORED = """
    -Ac|-Am|-A c|-D/nonexistent/log|-D /nonexistent/log|-B7BIT|-B8BITMIME|-B 8BITMIME|-B7bit
    -ba|-bm|-b m|-d9.3|-d0-99.1|-d|-em|-e m|-ep|-e p|-eq|-e q|-ew|-ee|-e e|-ez|-e foo
    -F Name|-FName|-h25|-h 3|-hx|-i|-J|-Jfoo|-E|-Efoo|-Mxvalue|-M rfoo|-m|-n|-s|-S|-x|-c|-U|-G
    -T|-T5|-pNNTP:host|-p X:y|-p SMTP|-O FooBar=1|-OFooBar|-O DeliveryMode=i|-ODeliveryMode=b
    -O ErrorMode=m|-OErrorMode=p|-O IgnoreDots|-O IgnoreDots=true|-O SMTPUTF8|-O SMTPUTF8=false
    -O QueueDirectory=/nonexistent|-OMaxHopCount=3|-oi|-o i|-oitrue|-oiTrue|-om|-oem|-oep|-oee
    -oeq|-oew|-odb|-odi|-odf|-oA/etc/shadow|-oQ/nonexistent|-or0s|-oT5d|-o7|-o8|-oMrfoo|-oo|-os
    -ou|-ov|-o m|-oL9
""".replace("\n", "|").split("|")

ROWS = [option(words.strip()) for words in IGNORED if words.strip()]

ROWS += [
    option("-BFOO", log="FOO"),
    option("-B7BIT", "-B7BIT and a body of 8 bits", stdin=EIGHT, body="bödy\n".encode(),
           param={"BODY": "8BITMIME"}),
    option("-B8BITMIME", "-B8BITMIME and a body of 7 bits", param={"BODY": None}),
    mode("-bd", exit=64), mode("-bD", exit=64), mode("-bl", exit=64),
    mode("-bh"), mode("-bH"), mode("-bi"), mode("-I"), mode("-b i"),
    mode("-bi", " and aliases", aliases=ALIASES),
    mode("-bp", stdout=EMPTY_QUEUE), mode("-b p", stdout=EMPTY_QUEUE),
    mode("-bP", stdout=rb"[^\n]*0[^\n]*\n.*"),
    mode("-bs", stdin=b"QUIT\r\n", stdout=rb"220 [^\n]*\r\n221 [^\n]*\r\n"),
    mode("-bt", exit=(0, 64), stdin=MAIL, stdout=b".*"),
    mode("-bz", exit=64, stdin=MAIL), mode("-bn", exit=64, stdin=MAIL),
    mode("-bC", stdin=MAIL),
    mode("-bC", " and a file that is wrong", exit=78, stdin=MAIL, config="no_such_setting on\n"),
    mode("-bv root", stdout=rb"[^\n]*root@example\.com\n"),
    mode("-bv root team b@x.org", aliases=ALIASES,
         stdout=rb"[^\n]*admin@corp\.example\n[^\n]*x@x\.org[^\n]*\n?[^\n]*y@y\.org\n[^\n]*b@x\.org\n"),
    mode("-bv 'foo@@bar'", exit=(65, 67), stdin=MAIL),
    mode("-C /nonexistent b@x.org", exit=78, logged=True, stdin=MAIL, drained=True),
    mode("-C /root/config b@x.org", exit=78, logged=True, stdin=MAIL, who=("alice",)),
    mode("-d0.1", stdout=VERSION), mode("-d0.1 b@x.org", stdout=VERSION),
    mode("--version", stdout=VERSION), mode("--version b@x.org", stdout=VERSION),
    mode("--help", stdout=rb".*[Uu]sage.*"),
    Row("option -eq: a refusal is told by the status only", "-eq reject@x.org", exit=67, stderr=b""),
    Row("option -oeq: a refusal is told by the status only", "-oeq reject@x.org", exit=67,
        stderr=b""),
    Row("option -oem: a refusal is told", "-oem reject@x.org", exit=67),
    # the name
    option("-F 'Full Name'", "-F and no From", stdin=BARE, same=False,
           header={"From": "Full Name <$ME@example.com>"}),
    option("-FCronDaemon", "-F attached and no From", stdin=BARE, same=False,
           header={"From": "CronDaemon <$ME@example.com>"}),
    option("""-F 'J. "Q" Doe, Jr'""", "-F with specials", stdin=BARE, same=False,
           header={"From": '"J. \\"Q\\" Doe, Jr" <$ME@example.com>'}),
    option("-F 'Zoë'", "-F that is not ASCII", stdin=BARE, same=False,
           header={"From": lambda v: bool(re.fullmatch(
               r"=\?utf-8\?[qb]\?[!-~]+\?= <[a-z-]+@example\.com>", v[0], re.I))}),
    Row("option -F with control characters", ["-F", "a\r\nBcc: z@x.org\tb", "b@x.org"], BARE,
        header={"Bcc": None, "From": lambda v: len(v) == 1 and "\n" not in v[0]}),
    # the sender
    option("-f me@x.org", sender="me@x.org"), option("-fme@x.org", sender="me@x.org"),
    option("-r me@x.org", sender="me@x.org"), option("-rme@x.org", sender="me@x.org"),
    option("-f me@x.org -f you@x.org", sender="you@x.org"),
    option("-f me@x.org -r you@x.org", sender="you@x.org"),
    option("-f ''", sender=""), option("-f '<>'", sender=""), option("-f '< >'", sender=""),
    option("-f'<>'", sender=""),
    option("-f 'Joe <joe@x.org>'", sender="joe@x.org"), option("-f joe", sender="joe@example.com"),
    option("-f '<joe@x.org>'", sender="joe@x.org"),
    option("-f root@vm", sender="root@example.com"),
    option("-f -x@y.org", "-f with a detached argument that begins with -", sender="-x@y.org"),
    Row("option -f 'foo@@bar'", ["-f", "foo@@bar", "b@x.org"], exit=65, drained=True),
    Row("option -f and no From", "-f me@x.org b@x.org", BARE, sender="me@x.org",
        header={"From": "$FULL <me@x.org>"}),
    # gateway: nothing is completed
    Row("option -G: nothing is completed", "-G b@x.org", b"From: root\nBcc: z@x.org\n\nbody\n",
        header={"From": "root", "Date": None, "Message-ID": None, "To": None, "Bcc": None},
        body=b"body\n"),
    # dots
    option("-i", "-i and a dot", stdin=DOT, body=b"body\n.\nafter\n"),
    option("-oi", "-oi and a dot", stdin=DOT, body=b"body\n.\nafter\n"),
    option("-oiTrue", "-oiTrue and a dot", stdin=DOT, body=b"body\n.\nafter\n"),
    option("-o i", "-o i and a dot", stdin=DOT, body=b"body\n.\nafter\n"),
    option("-O IgnoreDots=True", "-O IgnoreDots=True and a dot", stdin=DOT,
           body=b"body\n.\nafter\n"),
    option("-OIgnoreDots", "-OIgnoreDots and a dot", stdin=DOT, body=b"body\n.\nafter\n"),
    option("", "a dot without -i", stdin=DOT),
    option("", "a dot and CRLF without -i", stdin=DOT.replace(b"\n", b"\r\n"), same=False),
    # the log
    option("-L mytag", also=tag), option("-Lmytag", also=tag),
    Row("option -L with control characters", ["-L", "my\ntag%n", "b@x.org"], same=True),
    # aliases
    Row("option -n: no aliases", "-n team", aliases=ALIASES, to=("team@example.com",)),
    Row("option without -n: aliases", "team", aliases=ALIASES, to=("x@x.org", "y@y.org")),
    # delivery status notifications
    option("-N never", rcpt={"NOTIFY": "NEVER"}),
    option("-Nnever", rcpt={"NOTIFY": "NEVER"}),
    option("-N failure,delay",
           also=lambda r: [] if set(r.mails[0][0]["to"][0]["parameters"].get(
               "NOTIFY", "").upper().split(",")) == {"FAILURE", "DELAY"} else ["NOTIFY"]),
    option("-N SUCCESS", rcpt={"NOTIFY": "SUCCESS"}),
    option("-N bogus", rcpt={"NOTIFY": None}, log="-N"),
    option("-N failure -R hdrs -V id1", "-N, -R, -V and a relay without DSN", relay="nodsn",
           rcpt={"NOTIFY": None}, param={"RET": None, "ENVID": None}),
    option("-R hdrs", param={"RET": "HDRS"}), option("-Rfull", param={"RET": "FULL"}),
    option("-R FULL", param={"RET": "FULL"}), option("-R bogus", param={"RET": None}, log="-R"),
    option("-V id1", param={"ENVID": "id1"}), option("-Vid1", param={"ENVID": "id1"}),
    option("-V 'a b+c'", param={"ENVID": "a+20b+2Bc"}),
    option("-V good -V \u00e9", "-V that cannot be used leaves the one before it",
           param={"ENVID": "good"}, log="-V"),
    # the queue
    mode("-q"), mode("-qf"), mode("-q30m"), mode("-q1h30m"), mode("-qI3F8C"), mode("-qRx.org"),
    mode("-qSalice"), mode("-q!Ix"), mode("-q -v", stderr=b".*"), mode("-v -q", stderr=b".*"),
    option("-odq", mails=None, logged=False), option("-odd", mails=None, logged=False),
    mode("-Q", exit=64, stdin=MAIL), mode("-Qreason", exit=64, stdin=MAIL),
    # recipients from the header
    Row("option -t", "-t", same=True), Row("option -t and operands", "-t c@x.org", same=True,
                                           to=("b@x.org", "c@x.org")),
    option("-O REQUIRETLS=true", exit=(69, 70, 75, 76, 77, 78)),
    Row("option -v: the steps are told on standard error", "-v b@x.org", same=True, stderr=b".+"),
    option("-X /nonexistent/log", exit=(0, 77), mails=None, logged=False, stderr=b".*"),
    # the end of the options
    Row("option --", "-i -- b@x.org", same=True),
    Row("option -- and a recipient that begins with -", "-i -- -dash@x.org", same=True,
        to=("-dash@x.org",)),
]

ROWS += [Row(f"option {words}: unknown", f"{words} b@x.org", exit=64, drained=True,
             stderr=rb"[^\n]+\n") for words in ("-Z", "-k", "-1", "-iZ", "-y")]
ROWS += [Row(f"option {words}: its argument is missing", words, exit=64, drained=True)
         for words in ("-f", "-i -F", "-N", "-O", "-o", "-B", "-b", "-r", "-V", "-R", "-p", "-L",
                       "-h", "-e", "-M", "-A", "-C", "-tif")]
ROWS += [Row(f"option {words}: cluster", words, MAIL + b".\nx\n", sender=sender, same=True,
             body=b"body\n.\nx\n")
         for words, sender in (("-ti", "$ME@example.com"), ("-it", "$ME@example.com"),
                               ("-oi -t", "$ME@example.com"), ("-tifme@x.org", "me@x.org"),
                               ("-tif me@x.org", "me@x.org"), ("-xmtnsi", "$ME@example.com"))]
ROWS += [Row(f"by the name {program}", "", HELD, mails=0, logged=False, program=program, stdout=out)
         for program, out in (("mailq", EMPTY_QUEUE), ("newaliases", b""), ("runq", b""),
                              ("hoststat", b""), ("purgestat", b""))]
ROWS += [
    Row("by the name mailq, with options", "-v -Ac", HELD, mails=0, logged=False, program="mailq",
        stdout=EMPTY_QUEUE, stderr=b".*"),
    Row("by the name send-mail", "-i b@x.org", program="send-mail", same=True),
    Row("by the path /usr/lib/sendmail", "-i b@x.org", program="../lib/sendmail", same=True),
    Row("letters win over the name: newaliases -bp", "-bp", HELD, mails=0, logged=False,
        program="newaliases", stdout=EMPTY_QUEUE),
    Row("letters win over the name: mailq -bi", "-bi", HELD, mails=0, logged=False,
        program="mailq"),
    Row("long options work too", "--from=me@x.org -- b@x.org", sender="me@x.org", same=True),
]
