# SPDX-License-Identifier: GPL-3.0-or-later
"""The measurements; each runs its programs by turns, and checks that the mail has arrived."""
import time

import table
from clients import FRIEND, QUEUES, one_shot
from rig import letter
from tree import CannotRun

SMALL = 2048


class Numbers:
    """How much of everything."""

    def __init__(self, chosen):
        smoke = chosen.smoke
        self.runs = 1 if smoke else chosen.runs
        self.rounds = 1 if smoke else max(chosen.runs // 5, 1)
        self.kept = 3 if smoke else 1000
        self.kept_slow = 2 if smoke else 50
        self.callers = 3 if smoke else 100
        self.large = 10 ** 6 if smoke else 10 ** 8
        self.recipients = 20 if smoke else 10000


def play(lab, chosen):
    """Run the parts that were chosen; returns 0 when all mail has arrived."""
    report = table.Report(chosen.smoke)
    try:
        for name, part in PARTS.items():
            if not chosen.parts or name in chosen.parts:
                part(lab, Numbers(chosen), report)
    except (CannotRun, OSError, ValueError) as error:
        report.equal("ran to its end", repr(error)[-1500:], None)
    if report.wrong:
        lab.keep_logs()
    return 1 if report.wrong else 0


def shoot(lab, report, client, door, file, recipients=(FRIEND,)):
    """Send a letter once; returns its Run and what the server has taken."""
    since = lab.mark(door)
    [run], _ = lab.measure(client.tree, client.send(door, file, recipients), file)
    name = f"{client.name} to {door.name}"
    said = lab.complaints()
    report.equal(f"{name}: exit status", (run.status, said if run.status else ""), (0, ""))
    taken = lab.wait(door, since, 1)
    report.equal(f"{name}: messages", taken.messages, 1)
    return run, taken


def by_turns(lab, report, clients, doing, times):
    """[(Run, Taken)] for each of the clients; the first round warms up and does not count."""
    results = {name: [] for name in clients}
    for turn in range(times + (times > 1)):
        for name, client in clients.items():
            results[name].append(shoot(lab, report, client, *doing))
    return {name: found[times > 1:] for name, found in results.items()}


def one(lab, numbers, report):
    """One small message: round trips, time, memory, libraries."""
    clients = one_shot(lab)
    file = lab.write("small.eml", letter([FRIEND], SMALL))
    for door in lab.doors.values():
        found = by_turns(lab, report, clients, (door, file), numbers.runs)
        base = [run for run, _ in found["msmtp"]]
        rows = []
        for name, client in clients.items():
            trips = table.median(taken.trips for _, taken in found[name])
            rows.append({"": name, "round trips": f"{trips:g}" if trips else "-",
                         **table.walls([run for run, _ in found[name]], base),
                         "libraries": lab.libraries(client.program)})
        report.table(f"One message of 2 KB, TLS and login, to {door.name} ({numbers.runs} runs; "
                     "ratios to msmtp)", rows)


def fill(lab, report, queue, name, file, count):
    """Have the queue keep so many messages."""
    for _ in range(count):
        [run], _ = lab.measure(queue.tree, queue.keep, file)
        if run.status:
            report.equal(f"{name} keeps a message", (run.status, lab.complaints()), (0, ""))
            return


def drain(lab, numbers, report):
    """What was kept, to Postfix."""
    door = lab.doors["postfix"]
    file = lab.write("small.eml", letter([FRIEND], SMALL))
    rows = []
    for name, kind in QUEUES.items():
        count = numbers.kept if name in ("postrider", "dma") else numbers.kept_slow
        rates, connections = [], 0
        for _ in range(numbers.rounds):
            queue = kind(lab, door)
            fill(lab, report, queue, name, file, count)
            since = lab.mark(door)
            began = time.monotonic()
            lab.measure(queue.tree, queue.drain)
            taken = lab.wait(door, since, count)
            rates.append(count / (time.monotonic() - began))
            connections = taken.connections
            report.equal(f"{name} drains its queue: messages", taken.messages, count)
        if name == "postrider":
            report.equal(f"{name} drains its queue: connections", connections, 1)
        rows.append({"": name, "messages": count, "per second": f"{table.median(rates):.0f}",
                     "most": f"{max(rates):.0f}", "connections": connections})
    report.table(f"Small messages that were kept, to Postfix ({numbers.rounds} rounds)", rows)


PARTS = {"one": one, "drain": drain}
