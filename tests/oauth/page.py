# SPDX-License-Identifier: GPL-3.0-or-later
"""What a real browser shows when a login has ended: Chromium, unseen, in a private root."""
import contextlib
import html
import os
import pathlib
import re
import subprocess

import catalog
import installed
from checks import Wrong, equal
from home import Home, address, finished
from tree import CannotRun, Tree, command, download

PACKAGE = "chromium-headless-shell"
PROGRAM = f"/usr/lib/chromium/{PACKAGE}"
PATIENCE = 120
DENIED = 77


def fetch(build):
    """The package's files, from the archive while there still is a network; and the program as it
    is installed, with its catalogues."""
    try:
        installed.install(pathlib.Path(build))
        installed.make_locales(pathlib.Path(build))
    except installed.Cannot as problem:
        raise CannotRun(problem) from problem
    return download(f"{build}/debs", PACKAGE, [PACKAGE])


class Browser:
    """Chromium, unpacked where nobody else finds it."""

    def __init__(self, lab):
        self.tree = Tree("browser", download(f"{lab.build}/debs", PACKAGE, [PACKAGE]), [],
                         lab.shared)

    def show(self, url):
        """The language, and the text of each heading and paragraph, of the page at URL, as the
        browser has understood it."""
        done = subprocess.run(
            ["chroot", self.tree.path, PROGRAM, "--no-sandbox", "--disable-gpu", "--dump-dom",
             "--disable-dev-shm-usage", "--user-data-dir=/tmp/browser", "--timeout=30000", url],
            stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=PATIENCE,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/tmp"})
        page = done.stdout.decode("utf-8")
        found = re.findall(r"(?:<html lang=\"|<h1>|<p>)(.*?)(?:\">|</h1>|</p>)", page, re.S)
        if done.returncode != 0 or not found:
            raise Wrong(f"got exit {done.returncode}, page {page!r}, {done.stderr[-800:]!r}, want "
                        "a page")
        return [html.unescape(text) for text in found]


def shown(lab, deny=False, **environment):
    """What stands on the page behind a login, and how the login has ended."""
    if not hasattr(lab, "browser"):
        lab.browser = Browser(lab)
    home = Home(lab, oauth_flow="browser")
    with home.start("login", **environment) as process:
        end, _ = lab.provider.browse(address(process), follow=False, deny=deny)
        page = lab.browser.show(end)
        finished(process, DENIED if deny else 0)
    equal(os.path.exists(home.token_file), not deny, "a file of tokens")
    return page


def check_pages(lab, says, **environment):
    """SAYS: what a message is in that language."""
    language = says("en")
    close = says("You may close this window and go back to the terminal.")
    equal(shown(lab, **environment), [language, says("You are logged in"), close], "page")
    first, head, *reason, last = shown(lab, deny=True, **environment)
    equal((first, head, last), (language, says("The login has failed"), close), "page")
    if "access_denied" not in " ".join(reason):
        raise Wrong(f"got {reason!r}, want access_denied in it")


def in_english(lab):
    check_pages(lab, lambda message: message)


@contextlib.contextmanager
def with_catalogues(lab):
    """The program is the one that finds its catalogues."""
    before = lab.binary
    command("mount", "--bind", f"{lab.build}/languages/root{installed.PREFIX}", installed.PREFIX)
    lab.binary = str(installed.PROGRAM)
    try:
        yield
    finally:
        lab.binary = before
        command("umount", installed.PREFIX)


def in_japanese(lab):
    words = {message.id: message.texts[0] for message in catalog.catalogue("ja")}
    with with_catalogues(lab):
        check_pages(lab, words.__getitem__, LC_ALL="ja_JP.UTF-8", LOCPATH=f"{lab.build}/locales")
