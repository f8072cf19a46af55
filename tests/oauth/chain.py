# SPDX-License-Identifier: GPL-3.0-or-later
"""The cases of the whole chain: a login, the tokens that are kept, a mail that is sent."""
import concurrent.futures
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess

from begin import set_up
from cases import can_run, one, say
from checks import (BAD_CONFIG, NO_PERMISSION, PROTOCOL, TEMPORARY, Case, Wrong, arrived, equal,
                    failed, nothing, sent)
from home import PATIENCE, SHORT, Home, address, finished
from hostile import echoing_provider, hostile_provider, loose_provider, silent_provider
from idp import ISSUER, Provider, TokenDovecot
from idp import fetch as fetch_module
from kept import (cannot_be_saved, client_of_two_lines, ended_by_a_signal, full_disk,
                  killed_after_saving, killed_while_writing, nobody_can_read,
                  without_refresh_token)
from lab import Lab, Outcome
from page import fetch as fetch_browser
from page import in_english, in_japanese
from postfix import Postfix
from server import wait_until
from tree import CannotRun, download

__all__ = ["can_run", "cases", "fetch", "play"]


SERVERS = [TokenDovecot, Postfix]


def fetch(build):
    try:
        fetch_module(build)
        fetch_browser(build)
        for server in SERVERS:
            download(f"{build}/debs", server.name, server.packages)
    except (CannotRun, OSError) as error:
        print(f"not ok - oauth: packages: got {str(error)[:500]!r}, want them")
        return False
    return True


def play(selected, where, verbose):
    try:
        lab = Lab(*where)
        lab.verbose = verbose
        lab.start(SERVERS)
        lab.provider = Provider(lab)
    except (CannotRun, OSError, TimeoutError) as error:
        say(f"not ok - oauth: started: got {str(error)!r}, want provider and server running")
        return 1
    right = [one(lab, case) for case in selected]
    if all(right):
        return 0
    lab.keep_logs()
    shutil.copy(lab.provider.log_file, f"{lab.build}/servers/idp.log")
    return 1


# ---- logging in

def by_device(lab):
    home = Home(lab, oauth_flow="device")
    with home.start("login") as process:
        text = b""
        while b"user_code=" not in text:
            text = process.stdout.readline()
            if not text:
                raise Wrong(f"got {process.stderr.read()!r}, want an address with a code")
        lab.provider.browse(re.search(rb"https://\S+", text).group(0).decode())
        finished(process)
    equal(os.stat(home.token_file).st_mode & 0o777, 0o600, "mode of the token's file")
    for auth in ("on", "xoauth2", "oauthbearer"):
        home.set(auth=auth)
        home.delivers()


def by_browser(lab):
    home = Home(lab, oauth_flow="browser")
    _, page = home.log_in()
    if "You are logged in" not in page:
        raise Wrong(f"got the page {page!r}, want it to say that one is logged in")
    home.delivers()


def with_postfix(lab):
    home = Home(lab, "postfix", oauth_flow="browser")
    home.log_in()
    for mechanism in ("xoauth2", "oauthbearer"):
        home.set(auth=mechanism)
        since = home.server.log_size()
        home.delivers()
        equal(home.server.login_of(since), (mechanism.upper(), "alice@test.example"), "login")
    before = home.token()
    home.change_token(access="spoilt")
    home.delivers()
    equal(home.token()["access"] not in ("spoilt", before["access"]), True, "a new token")


def among_strangers(lab):
    """Who connects and says nothing, or half of something, holds nobody up."""
    home = Home(lab, oauth_flow="browser")
    with home.start("login") as process, contextlib.ExitStack() as strangers:
        url = address(process)
        port = int(re.search(r"redirect_uri=http%3A%2F%2F127\.0\.0\.1%3A(\d+)", url)[1])
        silent = [strangers.enter_context(socket.create_connection(("127.0.0.1", port)))
                  for _ in range(20)]
        silent[-1].sendall(b"GET /?code=")
        lab.provider.browse(url)
        finished(process)
        equal([one.recv(100) for one in silent], [b""] * len(silent),
              "answers to those who have not asked")


def by_pasted_address(lab):
    home = Home(lab, oauth_flow="browser")
    with home.start("login") as process:
        end, _ = lab.provider.browse(address(process), follow=False)
        process.stdin.write(b"http://127.0.0.1:1/?code=x&state=y\n")
        process.stdin.write(end.encode() + b"\n")
        process.stdin.flush()
        text = finished(process)
    if "not the address" not in text:
        raise Wrong(f"got {text!r}, want a complaint about the wrong address")
    home.delivers()


