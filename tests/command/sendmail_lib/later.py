# SPDX-License-Identifier: GPL-3.0-or-later
"""The queue of a user, and the rows once more with a relay that is down and comes back."""

import dataclasses
import json
import stat
import subprocess

from sendmail_lib import fixture, rows
from sendmail_lib.rows import differ

PLACES = ("tmp", "msg", "hold", "failed", "corrupt")


def call(host, user, program, *words, stdin=b"", env=None, **more):
    """(status, standard output, standard error) of one of our programs."""
    uid = fixture.UIDS[user]
    path = host.folder / "postrider" if program == "postrider" else host.bin / program
    done = subprocess.run([str(path), *words], input=stdin, capture_output=True, cwd="/",
                          env=rows.CRON if env is None else env, user=uid, group=uid,
                          extra_groups=[], timeout=300, check=False, **more)
    return done.returncode, done.stdout, done.stderr


def listed(host, user):
    """What `queue list` says, without what has been given up."""
    status, out, err = call(host, user, "postrider", "queue", "list", "--json")
    if (status, err) != (0, b""):
        raise ValueError(f"queue list: got {(status, out, err)}")
    return [one for one in json.loads(out) if one["state"] != "failed"]


def files(host, user, *places):
    """Files in these places of the queue."""
    queue = host.queue(user)
    return [path for place in places or PLACES for path in (queue / place).rglob("*")
            if path.is_file()]


def private(host, user):
    """Whether only the user gets at his queue, whatever the umask was."""
    queue, uid, found = host.queue(user), fixture.UIDS[user], []
    for path in [queue, *queue.rglob("*")]:
        info = path.lstat()
        want = 0o700 if path.is_dir() else 0o600
        if (stat.S_IMODE(info.st_mode), info.st_uid) != (want, uid):
            found += [f"{path}: got mode {info.st_mode:o} of {info.st_uid}, want {want:o} of {uid}"]
    return found[:3]


def run_now(host, user):
    """`queue run`, while nobody else runs the queue."""
    host.stop_runners()
    return differ("queue run", call(host, user, "postrider", "queue", "run"), (0, b"", b""))


@dataclasses.dataclass
class Later:
    row: rows.Row

    @property
    def name(self):
        return f"relay down: {self.row.name}"

    @property
    def who(self):
        return self.row.who

    def run(self, host, user):
        with rows.stage(host, self.row, user) as result:
            return self.kept(result) or self.delivered(result)

    def kept(self, result):
        """Exit 0, nothing said, and all of it in the queue."""
        host, user, row = result.host, result.user, result.row
        rows.furnish(result, None)
        rows.execute(result, fixture.UIDS[user])
        result.mails, result.log = [], host.heard()
        result.row = dataclasses.replace(row, mails=None, also=None)
        found = rows.problems(result)
        result.row = row
        if found:
            return found
        queue = listed(host, user)
        got = [(one["state"], one["sender"], sorted(r["address"] for r in one["recipients"]),
                one["in_doubt"], bool(one["reason"]) or is_put_off(row)) for one in queue]
        want = [("waiting", result.fill(row.sender), sorted(map(result.fill, row.to)), False,
                 True)]
        return (differ("queue", got, want) + differ("litter", files(host, user, "tmp"), []) +
                private(host, user))

    def delivered(self, result):
        """The relay is back: what arrives is what would have arrived at once."""
        host, user, row = result.host, result.user, result.row
        rows.furnish(result, row.relay)
        found = run_now(host, user)
        result.mails = host.relays[row.relay].after(0)
        found += differ("mails", len(result.mails), 1)
        found += rows.arrived(result) if result.mails else []
        if row.also and not found:
            found += row.also(result)
        return found + differ("queue afterwards", files(host, user), [])


def is_put_off(row):
    """Whether it may be that nothing was tried yet."""
    words = row.argv if isinstance(row.argv, str) else " ".join(row.argv)
    return any(word in words for word in ("-odb", "-odq", "-odd", "-oee", "-ee", "-e e",
                                          "DeliveryMode=b", "DeliveryMode=q"))


def again(table, every=1):
    """Each row, or one of so many, that sends a mail and must not fail."""
    fit = [row for row in table if isinstance(row, rows.Row) and row.exit == 0 and row.mails == 1]
    return [Later(row) for row in fit[::every]]
