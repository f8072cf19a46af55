# SPDX-License-Identifier: GPL-3.0-or-later
"""Which file, which account, which values it inherits, and the aliases."""
from play import Case

TO = "bob@example.net"
BASE = "host 127.0.0.1\nport {port}\nlogfile {dir}/log\n"
MANY = f"""defaults
{BASE}domain d.example.org
account work
from alice@work.example
account home : work
from alice@home.example
defaults
domain later.example.org
account child : home
account lists
from *@lists.example
account plus
from alice@plus.example
domain plus.example.org
account default : plus
from fallback@example.org
"""

CHOICES = [
    ("the default", ()), ("-a work", ("-a", "work")), ("-a home", ("-a", "home")),
    ("-a child", ("-a", "child")), ("-a lists", ("-a", "lists")), ("-a default", ("-a", "default")),
    ("-a nobody", ("-a", "nobody")), ("-f of work", ("-f", "alice@work.example")),
    ("-f in another case", ("-f", "ALICE@Work.Example")),
    ("-f by a pattern", ("-f", "x@lists.example")),
    ("-f by a pattern, another case", ("-f", "x@LISTS.example")),
    ("-f with detail", ("-f", "alice+x@work.example")),
    ("-f with detail, by a pattern", ("-f", "x+y@lists.example")),
    ("-f of nobody", ("-f", "eve@example.com")), ("-f and -a", ("-a", "work", "-f",
                                                                "x@lists.example")),
    ("-f of two accounts", ("-f", "alice@home.example")), ("-f is empty", ("-f", "")),
    ("-f with two plus", ("-f", "alice+a+b@plus.example")),
]
FILES = [
    ("no account line", BASE + "from a@example.org\n", ()),
    ("defaults only", "defaults\n" + BASE, ()),
    ("an empty file", "", ()), ("no file", None, ()),
    ("no host", "account default\nfrom a@b.example\n", ()),
    ("no from", "account default\n" + BASE, ()), ("no from, but -f", "account default\n" + BASE,
                                                  ("-f", "x@example.org")),
    ("one account, another name", "account a\n" + BASE + "from a@example.org\n", ()),
    ("default after its parent", "account a\n" + BASE + "from a@example.org\naccount default : a\n",
     ()),
    ("a parent that comes later", "account default : a\naccount a\n" + BASE, ()),
    ("two parents", "account a\nfrom a@example.org\ndomain a\naccount b\ndomain b\n" + BASE
     + "account default : a, b\n", ()), ("two parents without a blank",
                                         "account a\nfrom a@example.org\naccount b\n"
                                      + BASE + "account default:a,b\n", ()),
    ("a name with blanks",
     "account my work\n" + BASE + "from a@example.org\naccount default : my work\n", ()),
    ("the same name twice", "account default\n" + BASE + "account default\nfrom a@example.org\n",
     ()),
    ("a long line",
     "account default\n" + BASE + "from a@example.org\ndomain " + "x" * 60 + "\n# " + "x" * 600 + "\n", ()),
    ("a line of 499", "account default\n" + BASE + "from a@example.org\n#" + "x" * 498 + "\n", ()),
    ("CRLF", ("account default\n" + BASE + "from a@example.org\n").replace("\n", "\r\n"), ()),
    ("no last line end", "account default\n" + BASE + "from a@example.org", ()),
    ("quotes in a value", "account default\n" + BASE + "from \"a@example.org\"\n", ()),
    ("tilde", "account default\nhost 127.0.0.1\nport {port}\nlogfile ~/log\nfrom a@example.org\n",
     ()),
    ("set twice", "account default\n" + BASE + "from a@example.org\nfrom b@example.org\n", ()),
    ("an unset value is inherited",
     "account a\n" + BASE + "from a@example.org\ndomain x.example\naccount b : a\ndomain\n"
     "account default : b\n", ()),
]
ENVIRONMENT = [
    ("SMTPSERVER and EMAIL", {"SMTPSERVER": "127.0.0.1", "EMAIL": "e@example.org"},
     ("--port={port}",)),
    ("SMTPSERVER and -f", {"SMTPSERVER": "127.0.0.1"}, ("--port={port}", "-f", "x@example.org")),
    ("SMTPSERVER alone", {"SMTPSERVER": "127.0.0.1"}, ("--port={port}",)),
    ("EMAIL alone", {"EMAIL": "e@example.org"}, ()),
    ("SMTPSERVER, EMAIL and -f", {"SMTPSERVER": "127.0.0.1", "EMAIL": "e@example.org"},
     ("--port={port}", "-f", "x@example.org")),
    ("SMTPSERVER and -a", {"SMTPSERVER": "127.0.0.1", "EMAIL": "e@example.org"},
     ("--port={port}", "-a", "x")),
    ("SMTPSERVER and -a default", {"SMTPSERVER": "127.0.0.1", "EMAIL": "e@example.org"},
     ("--port={port}", "-a", "default")),
]
ALIASES = [
    ("one", "root: r@example.net\n", ("root",)), ("two targets",
                                                  "root: r@example.net, s@example.net\n",
                                                  ("root",)),
    ("chained", "root: admin\nadmin: a@example.net\n", ("root",)),
    ("default", "default: d@example.net\n", ("typo",)),
    ("not found", "root: r@example.net\n", ("somebody",)),
    ("with a domain", "root: r@example.net\n", ("root@example.org",)),
    ("two recipients", "root: r@example.net\ncron: c@example.net\n", ("root", "cron")),
    ("a comment", "# c\nroot: r@example.net # x\n", ("root",)), ("a loop", "a: b\nb: a\n", ("a",)),
    ("the same twice", "a: x@example.net\na: y@example.net\n", ("a",)),
    ("upper case", "Root: r@example.net\n", ("root",)), ("a pipe", "root: |cat\n", ("root",)),
    ("a file", "root: /dev/null\n", ("root",)),
    ("no colon", "root r@example.net\n", ("root",)), ("to itself", "root: root\n", ("root",)),
    ("remote only", "root r@example.net\n", (TO,)),
    ("mixed", "root: r@example.net\n", (TO, "root")),
    ("the same recipient", f"root: {TO}\n", (TO, "root")),
]
SYSTEM = [
    ("only the system's", None, "account default\n" + BASE + "from s@example.org\n", ()),
    ("both have default", "account default\n" + BASE + "from u@example.org\n",
     "account default\nhost x\n", ()),
    ("the system's other account", "account default\n" + BASE + "from u@example.org\n",
     "account sys\n" + BASE + "from s@example.org\n", ("-a", "sys")),
    ("default only in the system's", "account own\n" + BASE + "from u@example.org\n",
     "account default\n" + BASE + "from s@example.org\n", ()),
    ("defaults do not cross", "account default\nfrom u@example.org\n", "defaults\n" + BASE, ()),
    ("-f finds the user's first", "account a\n" + BASE + "from x@example.org\ndomain user\n",
     "account b\n" + BASE + "from x@example.org\ndomain system\n", ("-f", "x@example.org")),
    ("a broken system file", "account default\n" + BASE + "from u@example.org\n", "nonsense\n", ()),
    ("a parent in the system's", "account default : sys\n", "account sys\n" + BASE, ()),
    ("a password in the system's", None,
     "account default\n" + BASE + "from s@example.org\npassword x\n", ()),
]


