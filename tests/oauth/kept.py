# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept of a login, whatever comes between the provider's answer and the disk."""
import json
import os
import subprocess

from checks import DATA_ERROR, IO_ERROR, NO_PERMISSION, Wrong, equal, failed
from home import PATIENCE, Home, address, finished, kill_at, under_strace


def killed_after_saving(lab):
    """The new refresh token is in its place before anything is done with the access token."""
    home = Home(lab, oauth_client_id="rotating", oauth_flow="browser")
    home.log_in()
    old = home.token()
    home.change_token(expires="0")
    # The first one is that of the file, the second one that of the folder.
    kill_at(home, 2, "-C", home.config, "--", lab.recipient())
    equal(home.token()["refresh"] != old["refresh"], True, "a new refresh token on the disk")
    home.delivers()
    home.change_token(expires="0")
    home.delivers()


def killed_while_writing(lab):
    """What was there stays whole."""
    home = Home(lab, oauth_client_id="rotating", oauth_flow="browser")
    home.log_in()
    home.change_token(expires="0")
    old = home.token()
    kill_at(home, 1, "token", "-C", home.config)
    equal(home.token(), old, "the file of tokens")


def ended_by_a_signal(lab):
    """What the provider has given is saved first: it may not know the former one any more."""
    home = Home(lab, oauth_client_id="rotating", oauth_flow="browser")
    home.log_in()
    for signal in ("INT", "TERM", "HUP", "QUIT"):
        old = home.token()
        home.change_token(expires="0")
        status, said = under_strace(home, f"fsync:signal={signal}:when=1", "token", "-C",
                                    home.config)
        equal(status < 0 or status > 128, True, f"SIG{signal} ends it ({status}, {said})")
        equal(home.token()["refresh"] != old["refresh"], True, f"SIG{signal}: a new refresh token")
    home.delivers()


def full_disk(lab):
    """Room is looked for before the refresh token is spent."""
    home = Home(lab, oauth_client_id="rotating", oauth_flow="browser")
    home.log_in()
    home.change_token(expires="0")
    kept, before = home.token(), lab.provider.count("gave refresh_token")
    status, said = under_strace(home, "fallocate:error=ENOSPC", "token", "-C", home.config)
    equal((status, "No space left" in said), (74, True), f"exit status, the reason ({said})")
    equal(home.token(), kept, "what is kept")
    equal(sorted(os.listdir(os.path.dirname(home.token_file))),
          sorted(os.path.basename(home.token_file) + end for end in ("", ".lock")), "files")
    equal(lab.provider.count("gave refresh_token"), before, "requests for a new token")
    home.delivers()


def without_refresh_token(lab):
    """Nobody logs in as the client itself who was not told to."""
    home = Home(lab, oauth_client_id="confidential", oauth_client_secret="not-so-secret",
                oauth_flow="browser")
    home.log_in()
    kept = home.token()
    del kept["refresh"]
    with open(home.token_file, "w", encoding="ascii") as out:
        out.writelines(f"{name} {value}\n" for name, value in {**kept, "expires": "0"}.items())
    before = lab.provider.count("gave client_credentials")
    failed(home.run("token"), NO_PERMISSION, "none to renew it")
    equal(lab.provider.count("gave client_credentials"), before, "tokens of the client itself")


def client_of_two_lines(lab):
    """A file with a client must not say where tokens come from."""
    home = Home(lab, oauth_client_id=None, oauth_flow="browser")
    with open(f"{home.folder}/client.json", "w", encoding="ascii") as out:
        json.dump({"client_id": "public", "client_secret": "x\nendpoint https://evil.example/"}, out)
    failed(home.run("login", f"{home.folder}/client.json"), DATA_ERROR, "control characters")
    equal(os.path.exists(home.token_file), False, "a file of tokens")


def cannot_be_saved(lab):
    """The page says so, too."""
    home = Home(lab, oauth_flow="browser")
    with home.start("login") as process:
        url = address(process)
        os.mkdir(home.token_file)
        _, page = lab.provider.browse(url)
        text = finished(process, IO_ERROR)
    for got in (page, text):
        if "cannot be saved" not in got:
            raise Wrong(f"got {got!r}, want it to say that the token cannot be saved")


def nobody_can_read(lab):
    """An address that was not shown is not waited for."""
    for flow in ("browser", "device"):
        home = Home(lab, oauth_flow=flow)
        with open("/dev/full", "wb") as full:
            done = subprocess.run([lab.binary, "login", "-C", home.config], stdout=full,
                                  stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False,
                                  timeout=PATIENCE, env={"PATH": os.environ["PATH"],
                                                         **home.environment()})
        equal((done.returncode, b"Standard output" in done.stderr), (IO_ERROR, True),
              f"{flow}: exit status, the reason ({done.stderr})")
