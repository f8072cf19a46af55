# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian 12's msmtp, unpacked below the build folder and not installed."""
import os
import shutil

import tree


VERSION = "1.8.23-1"
ARCHIVE = ("deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
           "http://deb.debian.org/debian bookworm main\n")


def that_version(folder, debs):
    """The packages with the msmtp that we know, wherever this is not Debian 12."""
    if any(f"/msmtp_{VERSION}_" in deb for deb in debs):
        return debs
    place = f"{folder}/bookworm"
    os.makedirs(f"{place}/lists/partial", exist_ok=True)
    with open(f"{place}/list", "w", encoding="utf-8") as out:
        out.write(ARCHIVE)
    apt = ["apt-get", "-qq", "-o", f"Dir::Etc::sourcelist={place}/list",
           "-o", "Dir::Etc::sourceparts=-", "-o", f"Dir::State::lists={place}/lists",
           "-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache="]
    tree.command(*apt, "update")
    tree.command(*apt, "download", f"msmtp={VERSION}", cwd=place)
    found = [f"{place}/{name}" for name in os.listdir(place) if name.endswith(".deb")]
    return [deb for deb in debs if "/msmtp_" not in deb] + found


class Msmtp:
    """Where the program is, and where the libraries are that only it needs."""

    def __init__(self, build):
        self.folder = f"{build}/msmtp"
        self.program = f"{self.folder}/usr/bin/msmtp"
        self.libraries = f"{self.folder}/usr/lib"

    def fetch(self, build):
        debs = tree.download(f"{build}/debs", "msmtp", ["msmtp"])
        debs = that_version(f"{build}/debs", debs)
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
