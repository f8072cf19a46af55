# SPDX-License-Identifier: GPL-3.0-or-later
"""The measurements; each runs its programs by turns, and checks that the mail has arrived."""
import collections
import glob
import os
import time

import goals
import plot
import table
from clients import (FLOOR, FLOOR_KEPT, FRIEND, IN_MEMORY, KEPT, QUEUES, Floor, Spool,
                     one_shot, with_floor, with_tickets)
from rig import letter
from tree import CannotRun

SMALL = 2048


class Numbers:
    """How much of everything."""

    def __init__(self, chosen):
        smoke = chosen.smoke
        self.runs = 1 if smoke else chosen.runs
        self.rounds = 1 if smoke else max(chosen.runs // 5, 1)
        self.far = 1 if smoke else max(chosen.runs // 3, 1)
        self.kept = 3 if smoke else 1000
        self.kept_slow = 2 if smoke else 100
        self.callers = 3 if smoke else 100
        self.large = 10 ** 6 if smoke else 10 ** 8
        self.huge = 2 * 10 ** 6 if smoke else 10 ** 9
        self.smoke = smoke
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
    report.table("What is wanted, and what was reached", goals.rows(report))
    if report.charts:
        plot.draw(f"{lab.build}/bench/plot.svg", report.charts)
        print(f"drawn: {lab.build}/bench/plot.svg")
    if report.wrong:
        lab.keep_logs()
    return 1 if report.wrong else 0


def shoot(lab, report, client, door, file, recipients=(FRIEND,)):
    """Send a letter once; returns its Run and what the server has taken."""
    since = lab.mark(door)
    [run], _ = lab.measure(client.tree, client.send(door, file, recipients), file,
                           delay=door.delay)
    name = f"{client.name} to {door.name}"
    said = lab.complaints()
    report.equal(f"{name}: exit status", (run.status, said if run.status else ""), (0, ""))
    taken = lab.wait(door, since, 1)
    report.equal(f"{name}: messages", taken.messages, 1)
    if door.server == "sink":
        report.equal(f"{name}: recipients", taken.recipients, len(recipients))
        report.equal(f"{name}: all of the letter", taken.octets >= os.path.getsize(file), True)
    return run, taken


def by_turns(lab, report, clients, doing, times):
    """[(Run, Taken)] for each of the clients; the first round warms up and does not count."""
    results = {name: [] for name in clients}
    for turn in range(times + (times > 1)):
        for name, client in clients.items():
            results[name].append(shoot(lab, report, client, *doing))
    return {name: found[times > 1:] for name, found in results.items()}


def start(lab, numbers, report):
    """Programs that only say their version."""
    names = [name for name in one_shot(lab)]
    found = {name: [] for name in names}
    for _ in range(2 * numbers.runs):
        for name in names:
            [run], _ = lab.measure("clients", [name, "--version"])
            report.equal(f"{name} --version: exit status", (run.status, lab.complaints()), (0, ""))
            found[name].append(run)
    report.table(f"--version ({2 * numbers.runs} runs; ratios to msmtp)",
                 [{"": name, **table.walls(runs, found["msmtp"])} for name, runs in found.items()])
    report.reached("version", table.median(run.wall for run in found["postrider"]) / 1000, "{:.2f}")


def one(lab, numbers, report):
    """One small message: round trips, time, memory, libraries."""
    file = lab.write("small.eml", letter([FRIEND], SMALL))
    for door in [*lab.near, *lab.starttls]:
        clients = with_floor(lab, door, with_tickets(lab))
        found = by_turns(lab, report, clients, (door, file), numbers.runs)
        base = [run for run, _ in found["msmtp"]]
        rows = []
        for name, client in clients.items():
            trips = table.median(taken.trips for _, taken in found[name])
            rows.append({"": name, "round trips": f"{trips:g}" if trips else "-",
                         **table.walls([run for run, _ in found[name]], base),
                         "libraries": libraries(lab, client, door, file)})
        report.table(f"One message of 2 KB, TLS and login, to {door.name} ({numbers.runs} runs; "
                     "ratios to msmtp)", rows)
        report.reached("libraries", rows[0]["libraries"], "{}")
        note_one(lab, report, door, found)


def libraries(lab, client, door, file):
    since = lab.mark(door)
    count = lab.libraries(client.tree, client.send(door, file, [FRIEND]), file)
    lab.wait(door, since, 1)
    return count


def note_one(lab, report, door, found):
    kept = found.get(KEPT, [])
    # When it runs only once there is no ticket yet.
    if door.server == "sink" and len(kept) > 1:
        report.equal(f"{KEPT} to {door.name}: resumed", kept[-1][1].resumed, 1)
    if door.starttls:
        return
    for key, name in ((door.server, FLOOR), (f"{door.server} kept", FLOOR_KEPT)):
        runs = [run for run, _ in found.get(name, [])]
        if runs:
            report.floor(f"wall {key}", table.median(run.wall for run in runs) / 1000)
            report.floor(f"processor {key}", table.median(run.processor for run in runs) / 1000)
    for key, results in ((door.server, found["postrider"]), (f"{door.server} kept", kept)):
        if not results:
            report.missing |= {"wall sink kept", "processor sink kept"}
            continue
        report.reached(f"wall {key}", table.median(run.wall for run, _ in results) / 1000)
        report.reached(f"processor {key}", table.median(run.processor for run, _ in results) / 1000)
        report.reached(f"memory {key}", table.median(run.memory for run, _ in results) / 1024)
    report.reached(f"wall ratio {door.server}", table.median(
        a.wall / b.wall for (a, _), (b, _) in zip(found["postrider"], found["msmtp"])), "{:.3f}")


def counted(lab, report, client, argv, file):
    """{part: million instructions} of a command and of those that it starts."""
    found = {}
    lab.measure(client.tree, ["valgrind", "-q", "--tool=callgrind", "--trace-children=yes",
                              f"--callgrind-out-file={lab.folder}/counted.%p", *argv], file)
    report.equal(f"{client.name}, counted: complaints", lab.complaints(), "")
    for written in glob.glob(f"{lab.folder}/counted.*"):
        plot.instructions(written, found)
        os.unlink(written)
    return {part: number / 1e6 for part, number in found.items()}


def count(lab, numbers, report):
    """The instructions of one small message, by what they are for."""
    if numbers.smoke:
        return
    file, door = lab.write("small.eml", letter([FRIEND], SMALL)), lab.near[0]
    rows, chart = [], {}
    for name, client in with_tickets(lab).items():
        shoot(lab, report, client, door, file)
        found = counted(lab, report, client, client.send(door, file, [FRIEND]), file)
        chart[name] = sorted(found.items())
        rows.append({"": name, "all": f"{sum(found.values()):.1f}",
                     **{part: f"{found.get(part, 0):.1f}" for part, _ in plot.PARTS}})
        if name == "postrider":
            report.reached("instructions", sum(found.values()))
    report.table(f"Million instructions of one message of 2 KB to {door.name}", rows)
    report.charts.append(("Instructions of one message of 2 KB, TLS and login", "million", chart))


def far(lab, numbers, report):
    """One small message over a line with a delay, where only round trips count."""
    clients = with_tickets(lab)
    file = lab.write("small.eml", letter([FRIEND], SMALL))
    for door in lab.far:
        found = by_turns(lab, report, clients, (door, file), numbers.far)
        base = [run.wall / 1000 for run, _ in found["msmtp"]]
        rows = []
        for name, results in found.items():
            wall = [run.wall / 1000 for run, _ in results]
            trips = table.median(wall) / 2 / door.delay
            rows.append({"": name, "wall ms": f"{table.median(wall):.0f}", "least": f"{min(wall):.0f}",
                         "round trips": f"{trips:.2f}", "wall ratio": table.ratio(wall, base)})
            key = f"trips {door.server}{' starttls' if door.starttls else ''}"
            if name in ("postrider", KEPT):
                report.reached(key + (" kept" if name == KEPT else ""), trips, "{:.2f}")
        report.table(f"One message of 2 KB, TLS and login, to {door.name} ({numbers.far} runs; "
                     "ratio to msmtp)", rows)
        if door.server == "sink" and not numbers.smoke:
            report.charts.append((f"Round trips to {door.name}", "ms", {
                name: plot.steps(results[-1][1], door.delay) for name, results in found.items()}))
    if KEPT not in clients:
        report.missing.add("trips postfix kept")


def fill(lab, report, queue, name, file, count):
    """Have the queue keep so many messages, many at a time; how long that takes is not told."""
    while count > 0:
        now = min(count, 100)
        runs, _ = lab.measure(queue.tree, queue.keep, file, now)
        said = lab.complaints()
        bad = [run.status for run in runs if run.status]
        if bad:
            report.equal(f"{name} keeps messages", (bad[:5], said), ([], ""))
        count -= now


def pace(lab, report, name, count, send):
    """How many messages a second come to Postfix, and over how many connections."""
    door = lab.near[1]
    lab.settle(1 if count < 1000 else 10)
    since = lab.mark(door)
    began = time.monotonic()
    send()
    taken = lab.wait(door, since, count, 60)
    report.equal(f"{name} drains its queue: messages", taken.messages, count)
    return count / (time.monotonic() - began), taken.connections


def drain_once(lab, numbers, report, name, file):
    """Fill a queue and drain it. The floor has none, but what comes before it is the same."""
    door = lab.near[1]
    queue = QUEUES.get(name, Spool)(lab, door)
    count = numbers.kept_slow if queue.slow else numbers.kept
    fill(lab, report, queue, name, file, count)
    if name != FLOOR:
        return count, pace(lab, report, name, count, lambda: lab.measure(queue.tree, queue.drain))
    floor = Floor(FLOOR, lab, times=count)
    queue.forget()
    return count, pace(lab, report, name, count, lambda: lab.measure(
        floor.tree, floor.send(door, file, [FRIEND]), file))


def drain(lab, numbers, report):
    """What was kept, to Postfix; and the same from the floor, which only sends."""
    file = lab.write("small.eml", letter([FRIEND], SMALL))
    names = [*QUEUES, FLOOR]
    found, counts = {name: [] for name in names}, {}
    for _ in range(numbers.rounds):
        for name in names:
            counts[name], result = drain_once(lab, numbers, report, name, file)
            found[name].append(result)
    rows = []
    for name, results in found.items():
        rates = [rate for rate, _ in results]
        rows.append({"": name, "messages": counts[name], "per second": f"{table.median(rates):.0f}",
                     "most": f"{max(rates):.0f}", "connections": results[-1][1]})
        if name == "postrider":
            report.equal(f"{name} drains its queue: connections", results[-1][1], 1)
            report.reached("drain", table.median(rates), "{:.0f}")
            report.reached("drain connections", results[-1][1], "{}")
        elif name == IN_MEMORY:
            report.reached("drain memory", table.median(rates), "{:.0f}")
        elif name == FLOOR:
            report.floor("drain", table.median(rates))
    report.table(f"Small messages that were kept, to Postfix ({numbers.rounds} rounds)", rows)


def crowd(lab, report, caller, door, times):
    """So many callers at once, each with the small letter; (Runs, µs until all are back, Taken)."""
    since = lab.mark(door)
    runs, all_back = lab.measure(caller.tree, caller.command, caller.file, times)
    said = lab.complaints()
    bad = [run.status for run in runs if run.status]
    report.equal(f"{times} callers of {caller.name}: exit statuses", (bad, said if bad else ""),
                 ([], ""))
    taken = lab.wait(door, since, times) if caller.direct else None
    if caller.direct:
        report.equal(f"{times} callers of {caller.name}: messages", taken.messages, times)
    return runs, all_back, taken


def callers(lab, door, file):
    """Those who send, and those who only keep the message and return."""
    Caller = collections.namedtuple("Caller", "name tree command file direct forget")
    clients = with_floor(lab, door, one_shot(lab))
    found = [Caller(name, clients[name].tree, clients[name].send(door, file, [FRIEND]), file, True,
                    lambda: None)
             for name in ("postrider", "msmtp", "curl", FLOOR)]
    for name, kind in QUEUES.items():
        if not kind.keep_with:
            continue
        queue = kind(lab, door)
        found.append(Caller(f"{kind.keep_with} (keeps)", queue.tree, queue.keep, file, False,
                            queue.forget))
        if name == "postrider":
            later = ["-odb" if word == "-odq" else word for word in queue.keep]
            found.append(Caller("postrider -odb (keeps, then sends)", queue.tree, later, file, True,
                                lambda: None))
    return found


def burst(lab, numbers, report):
    """Many callers at once, to the sink and into queues."""
    door = lab.near[0]
    file = lab.write("small.eml", letter([FRIEND], SMALL))
    everyone = callers(lab, door, file)
    found = {caller.name: [] for caller in everyone}
    for _ in range(numbers.rounds):
        for caller in everyone:
            found[caller.name].append(crowd(lab, report, caller, door, numbers.callers))
            caller.forget()
    rows = []
    for name, results in found.items():
        runs = [run for result in results for run in result[0]]
        back = [all_back / 1000 for _, all_back, _ in results]
        rows.append({
            "": name, "all back ms": f"{table.median(back):.0f}", "least": f"{min(back):.0f}",
            "caller ms": f"{table.median(run.wall for run in runs) / 1000:.0f}",
            "longest": f"{max(run.wall for run in runs) / 1000:.0f}",
            "CPU ms each": f"{table.mean(run.processor for run in runs) / 1000:.1f}",
            "MB together": f"{sum(run.memory for run in results[0][0]) / 1024:.0f}",
            "connections": results[0][2].connections if results[0][2] else "-",
            "ratio": table.ratio(back, [result[1] / 1000 for result in found["msmtp"]])})
        key = {"postrider": "burst", "postrider -odq (keeps)": "burst kept"}.get(name)
        if key:
            report.reached(key, table.median(back), "{:.0f}")
        key = {FLOOR: "burst", "dma (keeps)": "burst kept"}.get(name)
        if key:
            report.floor(key, table.median(back))
    report.reached("burst logins", found["postrider"][0][2].connections, "{}")
    report.table(f"{numbers.callers} callers at once, to the sink ({numbers.rounds} rounds; "
                 "ratio to msmtp)", rows)


def large(lab, numbers, report):
    """One large message, and one that is much larger."""
    clients = one_shot(lab)
    del clients["s-nail"]
    one_large(lab, numbers, report, clients, ("large", numbers.large, lab.near))
    del clients["msmtp"]
    one_large(lab, numbers, report, clients, ("huge", numbers.huge, lab.near[:1]))


def one_large(lab, numbers, report, clients, wish):
    key, size, doors = wish
    file = lab.write("large.eml", letter([FRIEND], size))
    megabytes = os.path.getsize(file) / 1e6
    reference = list(clients)[1]
    for door in doors:
        found = by_turns(lab, report, with_floor(lab, door, clients), (door, file), numbers.rounds)
        rows = []
        for name, results in found.items():
            wall = [run.wall / 1e6 for run, _ in results]
            processor = [run.processor / 1000 / megabytes for run, _ in results]
            memory = max(run.memory for run, _ in results) / 1024
            rows.append({
                "": name, "MB/s": f"{megabytes / table.median(wall):.0f}",
                "most": f"{megabytes / min(wall):.0f}",
                "CPU ms/MB": f"{table.median(processor):.2f}", "least": f"{min(processor):.2f}",
                "memory MB": f"{memory:.1f}",
                "time ratio": table.ratio(wall, [run.wall / 1e6 for run, _ in found[reference]])})
            if name == "postrider" and door.server == "sink":
                report.reached(f"{key} rate", megabytes / table.median(wall), "{:.0f}")
                report.reached(f"{key} processor", table.median(processor), "{:.2f}")
                report.reached(f"{key} memory", memory)
            if name == FLOOR and door.server == "sink":
                report.floor(f"{key} rate", megabytes / table.median(wall))
                report.floor(f"{key} processor", table.median(processor))
        report.table(f"One message of {megabytes:.0f} MB, TLS and login, to {door.name} "
                     f"({numbers.rounds} runs; ratio to {reference})", rows)
    os.unlink(file)


def recipients(lab, numbers, report):
    """One small message for many, whom its header names."""
    clients = {name: client for name, client in one_shot(lab).items()
               if name in ("postrider", "msmtp")}
    people = [f"friend{i}@y.example" for i in range(numbers.recipients)]
    file = lab.write("many.eml", letter(people, SMALL))
    for door in lab.near:
        found = by_turns(lab, report, with_floor(lab, door, clients), (door, file, people),
                         numbers.rounds)
        report.floor(f"recipients {door.server}",
                     table.median(run.wall for run, _ in found[FLOOR]) / 1000)
        base = [run for run, _ in found["msmtp"]]
        rows = [{"": name, **table.walls([run for run, _ in results], base)}
                for name, results in found.items()]
        runs = [run for run, _ in found["postrider"]]
        report.reached(f"recipients {door.server}", table.median(run.wall for run in runs) / 1000)
        report.reached("recipients memory", max(run.memory for run in runs) / 1024)
        report.table(f"{numbers.recipients} recipients, TLS and login, to {door.name} "
                     f"({numbers.rounds} runs; ratios to msmtp)", rows)


PARTS = {"start": start, "one": one, "count": count, "far": far, "drain": drain, "burst": burst, "large": large,
         "recipients": recipients}
