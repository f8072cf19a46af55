# SPDX-License-Identifier: GPL-3.0-or-later
"""A small submission server (RFC 6409, RFC 2033) for tests: it takes mail and keeps it in a folder.

As a program:

    python3 submission.py --port 0 --folder MAIL --cert C --key K --user me@example.org:secret

It prints the port on standard output and serves until it gets SIGTERM or SIGINT. As a module:

    with submission.running(submission.Settings(folder="MAIL")) as server:
        ... server.port, server.mails()

Mail number N is kept as N.eml (the bytes, exactly) and N.json (envelope, login, TLS). The local
parts of recipients decide what happens: `reject` gets 550 5.1.1, `later` 450 4.2.0, and `full` is
taken as recipient but refused when the content has come (552 5.2.2; LMTP: for that recipient only).
The server is strict: bare CR or LF, commands out of order, parameters that were not offered and a
login in clear text are refused, so that a client cannot pass by being lucky.
"""

import argparse
import base64
import contextlib
import dataclasses
import hashlib
import hmac
import json
import pathlib
import re
import secrets
import signal
import socket
import socketserver
import ssl
import sys
import threading
import typing

MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2", "OAUTHBEARER")
CAPABILITIES = ("PIPELINING", "CHUNKING", "SIZE", "8BITMIME", "SMTPUTF8", "DSN",
                "ENHANCEDSTATUSCODES")
MAIL_PARAMETERS = {"SIZE": "SIZE", "BODY": "8BITMIME", "SMTPUTF8": "SMTPUTF8", "AUTH": "AUTH",
                   "RET": "DSN", "ENVID": "DSN"}
RCPT_PARAMETERS = {"NOTIFY": "DSN", "ORCPT": "DSN"}
MAX_LINE = 12288 + 2    # an AUTH line, RFC 4954 section 4


@dataclasses.dataclass
class Settings:
    """What the server offers. Without users nobody needs to log in."""

    folder: str
    address: str = "127.0.0.1"
    port: int = 0
    cert: str = ""                 # with a certificate: STARTTLS is offered and asked for ...
    key: str = ""
    implicit_tls: bool = False     # ... or TLS is spoken from the first byte
    client_ca: str = ""            # ask for a client certificate by this authority
    users: dict = dataclasses.field(default_factory=dict)    # name: password, or name: token
    mechanisms: tuple = MECHANISMS
    capabilities: tuple = CAPABILITIES
    clear_auth: bool = False       # offer AUTH without TLS
    lmtp: bool = False
    size: int = 20 * 1024 * 1024   # the SIZE limit, bytes
    pace: typing.Callable[[], object] = lambda: None    # called before each read; may raise Gone


class Gone(Exception):
    """The client has closed the connection."""


class Line:
    """Bytes in and out of a socket, with a buffer that STARTTLS can inspect."""

    def __init__(self, sock, pace):
        self.sock, self.pace = sock, pace
        self.pending = b""

    def _more(self):
        self.pace()
        data = self.sock.recv(65536)
        if not data:
            raise Gone
        self.pending += data

    def read_line(self, limit=MAX_LINE):
        """One line without its CRLF; None if it is longer than `limit`."""
        while b"\r\n" not in self.pending:
            if len(self.pending) > limit:
                return None
            self._more()
        line, self.pending = self.pending.split(b"\r\n", 1)
        return line if len(line) + 2 <= limit else None

    def read(self, count):
        while len(self.pending) < count:
            self._more()
        data, self.pending = self.pending[:count], self.pending[count:]
        return data

    def read_dotted(self):
        """The content of DATA, dots removed. Only CRLF . CRLF ends it (RFC 5321, 4.1.1.4)."""
        content = bytearray(b"\r\n")    # so that the first line begins like all others
        seen = 0
        while True:
            content += self.pending
            self.pending = b""
            end = content.find(b"\r\n.\r\n", seen)
            if end >= 0:
                break
            seen = max(0, len(content) - 4)
            self._more()
        self.pending = bytes(content[end + 5:])
        return bytes(content[:end + 2]).replace(b"\r\n.", b"\r\n")[2:]


# What the content is answered with for some recipients.
MAILBOXES = {"full": "552 5.2.2 mailbox full", "locked": "452 4.2.1 mailbox locked"}


