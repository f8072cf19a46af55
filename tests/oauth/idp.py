# SPDX-License-Identifier: GPL-3.0-or-later
"""The identity provider, a person with a browser for it, and Dovecot that believes it."""
import html.parser
import http.cookiejar
import json
import os
import ssl
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from dovecot import Dovecot
from server import wait_until
from tree import command

MODULE = "oidc-provider@9.13.3"
PORT = 8443
ISSUER = f"https://127.0.0.1:{PORT}"
MAIL_SERVER = "mailserver:mailserver-secret"


def fetch(build):
    """Get the module of npm, while there still is a network."""
    folder = f"{build}/oauth"
    if not os.path.exists(f"{folder}/node_modules/oidc-provider/package.json"):
        os.makedirs(folder, exist_ok=True)
        command("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder,
                MODULE)


class Provider:
    """The identity provider, running."""

    def __init__(self, lab):
        self.log_file = f"{lab.shared}/idp.log"
        self.context = ssl.create_default_context(cafile=lab.pki.authority)
        here = os.path.dirname(os.path.realpath(__file__))
        with open(self.log_file, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                ["node", f"{here}/idp.mjs", str(PORT), *lab.pki.server], stdout=log, stderr=log,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "IDP_MODULES": f"{lab.build}/oauth/node_modules"})
        wait_until(lambda: self.process.poll() is not None or "ready" in self.log(),
                   "identity provider", 60)
        if self.process.poll() is not None:
            raise ChildProcessError(f"the identity provider ended: {self.log()[-2000:]}")

    def log(self):
        with open(self.log_file, encoding="utf-8") as log:
            return log.read()

    def count(self, words):
        """How many grants were given or refused, as in "gave refresh_token"."""
        return sum(line.startswith(words) for line in self.log().splitlines())

    def ask(self, path, **form):
        """POST to the provider as a client would; returns (status, answer)."""
        body = urllib.parse.urlencode(form).encode()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                             urllib.request.HTTPSHandler(context=self.context))
        try:
            with opener.open(ISSUER + path, body, timeout=20) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def revoke(self, client, token):
        status, _ = self.ask("/token/revocation", client_id=client, token=token)
        assert status == 200, status

    def browse(self, url, login="alice@test.example", deny=False, follow=True):
        """Log in as a person would; see Person."""
        return Person(self.context, login, deny, follow).visit(url)


class Page(html.parser.HTMLParser):
    """The forms and links of a page."""

    def __init__(self, text):
        super().__init__()
        self.forms, self.links = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self.forms.append({"action": given.get("action", ""), "fields": {}})
        elif tag in ("input", "button") and self.forms and given.get("name"):
            self.forms[-1]["fields"][given["name"]] = given.get("value", "")
        elif tag == "a" and given.get("href"):
            self.links.append(given["href"])


class StopAtLoopback(urllib.request.HTTPRedirectHandler):
    """A browser on another machine: http://127.0.0.1 leads nowhere."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        if newurl.startswith("http://"):
            raise EndOfRoad(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class EndOfRoad(Exception):
    """The text is the address that cannot be opened."""


class Person:
    """Signs in and agrees, or not, on the pages of the provider."""

    def __init__(self, context, login, deny, follow):
        self.login, self.deny, self.said_no = login, deny, False
        jar = http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(strict_domain=False))
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(jar), urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=context),
            *([] if follow else [StopAtLoopback()]))

    def visit(self, url):
        """(address, text) of the last page."""
        data = None
        for _ in range(12):
            try:
                with self.opener.open(urllib.request.Request(
                        url, data, {"Accept": "text/html"}), timeout=20) as answer:
                    at, text = answer.geturl(), answer.read().decode("utf-8", "replace")
            except EndOfRoad as end:
                return str(end), ""
            page = Page(text)
            step = self.answer(page)
            if step is None:
                return at, text
            url, data = urllib.parse.urljoin(at, step[0]), step[1]
        raise RuntimeError(f"the provider goes on asking at {url}")

    def answer(self, page):
        """(address, form) of what is clicked; None when there is nothing to click."""
        if not page.forms or self.said_no:
            return None
        if self.deny:
            for link in page.links:
                if "abort" in link:
                    self.said_no = True
                    return link, None
            for form in page.forms:
                if "abort" in form["fields"]:
                    self.said_no = True
                    return form["action"], urllib.parse.urlencode(form["fields"]).encode()
        form = page.forms[-1]
        fields = {name: value for name, value in form["fields"].items() if name != "abort"}
        if "login" in fields:
            fields.update(login=self.login, password="x")
        return form["action"], urllib.parse.urlencode(fields).encode()


class TokenDovecot(Dovecot):
    """Dovecot that asks the provider about tokens."""

    mechanisms = ["PLAIN", "OAUTHBEARER", "XOAUTH2"]
    introspection_url = f"https://{MAIL_SERVER}@127.0.0.1:{PORT}/token/introspection"
