# SPDX-License-Identifier: GPL-3.0-or-later
"""A provider that says what it must not say."""
import contextlib
import http.server
import json
import ssl
import threading

from checks import NO_PERMISSION, PROTOCOL, TEMPORARY, equal
from home import Home
from idp import ISSUER


class Hostile(http.server.BaseHTTPRequestHandler):
    """What a provider must not say, by the path that it is asked at."""
    good = {"access_token": "x", "token_type": "Bearer", "expires_in": 60}
    answers = {
        "large": (200, json.dumps({**good, "more": "x" * 70000}), PROTOCOL),
        "deep": (200, '{"access_token":"x","a":' + "[" * 30 + "]" * 30 + "}", PROTOCOL),
        "twice": (200, '{"access_token":"x","access_token":"y"}', PROTOCOL),
        "no JSON": (200, "<html>Welcome to the hotel</html>", PROTOCOL),
        "no object": (200, '["access_token"]', PROTOCOL),
        "a line end in the token": (200, json.dumps({**good, "access_token": "x\ny"}), PROTOCOL),
        "a NUL in the token": (200, json.dumps({**good, "access_token": "x\0y"}), PROTOCOL),
        "another type": (200, json.dumps({**good, "token_type": "mac"}), PROTOCOL),
        "no token": (200, "{}", PROTOCOL),
        "a redirect": (307, "", PROTOCOL),
        "not found": (404, "", PROTOCOL),
        "too many requests": (429, "{}", TEMPORARY),
        "a server in trouble": (503, "<html>", TEMPORARY),
        "escape sequences": (400, json.dumps({"error": "invalid_grant\x1b[2J"}), NO_PERMISSION),
    }

    def do_POST(self):
        name = self.path[1:].replace("-", " ")
        status, body, _ = self.answers[name]
        self.server.heard.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(status)
        self.send_header("Location", f"{ISSUER}/token")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


def hostile_provider(lab):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hostile)
    server.daemon_threads, server.heard = True, []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*lab.pki.server)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    home = Home(lab, oauth_flow="browser")
    home.log_in()
    before = lab.provider.count("gave refresh_token")
    for name, (_, _, status) in Hostile.answers.items():
        home.change_token(expires="0", endpoint="https://127.0.0.1:{}/{}".format(
            server.server_port, name.replace(" ", "-")))
        kept = home.token()
        outcome = home.run("token")
        equal((outcome.status, outcome.out, "\x1b" in outcome.err), (status, "", False),
              f"{name}: exit status, a token, an escape character ({outcome})")
        equal(home.token(), kept, f"{name}: what is kept")
    equal(len(server.heard), len(Hostile.answers), "requests")
    equal(lab.provider.count("gave refresh_token"), before, "tokens by a redirect")
    server.shutdown()
