# SPDX-License-Identifier: GPL-3.0-or-later
"""The server of the fault matrices: counts what it took, and can be down, moody or vanish.

Recipients: busy@ gets 450 until the receiver is `well`, never@ always, reject@ always 550.
"""

import collections
import contextlib
import dataclasses
import re
import socket
import ssl
import sys
import pathlib
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))
import submission  # noqa: E402

MESSAGE_ID = re.compile(rb"^Message-ID:\s*<([^>]*)>", re.MULTILINE | re.IGNORECASE)


@dataclasses.dataclass
class Mail:
    ident: str
    sender: str
    recipients: list
    content: bytes


class Session(submission.Session):
    def handle(self):
        if self.server.mood == "full":
            with contextlib.suppress(OSError):
                self.request.sendall(b"421 4.3.2 too many connections\r\n")
                self.request.close()
            return
        super().handle()

    def do_RCPT(self, argument):
        if self.server.mood == "one" and self.recipients:
            return self.say("452 4.5.3 one at a time")
        if "<never" in argument or ("<busy" in argument and not self.server.well):
            return self.say("450 4.2.0 this mailbox is busy")
        return super().do_RCPT(argument)

    def keep(self, content):
        if self.server.mood != "vanish":
            return super().keep(content)
        self.server.keep(content, self.envelope())
        raise submission.Gone


class Receiver:
    """`mood`: up, down (nobody listens), full (421), one (recipient at a time),
    vanish (gone behind the final dot)."""

    def __init__(self, address, port, pair=None, users=None):
        self.place = (address, port)
        self.settings = submission.Settings(folder="", users=users or {})
        self.tls = None
        if pair:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(pair.cert, pair.key)
            self.settings.implicit_tls = True
        self.listener, self.mood, self.well, self.mails = None, "down", False, []
        self.busy, self.idle = 0, threading.Condition()

    def keep(self, content, envelope):
        found = MESSAGE_ID.search(content)
        self.mails.append(Mail(found[1].decode() if found else "", envelope["from"],
                               [r["address"] for r in envelope["to"]], content))
        return len(self.mails)

    def counts(self):
        """{(Message-ID, recipient): how often}"""
        return collections.Counter((m.ident, r) for m in self.mails for r in m.recipients)

    def begin(self, mood):
        """A new life: nothing has come yet."""
        self.settle()
        self.mails, self.well = [], False
        self.set(mood)

    def set(self, mood):
        self.mood = mood
        if mood == "down":
            self.close()
        elif not self.listener:
            self.listener = socket.socket()
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.listener.bind(self.place)
            self.listener.listen(64)
            threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def accept(self, listener):
        while True:
            try:
                request, address = listener.accept()
            except OSError:
                return
            with self.idle:
                self.busy += 1
            threading.Thread(target=self.serve, args=(request, address), daemon=True).start()

    def serve(self, request, address):
        # A client that was killed leaves all kinds of ends behind.
        with contextlib.suppress(OSError):
            Session(request, address, self)
        with self.idle:
            self.busy -= 1
            self.idle.notify_all()

    def settle(self):
        """Until what dead clients have sent is dealt with."""
        with self.idle:
            self.idle.wait_for(lambda: not self.busy, 10)

    def close(self):
        if self.listener:
            with contextlib.suppress(OSError):
                self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
            self.listener = None
