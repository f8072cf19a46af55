# SPDX-License-Identifier: GPL-3.0-or-later
"""The submission server of tests/lib, which keeps what was said and can be told what to answer."""
import contextlib
import threading

import submission


class Spoken:
    """One connection: what the client said, without what only says how it was said."""

    def __init__(self):
        self.lines = []       # (word, text or bytes)
        self.heard = []       # the replies, as they were sent
        self.tls = False

    def add(self, word, text):
        self.lines.append((word, text))


class Session(submission.Session):
    """Answers as the case says, else as tests/lib/submission.py does."""

    instead = None    # of the usual good reply

    def handle(self):
        self.spoken = Spoken()
        self.server.spoken.append(self.spoken)
        self.server.open.acquire()
        try:
            super().handle()
        finally:
            self.server.open.release()

    def say(self, *lines):
        if not self.spoken.heard:
            lines = (self.server.answers.get("greeting", lines[0]),)
        lines, self.instead = (self.instead,) if self.instead else lines, None
        self.spoken.heard.append(lines)
        if lines[0].startswith("raw:"):
            self.request.sendall(lines[0][4:].encode("latin-1"))
            return True
        if len(lines) == 1:
            lines = tuple(lines[0].split("\n"))
        if lines[0] == "hang up":
            raise submission.Gone
        super().say(*lines)
        return not lines[0].startswith("421")

    def offered(self):
        return super().offered() + list(self.server.more)

    def command(self, line):
        if line is None:
            return super().command(line)
        self.spoken.tls = self.encrypted()
        text = line.decode("utf-8", "surrogateescape")
        word = text.partition(" ")[0].upper()
        if word not in ("DATA", "BDAT"):
            self.spoken.add(word, text)
        for start, reply in self.server.answers.items():
            if text.upper().startswith(start.upper()) and word in ("MAIL", "RCPT") \
                    and reply[0] == "2":
                self.instead = reply
            elif text.upper().startswith(start.upper()):
                if word == "BDAT":
                    self.line.read(int(text.split()[1]))
                return self.say(reply)
        return super().command(line)

    def challenge(self, data=b""):
        answer = super().challenge(data)
        self.spoken.add("response", answer)
        return answer

    def do_AUTH(self, argument):
        # Whether the first response comes at once or is asked for is the same login.
        mechanism, _, initial = argument.partition(" ")
        self.spoken.lines[-1] = ("AUTH", mechanism.upper())
        if initial:
            self.spoken.add("response", initial if initial == "=" else self.decode(initial))
        return super().do_AUTH(argument)

    def auth_cram_md5(self, initial):
        user = super().auth_cram_md5(initial)
        word, response = self.spoken.lines[-1]
        self.spoken.lines[-1] = (word, response.rpartition(b" ")[0])
        return user

    def do_ETRN(self, argument):
        return self.say("250 2.0.0 queue started" if argument else "501 5.5.4 for whom?")

    def keep(self, content):
        self.spoken.add("CONTENT", content)
        verdicts = self.server.answers.get("content")
        if not verdicts:
            count = len(self.recipients) if self.settings.lmtp else 1
            verdicts = "\f".join(["250 2.0.0 taken as 1"] * count)
        self.reset()
        more = True
        for verdict in verdicts.split("\f"):
            more = self.say(verdict) and more
        return more


class Server(submission.Server):
    """`answers`: {beginning of a command, or `greeting` or `content`: reply}. In a reply \\n
    begins another line of it, \\f the reply for the next recipient of LMTP; `hang up` and
    `raw:TEXT` do what they say. `more` are further lines for EHLO."""

    def __init__(self, settings, answers=(), more=()):
        super().__init__(settings)
        self.RequestHandlerClass = Session
        self.answers, self.more = dict(answers), more
        self.spoken = []
        self.open = threading.Semaphore(64)

    def take(self):
        """What was said since the last time, once all connections are over."""
        for _ in range(64):
            self.open.acquire(timeout=5)
        for _ in range(64):
            self.open.release()
        spoken, self.spoken = self.spoken, []
        return spoken

    def handle_error(self, request, client_address):
        pass


@contextlib.contextmanager
def running(settings, answers=(), more=()):
    with Server(settings, answers, more) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
