# SPDX-License-Identifier: GPL-3.0-or-later
"""Exim 4 (Debian's exim4-daemon-heavy) as a submission server; it relays to the sink."""
import os
import re

from server import LIMIT, PASSWORDS, SINK_PORT, Server

CONFIG = r"""primary_hostname = mail.test.example
spool_directory = {dir}/spool
log_file_path = {dir}/%slog
pid_file_path = {dir}/pid
log_selector = +smtp_connection +incoming_port +tls_cipher
exim_user = Debian-exim
exim_group = Debian-exim
never_users =
trusted_users = root
daemon_smtp_ports = {starttls} : {tls}
tls_on_connect_ports = {tls}
local_interfaces = <; 127.0.0.1 ; ::1
tls_advertise_hosts = *
tls_certificate = {cert}
tls_privatekey = {key}
tls_verify_certificates = {ca}
tls_try_verify_hosts = *
auth_advertise_hosts = ${{if eq {{$tls_in_cipher}}{{}}{{}}{{*}}}}
pipelining_advertise_hosts = *
chunking_advertise_hosts = *
dsn_advertise_hosts = *
smtputf8_advertise_hosts = *
host_lookup =
dns_ipv4_lookup =
rfc1413_query_timeout = 0s
message_size_limit = {limit}
smtp_enforce_sync = true
acl_smtp_rcpt = check_rcpt
acl_smtp_data = accept
acl_smtp_vrfy = accept
timeout_frozen_after = 1d
keep_environment =
add_environment = PATH=/usr/bin
queue_only = false

begin acl
check_rcpt:
  deny local_parts = reject
       message = Exim knows no such user
  defer local_parts = later
       message = Exim is busy, try again later
  accept authenticated = *
  deny message = relay not permitted

begin routers
sink:
  driver = manualroute
  domains = *
  route_list = * 127.0.0.1
  transport = sink
  self = send

begin transports
sink:
  driver = smtp
  port = {sink}
  hosts_avoid_tls = *
  hosts_try_fastopen = :

begin retry
* * F,2h,1m

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if eq{{$auth3}}{{${{lookup{{$auth2}}lsearch{{{dir}/users}}}}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${{if eq{{$auth2}}{{${{lookup{{$auth1}}lsearch{{{dir}/users}}}}}}}}
  server_set_id = $auth1
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = ${{lookup{{$auth1}}lsearch{{{dir}/users}}{{$value}}fail}}
  server_set_id = $auth1
ntlm:
  driver = spa
  public_name = NTLM
  server_password = ${{lookup{{$auth1}}lsearch{{{dir}/users}}{{$value}}fail}}
  server_set_id = $auth1
external:
  driver = external
  public_name = EXTERNAL
  server_advertise_condition = $tls_in_certificate_verified
  server_param2 = ${{sg{{${{certextract{{subject}}{{$tls_in_peercert}}}}}}{{^CN=}}{{}}}}
  server_condition = ${{if eq{{$auth2}}{{alice@test.example}}}}
  server_set_id = $auth2
"""


class Exim(Server):
    name = "exim"
    packages = ["exim4-daemon-heavy", "exim4-base"]
    users = [("Debian-exim", 931)]
    programs = ["/usr/sbin/exim4"]
    ports = {"starttls": 5873, "tls": 4653}
    mechanisms = ["PLAIN", "LOGIN", "CRAM-MD5", "NTLM"]
    offers = {"DSN", "SMTPUTF8", "CHUNKING"}
    refused = ("reject@y.example", "Exim knows no such user")

    def start(self):
        self.log_file = f"{self.folder}/mainlog"
        os.makedirs(f"{self.folder}/spool")
        for folder in (self.folder, f"{self.folder}/spool"):
            self.give(folder, "Debian-exim")
        # NTLM's client cuts the domain off a user's name.
        users = {**PASSWORDS, "alice": PASSWORDS["alice@test.example"]}
        self.file("users", "".join(f"{user}: {word}\n" for user, word in users.items()))
        cert, key = self.certificate
        # Only from its usual place: with -C it could not become its own user and back.
        os.makedirs(f"{self.tree.path}/etc/exim4", exist_ok=True)
        self.tree.write("etc/exim4/exim4.conf", CONFIG.format(
            dir=self.folder, cert=cert, key=key, ca=self.lab.pki.authority,
            limit=LIMIT, sink=SINK_PORT, **self.ports))
        self.process = self.tree.start("exim4", "-bdf", "-q1h", log=f"{self.folder}/out")

    def login_of(self, since):
        line = self.log_line(r" <= \S+ .* A=", since)
        method, user = re.search(r" A=(\w+):(\S+)", line).groups()
        return {"cram": "CRAM-MD5"}.get(method, method.upper()), user
