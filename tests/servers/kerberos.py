# SPDX-License-Identifier: GPL-3.0-or-later
"""A Kerberos realm of one key server, one mail server and one person, for GSSAPI."""
import os

from server import KDC_PORT, Server, wait_until

REALM = "TEST.EXAMPLE"
CLIENT = """[libdefaults]
default_realm = {realm}
dns_lookup_kdc = false
dns_lookup_realm = false
dns_canonicalize_hostname = false
rdns = false
[realms]
{realm} = {{
  kdc = 127.0.0.1:{port}
}}
[domain_realm]
localhost = {realm}
.test.example = {realm}
"""
KDC = """[kdcdefaults]
kdc_listen = 127.0.0.1:{port}
kdc_tcp_listen = 127.0.0.1:{port}
[realms]
{realm} = {{
  database_name = {dir}/principal
  key_stash_file = {dir}/stash
  acl_file = {dir}/acl
}}
[logging]
kdc = FILE:{dir}/log
"""


class Kerberos(Server):
    name = "kerberos"
    packages = ["krb5-kdc", "krb5-admin-server", "krb5-user"]
    programs = ["/usr/sbin/krb5kdc", "/usr/sbin/kadmin.local", "/usr/bin/kinit"]

    def start(self):
        self.client = f"{self.lab.shared}/krb5.conf"
        with open(self.client, "w", encoding="ascii") as out:
            out.write(CLIENT.format(realm=REALM, port=KDC_PORT))
        # Debian's libgssglue leaks 16 bytes of each name that libgsasl imports; not ours to free.
        options = os.environ.get("LSAN_OPTIONS", "exitcode=99")
        known = self.file("leaks", "leak:libgssapi_krb5.so\n")
        self.leaks = f"{options}:suppressions={known}:print_suppressions=0"
        profile = self.file("kdc.conf", KDC.format(realm=REALM, port=KDC_PORT, dir=self.folder))
        self.environment = ["env", f"KRB5_CONFIG={self.client}", f"KRB5_KDC_PROFILE={profile}"]
        self.admin("kdb5_util", "create", "-s", "-r", REALM, "-P", "master")
        self.query("addprinc -pw secret alice@" + REALM)
        for host in ("localhost", "mail.test.example"):
            self.query(f"addprinc -randkey smtp/{host}@{REALM}")
        self.process = self.tree.start(*self.environment, "krb5kdc", "-n",
                                       log=f"{self.folder}/out")

    def ready(self):
        wait_until(lambda: "commencing operation" in self.log(0), "key server")

    def admin(self, *argv):
        return self.tree.run(*self.environment, *argv)

    def query(self, text):
        return self.admin("kadmin.local", "-r", REALM, "-q", text)

    def keytab(self, path):
        for host in ("localhost", "mail.test.example"):
            self.query(f"ktadd -k {path} smtp/{host}@{REALM}")

    def ticket(self):
        """Log alice in; returns the environment in which her ticket is found."""
        cache = f"{self.folder}/ticket{next(self.lab.numbers)}"
        self.admin("sh", "-c", f"echo secret | kinit -c {cache} alice@{REALM}")
        return {"KRB5_CONFIG": self.client, "KRB5CCNAME": cache, "LSAN_OPTIONS": self.leaks}
