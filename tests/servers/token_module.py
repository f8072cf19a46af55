# SPDX-License-Identifier: GPL-3.0-or-later
"""SoftHSM: a PKCS#11 token in which alice's key lies."""
import os

from server import Server
from tree import command

MODULES = "/usr/share/p11-kit/modules"
LIBRARY = "usr/lib/softhsm/libsofthsm2.so"


class Token(Server):
    name = "token"
    packages = ["softhsm2", "libsofthsm2"]
    programs = ["/usr/bin/softhsm2-util", f"/{LIBRARY}"]
    pin = "1234"
    key = "pkcs11:token=lab;object=alice;type=private"

    def start(self):
        os.makedirs(f"{self.folder}/tokens")
        config = self.file("softhsm2.conf", f"directories.tokendir = {self.folder}/tokens\n"
                           "objectstore.backend = file\nlog.level = ERROR\n")
        tool = ["env", f"SOFTHSM2_CONF={config}", "softhsm2-util"]
        self.tree.run(*tool, "--init-token", "--free", "--label", "lab", "--pin", self.pin,
                      "--so-pin", "12345678")
        self.tree.run("openssl", "pkcs8", "-topk8", "-nocrypt", "-in", self.lab.pki.alice[1],
                      "-out", f"{self.folder}/alice.key")
        self.tree.run(*tool, "--import", f"{self.folder}/alice.key", "--token", "lab", "--label",
                      "alice", "--id", "a1", "--pin", self.pin)
        os.makedirs(f"{self.folder}/modules")
        self.file("modules/softhsm2.module", f"module: {self.tree.path}/{LIBRARY}\n")
        # For root p11-kit reads no configuration but the system's; so ours hides it, here only.
        self.usable = os.path.isdir(MODULES)
        if self.usable:
            command("mount", "--bind", f"{self.folder}/modules", MODULES)
        self.environment = {"SOFTHSM2_CONF": config}

    def words(self):
        return ""
