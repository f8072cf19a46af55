# SPDX-License-Identifier: GPL-3.0-or-later
"""Things that stand between postrider and a server: one that listens, one that deceives."""
import re
import select
import socket
import ssl
import threading

RECORD_TYPES = {20, 21, 22, 23}
APPLICATION_DATA = 23
# Finished, an empty Certificate and two alerts fit into this much; no login does with them.
END_OF_HANDSHAKE = 200


class Tap:
    """Passes bytes on, one connection after the other, and keeps them.

    said, heard     all bytes from the client, from the server
    hold            when given: answers after the greeting and the reply to EHLO are kept back
                    until the client has said these bytes
    """

    def __init__(self, port, address="127.0.0.1", hold=None):
        self.said, self.heard, self.hold = b"", b"", hold
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.target = (address, port)
        self.listener = socket.create_server((address, 0), family=family)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                with client, socket.create_connection(self.target) as server:
                    self.connect(client, server)
            except OSError:
                pass

    def connect(self, client, server):
        self.pass_on(client, server)

    def pass_on(self, client, server):
        waiting = b""
        while True:
            for source in select.select([client, server], [], [])[0]:
                data = receive(source)
                if data == b"":
                    return
                if source is client:
                    self.said += data or b""
                    server.sendall(data or b"")
                else:
                    self.heard += data or b""
                    waiting += data or b""
            if self.may_answer():
                client.sendall(waiting)
                waiting = b""

    def may_answer(self):
        return (self.hold is None or self.said.count(b"\r\n") < 2
                or self.hold in self.said)

    def done(self):
        """What the client said, once its connections are over."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join(30)
        self.listener.close()
        return self.said

    def complaint(self, starttls):
        """None when the client spoke only of TLS and ended with the handshake, else what it did."""
        rest = self.done()
        if not rest:
            return "never connected"
        if starttls:
            match = re.match(rb"(EHLO|HELO) [^\r\n]+\r\nSTARTTLS\r\n", rest)
            if match is None:
                return f"said in clear: {rest[:200]!r}"
            rest = rest[match.end():]
        hidden = 0
        while rest:
            kind, size = rest[0], int.from_bytes(rest[3:5], "big")
            if kind not in RECORD_TYPES or rest[1] != 3:
                return f"said outside TLS: {rest[:200]!r}"
            hidden += size if kind == APPLICATION_DATA else 0
            rest = rest[5 + size:]
        return f"{hidden} bytes said after the handshake" if hidden > END_OF_HANDSHAKE else None


class Middle(Tap):
    """A man in the middle whose certificate the client trusts: two TLS sessions, one dialogue."""

    def __init__(self, port, certificate):
        self.front = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.front.load_cert_chain(*certificate)
        self.back = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.back.check_hostname, self.back.verify_mode = False, ssl.CERT_NONE
        super().__init__(port)

    def connect(self, client, server):
        with self.front.wrap_socket(client, server_side=True) as near, \
                self.back.wrap_socket(server) as far:
            self.pass_on(near, far)


def receive(source):
    """Bytes; b"" at the end of the connection; None when TLS has eaten what there was."""
    source.settimeout(0)
    try:
        data = source.recv(65536)
        while data and isinstance(source, ssl.SSLSocket) and source.pending():
            data += source.recv(65536)
        return data
    except ssl.SSLWantReadError:
        return None
    except (ssl.SSLError, ConnectionError):
        return b""
    finally:
        source.settimeout(30)
