# SPDX-License-Identifier: GPL-3.0-or-later
"""mailq, read by the rules of the programs that read it."""

import re
import subprocess

from sendmail_lib.dialogues import Scene
from sendmail_lib.later import call, listed
from sendmail_lib.queued import EVERYBODY, SILENT, begin, me, send
from sendmail_lib.rows import MAIL, differ

# How those who read Postfix's listing take the line of a message apart.
HEAD = re.compile(r"^([0-9A-F]{10,})([ *!]) +(\d+) ([A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d "
                  r"\d\d:\d\d:\d\d)  ?(\S+)$")
LOOSE = re.compile(r"^[0-9A-F]+\s*([ !*])\s+(\d+)\s+(\S+\s+\S+\s+\d+\s+\d+:\d+:\d+)\s+(.+)$")


def shell(text, command):
    done = subprocess.run(["/bin/sh", "-c", command], input=text, capture_output=True, check=False)
    return done.stdout.decode().strip()


def check_mailq_as_sendmail(text):
    """Nagios and Icinga, who take an MTA that they do not know for sendmail."""
    count = None
    for line in text.split("\n"):
        if "mqueue" in line:
            if found := re.search(r" \((\d+) request", line):
                count = int(found[1])
        elif found := re.search(r"^\s+Total\sRequests:\s(\d+)$", line, re.IGNORECASE):
            count = int(found[1])
    return count


def check_mailq_as_postfix(text):
    last = text.rstrip("\n").split("\n")[-1]
    if found := re.search(r"Kbytes in (\d+)", last):
        return int(found[1])
    return 0 if re.search("Mail queue is empty", last) else None


def netdata(text):
    raw = text.splitlines()[-1].split(" ")
    return 0 if raw[:2] == ["Mail", "queue"] else int(raw[4])


def summary(text):
    """Agents that look for the summary anywhere, and for the empty queue otherwise."""
    found = re.findall(r"(?m)^-- \d+ Kbytes in (\d+) Requests?\.$", text)
    return int(found[-1]) if found else 0 if "Mail queue is empty" in text else None


def total(text):
    found = re.findall(r"(?m)^\s+Total requests: (\d+)$", text)
    return int(found[0]) if len(found) == 1 else None


CONSUMERS = {
    "check_mailq -M sendmail": check_mailq_as_sendmail,
    "check_mailq -M postfix": check_mailq_as_postfix,
    "netdata": netdata,
    "the summary": summary,
    "the total": total,
    "/^[A-Z0-9]{10}/": lambda text: len(re.findall(r"(?m)^[A-Z0-9]{10}", text)),
    "/^[A-F0-9]+[*! ]/": lambda text: len(re.findall(r"(?m)^[A-F0-9]+[*! ]", text)),
    "the line of a message": lambda text: len([1 for line in text.split("\n") if HEAD.match(line)]),
    "the line of a message, loosely": lambda text: len(
        [1 for line in text.split("\n") if LOOSE.match(line)]),
    "grep -c": lambda text: int(shell(text.encode(), "grep -c '^[A-F0-9]'")),
    "grep -c with blanks": lambda text: int(shell(
        text.encode(), "grep -Ec '^[0-9A-F]{10,}[*!]? +[0-9]+ '")),
    "awk, a paragraph each": lambda text: int(shell(
        text.encode(), "tail -n +2 | grep -v '^ *(' | awk 'BEGIN { RS = \"\" } $1 ~ /^[0-9A-F]/ "
                       "{ n++ } END { print n + 0 }'")),
}


def show(host, user, program="mailq", *words):
    status, out, err = call(host, user, program, *words)
    if (status, err) != (0, b""):
        raise ValueError(f"{program}: got {(status, out, err)}, want 0 and no complaint")
    return out.decode("ascii")


def counted(text, want):
    """What each of them makes of it."""
    return [problem for name, consumer in CONSUMERS.items()
            for problem in differ(name, consumer(text), want)]


def paragraphs(text):
    """{sender: [(mark, size, lines below)]}"""
    found = {}
    for block in text.split("\n\n"):
        for at, line in enumerate(block.split("\n")):
            if head := HEAD.match(line):
                below = block.split("\n")[at + 1:]
                found.setdefault(head[5], []).append((head[2], int(head[3]), below))
    return found


def whole(host, user):
    """One of each kind: waiting, for nobody's account, refused for now, in doubt, held, hostile."""
    begin(host, None)
    found = differ("waiting", send(host, user, "-f wait@x.org b@x.org"), SILENT)
    found += differ("null sender", send(host, user, "-f <> b@x.org c@x.org"), SILENT)
    found += differ("put off", send(host, user, "-odq -f off@x.org -- -dash@x.org"), SILENT)
    begin(host)
    host.stop_runners()
    found += differ("for now", send(host, user, "-f now@x.org later@x.org"), SILENT)
    found += differ("hostile", send(host, user, "-f odd@x.org odd@x.org"), SILENT)
    host.relays["plain"].losses = 1
    found += differ("in doubt", send(host, user, "-f doubt@x.org b@x.org"), SILENT)
    host.stop_runners()
    return found


