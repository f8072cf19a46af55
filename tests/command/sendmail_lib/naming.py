# SPDX-License-Identifier: GPL-3.0-or-later
"""The domain of a host called vm without /etc/mailname: what /etc/hosts makes of its name."""

import contextlib
import dataclasses
import os
import pathlib
import subprocess

from sendmail_lib import fixture
from sendmail_lib.later import call
from sendmail_lib.rows import BOTH, differ, split

HOSTS = pathlib.Path("/etc/hosts")
LOCALHOST = "127.0.0.1 localhost\n"


@contextlib.contextmanager
def hosts(host, text, config=""):
    """None: there is none."""
    host.prepare("plain", config, None, None)
    pathlib.Path("/etc/mailname").unlink()
    HOSTS.unlink()
    if text is not None:
        HOSTS.write_text(text)
    host.relays["plain"].forget()
    try:
        yield
    finally:
        HOSTS.unlink(missing_ok=True)
        HOSTS.write_text(fixture.HOSTS)


def seen(host, user):
    """What the server sees of a mail by `user` to carol: everything that was completed."""
    said = call(host, user, "sendmail", "carol", "dan@vm", stdin=b"Reply-To: eve\n\nbody\n")
    mails = host.relays["plain"].after(0)
    if said != (0, b"", b"") or len(mails) != 1:
        return said, len(mails)
    envelope, fields = mails[0][0], dict(split(mails[0][1])[0])
    return (envelope["from"], sorted(to["address"] for to in envelope["to"]),
            fields["From"].rpartition("<")[2].rstrip(">"), fields["Reply-To"],
            fields["Message-ID"].rpartition("@")[2].rstrip(">"))


def wanted(user, domain):
    mine = f"{user}@{domain}"
    return mine, [f"carol@{domain}", f"dan@{domain}"], mine, f"eve@{domain}", domain


@dataclasses.dataclass
class Naming:
    name: str
    text: str
    domain: str
    own: str = "vm"
    config: str = ""
    who: tuple = BOTH

    def run(self, host, user):
        subprocess.run(["hostname", self.own], check=True)
        try:
            with hosts(host, self.text, self.config):
                return differ("what goes out", seen(host, user), wanted(user, self.domain))
        finally:
            subprocess.run(["hostname", "vm"], check=True)


class Unread:
    """Where nothing needs the name nobody opens the file: whoever did would wait at a FIFO."""

    name, who = "/etc/hosts is not read when no name is needed", BOTH

    def run(self, host, user):
        with hosts(host, None, "from me@x.org\nlocal_names x.org\n"):
            os.mkfifo(HOSTS)
            said = call(host, user, "sendmail", "b@x.org", stdin=b"Subject: s\n\nbody\n")
            return differ("status and output", said, (0, b"", b""))


def named(name, text, domain, **more):
    return Naming(f"the own name: {name}", text, domain, **more)


FULL = "vm.example.com"
ROWS = [
    named("as Debian writes it", f"{LOCALHOST}127.0.1.1 vm.example.com vm\n", FULL),
    named("only without a dot is looked up", f"{LOCALHOST}127.0.1.1 other.example.net vm.x.org\n",
          "vm.x.org", own="vm.x.org"),
    named("the full one behind it", "127.0.1.1 vm vm.example.com\n", FULL),
    named("the full one behind localhost", "127.0.0.1 localhost vm www.x.org vm.example.com\n", FULL),
    named("nothing but localhost", "127.0.0.1 localhost vm\n", "vm"),
    named("nothing but names of every host", "127.0.0.1 localhost.localdomain localhost vm\n"
          "::1 localhost6.localdomain6 localhost6 vm\n", "vm"),
    named("an alias is no full name", "127.0.0.1 vm www.x.org api.x.org\n", "vm"),
    named("the first name of its line", f"{LOCALHOST}192.0.2.1 mail.example.com mail vm\n",
          "mail.example.com"),
    named("with a domain, in a later line", "192.0.2.1 mail.x.org vm\n192.0.2.2 vm.example.com vm\n",
          FULL),
    named("of two lines the first", "::1 vm.example.com vm\n127.0.1.1 vm.x.org vm\n", FULL),
    named("of an IPv6 address", f"{LOCALHOST}::1 ip6-localhost\n2001:db8::1\tvm.example.com\tvm\n",
          FULL),
    named("in other letters, with a dot at the end", "127.0.1.1 VM.Example.COM. Vm\r\n", FULL),
    named("of somebody else", f"{LOCALHOST}127.0.1.1 vm.example.com vm1\n192.0.2.1 vmx.x.org avm\n",
          "vm"),
    named("in a comment", f"{LOCALHOST}#127.0.1.1 vm.example.com vm\n127.0.1.1 vm # vm.example.com\n",
          "vm"),
    named("what is no domain", "127.0.1.1 vm..example.com vm\n127.0.1.2 vm. vm\n", "vm"),
    named("at the end of a long line", f"127.0.0.1 {'a.x ' * 125}vm vm.example.com\n", FULL),
    named("no file", None, "vm"),
    named("qualify_domain says more", "127.0.1.1 vm.example.com vm\n", "q.example",
          config="qualify_domain q.example\n"),
    Unread(),
]
