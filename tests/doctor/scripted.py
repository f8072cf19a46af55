# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that says what a question wants it to say, and is a usual one in everything else."""
import base64
import contextlib
import socket
import ssl
import threading

CAPABILITIES = ("PIPELINING", "8BITMIME", "SIZE 20000000", "AUTH PLAIN LOGIN")
USUAL = {"AUTH": "235 2.7.0 welcome", "MAIL": "250 2.1.0 ok", "RCPT": "250 2.1.5 ok",
         "DATA": "354 go on", "RSET": "250 2.0.0 ok", "NOOP": "250 2.0.0 ok",
         "content": "250 2.0.0 taken as 4711"}


def context(pair, old=False):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(pair.cert, pair.key)
    if old:
        made.set_ciphers("ALL:@SECLEVEL=0")
        made.minimum_version = ssl.TLSVersion.TLSv1
        made.maximum_version = ssl.TLSVersion.TLSv1_1
    return made


class Server:
    """REPLIES by verb: a text, or a function of the line that gives one; "content" is for what
    follows DATA. A text of several lines is a reply to AUTH and to the lines that answer it."""

    def __init__(self, replies=None, *, tls=None, caps=CAPABILITIES, address="127.0.0.1", port=0,
                 greeting=b"220 scripted.test ESMTP\r\n"):
        self.replies = {**USUAL, **(replies or {})}
        self.tls, self.caps, self.greeting = tls, caps, greeting
        self.lines, self.mails = [], []
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.listener = socket.create_server((address, port), family=family)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()

    def serve(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(peer,), daemon=True).start()

    def talk(self, peer):
        with contextlib.suppress(OSError), contextlib.closing(peer):
            peer.settimeout(60)
            if self.tls:
                peer = self.tls.wrap_socket(peer, server_side=True)
            with contextlib.closing(peer):
                self.converse(peer, peer.makefile("rb"))

    def reply(self, verb, line):
        found = self.replies.get(verb, "500 5.5.2 what?")
        return found(line) if callable(found) else found

    def converse(self, peer, heard):
        peer.sendall(self.greeting)
        for raw in heard:
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            verb = line.split(" ")[0].upper()
            self.lines.append(line)
            if verb == "QUIT":
                peer.sendall(b"221 2.0.0 bye\r\n")
                return
            if verb in ("EHLO", "HELO"):
                rows = ["scripted.test", *self.caps]
                peer.sendall("".join(f"250{'-' if i + 1 < len(rows) else ' '}{row}\r\n"
                                     for i, row in enumerate(rows)).encode())
                continue
            self.answer(peer, heard, verb, line)

    def answer(self, peer, heard, verb, line):
        texts = self.reply(verb, line).split("\n")
        for number, text in enumerate(texts):
            if number:
                self.lines.append(heard.readline().decode("utf-8", "replace").rstrip("\r\n"))
            peer.sendall(text.encode() + b"\r\n")
        if texts[-1].startswith("354"):
            content = b"\r\n"
            while not content.endswith(b"\r\n.\r\n"):
                more = heard.readline()
                if not more:
                    return
                content += more
            self.mails.append(content[2:])
            peer.sendall(self.reply("content", "").encode() + b"\r\n")


def plain(line):
    """(user, password) of AUTH PLAIN."""
    return tuple(base64.b64decode(line.split(" ")[2]).decode().split("\0")[1:])


@contextlib.contextmanager
def silent(address, port):
    """A port at which connections are never taken: its queue is full."""
    with contextlib.ExitStack() as stack:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        listener = stack.enter_context(socket.socket(family))
        listener.bind((address, port))
        listener.listen(0)
        for _ in range(8):
            one = stack.enter_context(socket.socket(family))
            one.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                one.connect((address, port))
        yield