def everything(host, user):
    found = whole(host, user)
    for one in listed(host, user):
        if one["sender"] == "off@x.org":
            found += differ("hold", call(host, user, "postrider", "queue", "hold", one["id"]),
                            SILENT)
    text = show(host, user)
    found += counted(text, len(listed(host, user)))
    parts = paragraphs(text)
    found += differ("senders", sorted(parts), sorted(
        ["wait@x.org", "MAILER-DAEMON", "off@x.org", "now@x.org", "odd@x.org", "doubt@x.org"]))
    if found:
        return found + [text]
    marks = {sender: one[0][0] for sender, one in parts.items()}
    found += differ("marks", {m for s, m in marks.items() if s != "off@x.org"}, {" "})
    found += differ("mark of what is held", marks["off@x.org"], "!")
    below = {sender: one[0][2] for sender, one in parts.items()}
    indent = " " * 42
    found += differ("recipients", below["off@x.org"][-1], f"{indent}-dash@x.org")
    found += differ("recipients", below["MAILER-DAEMON"][-2:],
                    [f"{indent}b@x.org", f"{indent}c@x.org"])
    for sender, words in (("now@x.org", "4.2.0 try again later"), ("wait@x.org", "127.0.0.1"),
                          ("doubt@x.org", "may have been delivered already")):
        good = any(re.fullmatch(rf" {{8}}\(.*{words}.*\)", line) for line in below[sender])
        found += [] if good else [f"reason of {sender}: got {below[sender]}, want {words}"]
    return found


def nothing(host, user):
    begin(host)
    text = show(host, user)
    return counted(text, 0) + differ("text", text, "                Total requests: 0\n"
                                                   "Mail queue is empty\n")


def one_only(host, user):
    begin(host)
    found = differ("sendmail", send(host, user, "-odq b@x.org"), SILENT)
    text = show(host, user, "sendmail", "-bp")
    found += counted(text, 1) + differ("senders", list(paragraphs(text)), [me(user)])
    found += differ("-bP", show(host, user, "sendmail", "-bP"), text)
    found += differ("the first line", text.split("\n")[0],
                    "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------")
    return found + differ("the end", text.split("\n")[-3:],
                          ["                Total requests: 1", "-- 1 Kbytes in 1 Request.", ""])


def active(host, user):
    """* while it is being sent."""
    server = begin(host)
    server.reached.clear()
    server.open.clear()
    try:
        found = differ("sendmail", send(host, user, "-odb b@x.org"), SILENT)
        found += differ("on its way", server.reached.wait(30), True)
        text = show(host, user)
    finally:
        server.open.set()
    found += counted(text, 1)
    found += differ("mark", [one[0][0] for one in paragraphs(text).values()], ["*"])
    return found + differ("runner has left", host.runners_end(), True)


def of_others(host, user):
    """Everybody sees his own, and no error for what is not his."""
    begin(host, None)
    other = "alice" if user == "root" else "root"
    found = differ("sendmail", send(host, other, "-odq b@x.org"), SILENT)
    return found + counted(show(host, user), 0) + counted(show(host, other), 1)


def without_account(host, user):
    """A configuration that is wrong is no reason to fail, but to be told."""
    begin(host)
    found = differ("sendmail", send(host, user, "-odq b@x.org"), SILENT)
    begin(host, config="no_such_setting on\n")
    status, out, err = call(host, user, "mailq")
    found += differ("status", (status, b"no_such_setting" in err, err.count(b"\n")), (0, True, 1))
    return found + counted(out.decode("ascii"), 1)


def damaged(host, user):
    """A file that cannot be read is shown and counted, and the exit status is 0."""
    begin(host)
    found = differ("sendmail", send(host, user, "-odq b@x.org", MAIL), SILENT)
    (path,) = (host.queue(user) / "msg").rglob("*-*-*")
    path.write_bytes(path.read_bytes()[:40] + b"\0 \n\n" + path.read_bytes()[44:])
    return found + counted(show(host, user), 1)


ROWS = [
    Scene("72 mailq: nothing", nothing, EVERYBODY),
    Scene("72 mailq: one", one_only, EVERYBODY),
    Scene("72 mailq: one of each kind", everything, EVERYBODY),
    Scene("72 mailq: being sent", active, EVERYBODY),
    Scene("72 mailq: other users' mail", of_others, EVERYBODY),
    Scene("72 mailq: the configuration is wrong", without_account),
    Scene("72 mailq: damaged", damaged),
]
