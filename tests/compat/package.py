# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's msmtp, unpacked below the build folder and not installed."""
import os
import shutil

import tree


class Msmtp:
    """Where the program is, and where the libraries are that only it needs."""

    def __init__(self, build):
        self.folder = f"{build}/msmtp"
        self.program = f"{self.folder}/usr/bin/msmtp"
        self.libraries = f"{self.folder}/usr/lib"

    def fetch(self, build):
        debs = tree.download(f"{build}/debs", "msmtp", ["msmtp"])
        known = f"{self.folder}/packages"
        names = "\n".join(debs)
        if os.path.exists(known) and open(known, encoding="utf-8").read() == names:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        for deb in debs:
            tree.command("dpkg-deb", "-x", deb, self.folder)
        with open(known, "w", encoding="utf-8") as out:
            out.write(names)

    def environment(self):
        """What the program needs to find its libraries."""
        folders = [self.libraries, *(entry.path for entry in os.scandir(self.libraries)
                                     if entry.is_dir())] if os.path.isdir(self.libraries) else []
        return {"LD_LIBRARY_PATH": ":".join(folders)} if folders else {}
