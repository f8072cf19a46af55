# SPDX-License-Identifier: GPL-3.0-or-later
"""OAuth token introspection (RFC 7662) for the mail servers: it knows a handful of tokens."""
import base64
import http.server
import json
import threading
import urllib.parse

CLIENT = "mailserver:mailserver-secret"
KNOWN = {
    "good-token": {"active": True, "username": "alice@test.example", "scope": "openid smtp"},
    # As long as Microsoft's: the AUTH line is far beyond 512 octets.
    "long-token-" + "x" * 3000: {"active": True, "username": "alice@test.example",
                                 "scope": "openid smtp"},
    "scopeless-token": {"active": True, "username": "alice@test.example", "scope": "openid"},
    "bobs-token": {"active": True, "username": "bob@test.example", "scope": "openid smtp"},
}


class Introspection(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        form = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        token = urllib.parse.parse_qs(form).get("token", [""])[0]
        want = "Basic " + base64.b64encode(CLIENT.encode()).decode()
        self.server.asked += 1
        if self.headers.get("Authorization") != want:
            self.answer(401, {"error": "invalid_client"})
        else:
            self.answer(200, KNOWN.get(token, {"active": False}))

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Tokens(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port):
        super().__init__(("127.0.0.1", port), Introspection)
        self.asked = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()
