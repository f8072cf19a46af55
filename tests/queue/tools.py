# SPDX-License-Identifier: GPL-3.0-or-later
"""Compiles what comes between postrider and the system: shim.c, and inject.c."""

import pathlib
import re
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
NUMBER = re.compile(r"#define __NR_(\w+) (\d+)$", re.MULTILINE)


class Tools:
    """`shim` and `inject` are paths; `numbers` has the number of each system call by name."""

    def __init__(self, folder):
        self.shim, self.inject = pathlib.Path(folder, "shim.so"), pathlib.Path(folder, "inject")
        make_shim(folder)
        compiled("-o", self.inject, HERE / "inject.c")
        defined = compiled("-dM", "-E", "-include", "sys/syscall.h", "-x", "c", "/dev/null")
        self.numbers = {name: int(number) for name, number in NUMBER.findall(defined)}


def make_shim(folder):
    compiled("-shared", "-fPIC", "-o", pathlib.Path(folder, "shim.so"), HERE / "shim.c")


def compiled(*words):
    return subprocess.run(["cc", "-O2", *words], check=True, stdout=subprocess.PIPE,
                          text=True).stdout
