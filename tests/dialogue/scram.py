# SPDX-License-Identifier: GPL-3.0-or-later
"""The server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), good or bad as a conversation wants it."""

import base64
import hashlib
import hmac

SALT = b"salt of the tests"
PASSWORD = b"correct horse"


class Scram:
    """Answers the client's lines; `first` and `final` give the text of a 334 reply."""

    def first(self, line, iterations):
        """To AUTH SCRAM-SHA-256 with its initial response: nonce, salt and iterations, with
        anything behind that."""
        message = base64.b64decode(line.split(b" ")[-1])
        self.bare = message.split(b",", 2)[2]
        self.iterations = int(iterations.split(",")[0])
        nonce = self.bare.split(b"r=", 1)[1]
        self.offer = b"r=%sserver,s=%s,i=%s" % (nonce, base64.b64encode(SALT), iterations.encode())
        return base64.b64encode(self.offer)

    def final(self, line, how):
        """To the proof: the server's signature; how: good, bad, or some other text to be said."""
        without_proof = base64.b64decode(line).rpartition(b",p=")[0]
        salted = hashlib.pbkdf2_hmac("sha256", PASSWORD, SALT, self.iterations)
        key = hmac.digest(salted, b"Server Key", "sha256")
        everything = b",".join((self.bare, self.offer, without_proof))
        signature = hmac.digest(key, everything, "sha256")
        if how == "bad":
            signature = signature[::-1]
        if how in ("good", "bad"):
            return base64.b64encode(b"v=" + base64.b64encode(signature))
        return base64.b64encode(how.encode())
