# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers for one connection that show a certificate and note all that they are told."""
import contextlib
import os
import pathlib
import select
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import warnings

WAIT = 60       # seconds; reached only when something is broken
REPLIES = {
    "HELO": "250 test", "MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go", "QUIT": "221 bye",
    "AUTH": "235 2.7.0 ok", "RSET": "250 ok", "NOOP": "250 ok",
}


def context(cert, key, *, versions=None, client_ca=None):
    """A server's TLS settings. Weak certificates are allowed here: the client is tested."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.set_ciphers("ALL:@SECLEVEL=0")
    if versions:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            made.minimum_version, made.maximum_version = versions
    made.load_cert_chain(cert, key)
    if client_ca:
        made.verify_mode = ssl.CERT_REQUIRED
        made.load_verify_locations(client_ca)
    return made


class Talk:
    """The server's side of an SMTP dialogue over file-like ends."""

    def __init__(self, take, give, offers=()):
        self.take, self.give, self.offers = take, give, offers
        self.heard = []

    def say(self, line):
        self.give(line.encode() + b"\r\n")

    def greet(self):
        self.say("220 test ESMTP")

    def run(self, stop_at=None):
        """Until QUIT, the end of the connection, or the command STOP_AT, which is not answered."""
        while line := self.take():
            self.heard.append(line.decode("latin-1").rstrip("\r\n"))
            verb = self.heard[-1].split(" ")[0].upper()
            if verb == stop_at:
                return True
            if verb == "EHLO":
                for word in ("test", *self.offers[:-1]):
                    self.say(f"250-{word}")
                self.say(f"250 {self.offers[-1]}" if self.offers else "250 test")
            else:
                self.say(REPLIES.get(verb, "500 what"))
            if verb == "DATA":
                while (line := self.take()) not in (b".\r\n", b""):
                    pass
                self.say("250 kept")
            if verb == "QUIT":
                return False
        return False


class Server:
    """Listens on loopback for one connection. `heard` is what was said in clear and inside TLS."""

    def __init__(self, tls=None, starttls=False, address="127.0.0.1"):
        self.tls, self.starttls = tls, starttls
        self.heard, self.name, self.secure, self.problem = [], None, False, None
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.listener = socket.create_server((address, 0), family=family)
        self.listener.settimeout(WAIT)
        self.port = self.listener.getsockname()[1]
        self.wake, self.waker = socket.socketpair()
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.waker.close()
        self.thread.join(WAIT)
        self.listener.close()
        self.wake.close()

    def serve(self):
        ready = select.select([self.listener, self.wake], [], [], WAIT)[0]
        if self.listener not in ready:
            return
        peer, _ = self.listener.accept()
        peer.settimeout(WAIT)
        try:
            with peer:
                self.talk(peer)
        except (OSError, ValueError) as problem:
            self.problem = problem

    def talk(self, peer):
        if self.starttls:
            clear = peer.makefile("rb")
            talk = Talk(clear.readline, peer.sendall, ("STARTTLS",))
            talk.heard = self.heard
            talk.greet()
            if not talk.run(stop_at="STARTTLS"):
                return
            talk.say("220 go ahead")
        if self.tls is None:
            self.converse(peer)
            return
        self.tls.sni_callback = self.note_name
        with self.tls.wrap_socket(peer, server_side=True) as hidden:
            self.secure = True
            self.converse(hidden)

    def note_name(self, _socket, name, _context):
        self.name = name

    def converse(self, line):
        with line.makefile("rb") as take:
            talk = Talk(take.readline, line.sendall, ("AUTH PLAIN", "8BITMIME"))
            talk.heard = self.heard
            if not self.starttls:
                talk.greet()
            talk.run()


class Stapler:
    """openssl's server, since Python's cannot staple an OCSP answer; a relay gives it a port."""

    def __init__(self, cert, key, answer, version):
        # Of its own, since the path of a socket must be short.
        self.folder = tempfile.TemporaryDirectory(prefix="stapler")
        self.path = pathlib.Path(self.folder.name) / "socket"
        self.heard = []
        self.process = subprocess.Popen(
            ["openssl", "s_server", "-quiet", "-unix", self.path, "-cert", cert, "-key", key,
             "-status_file", answer, version],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(WAIT)
        self.port = self.listener.getsockname()[1]
        self.stop, self.stopper = socket.socketpair()
        self.threads = [threading.Thread(target=work, daemon=True)
                        for work in (self.relay, self.converse)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopper.close()
        self.threads[0].join(WAIT)
        self.process.kill()
        self.process.wait()
        self.threads[1].join(WAIT)
        for end in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                end.close()
        self.listener.close()
        self.stop.close()
        self.folder.cleanup()

    def converse(self):
        def give(data):
            with contextlib.suppress(OSError):
                os.write(self.process.stdin.fileno(), data)

        talk = Talk(self.process.stdout.readline, give, ("AUTH PLAIN", "8BITMIME"))
        talk.heard = self.heard
        talk.greet()
        talk.run()

    def connect(self):
        """The server makes its socket some time after it was started, and tells nobody."""
        end = time.monotonic() + WAIT
        while True:
            inside = socket.socket(socket.AF_UNIX)
            try:
                inside.connect(str(self.path))
                return inside
            except OSError:
                inside.close()
                if time.monotonic() > end:
                    raise
                select.select([], [], [], 0.01)

    def relay(self):
        if self.listener not in select.select([self.listener, self.stop], [], [], WAIT)[0]:
            return
        outside, _ = self.listener.accept()
        with outside, self.connect() as inside, contextlib.suppress(OSError):
            while True:
                ready = select.select([outside, inside, self.stop], [], [], WAIT)[0]
                if not ready or self.stop in ready:
                    return
                for source in ready:
                    data = source.recv(65536)
                    if not data:
                        return
                    (inside if source is outside else outside).sendall(data)
