# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of traps: every one that is to be kept or mended has a check, and the check passes."""
import dataclasses
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
# All that are marked keep or fix.
WANTED = (1, 3, 4, 5, 7, 9, 11, 12, 14, 16, 18, 19, 23, 25, 26, 27, 28, 29, 30, 32, 34, 36, 37, 38,
          39, 40, 41, 43, 44, 45, 47, 48, 49, 50, 51, 52, 53, 54, 56)


@dataclasses.dataclass
class Check:
    trap: str
    word: str
    kind: str
    name: str

    def __str__(self):
        return f"{self.trap} ({self.word}): {self.kind} {self.name}"


def read():
    found = []
    for number, line in enumerate((HERE / "traps").read_text("utf-8").splitlines(), 1):
        if line and not line.startswith("#"):
            match = re.fullmatch(r"(T\d+) (keep|fix) (compat|dialogue|command) (.+)", line)
            if not match:
                raise SystemExit(f"traps:{number}: not TRAP keep|fix KIND NAME")
            found.append(Check(*match.groups()))
    return found


def cases(checks):
    """The names of the cases that must be played."""
    return {check.name for check in checks if check.kind == "compat"}


def dialogues(checks, binary):
    """{name: whether every play of it went well}"""
    names = sorted({check.name for check in checks if check.kind == "dialogue"})
    done = subprocess.run([sys.executable, HERE.parent / "dialogue" / "run", "--postrider", binary,
                           *names], stdout=subprocess.PIPE, text=True, errors="replace",
                          stdin=subprocess.DEVNULL, check=False).stdout
    return {name: bool(re.search(rf"^ok - .*{re.escape(name)}\b", done, re.MULTILINE)) and not
            re.search(rf"^not ok - .*{re.escape(name)}\b", done, re.MULTILINE) for name in names}


def stands(name):
    """Whether the words are in the program, which another suite runs."""
    program, _, words = name.partition(" ")
    path = HERE.parent / "command" / program
    return path.is_file() and words in path.read_text("utf-8")


def judge(checks, right, binary):
    """Prints a line for each check. `right` are the names of the cases that were right."""
    plays = dialogues(checks, binary)
    verdict = {"compat": lambda name: name in right, "dialogue": lambda name: plays[name],
               "command": stands}
    good = True
    for number in WANTED:
        mine = [check for check in checks if check.trap == f"T{number}"]
        if not mine:
            print(f"not ok - compat trap T{number}: got no check, want one")
            good = False
        for check in mine:
            passed = verdict[check.kind](check.name)
            good &= passed
            print(f"ok - compat trap {check}" if passed
                  else f"not ok - compat trap {check}: got a check that fails, want it to pass")
    return good
