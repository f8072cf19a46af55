# SPDX-License-Identifier: GPL-3.0-or-later
"""The next hop of every server under test: keeps what arrives, byte for byte, with its envelope."""
import re
import socketserver
import threading

EHLO = ["sink", "PIPELINING", "SIZE 20971520", "8BITMIME", "SMTPUTF8", "DSN", "CHUNKING",
        "ENHANCEDSTATUSCODES"]
ADDRESS = re.compile(r"(?:MAIL FROM|RCPT TO):\s*<([^>]*)>\s*(.*)", re.I)


class Arrival:
    """One message: sender and its parameters, {recipient: parameters}, the bytes."""

    def __init__(self):
        self.sender, self.parameters, self.recipients, self.content = None, "", {}, b""


class Session(socketserver.StreamRequestHandler):
    def say(self, code, *lines):
        for line in lines[:-1]:
            self.wfile.write(f"{code}-{line}\r\n".encode())
        self.wfile.write(f"{code} {lines[-1]}\r\n".encode())

    def handle(self):
        self.arrival = Arrival()
        self.say(220, "sink ESMTP")
        while line := self.rfile.readline(65536):
            text = line.rstrip(b"\r\n").decode("utf-8", "replace")
            verb = text.split(" ")[0].upper()
            if verb == "QUIT":
                self.say(221, "2.0.0 bye")
                return
            getattr(self, f"do_{verb.lower()}", self.unknown)(text)

    def unknown(self, _):
        self.say(502, "5.5.2 unknown")

    def do_ehlo(self, _):
        self.say(250, *EHLO)

    def do_noop(self, _):
        self.say(250, "2.0.0 ok")

    do_xclient = do_noop

    def do_rset(self, _):
        self.arrival = Arrival()
        self.say(250, "2.0.0 ok")

    def do_mail(self, text):
        self.arrival.sender, self.arrival.parameters = ADDRESS.match(text).groups()
        self.say(250, "2.1.0 sender ok")

    def do_rcpt(self, text):
        recipient, parameters = ADDRESS.match(text).groups()
        if recipient.startswith("reject"):
            self.say(550, "5.1.1 the sink knows no such user")
        elif recipient.startswith("later"):
            self.say(450, "4.2.0 the sink is busy, try again later")
        else:
            self.arrival.recipients[recipient] = parameters
            self.say(250, "2.1.5 recipient ok")

    def do_data(self, _):
        if not self.arrival.recipients:
            self.say(554, "5.5.1 no valid recipients")
            return
        self.say(354, "go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return
            lines.append(line[1:] if line.startswith(b".") else line)
        self.arrival.content = b"".join(lines)
        self.keep()

    def do_bdat(self, text):
        words = text.upper().split()
        self.arrival.content += self.rfile.read(int(words[1]))
        if words[-1] == "LAST":
            self.keep()
        else:
            self.say(250, "2.0.0 chunk ok")

    def keep(self):
        self.server.keep(self.arrival)
        self.arrival = Arrival()
        self.say(250, "2.0.0 kept")


class Sink(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads = True, True

    def __init__(self, port):
        super().__init__(("127.0.0.1", port), Session)
        self.news = threading.Condition()
        self.arrived = {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def keep(self, arrival):
        with self.news:
            for recipient in arrival.recipients:
                self.arrived.setdefault(recipient, []).append(arrival)
            self.news.notify_all()

    def wait(self, recipient, seconds=20):
        """The message for `recipient`, or None when none has come in time."""
        with self.news:
            self.news.wait_for(lambda: recipient in self.arrived, seconds)
            return self.arrived.get(recipient, [None])[0]

    def count(self, recipient):
        with self.news:
            return len(self.arrived.get(recipient, []))
