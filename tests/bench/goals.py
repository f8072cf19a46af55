# SPDX-License-Identifier: GPL-3.0-or-later
"""What postrider is to reach, row by row, and what it has reached in this run."""

# Of the parts: key, what is measured, what is wanted.
GOALS = (
    ("trips sink", "2 KB, TLS, login, 50 ms away: round trips", "<= 6.3"),
    ("trips postfix", "same to Postfix, first time", "<= 7.4"),
    ("trips postfix kept", "same to Postfix, kept ticket", "<= 6.4"),
    ("trips sink starttls", "same with STARTTLS", "<= 8.4"),
    ("wall sink", "same on this machine: ms", "<= 6.0"),
    ("wall ratio sink", "… as part of msmtp's", "<= 0.06"),
    ("processor sink", "… processor ms", "<= 5.0"),
    ("instructions", "… million instructions", "<= 20"),
    ("memory sink", "… MB of memory", "<= 6.5"),
    ("libraries", "… libraries", "<= 13"),
    ("wall postfix", "same to Postfix: ms", "<= 8"),
    ("wall sink kept", "kept ticket: ms", "<= 4.5"),
    ("processor sink kept", "… processor ms", "<= 3.6"),
    ("version", "--version: ms", "<= 2.5"),
    ("large rate", "100 MB: MB/s", ">= 900"),
    ("large processor", "… processor ms/MB", "<= 1.1"),
    ("large memory", "… MB of memory", "<= 9"),
    ("huge rate", "1 GB: MB/s", ">= 900"),
    ("huge processor", "… processor ms/MB", "<= 1.1"),
    ("huge memory", "… MB of memory", "<= 9"),
    ("recipients sink", "10,000 recipients: ms", "<= 15"),
    ("recipients postfix", "same to Postfix: ms", "<= 1900"),
    ("recipients memory", "… MB of memory", "<= 9"),
    ("drain", "1,000 kept messages to Postfix: per second", ">= 850"),
    ("drain connections", "… connections", "1"),
    ("burst", "100 callers at once: ms until all are back", "<= 400"),
    ("burst logins", "… logins", "1, shared"),
    ("burst kept", "100 callers, kept and synced: ms", "<= 180"),
)


def rows(measured, missing):
    """For a table; a key of MISSING cannot be measured with this program."""
    return [{"": name, "goal": wanted, "measured": "n/a" if key in missing else measured[key]}
            for key, name, wanted in GOALS if key in measured or key in missing]