def opens_browser(lab):
    """Where there is a screen; xdg-open is a script here that notes the address."""
    home = Home(lab)
    noted = f"{home.folder}/noted"
    with open(f"{home.folder}/xdg-open", "w", encoding="ascii") as script:
        script.write(f'#!/bin/sh\necho "$1" >{noted}.new && mv {noted}.new {noted}\n')
        os.fchmod(script.fileno(), 0o755)
    with home.start("login", DISPLAY=":0", PATH=f"{home.folder}:{os.environ['PATH']}") as process:
        wait_until(lambda: os.path.exists(noted), "address given to xdg-open")
        with open(noted, encoding="ascii") as text:
            lab.provider.browse(text.read().strip())
        finished(process)
    home.delivers()


def by_registration(lab):
    home = Home(lab, oauth_client_id=None, oauth_flow="browser")
    home.log_in()
    client = home.token()["client-id"]
    home.delivers()
    home.log_in()
    equal(home.token()["client-id"], client, "client of the second login")


def with_client_secret(lab):
    home = Home(lab, oauth_client_id="confidential", oauth_client_secret="not-so-secret",
                oauth_flow="browser")
    home.log_in()
    home.change_token(expires="0")
    home.delivers()


def with_downloaded_file(lab):
    home = Home(lab, oauth_client_id=None, oauth_flow="browser")
    with open(f"{home.folder}/client.json", "w", encoding="ascii") as out:
        json.dump({"installed": {"client_id": "confidential", "client_secret": "not-so-secret",
                                 "redirect_uris": ["http://localhost"]}}, out)
    with home.start("login", f"{home.folder}/client.json") as process:
        lab.provider.browse(address(process))
        finished(process)
    home.delivers()


def walk_through(lab):
    home = Home(lab, oauth_issuer="google", oauth_client_id=None)
    outcome = home.run("login")
    failed(outcome, BAD_CONFIG, "No client ID is known for Google")
    for words in ("  1. Open https://console.cloud.google.com/", "apppasswords"):
        if words not in outcome.out:
            raise Wrong(f"got {outcome.out!r}, want {words!r} in it")


def by_client_credentials(lab):
    home = Home(lab, oauth_client_id="confidential", oauth_client_secret="not-so-secret",
                oauth_scope="smtp", oauth_flow="client")
    equal(home.run("login").status, 0, "exit status of the login")
    first = home.run("token").out
    home.change_token(expires="0")
    second = home.run("token")
    equal((second.status, bool(second.out), second.out != first), (0, True, True),
          "exit status, a token, another token")


def denied_in_browser(lab):
    home = Home(lab, oauth_flow="browser")
    with home.start("login") as process:
        _, page = lab.provider.browse(address(process), deny=True)
        text = finished(process, NO_PERMISSION)
    for got in (page, text):
        if "access_denied" not in got:
            raise Wrong(f"got {got!r}, want access_denied in it")
    equal(os.path.exists(home.token_file), False, "a file of tokens")


def denied_on_device(lab):
    home = Home(lab, oauth_flow="device")
    with home.start("login") as process:
        text = b""
        while b"user_code=" not in text:
            text = process.stdout.readline()
        lab.provider.browse(re.search(rb"https://\S+", text).group(0).decode(), deny=True)
        if "access_denied" not in (text := finished(process, NO_PERMISSION)):
            raise Wrong(f"got {text!r}, want access_denied in it")


def wrong_certificate(lab):
    home = Home(lab, tls_trust_file=lab.pki.stranger)
    failed(home.run("login"), NO_PERMISSION, "https")


def other_issuer(lab):
    home = Home(lab, oauth_issuer=ISSUER.replace("127.0.0.1", "localhost"))
    failed(home.run("login"), NO_PERMISSION, "another issuer")


# ---- renewing

def renewed(lab):
    home = Home(lab, oauth_flow="browser")
    home.log_in()
    before = home.token()
    home.change_token(expires="0")
    home.delivers()
    after = home.token()
    equal(after["refresh"], before["refresh"], "refresh token that the provider did not change")
    equal(after["access"] != before["access"], True, "a new access token")


def short_lived(lab):
    home = Home(lab, oauth_client_id="short", oauth_flow="browser")
    home.log_in()
    home.delivers()
    home.delivers()


def fifty_at_once(lab):
    home = Home(lab, oauth_client_id="rotating", oauth_flow="browser")
    home.log_in()
    home.change_token(expires="0")
    before = lab.provider.count("gave refresh_token")
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        outcomes = list(pool.map(lambda _: home.run("token"), range(50)))
    equal([o.status for o in outcomes if o.status], [], "exit statuses other than 0")
    equal(len({o.out for o in outcomes}), 1, "different tokens")
    equal(lab.provider.count("gave refresh_token") - before, 1, "requests for a new token")
    home.delivers()


