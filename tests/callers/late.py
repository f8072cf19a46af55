# SPDX-License-Identifier: GPL-3.0-or-later
"""The callers while the server is down: they notice nothing, and their mail arrives later."""
from checks import Case


def cases(named, *without):
    """Each of them, and once more those that are not about a refusal or named here."""
    again = {f"{name}; the server is down": lambda room, run=run: late(room, run)
             for name, run in named.items() if "refus" not in name and name not in without}
    return [Case(f"callers: {name}", run) for name, run in {**named, **again}.items()]


def late(room, run):
    """The server comes back when the case asks what has arrived."""
    room.go_down()
    try:
        run(room)
    finally:
        if room.down:
            room.come_back()