class Session(socketserver.BaseRequestHandler):
    """One connection. Each command of SMTP is a method do_COMMAND(argument)."""

    def handle(self):
        self.settings = self.server.settings
        self.user = self.greeted = None
        self.reset()
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if self.settings.implicit_tls:
                self.request = self.server.tls.wrap_socket(self.request, server_side=True)
            self.line = Line(self.request, self.settings.pace)
            self.say("220 submission.test ready")
            while self.command(self.line.read_line()):
                pass
        except (Gone, OSError):    # ssl.SSLError is an OSError
            pass
        finally:
            with contextlib.suppress(OSError):
                self.request.close()

    def say(self, *lines):
        """One reply: '250 text', several lines become one reply of several lines."""
        last = len(lines) - 1
        text = "".join(l[:3] + ("-" if i < last else " ") + l[4:] + "\r\n"
                       for i, l in enumerate(lines))
        self.request.sendall(text.encode())
        return True

    def reset(self):
        self.sender = self.parameters = None
        self.recipients = []
        self.chunks = []

    def command(self, line):
        if line is None:
            return self.say("500 5.5.2 line too long") and False
        verb, _, argument = line.decode("utf-8", "surrogateescape").partition(" ")
        handler = getattr(self, "do_" + verb.upper(), None)
        if handler is None or not verb.isalpha():
            return self.say("500 5.5.2 what?")
        return handler(argument)

    # The opening

    def offered(self):
        """The capabilities of this moment, as lines of the reply to EHLO."""
        lines = [c if c != "SIZE" else f"SIZE {self.settings.size}"
                 for c in self.settings.capabilities]
        if self.server.tls and not self.encrypted():
            lines.append("STARTTLS")
        if self.settings.users and (self.encrypted() or self.settings.clear_auth):
            lines.append("AUTH " + " ".join(self.settings.mechanisms))
        return lines

    def encrypted(self):
        return isinstance(self.request, ssl.SSLSocket)

    def hello(self, argument, *capabilities):
        if not argument:
            return self.say("501 5.5.4 who are you?")
        self.greeted = argument
        self.reset()
        return self.say("250 submission.test", *("250 " + c for c in capabilities))

    def do_EHLO(self, argument):
        if self.settings.lmtp:
            return self.say("500 5.5.1 this is LMTP")
        return self.hello(argument, *self.offered())

    def do_LHLO(self, argument):
        if not self.settings.lmtp:
            return self.say("500 5.5.1 this is not LMTP")
        return self.hello(argument, *self.offered())

    def do_HELO(self, argument):
        if self.settings.lmtp:
            return self.say("500 5.5.1 this is LMTP")
        return self.hello(argument)

    def do_STARTTLS(self, argument):
        if argument or not self.server.tls or self.encrypted():
            return self.say("503 5.5.1 not now")
        if self.line.pending:
            return self.say("554 5.5.1 nothing may follow STARTTLS") and False
        self.say("220 2.0.0 go ahead")
        self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        self.line = Line(self.request, self.settings.pace)
        self.greeted = None
        return True

    # Logging in (RFC 4954)

    def do_AUTH(self, argument):
        mechanism, _, initial = argument.partition(" ")
        mechanism = mechanism.upper()
        if not self.greeted or self.user or self.sender is not None:
            return self.say("503 5.5.1 not now")
        if not any(l.startswith("AUTH ") and mechanism in l.split()[1:] for l in self.offered()):
            return self.say("504 5.5.4 that mechanism is not offered")
        method = getattr(self, "auth_" + mechanism.lower().replace("-", "_"))
        try:
            user = method(None if initial == "" else self.decode(initial))
        except ValueError:
            return self.say("501 5.5.2 cannot read that")
        if user is None:
            return self.say("535 5.7.8 wrong user or password")
        self.user = user
        return self.say("235 2.7.0 welcome")

    @staticmethod
    def decode(text):
        if text == "=":
            return b""
        return base64.b64decode(text, validate=True)

    def challenge(self, data=b""):
        self.say("334 " + base64.b64encode(data).decode())
        line = self.line.read_line()
        if line is None or line == b"*":
            raise ValueError("cancelled")
        return self.decode(line.decode("ascii")) if line else b""

    def known(self, user, secret):
        """The name of the user if the secret is his, else None."""
        name = user.decode("utf-8", "replace")
        want = self.settings.users.get(name)
        good = want is not None and hmac.compare_digest(want.encode(), secret)
        return name if good else None

    def auth_plain(self, initial):
        parts = (self.challenge() if initial is None else initial).split(b"\0")
        if len(parts) != 3:
            raise ValueError("PLAIN has three parts")
        return self.known(parts[1], parts[2])

    def auth_login(self, initial):
        user = self.challenge(b"Username:") if initial is None else initial
        return self.known(user, self.challenge(b"Password:"))

    def auth_cram_md5(self, initial):
        if initial is not None:
            raise ValueError("CRAM-MD5 has no initial response")
        nonce = f"<{secrets.token_hex(8)}@submission.test>".encode()
        user, _, digest = self.challenge(nonce).rpartition(b" ")
        password = self.settings.users.get(user.decode("utf-8", "replace"))
        if password is None:
            return None
        want = hmac.new(password.encode(), nonce, hashlib.md5).hexdigest()
        return user.decode() if hmac.compare_digest(want.encode(), digest) else None

    def token(self, user, bearer):
        """The common end of the two OAuth mechanisms: a wrong token gets JSON, then 535."""
        name = self.known(user, bearer)
        if name is None:
            self.challenge(b'{"status":"invalid_token","scope":"mail"}')
        return name

    def auth_xoauth2(self, initial):
        text = self.challenge() if initial is None else initial
        found = re.fullmatch(rb"user=([^\x01]*)\x01auth=Bearer ([^\x01]*)\x01\x01", text)
        if not found:
            raise ValueError("not the form of XOAUTH2")
        return self.token(found[1], found[2])

    def auth_oauthbearer(self, initial):
        text = self.challenge() if initial is None else initial
        found = re.match(rb"n,a=([^,]*),\x01", text)
        fields = dict(f.partition(b"=")[::2] for f in text.split(b"\x01")[1:] if f)
        bearer = fields.get(b"auth", b"")
        if not found or not bearer.startswith(b"Bearer ") or not text.endswith(b"\x01\x01"):
            raise ValueError("not the form of OAUTHBEARER")
        return self.token(found[1].replace(b"=2C", b",").replace(b"=3D", b"="), bearer[7:])

    # The envelope

    def path(self, argument, word, known):
        """('address', {parameter: value}) of MAIL or RCPT, or None after saying what is wrong."""
        found = re.fullmatch(word + r':<((?:"(?:\\.|[^"\\])*"|[^">])*)>((?: [^ ]+)*)', argument,
                             re.IGNORECASE)
        if not found or re.search(r"[\x00-\x1f\x7f]", argument):
            self.say("501 5.5.4 cannot read that")
            return None
        parameters = {}
        for piece in found[2].split():
            name, _, value = piece.partition("=")
            name = name.upper()
            if known.get(name) not in (*self.settings.capabilities, "AUTH") or name in parameters:
                self.say(f"555 5.5.4 parameter {name} is not known here")
                return None
            parameters[name] = value
        return found[1], parameters

    def do_MAIL(self, argument):
        if not self.greeted or self.sender is not None:
            return self.say("503 5.5.1 not now")
        if self.settings.users and not self.user:
            return self.say("530 5.7.0 log in first")
        if self.server.tls and not self.encrypted():
            return self.say("530 5.7.0 say STARTTLS first")
        parsed = self.path(argument, "FROM", MAIL_PARAMETERS)
        if parsed is None:
            return True
        address, parameters = parsed
        size = parameters.get("SIZE", "0")
        if not re.fullmatch(r"[0-9]{1,20}", size):
            return self.say("501 5.5.4 cannot read that SIZE")
        if int(size) > self.settings.size:
            return self.say(f"552 5.3.4 at most {self.settings.size} bytes")
        if not address.isascii() and "SMTPUTF8" not in parameters:
            return self.say("553 5.6.7 that needs SMTPUTF8")
        self.sender, self.parameters = address, parameters
        return self.say("250 2.1.0 sender ok")

    def do_RCPT(self, argument):
        if self.sender is None or self.chunks:
            return self.say("503 5.5.1 not now")
        parsed = self.path(argument, "TO", RCPT_PARAMETERS)
        if parsed is None:
            return True
        address, parameters = parsed
        if not address.isascii() and "SMTPUTF8" not in self.parameters:
            return self.say("553 5.6.7 that needs SMTPUTF8")
        if address.startswith("reject@"):
            return self.say("550 5.1.1 no such user")
        if address.startswith("later@"):
            return self.say("450 4.2.0 try again later")
        self.recipients.append((address, parameters))
        return self.say("250 2.1.5 recipient ok")

    # The content

    def do_DATA(self, argument):
        if argument or self.sender is None or self.chunks:
            return self.say("503 5.5.1 not now")
        if not self.recipients:
            return self.say("554 5.5.1 no valid recipients")
        if self.parameters.get("BODY", "").upper() == "BINARYMIME":
            return self.say("503 5.5.1 BINARYMIME needs BDAT")
        self.say("354 go on")
        return self.keep(self.line.read_dotted())

    def do_BDAT(self, argument):
        found = re.fullmatch(r"(\d+)( LAST)?", argument, re.IGNORECASE)
        if not found or "CHUNKING" not in self.settings.capabilities:
            return self.say("501 5.5.4 cannot read that") and False
        self.chunks.append(self.line.read(int(found[1])))
        if not self.recipients:
            self.chunks = []
            return self.say("503 5.5.1 no valid recipients")
        if not found[2]:
            return self.say("250 2.0.0 chunk taken")
        return self.keep(b"".join(self.chunks))

    def keep(self, content):
        verdict = None
        if len(content) > self.settings.size:
            verdict = "552 5.3.4 too large"
        elif re.search(rb"\r(?!\n)|(?<!\r)\n", content) \
                and self.parameters.get("BODY", "").upper() != "BINARYMIME":
            verdict = "554 5.6.0 bare CR or LF"
        replies = []
        for address, _ in self.recipients:
            replies.append(verdict or MAILBOXES.get(address.partition("@")[0]))
        if None in replies:
            number = self.server.keep(content, self.envelope())
            replies = [r or f"250 2.0.0 kept as {number}" for r in replies]
        if not self.settings.lmtp:
            bad = [r for r in replies if not r.startswith("250")]
            replies = [bad[0] if bad else replies[0]]
        self.reset()
        for reply in replies:
            self.say(reply)
        return True

    def envelope(self):
        return {"hello": self.greeted, "user": self.user,
                "tls": self.request.version() if self.encrypted() else None,
                "from": self.sender, "parameters": self.parameters,
                "to": [{"address": a, "parameters": p} for a, p in self.recipients]}

    def do_RSET(self, _argument):
        self.reset()
        return self.say("250 2.0.0 forgotten")

    def do_NOOP(self, _argument):
        return self.say("250 2.0.0 yes")

    def do_QUIT(self, _argument):
        return self.say("221 2.0.0 bye") and False


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, settings):
        self.settings = settings
        self.address_family = socket.AF_INET6 if ":" in settings.address else socket.AF_INET
        self.folder = pathlib.Path(settings.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.lock = threading.Lock()
        self.count = 0
        self.tls = None
        if settings.cert:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(settings.cert, settings.key)
            if settings.client_ca:
                self.tls.load_verify_locations(settings.client_ca)
                self.tls.verify_mode = ssl.CERT_REQUIRED
        super().__init__((settings.address, settings.port), Session)
        self.port = self.server_address[1]

    def keep(self, content, envelope):
        with self.lock:
            self.count += 1
            number = self.count
        (self.folder / f"{number}.eml").write_bytes(content)
        partial = self.folder / f"{number}.part"
        partial.write_text(json.dumps(envelope, indent=1, ensure_ascii=False,
                                      default=str) + "\n", "utf-8", "surrogateescape")
        partial.rename(self.folder / f"{number}.json")
        return number

    def mails(self):
        """[(envelope, content)] of what has been taken, in order."""
        numbers = sorted(int(p.stem) for p in self.folder.glob("*.json"))
        return [(json.loads((self.folder / f"{n}.json").read_text("utf-8", "surrogateescape")),
                 (self.folder / f"{n}.eml").read_bytes()) for n in numbers]


@contextlib.contextmanager
def running(settings):
    """The server in threads of this process, for as long as the `with` lasts."""
    with Server(settings) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def arguments():
    parser = argparse.ArgumentParser(description="A small submission server for tests.")
    parser.add_argument("--folder", required=True, help="keep mail here")
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: a free one; it is printed")
    parser.add_argument("--cert", default="", help="PEM file: offer (and ask for) STARTTLS")
    parser.add_argument("--key", default="")
    parser.add_argument("--implicit-tls", action="store_true", help="TLS from the first byte")
    parser.add_argument("--client-ca", default="", help="ask for a client certificate by this CA")
    parser.add_argument("--user", action="append", default=[], metavar="NAME:SECRET")
    parser.add_argument("--mechanisms", default=" ".join(MECHANISMS))
    parser.add_argument("--hide", action="append", default=[], metavar="CAPABILITY")
    parser.add_argument("--clear-auth", action="store_true", help="offer AUTH without TLS")
    parser.add_argument("--lmtp", action="store_true")
    parser.add_argument("--size", type=int, default=Settings.size)
    return parser.parse_args()


def main():
    given = arguments()
    settings = Settings(
        folder=given.folder, address=given.address, port=given.port, cert=given.cert,
        key=given.key, implicit_tls=given.implicit_tls, client_ca=given.client_ca,
        users=dict(u.partition(":")[::2] for u in given.user),
        mechanisms=tuple(given.mechanisms.split()),
        capabilities=tuple(c for c in CAPABILITIES if c not in given.hide),
        clear_auth=given.clear_auth, lmtp=given.lmtp, size=given.size)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    with Server(settings) as server:
        print(server.port, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