def refused_before_its_time(lab):
    home = Home(lab, oauth_flow="browser")
    home.log_in()
    home.change_token(access="ended-before-its-time")
    before = lab.provider.count("gave refresh_token")
    home.delivers()
    equal(lab.provider.count("gave refresh_token") - before, 1, "requests for a new token")


# ---- refused

def without_login(lab):
    home = Home(lab)
    recipient = lab.recipient()
    failed(home.send(recipient), NO_PERMISSION, "postrider login")
    failed(home.run("token"), NO_PERMISSION, "postrider login")
    nothing(lab, recipient)


def insufficient_scope(lab):
    home = Home(lab, oauth_scope="openid offline_access", oauth_flow="browser")
    home.log_in()
    recipient = lab.recipient()
    for auth in ("xoauth2", "oauthbearer"):
        home.set(auth=auth)
        outcome = home.send(recipient)
        failed(outcome, NO_PERMISSION, home.server.complaint(auth))
        equal(home.token()["access"] in outcome.err, False, "the token in what is said")
    nothing(lab, recipient)


def foreign_token(lab):
    home = Home(lab, oauth_flow="browser")
    home.log_in(login="bob@test.example")
    recipient = lab.recipient()
    failed(home.send(recipient), NO_PERMISSION, "another user")
    nothing(lab, recipient)


def ended_login(lab):
    home = Home(lab, oauth_flow="browser")
    home.log_in()
    lab.provider.revoke("public", home.token()["refresh"])
    home.change_token(expires="0")
    recipient = lab.recipient()
    failed(home.send(recipient), NO_PERMISSION, "invalid_grant")
    nothing(lab, recipient)


def no_provider(lab):
    home = Home(lab, oauth_flow="browser")
    home.log_in()
    home.change_token(expires="0", endpoint="https://127.0.0.1:1/token")
    recipient = lab.recipient()
    failed(home.send(recipient), TEMPORARY)
    nothing(lab, recipient)


def readable_by_others(lab):
    home = Home(lab, oauth_flow="browser")
    home.log_in()
    os.chmod(home.token_file, 0o640)
    failed(home.run("token"), BAD_CONFIG, "others may read")


def never_in_clear(lab):
    home = Home(lab, oauth_flow="browser")
    home.log_in()
    home.change_token(expires="0", endpoint="http://127.0.0.1:1/token")
    failed(home.run("token"), PROTOCOL, "https")


def shown_nowhere(lab):
    """Neither transcript, log, queue nor argument list has a token."""
    home = Home(lab, oauth_flow="browser", queue="on", auth="xoauth2")
    home.set(queue_dir=f"{home.folder}/queue", logfile=f"{home.folder}/log")
    home.log_in()
    home.change_token(expires="0")
    recipient = lab.recipient()
    sent(home.send(recipient, "-odq"))
    trace = f"{home.folder}/trace"
    done = subprocess.run(
        ["strace", "-f", "-s", "99999", "-e", "trace=execve", "-o", trace, lab.binary, "--debug",
         "-v", "-C", home.config, "--", recipient], input=SHORT, capture_output=True, check=False,
        timeout=PATIENCE, env={"PATH": os.environ["PATH"], "ASAN_OPTIONS": "detect_leaks=0",
                               **home.environment()})
    equal(done.returncode, 0, "exit status")
    kept = home.token()
    seen = done.stdout + done.stderr
    for folder, _, files in os.walk(home.folder):
        for file in files:
            path = f"{folder}/{file}"
            if path != home.token_file and os.path.isfile(path):
                with open(path, "rb") as text:
                    seen += text.read()
    for name in ("access", "refresh"):
        equal(kept[name].encode() in seen, False, f"the {name} token in sight")


def loads_nothing(lab):
    """A send with a token that is good needs neither libcurl nor jansson."""
    home = Home(lab, oauth_flow="browser")
    home.log_in()
    trace = f"{home.folder}/trace"
    subprocess.run(
        ["strace", "-f", "-e", "trace=openat", "-o", trace, lab.binary, "-C", home.config, "--",
         lab.recipient()], input=SHORT, capture_output=True, check=True, timeout=PATIENCE,
        env={"PATH": os.environ["PATH"], "ASAN_OPTIONS": "detect_leaks=0", **home.environment()})
    with open(trace, encoding="utf-8", errors="replace") as opened:
        text = opened.read()
    equal([name for name in ("libcurl", "libjansson", "libsecret") if name in text], [],
          "libraries that were loaded")


# ---- the queue

