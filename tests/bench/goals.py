# SPDX-License-Identifier: GPL-3.0-or-later
"""What postrider is to reach, row by row, and what it has reached in this run."""

# Of the parts: key, what is measured, what is wanted; and what the floor took on the machine for which
# that is wanted, where it goes with the machine. For what is only kept it is dma, which does not sync.
GOALS = (
    ("trips sink", "2 KB, TLS, login, 50 ms away: round trips", "<= 6.3"),
    ("trips postfix", "same to Postfix, first time", "<= 7.4"),
    ("trips postfix kept", "same to Postfix, kept ticket", "<= 6.4"),
    ("trips sink starttls", "same with STARTTLS", "<= 8.4"),
    ("wall sink", "same on this machine: ms", "<= 6.0", 4.7),
    ("wall ratio sink", "… as part of msmtp's", "<= 0.06"),
    ("processor sink", "… processor ms", "<= 5.0", 3.7),
    ("instructions", "… million instructions", "<= 20"),
    ("memory sink", "… MB of memory", "<= 6.5"),
    ("libraries", "… libraries", "<= 13"),
    ("wall postfix", "same to Postfix: ms", "<= 8", 6.5),
    ("wall sink kept", "kept ticket: ms", "<= 4.5", 3.4),
    ("processor sink kept", "… processor ms", "<= 3.6", 2.7),
    ("version", "--version: ms", "<= 2.5"),
    ("large rate", "100 MB: MB/s", ">= 900", 1270),
    ("large processor", "… processor ms/MB", "<= 1.1", 0.77),
    ("large memory", "… MB of memory", "<= 9"),
    ("huge rate", "1 GB: MB/s", ">= 900", 1270),
    ("huge processor", "… processor ms/MB", "<= 1.1", 0.77),
    ("huge memory", "… MB of memory", "<= 9"),
    ("recipients sink", "10,000 recipients: ms", "<= 15", 7.5),
    ("recipients postfix", "same to Postfix: ms", "<= 1900", 1702),
    ("recipients memory", "… MB of memory", "<= 9"),
    ("drain", "1,000 kept messages to Postfix: per second", ">= 850", 935),
    ("drain connections", "… connections", "1"),
    ("drain memory", "… with the queue in memory", ""),
    ("burst", "100 callers at once: ms until all are back", "<= 400", 299),
    ("burst logins", "… logins", "1, shared"),
    ("burst kept", "100 callers, kept and synced: ms", "<= 180", 173),
)


def here(wanted, then, now):
    """The same goal on this machine: as far from its floor."""
    sign, number = wanted.split()
    value = float(number) * now / then
    return f"{sign} {value:.{0 if value >= 100 else 1 if value >= 5 else 2}f}"


def rows(report):
    """For a table; what is missing cannot be measured with this program."""
    found = []
    for key, name, wanted, *then in GOALS:
        if key in report.measured or key in report.missing:
            scaled = then and key in report.floors
            found.append({"": name, "goal": wanted,
                          "on this machine": here(wanted, *then, report.floors[key]) if scaled else "",
                          "measured": "n/a" if key in report.missing else report.measured[key]})
    return found
