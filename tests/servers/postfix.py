# SPDX-License-Identifier: GPL-3.0-or-later
"""Postfix as a submission server with Dovecot's logins; it relays to the sink."""
import os
import re

from dovecot import Dovecot
from server import LIMIT, SINK_PORT, Server

MAIN = """compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
maillog_file = {dir}/log
maillog_file_prefixes = {dir}
mail_owner = postfix
setgid_group = postdrop
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
shlib_directory = /usr/lib/postfix
meta_directory = /etc/postfix
inet_interfaces = 127.0.0.1, ::1
inet_protocols = all
myhostname = mail.test.example
mydestination =
mynetworks =
alias_maps =
local_recipient_maps =
relayhost = [127.0.0.1]:{sink}
smtp_host_lookup = native
smtp_address_preference = ipv4
disable_dns_lookups = yes
smtputf8_enable = yes
disable_vrfy_command = no
fast_flush_domains = queued.example
smtpd_peername_lookup = no
smtpd_tls_cert_file = {cert}
smtpd_tls_key_file = {key}
smtpd_tls_CAfile = {ca}
smtpd_tls_ask_ccert = yes
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_tls_mandatory_protocols = >=TLSv1.2
smtpd_tls_loglevel = 1
smtpd_tls_received_header = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {logins}
smtpd_sasl_security_options = noanonymous
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = check_recipient_access inline:{{
  {{ reject@y.example = 550 5.1.1 Postfix knows no such user }}
  {{ later@y.example = 450 4.2.0 try again later }} }},
  permit_sasl_authenticated, reject
smtpd_error_sleep_time = 0
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
message_size_limit = {limit}
"""
OPEN = ("-o smtpd_tls_security_level=none -o smtpd_sasl_auth_enable=no"
        " -o mynetworks=127.0.0.0/8,[::1]/128"
        " -o smtpd_relay_restrictions=permit_mynetworks,reject -o smtpd_recipient_restrictions=")
SERVICES = """pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
smtp unix - - n - - smtp
relay unix - - n - - smtp
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix(Server):
    name = "postfix"
    packages = ["postfix"]
    users = [("postfix", 921), ("postdrop", 922)]
    programs = ["/usr/lib/postfix/sbin/master", "/usr/lib/postfix/sbin/smtpd",
                "/usr/lib/postfix/sbin/tlsmgr"]
    ports = {"starttls": 5871, "tls": 4651}
    # The ports of the real world, for accounts that name none.
    well_known = {"starttls": 587, "tls": 465}
    # Neither TLS nor login.
    plain_port = 2525
    mechanisms = [name for name in Dovecot.mechanisms if name != "EXTERNAL"]
    offers = {"DSN", "SMTPUTF8", "CHUNKING"}
    refused = ("reject@y.example", "Postfix knows no such user")

    def start(self):
        for name in ("conf", "queue", "data"):
            os.makedirs(f"{self.folder}/{name}")
        self.give(f"{self.folder}/data", "postfix")
        self.file("conf/main.cf", self.main())
        self.file("conf/master.cf", self.listeners() + SERVICES)
        self.process = self.tree.start("postfix", "-c", f"{self.folder}/conf", "start-fg",
                                       log=f"{self.folder}/out")

    def main(self):
        pki = self.lab.pki
        return MAIN.format(
            dir=self.folder, sink=SINK_PORT, cert=pki.server[0], key=pki.server[1],
            ca=pki.authority, limit=LIMIT, logins=self.lab.servers["dovecot"].postfix_socket)

    def listeners(self):
        lines = [f"{self.plain_port} inet n - n - - smtpd {OPEN}"]
        for ports in (self.ports, self.well_known):
            lines.append(f"{ports['starttls']} inet n - n - - smtpd"
                         " -o smtpd_tls_security_level=encrypt")
            lines.append(f"{ports['tls']} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes")
        return "\n".join(lines) + "\n"

    def login_of(self, since):
        line = self.log_line(r"client=\S+, sasl_method=", since)
        return re.search(r"sasl_method=([^,]+), sasl_username=(\S+)", line).groups()

    def session(self, since, verb):
        """{command: "accepted/said" or "said"} of the session after `since` that said `verb`."""
        line = self.log_line(rf"smtpd\[\d+\]: disconnect from .* {verb}=.*commands=", since)
        return dict(word.split("=") for word in line.split() if "=" in word)