def cases():
    for name, words in CHOICES:
        yield Case(f"account: {name}", MANY, (*words, TO), whole=True)
    for name, text, words in FILES:
        yield Case(f"file: {name}", text, (*words, TO), whole=True)
    for name, env, words in ENVIRONMENT:
        yield Case(f"environment: {name}", None, (*words, TO), env=env)
        yield Case(f"environment: {name}, with a file", BASE + "from f@example.org\n", (*words, TO),
                   env=env, whole=True)
    for name, text, to in ALIASES:
        yield Case(f"alias: {name}", "aliases {dir}/aliases\n", to, files={"aliases": text})
    yield Case("alias: others may write the file", "aliases {dir}/aliases\n", ("root",),
               files={"aliases": "root: r@example.net\n"}, files_mode=0o666)
    yield Case("alias: the user's group may write the file", "aliases {dir}/aliases\n", ("root",),
               files={"aliases": "root: r@example.net\n"}, files_mode=0o660)
    for name, user, system, words in SYSTEM:
        yield Case(f"system: {name}", user, (*words, TO), whole=True, system=system)
    yield Case("system: one that may not be read", BASE + "from u@example.org\n", whole=True,
               system="nonsense\n", system_mode=0o600)
    yield Case("LMTP without a port", "account default\nhost 127.0.0.1\nprotocol lmtp\n"
               "from a@example.org\n", whole=True)
    for mode in (0o600, 0o400, 0o640, 0o644, 0o700):
        for line in ("password secret\n", "eval echo password secret\n", ""):
            yield Case(f"mode {mode:o}: {line.strip() or 'no password'}", line, mode=mode)
    yield Case("XDG: msmtp/config", None,
               files={".config/msmtp/config": BASE + "from x@example.org\n"})
    yield Case("XDG: both", BASE + "from u@example.org\n", whole=True,
               files={".config/msmtp/config": BASE + "from x@example.org\n"})
    yield Case("XDG: elsewhere", None,
               files={"elsewhere/msmtp/config": BASE + "from x@example.org\n"},
               env={"XDG_CONFIG_HOME": "{dir}/elsewhere"})
    yield Case("no HOME", BASE + "from u@example.org\n", whole=True, env={"HOME": "{unset}"})
