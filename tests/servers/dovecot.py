# SPDX-License-Identifier: GPL-3.0-or-later
"""Dovecot: submission on two ports, LMTP on a socket, and the logins for Postfix beside it."""
import os
import re

from server import LIMIT, PASSWORDS, SINK_PORT, TOKENS_PORT, Server, wait_until
from tokens import CLIENT

OAUTH2 = """introspection_mode = post
introspection_url = {url}
force_introspection = yes
username_attribute = username
active_attribute = active
active_value = true
scope = smtp
openid_configuration_url = https://login.test.example/.well-known/openid-configuration
{ca_setting} = {ca}
"""
CONFIG = """base_dir = {dir}/run
state_dir = {dir}/run
log_path = {dir}/log
auth_verbose = yes
protocols = submission lmtp
listen = 127.0.0.1, 127.0.0.2, ::1
ssl = yes
ssl_min_protocol = TLSv1.2
auth_ssl_username_from_cert = yes
auth_mechanisms = {mechanisms}
auth_failure_delay = 0
auth_krb5_keytab = {dir}/keytab
auth_gssapi_hostname = "$ALL"
first_valid_uid = 1
hostname = mail.test.example
submission_relay_host = 127.0.0.1
submission_relay_port = {sink}
submission_max_mail_size = {limit}
submission_client_workarounds =
submission_backend_capabilities = 8bitmime dsn
service submission-login {{
  inet_listener submission {{
    port = {starttls}
  }}
  inet_listener submissions {{
    port = {tls}
    ssl = yes
  }}
}}
service lmtp {{
  unix_listener lmtp {{
    mode = 0666
  }}
}}
# No waiting after a refused login: the cases make many.
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service auth {{
  unix_listener postfix-auth {{
    mode = 0666
  }}
}}
"""
# What is not the same in 2.3 and 2.4. Dovecot fails over tickets where it asks for certificates:
# not on 127.0.0.2. One process has all logins, so that it knows the tickets of those before.
OLD = """disable_plaintext_auth = yes
mail_location = maildir:{dir}/home/mail
ssl_cert = <{cert}
ssl_key = <{key}
ssl_ca = <{ca}
ssl_verify_client_cert = yes
ssl_require_crl = no
local 127.0.0.2 {{
  ssl_verify_client_cert = no
}}
service submission-login {{
  service_count = 0
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {dir}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = external gssapi
  args = nopassword=y
}}
passdb {{
  driver = passwd-file
  mechanisms = plain login cram-md5 digest-md5 scram-sha-1 scram-sha-256
  args = username_format=%u {dir}/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {dir}/users
}}
protocol lmtp {{
  auth_username_format = %Lu
}}
"""
NEW = """dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
auth_allow_cleartext = no
mail_driver = maildir
mail_path = {dir}/home/mail
ssl_server_cert_file = {cert}
ssl_server_key_file = {key}
ssl_server_ca_file = {ca}
ssl_server_request_client_cert = yes
ssl_server_require_crl = no
local 127.0.0.2 {{
  ssl_server_request_client_cert = no
}}
service submission-login {{
  restart_request_count = unlimited
}}
oauth2 {{
  !include {dir}/oauth2.conf
}}
passdb static {{
  mechanisms_filter = external gssapi
  fields {{
    nopassword = y
  }}
}}
passdb passwd-file {{
  mechanisms_filter = plain login cram-md5 digest-md5 scram-sha-1 scram-sha-256
  passwd_file_path = {dir}/users
}}
userdb passwd-file {{
  passwd_file_path = {dir}/users
}}
"""


class Dovecot(Server):
    name = "dovecot"
    packages = ["dovecot-core", "dovecot-submissiond", "dovecot-lmtpd", "dovecot-gssapi"]
    users = [("dovecot", 911), ("dovenull", 912)]
    programs = ["/usr/sbin/dovecot", "/usr/lib/dovecot/auth", "/usr/lib/dovecot/submission",
                "/usr/lib/dovecot/modules/auth/libmech_gssapi.so"]
    ports = {"starttls": 5872, "tls": 4652}
    mechanisms = ["PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256",
                  "EXTERNAL", "OAUTHBEARER", "XOAUTH2", "GSSAPI"]
    offers = {"DSN", "CHUNKING"}
    refused = ("reject@y.example", "the sink knows no such user")

    introspection_url = f"http://{CLIENT}@127.0.0.1:{TOKENS_PORT}/introspection"

    def start(self):
        lab = self.lab
        os.makedirs(f"{self.folder}/home")
        self.give(f"{self.folder}/home", "nobody")
        self.file("users", self.user_lines())
        self.old = self.tree.run("dovecot", "--version").startswith("2.3.")
        self.file("oauth2.conf", OAUTH2.format(
            url=self.introspection_url, ca=lab.pki.authority,
            ca_setting="tls_ca_cert_file" if self.old else "ssl_client_ca_file"))
        # The version has to come first in 2.4.
        config = self.file("dovecot.conf", ((OLD if self.old else NEW) + CONFIG).format(
            dir=self.folder, cert=lab.pki.server[0], key=lab.pki.server[1],
            ca=lab.pki.authority, sink=SINK_PORT, limit=LIMIT,
            mechanisms=" ".join(self.mechanisms).lower(), **self.ports))
        if lab.kerberos is not None:
            lab.kerberos.keytab(f"{self.folder}/keytab")
            os.chmod(f"{self.folder}/keytab", 0o644)
        self.process = self.tree.start("env", f"KRB5_CONFIG={lab.shared}/krb5.conf", "dovecot",
                                       "-F", "-c", config, log=f"{self.folder}/out")
        wait_until(lambda: os.path.exists(self.postfix_socket) or self.process.poll() is not None,
                   "Dovecot's sockets")

    @property
    def postfix_socket(self):
        return f"{self.folder}/run/postfix-auth"

    @property
    def lmtp_socket(self):
        return f"{self.folder}/run/lmtp"

    def login_of(self, since):
        line = self.log_line(r"submission-login: Info: Log(in|ged in): user=<", since)
        return re.search(r"user=<(\S*)>, method=([^,]+),", line).group(2, 1)

    def complaint(self, mechanism, foreign=False):
        """What is in its answer to a token without our scope, or to one of another user."""
        if foreign and not self.old:
            return '"535 5.7.8 Authentication failed."'
        bearer, other = (("invalid_token", '"status":"401"') if self.old else
                         ("insufficient_scope", '"status":"403"'))
        return bearer if mechanism == "oauthbearer" else other

    def user_lines(self):
        """Each user's password is kept in another form; carol's is of no use for SCRAM."""
        schemes = {"alice": "PLAIN", "bob": "SCRAM-SHA-256", "carol": "SHA512-CRYPT",
                   "dora": "PLAIN"}
        uid, gid = self.tree.owner("nobody")
        lines = []
        for user, password in PASSWORDS.items():
            scheme = schemes[user.split("@", maxsplit=1)[0]]
            stored = self.tree.run("doveadm", "-O", "pw", "-s", scheme, "-p", password).strip()
            lines.append(f"{user}:{stored}:{uid}:{gid}::{self.folder}/home::\n")
        return "".join(lines)
