# SPDX-License-Identifier: GPL-3.0-or-later
"""How a case says what it found."""
import dataclasses
import typing

from letters import canonical, difference, without_trace

IO_ERROR = 74
OK, DATA_ERROR, NO_USER, NO_HOST, REFUSED, TEMPORARY, PROTOCOL, NO_PERMISSION, BAD_CONFIG = (
    0, 65, 67, 68, 69, 75, 76, 77, 78)


class Wrong(Exception):
    """The text is `got …, want …`."""


class Skip(Exception):
    """The case cannot be tried here; the text says why."""


@dataclasses.dataclass
class Case:
    name: str
    run: typing.Callable


def equal(got, want, what):
    if got != want:
        raise Wrong(f"{what}: got {got!r}, want {want!r}")


def sent(outcome):
    """Success is silent."""
    if outcome.status != OK or outcome.out or outcome.err:
        raise Wrong(f"got {outcome}, stdout {outcome.out[-300:]!r}, want exit 0 and silence")


def failed(outcome, statuses, words=""):
    statuses = statuses if isinstance(statuses, tuple) else (statuses,)
    wanted = " or ".join(map(str, statuses))
    if outcome.status not in statuses:
        raise Wrong(f"got {outcome}, want exit {wanted}")
    if words not in outcome.err:
        raise Wrong(f"got {outcome}, want '{words}' in it")
    stray = [line for line in outcome.err.splitlines() if not line.startswith("postrider: ")]
    if stray or not outcome.err:
        raise Wrong(f"got {outcome}, want one or more lines that begin with 'postrider: '")


def arrived(lab, server, recipient, letter):
    """The message as the next hop got it; without the server's own fields it is what was sent."""
    message = lab.sink.wait(recipient)
    if message is None:
        raise Wrong(f"got nothing for {recipient} at the next hop of {server.name}, want a message")
    parted = difference(without_trace(message.content, server.received), canonical(letter))
    if parted is not None:
        raise Wrong(parted)
    return message


def nothing(lab, recipient):
    """Nothing has come for this recipient; it is looked at again when all cases are over."""
    lab.unwanted.append(recipient)
    equal(lab.sink.count(recipient), 0, f"messages for {recipient}")
