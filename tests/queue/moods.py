# SPDX-License-Identifier: GPL-3.0-or-later
"""Receivers that are slow, or that count what happens at the same time."""

import contextlib
import socket
import threading

import receiver
import submission


class Session(receiver.Session):
    """Waits where its server says so; a connection is over when QUIT has come."""

    def handle(self):
        self.gone, self.transactions = False, 0
        self.server.gate.wait()
        self.server.come()
        if self.server.connections > self.server.allowed:
            self.request.sendall(b"421 4.7.0 too many connections\r\n")
            self.leave()
            return
        try:
            super().handle()
        finally:
            self.leave()

    def leave(self):
        if not self.gone:
            self.gone = True
            self.server.leave()

    def do_QUIT(self, argument):
        self.leave()
        return super().do_QUIT(argument)

    def do_MAIL(self, argument):
        self.transactions += 1
        return self.enough() if self.is_enough("MAIL") else super().do_MAIL(argument)

    def is_enough(self, verb):
        return self.transactions > self.server.each and verb == self.server.enough_at

    def enough(self):
        self.server.excess += 1
        return self.say(self.server.enough) and not self.server.enough.startswith("421")

    def do_RCPT(self, argument):
        if self.is_enough("RCPT"):
            return self.enough()
        if len(self.recipients) >= self.server.few:
            return self.say("452 4.5.3 too many recipients")
        return super().do_RCPT(argument)

    def do_DATA(self, argument):
        self.server.content.wait()
        return super().do_DATA(argument)

    def do_BDAT(self, argument):
        if not self.server.content.is_set():
            self.server.asked.set()
        self.server.content.wait()
        self.server.pause.wait(self.server.delay)
        ends = self.server.silent and self.transactions >= self.server.each
        # The end of the connection comes in the same packet as the reply.
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, ends)
        return super().do_BDAT(argument) and not ends


class Moody(receiver.Receiver):
    """`gate`: greets only when it is set; `content`: takes a message only then.

    It takes `each` messages in a connection, and `allowed` connections in all; with `silent` it
    closes behind the last of them, else it says `enough` to `enough_at` of the next, and counts
    `excess`. A message may have `few` recipients.
    """

    session = Session

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        self.gate, self.content, self.asked = (threading.Event() for _ in range(3))
        self.gate.set()
        self.content.set()
        self.pause, self.delay = threading.Event(), 0
        self.connections = self.now = self.most = self.excess = 0
        self.allowed = self.each = self.few = 1 << 30
        self.silent = False
        self.enough, self.enough_at = "421 4.7.0 enough for this connection", "MAIL"
        self.lock = threading.Lock()

    def come(self):
        with self.lock:
            self.connections += 1
            self.now += 1
            self.most = max(self.most, self.now)

    def leave(self):
        with self.lock:
            self.now -= 1

    def serve(self, request, address):
        with contextlib.suppress(OSError, submission.Gone):
            self.session(request, address, self)
        with contextlib.suppress(OSError):
            request.shutdown(socket.SHUT_RDWR)
        with self.idle:
            self.busy -= 1
            self.idle.notify_all()
