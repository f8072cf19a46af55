# SPDX-License-Identifier: GPL-3.0-or-later
"""microsocks, a SOCKS5 proxy: one for everybody, one for who knows the password."""
from server import HOSTS, Server


class Socks(Server):
    name = "socks"
    packages = ["microsocks"]
    programs = ["/usr/bin/microsocks"]
    addresses = ["127.0.0.1"]
    ports = {"open": 1080, "login": 1081}

    def start(self):
        self.log_file = f"{self.folder}/out"
        # A name that this machine does not know, so that it is the proxy who must resolve it.
        self.tree.write("etc/hosts", HOSTS.replace("wrong.", "beyond.test.example wrong."))
        for name, user in (("open", []), ("login", ["-u", "vera", "-P", "letmein"])):
            self.process = self.tree.start("microsocks", "-i", "127.0.0.1", "-p",
                                           str(self.ports[name]), *user, log=self.log_file)
