# SPDX-License-Identifier: GPL-3.0-or-later
"""A small internet: names, web servers and submission servers on the loopback interface."""
import contextlib
import http.server
import json
import os
import pathlib
import re
import shutil
import ssl
import stat
import subprocess
import threading
import time
import urllib.parse

import names
import pki
import submission

PROGRAM = os.path.realpath(os.environ.get("POSTRIDER", "postrider"))
PASSWORD = "only for mail"
APP_PASSWORD = "abcdefghijklmnop"
GOOD, WRONG, STRANGER, DEAF = "127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.9"
LONG = 60    # seconds until a wait is a failure

XML = """<?xml version="1.0" encoding="UTF-8"?>
<clientConfig version="1.1"><emailProvider id="x">
<incomingServer type="imap"><hostname>imap.{host}</hostname></incomingServer>
<outgoingServer type="smtp"><hostname>{host}</hostname><port>{port}</port>
<socketType>{socket}</socketType><username>{user}</username>
<authentication>password-cleartext</authentication></outgoingServer>
</emailProvider></clientConfig>
"""
LAUGHS = "<!DOCTYPE c [<!ENTITY a0 \"ha\">" + "".join(
    f"<!ENTITY a{n + 1} \"{f'&a{n};' * 10}\">" for n in range(9)) + \
    "]><clientConfig><emailProvider>&a9;</emailProvider></clientConfig>"


def xml(host, port=465, socket="SSL", user="%EMAILADDRESS%"):
    return XML.format(host=host, port=port, socket=socket, user=user)


# What web servers say: host: (path, text). A number is a status; "slow" never ends.
PAGES = {
    "autoconfig.published.example": xml("out.published.example", user="%EMAILLOCALPART%"),
    "wellknown.example": xml("out.wellknown.example", 587, "STARTTLS"),
    "autoconfig.redirected.example": "https://help.hoster.example/settings",
    "help.hoster.example": xml("smtp.hoster.example"),
    "autoconfig.clear.example": xml("smtp.clear.example", 25, "plain"),
    "autoconfig.missing.example": 404,
    "autoconfig.slow.example": "slow",
    "autoconfig.laughing.example": LAUGHS,
    "autoconfig.huge.example": "<clientConfig>" + "<!-- x -->" * 20000,
    "autoconfig.page.example": "<html><body>Welcome</body></html>",
    "autoconfig.thunderbird.net": xml("smtp.hoster.example"),
}
NAMES = f"""
A    mail.srv.example                    {GOOD}
SRV  _submissions._tcp.srv.example       0 1 465 mail.srv.example
A    mail.starttls.example               {GOOD}
SRV  _submission._tcp.starttls.example   0 1 587 mail.starttls.example
A    mail.odd.example                    {GOOD}
SRV  _submission._tcp.odd.example        0 1 5870 mail.odd.example
A    a.several.example                   {GOOD}
A    b.several.example                   {GOOD}
SRV  _submissions._tcp.several.example   20 9 465 b.several.example
SRV  _submissions._tcp.several.example   10 1 465 a.several.example
SRV  _submissions._tcp.refused.example   0 0 0 .
A    smtp.refused.example                {GOOD}
SRV  _submissions._tcp.abroad.example    0 1 465 smtp.hoster.example
A    smtp.hoster.example                 {GOOD}
A    mail.hoster.example                 {GOOD}
A    help.hoster.example                 {GOOD}
SRV  _submissions._tcp.down.example      0 1 465 mail.down.example
A    mail.down.example                   {DEAF}
SRV  _submissions._tcp.stranger.example  0 1 465 mail.stranger.example
A    mail.stranger.example               {STRANGER}
A    autoconfig.published.example        {GOOD}
A    out.published.example               {GOOD}
A    wellknown.example                   {GOOD}
A    out.wellknown.example               {GOOD}
A    autoconfig.redirected.example       {GOOD}
A    autoconfig.forged.example           {WRONG}
A    smtp.forged.example                 {GOOD}
A    autoconfig.clear.example            {GOOD}
A    smtp.clear.example                  {GOOD}
A    autoconfig.missing.example          {GOOD}
A    mail.missing.example                {GOOD}
A    autoconfig.slow.example             {GOOD}
A    smtp.slow.example                   {GOOD}
A    autoconfig.laughing.example         {GOOD}
A    smtp.laughing.example               {GOOD}
A    autoconfig.huge.example             {GOOD}
A    smtp.huge.example                   {GOOD}
A    autoconfig.page.example             {GOOD}
A    smtp.page.example                   {GOOD}
A    guessed.example                     {GOOD}
MX   mx.example                          10 mail.hoster.example
MX   hosted.example                      20 alt.aspmx.l.google.com
MX   hosted.example                      10 aspmx.l.google.com
MX   shared.example                      10 initial.sakura.ne.jp
A    initial.sakura.ne.jp                {GOOD}
A    smtp.gmail.com                      {GOOD}
A    smtp-mail.outlook.com               {GOOD}
A    smtp.mail.yahoo.co.jp               {GOOD}
A    smtp.sendgrid.net                   {GOOD}
A    smtp.nifty.com                      {GOOD}
A    mail.xn--bcher-kva.example          {GOOD}
A    autoconfig.thunderbird.net          {GOOD}
"""
USERS = {user: PASSWORD for user in ("me", "apikey", "nif") + tuple(
    f"me@{domain}" for domain in (
        "srv.example", "starttls.example", "published.example", "hoster.example", "mx.example",
        "guessed.example", "hosted.example", "abroad.example", "several.example",
        "unlisted.example", "sender.example"))}
