# SPDX-License-Identifier: GPL-3.0-or-later
"""Chooses the cases, starts the servers that they need, and prints one line for each case."""
import concurrent.futures
import sys
import threading
import time
import traceback

import common
import particular
import scram
from checks import Skip, Wrong
from dovecot import Dovecot
from exim import Exim
from kerberos import Kerberos
from lab import NAMESPACES, Lab
from opensmtpd import OpenSMTPD
from postfix import Postfix
from socks import Socks
from token_module import Token
from tree import CannotRun, command, download

SPEAKING = threading.Lock()
# What is started for each suite, in this order.
NEEDED = {
    "postfix": [Kerberos, Dovecot, Postfix, Socks],
    "dovecot": [Kerberos, Dovecot, Token],
    "exim": [Exim],
    "opensmtpd": [OpenSMTPD],
    "scram": [],
}
SUITES = {
    "postfix": lambda full: common.cases(Postfix, full) + particular.postfix(),
    "dovecot": lambda full: common.cases(Dovecot, full) + particular.dovecot(),
    "exim": lambda full: common.cases(Exim, full) + particular.exim(),
    "opensmtpd": lambda full: common.cases(OpenSMTPD, full),
    "scram": lambda full: scram.cases(),
}


def select(names, full, text):
    """{suite: its cases whose names have this text in them}"""
    return {name: [case for case in SUITES[name](full) if text in case.name] for name in names}


def servers_for(names):
    classes = []
    for name in names:
        classes += [one for one in NEEDED[name] if one not in classes]
    return classes


def can_run():
    """Namespaces are refused to root, too, in some containers."""
    try:
        command(*NAMESPACES, "true")
    except (CannotRun, OSError) as error:
        print(f"not ok - servers: namespaces: got {str(error)!r}, want mount, network and pid "
              "namespaces of their own")
        return False
    return True


def fetch(names, build):
    """Get all packages while there still is a network; says what failed."""
    try:
        for server in servers_for(names):
            download(f"{build}/debs", server.name, server.packages)
    except (CannotRun, OSError) as error:
        print(f"not ok - servers: packages: got {str(error)[:500]!r}, want them (is the package "
              "list fresh? apt-get update)")
        return False
    return True


def play(suites, where, verbose):
    """Run {suite: cases}, the suites beside each other; returns 0 when no case is wrong."""
    try:
        lab = Lab(*where)
        lab.verbose = verbose
        lab.start(servers_for(suites))
    except (CannotRun, OSError, TimeoutError) as error:
        say(f"not ok - servers: started: got {str(error)!r}, want {' '.join(suites)} running")
        return 1
    with concurrent.futures.ThreadPoolExecutor() as pool:
        right = list(pool.map(lambda suite: all([one(lab, case) for case in suite]),
                              suites.values()))
    if all(right):
        return 0
    lab.keep_logs()
    return 1


def say(line):
    with SPEAKING:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def one(lab, case):
    began, right = time.monotonic(), True
    try:
        case.run(lab)
        line = f"ok - {case.name}"
    except Skip as why:
        line = f"skip - {case.name}: {why}"
    except Wrong as what:
        line, right = f"not ok - {case.name}: {what}", False
    except Exception as error:  # a case that breaks is a case that is wrong
        place = traceback.extract_tb(error.__traceback__)[-1]
        line, right = (f"not ok - {case.name}: got {error!r} at {place.filename}:{place.lineno}, "
                       "want no exception"), False
    say(f"{line}\n# {time.monotonic() - began:.2f} s" if lab.verbose else line)
    return right
