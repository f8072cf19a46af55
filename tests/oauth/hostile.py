# SPDX-License-Identifier: GPL-3.0-or-later
"""A provider that says what it must not say."""
import contextlib
import http.server
import json
import socket
import ssl
import threading
import time

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
        "nobody sent it in time": (408, "", TEMPORARY),
        "trouble by its name": (400, json.dumps({"error": "server_error"}), TEMPORARY),
        "too fast": (400, json.dumps({"error": "slow_down"}), TEMPORARY),
        "an error with success": (200, json.dumps({"error": "invalid_grant"}), NO_PERMISSION),
        "escape sequences": (400, json.dumps({"error": "invalid_grant\x1b[2J"}), NO_PERMISSION),
    }

    # What is not as it should be, but can be understood: the lifetime in seconds.
    loose = {
        "a lifetime in quotes": ({"expires_in": "600"}, 600),
        "a lifetime with a point": ({"expires_in": 600.5}, 600),
        "a lifetime of ages": ({"expires_in": 1e30}, 3600),
        "a lifetime in words": ({"expires_in": "an hour"}, 3600),
        "an empty refresh token": ({"expires_in": 600, "refresh_token": ""}, 600),
        "no refresh token": ({"expires_in": 600, "refresh_token": None}, 600),
    }

    def answer(self, name, form):
        if name == "an echo":
            return 400, json.dumps({"error": "invalid_grant", "error_description": form})
        if name in self.loose:
            return 200, json.dumps({**self.good, **self.loose[name][0]})
        return self.answers[name][:2]

    def do_POST(self):
        name = self.path[1:].replace("-", " ")
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.heard.append(form)
        status, body = self.answer(name, form)
        self.send_response(status)
        self.send_header("Location", f"{ISSUER}/token")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def started(lab):
    """The provider, and an account that is logged in and asks it next."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hostile)
    server.daemon_threads, server.heard = True, []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*lab.pki.server)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    home = Home(lab, oauth_flow="browser")
    home.log_in()
    try:
        yield server, home
    finally:
        server.shutdown()


def ask(server, home, name):
    """What is kept before, and what comes of the question."""
    home.change_token(expires="0", endpoint="https://127.0.0.1:{}/{}".format(
        server.server_port, name.replace(" ", "-")))
    return home.token(), home.run("token")


def hostile_provider(lab):
    with started(lab) as (server, home):
        before = lab.provider.count("gave refresh_token")
        for name, (_, _, status) in Hostile.answers.items():
            kept, outcome = ask(server, home, name)
            equal((outcome.status, outcome.out, "\x1b" in outcome.err), (status, "", False),
                  f"{name}: exit status, a token, an escape character ({outcome})")
            equal(home.token(), kept, f"{name}: what is kept")
        equal(len(server.heard), len(Hostile.answers), "requests")
        equal(lab.provider.count("gave refresh_token"), before, "tokens by a redirect")


def loose_provider(lab):
    with started(lab) as (server, home):
        for name, (_, lifetime) in Hostile.loose.items():
            since = int(time.time())
            kept, outcome = ask(server, home, name)
            equal((outcome.status, outcome.out), (0, "x\n"), f"{name}: exit status, token")
            now = home.token()
            equal(since <= int(now["expires"]) - lifetime <= time.time(), True,
                  f"{name}: a lifetime of {lifetime} s ({int(now['expires']) - since})")
            equal(now["refresh"], kept["refresh"], f"{name}: the refresh token")


def echoing_provider(lab):
    """What it repeats of a secret is not shown."""
    with started(lab) as (server, home):
        kept, outcome = ask(server, home, "an echo")
        equal(outcome.status, NO_PERMISSION, "exit status")
        equal(kept["refresh"] in server.heard[-1], True, "the refresh token in the question")
        equal(("invalid_grant: grant_type=" in outcome.err, kept["refresh"] in outcome.err),
              (True, False), f"its words, the refresh token ({outcome})")


def silent_provider(lab):
    """Where nobody answers, nothing is said about the mail server."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        home = Home(lab, oauth_flow="browser")
        home.log_in()
        port = listener.getsockname()[1]
        home.change_token(expires="0", endpoint=f"https://127.0.0.1:{port}/token")
        threading.Thread(target=lambda: listener.accept()[0].close(), daemon=True).start()
        outcome = home.run("token")
    equal((outcome.status, f"127.0.0.1:{port}" in outcome.err, "oauth_issuer" in outcome.err),
          (TEMPORARY, True, True), f"exit status, the provider's address and setting ({outcome})")