USERS["me@gmail.com"] = APP_PASSWORD


def check(name, good, got="no", want="yes"):
    """One line; a failing check never stops the others."""
    if good:
        print(f"ok - setup: {name}", flush=True)
    else:
        print(f"not ok - setup: {name}: got {got}, want {want}", flush=True)


def same(name, got, want):
    check(name, got == want, repr(got), repr(want))


def has(name, text, *parts):
    missing = [part for part in parts if part not in text]
    check(name, not missing, f"{text!r}", f"{missing} in it")


# ---- the web

class Page(http.server.BaseHTTPRequestHandler):
    """Answers by the name that it is asked under, and notes what was asked."""

    def do_GET(self):
        host = self.headers["Host"]
        self.server.asked.append((host, self.path))
        page = PAGES.get(host, 404)
        if page == "slow":
            self.server.end.wait(LONG)
            return
        if isinstance(page, int):
            self.send_response(page)
        elif page.startswith("https://"):
            self.send_response(301)
            self.send_header("Location", page)
        else:
            self.send_response(200)
        content = page.encode() if isinstance(page, str) else b""
        self.send_header("Content-Length", len(content))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


class Web(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address, pair):
        super().__init__((address, 443), Page)
        self.asked, self.end = [], threading.Event()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.cert, pair.key)
        self.socket = context.wrap_socket(self.socket, server_side=True,
                                          do_handshake_on_connect=False)

    def handle_error(self, *_):
        """Clients that do not like the certificate hang up."""


@contextlib.contextmanager
def web(address, pair):
    with Web(address, pair) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.end.set()
            server.shutdown()


# ---- the whole

def mount(*words):
    subprocess.run(["mount", *map(str, words)], check=True)


def system_folder():
    said = subprocess.run([PROGRAM, "--version"], stdout=subprocess.PIPE, text=True,
                          env={"LANG": "C", "PATH": "/usr/bin:/bin"}, check=True).stdout
    return pathlib.Path(re.search(r"(/\S+)/postrider/config", said)[1], "postrider")