def held(lab):
    """A login that has ended holds the account's mail; a new login sends it."""
    home = Home(lab, oauth_flow="browser", queue="on")
    home.set(queue_dir=f"{home.folder}/queue")
    home.log_in()
    lab.provider.revoke("public", home.token()["refresh"])
    home.change_token(expires="0")
    recipient = lab.recipient()
    sent(home.send(recipient, "-odq"))
    equal(home.run("-qf").status, 0, "exit status of -qf")
    listed = json.loads(home.run("queue", "list", "--json").out)
    equal(len(listed), 1, "messages in the queue")
    before = lab.provider.count("refused refresh_token")
    equal(home.run("-qf").status, 0, "exit status of -qf")
    equal(lab.provider.count("refused refresh_token"), before, "requests while it is held")
    home.log_in()
    equal(home.run("-qf").status, 0, "exit status of -qf")
    arrived(lab, home.server, recipient, SHORT)
    equal(json.loads(home.run("queue", "list", "--json").out), [], "the queue")


def from_queue(lab):
    home = Home(lab, oauth_flow="browser", queue="on")
    home.set(queue_dir=f"{home.folder}/queue")
    home.log_in()
    home.change_token(expires="0")
    recipient = lab.recipient()
    sent(home.send(recipient, "-odq"))
    sent(home.run("-qf"))
    arrived(lab, home.server, recipient, SHORT)


# ---- other programs

def helps_git(lab):
    home = Home(lab, oauth_flow="browser")
    home.log_in()
    helper = f"!{lab.binary} token -C {home.config}"

    def git(verb, question):
        done = subprocess.run(
            ["git", "-c", "credential.helper=", "-c", f"credential.helper={helper}", "credential",
             verb], input=question.encode(), capture_output=True, check=False, cwd=home.folder,
            timeout=PATIENCE, env={"PATH": os.environ["PATH"], "GIT_TERMINAL_PROMPT": "0",
                                   **home.environment()})
        return Outcome(done)
    question = "protocol=smtp\nhost=localhost:587\nusername=alice@test.example\n"
    token = home.token()["access"]
    answer = git("fill", question)
    if f"password={token}\n" not in answer.out:
        raise Wrong(f"got {answer}, {answer.out!r}, want the token")
    equal(git("reject", f"{question}password={token}\n").status, 0, "exit status of reject")
    answer = git("fill", question)
    equal((token in answer.out, "password=" in answer.out), (False, True),
          "the refused token, a token")
    other = git("fill", "protocol=smtp\nhost=elsewhere.example\nusername=alice@test.example\n")
    equal("password=" in other.out, False, "a token for another host")
    for protocol in ("http", "https"):
        other = git("fill", f"protocol={protocol}\nhost=localhost:587\n"
                            "username=alice@test.example\n")
        equal("password=" in other.out, False, f"a token for {protocol}")


def cases():
    named = {
        "device code, then XOAUTH2 and OAUTHBEARER": by_device,
        "browser with PKCE": by_browser,
        "Postfix as the server": with_postfix,
        "from nothing to a sent message": set_up,
        "strangers at the port": among_strangers,
        "pasted redirect": by_pasted_address,
        "a browser is opened": opens_browser,
        "the page that Chromium shows": in_english,
        "the page that Chromium shows, in Japanese": in_japanese,
        "dynamic registration": by_registration,
        "a client with a secret": with_client_secret,
        "the downloaded JSON": with_downloaded_file,
        "no client ID: a walk-through": walk_through,
        "client credentials": by_client_credentials,
        "denied in the browser: exit 77": denied_in_browser,
        "denied on the device: exit 77": denied_on_device,
        "a provider with a wrong certificate: exit 77": wrong_certificate,
        "metadata of another issuer: exit 77": other_issuer,
        "an expired token is renewed": renewed,
        "tokens that last for seconds": short_lived,
        "fifty at once, one request": fifty_at_once,
        "refused before its time: renewed once": refused_before_its_time,
        "killed between save and use": killed_after_saving,
        "killed while the token is written": killed_while_writing,
        "ended by a signal while it is renewed": ended_by_a_signal,
        "a full disk": full_disk,
        "without a refresh token: exit 77": without_refresh_token,
        "a client in two lines": client_of_two_lines,
        "a token that cannot be saved": cannot_be_saved,
        "a login that nobody can read": nobody_can_read,
        "no login yet: exit 77": without_login,
        "insufficient scope: exit 77, the server's JSON": insufficient_scope,
        "a token of another user: exit 77": foreign_token,
        "the login has ended: exit 77, invalid_grant": ended_login,
        "no provider now: exit 75": no_provider,
        "a file that others may read: exit 78": readable_by_others,
        "a hostile provider": hostile_provider,
        "a provider that is not quite right": loose_provider,
        "a provider that repeats secrets": echoing_provider,
        "a provider that closes": silent_provider,
        "no token over http": never_in_clear,
        "tokens are shown nowhere": shown_nowhere,
        "a good token loads no library": loads_nothing,
        "the login has ended: the queue holds the account": held,
        "the queue renews a token": from_queue,
        "a helper of git": helps_git,
    }
    return [Case(f"oauth: {name}", run) for name, run in named.items()]
