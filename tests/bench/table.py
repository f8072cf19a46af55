# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints checks and tables; no figure is ever judged."""
import statistics

median, mean = statistics.median, statistics.mean


class Report:
    """One line for each check when all are wanted, else only for those that fail."""

    def __init__(self, every_check):
        self.every_check, self.wrong = every_check, 0
        self.measured, self.missing, self.charts = {}, set(), []
        self.floors = {}

    def reached(self, key, value, form="{:.1f}"):
        """What a row of the goals is about."""
        self.measured[key] = form.format(value)

    def floor(self, key, value):
        """What the same has cost the least of all clients, on this machine."""
        self.floors[key] = value

    def equal(self, name, got, want):
        if got != want:
            self.wrong += 1
            print(f"not ok - bench: {name}: got {got!r}, want {want!r}", flush=True)
        elif self.every_check:
            print(f"ok - bench: {name}", flush=True)

    def table(self, title, rows):
        """Rows are dictionaries with the same keys in the same order, of what is to be shown."""
        if self.every_check or not rows:
            return
        lines = [list(rows[0]), *([str(value) for value in row.values()] for row in rows)]
        widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
        print(f"\n{title}")
        for line in lines:
            first, *others = (word.rjust(width) if i else word.ljust(width)
                              for i, (word, width) in enumerate(zip(line, widths)))
            print("  ".join([first, *others]))
        print(flush=True)


def ratio(these, those):
    """The median of the quotients of pairs, and the least and the greatest of them."""
    quotients = [a / b for a, b in zip(these, those)]
    return f"{median(quotients):.3g} ({min(quotients):.3g}-{max(quotients):.3g})"


def walls(runs, base):
    """The columns that every table of single runs has; `base` are the runs to compare with."""
    wall = [run.wall / 1000 for run in runs]
    processor = [run.processor / 1000 for run in runs]
    return {"wall ms": f"{median(wall):.1f}", "least": f"{min(wall):.1f}",
            "CPU ms": f"{median(processor):.1f}", "least CPU": f"{min(processor):.1f}",
            "MB": f"{median(run.memory for run in runs) / 1024:.1f}",
            "wall ratio": ratio(wall, [run.wall / 1000 for run in base]),
            "CPU ratio": ratio(processor, [run.processor / 1000 for run in base])}