def private_etc(folder, trust, system):
    """Our names, our authority, and no configuration of the system."""
    for name, text in (("hosts", "127.0.0.1 localhost\n"), ("resolv.conf", "nameserver 127.0.0.1\n"),
                       ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")):
        (folder / name).write_text(text)
        real = pathlib.Path("/etc", name).resolve()
        mount("--bind", folder / name, real)
    mount("--bind", trust, "/etc/ssl/certs/ca-certificates.crt")
    mount("-t", "tmpfs", "tmpfs", system)


def all_names():
    found = {row.split()[1] for row in NAMES.splitlines() if row.startswith("A ")}
    return tuple(f"DNS:{name}" for name in sorted(found))


class Room:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.authority = pki.Authority(self.folder / "trusted", "the authority of the tests")
        stranger = pki.Authority(self.folder / "stranger", "nobody knows this one")
        self.pair = self.authority.certificate("server", names=all_names())
        self.wrong = self.authority.certificate("wrong", names=("DNS:elsewhere.example",))
        self.unknown = stranger.certificate("unknown", names=all_names())
        self.system = system_folder()
        self.is_new = not self.system.exists()
        self.system.mkdir(parents=True, exist_ok=True)
        private_etc(self.folder, self.authority.cert, self.system)
        self.homes = 0
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)

    def server(self, address, port, pair, **more):
        return submission.running(submission.Settings(
            folder=str(self.folder / f"mail-{address}-{port}"), address=address, port=port,
            cert=pair.cert, key=pair.key, implicit_tls=port == 465,
            **{"users": USERS, **more}))

    def leave(self):
        """The folder of the system's configuration is as it was."""
        if self.is_new:
            subprocess.run(["umount", self.system], check=True)
            self.system.rmdir()

    def home(self):
        """A new home, empty."""
        self.homes += 1
        return Home(self, self.folder / f"home{self.homes}")

    def mails(self):
        """All mail that has come in."""
        return [mail for server in self.servers for mail in server.mails()]


class Home:
    """Somebody with a folder of his own."""

    def __init__(self, room, folder):
        self.room, self.folder = room, folder
        folder.mkdir()
        self.config = folder / ".config/postrider/config"
        self.environment = {"HOME": str(folder), "PATH": os.environ["PATH"], "LANG": "C.UTF-8",
                            "XDG_RUNTIME_DIR": str(folder)}
        self.environment.update((name, value) for name, value in os.environ.items()
                                if name.endswith("SAN_OPTIONS"))

    def run(self, *words, text="", before=(), stdin=None):
        """Without any terminal; TEXT, or what STDIN gives, is on standard input."""
        given = {"stdin": stdin} if stdin else {"input": text}
        return subprocess.run([*before, PROGRAM, *words], env=self.environment, **given, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                              timeout=2 * LONG, start_new_session=True)

    def setup(self, *words, text=PASSWORD + "\n"):
        return self.run("setup", *words, text=text)

    def discover(self, address):
        """What --print --json says."""
        done = self.setup("--print", "--json", address)
        return json.loads(done.stdout) if done.stdout else {"stderr": done.stderr}

    def write(self, path, text, mode=0o600):
        path = self.folder / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def files(self):
        """{path: mode} of all that is there."""
        return {str(path.relative_to(self.folder)): oct(stat.S_IMODE(path.lstat().st_mode))
                for path in self.folder.rglob("*") if not path.is_dir()}


@contextlib.contextmanager
def opened(folder, more_names=""):
    made = Room(folder)
    with contextlib.ExitStack() as stack:
        stack.callback(made.leave)
        stack.enter_context(names.running(NAMES + more_names))
        made.web = stack.enter_context(web(GOOD, made.pair))
        stack.enter_context(web(WRONG, made.wrong))
        made.servers = [stack.enter_context(made.server(GOOD, port, made.pair))
                        for port in (465, 587, 5870)]
        made.servers.append(stack.enter_context(made.server(GOOD, 5871, made.pair, users={},
                                                            mechanisms=())))
        stack.enter_context(made.server(STRANGER, 465, made.unknown))
        yield made
