# SPDX-License-Identifier: GPL-3.0-or-later
"""A real name server, dnsmasq, that knows what a test tells it, and that nothing else exists.

    with names.running('''
            A    mail.example.org                127.0.0.1
            MX   example.org                     10 mail.example.org
            SRV  _submissions._tcp.example.org   0 1 465 mail.example.org
            TXT  example.org                     v=spf1 mx -all
            '''):
        ...

A host of SRV or MX that is "." says that there is none. The C library asks port 53 only, so the test
has to be in a network namespace of its own, where /etc/resolv.conf says "nameserver 127.0.0.1" and
lo is up. Another PORT is for programs that can be told one. The server ends with the block.
"""
import contextlib
import socket
import struct
import subprocess
import tempfile
import time

PROGRAM = "dnsmasq"    # of the package dnsmasq-base, which starts nothing
TCP_READY_SECONDS = 10


def line(row):
    """A row as dnsmasq's configuration has it."""
    kind, name, value = row.split(None, 2)
    words = value.split()
    if kind in ("A", "AAAA"):
        return f"host-record={name},{value}"
    if kind == "MX":
        return f"mx-host={name},{words[1]},{words[0]}"
    if kind == "SRV":
        target = f",{words[3]},{words[2]},{words[0]},{words[1]}" if words[3] != "." else ""
        return f"srv-host={name}{target}"
    if kind == "CNAME":
        return f"cname={name},{value}"
    assert kind == "TXT", row
    parts = [value[i:i + 255] for i in range(0, len(value), 255)]
    return f"txt-record={name}," + ",".join('"' + part.replace('"', '\\"') + '"'
                                            for part in parts)


def configuration(rows, port):
    lines = [line(row) for row in rows.splitlines() if row.strip()]
    return "\n".join([f"port={port}", "listen-address=127.0.0.1", "bind-interfaces", "no-resolv",
                      "no-hosts", "keep-in-foreground", "user=root", "pid-file", "no-ping",
                      "address=/#/", *lines, ""])


def ready(process, port):
    """Wait until it answers over TCP, which it opens when it is ready."""
    end = time.monotonic() + TCP_READY_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), \
                socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(struct.pack("!H6H", 12, 1, 0, 0, 0, 0, 0))
            return
        time.sleep(0.02)
    raise RuntimeError(f"{PROGRAM} does not start: {process.stderr.read()!r}"
                       if process.poll() is not None else f"{PROGRAM} does not answer")


@contextlib.contextmanager
def running(rows, port=53):
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(configuration(rows, port))
        file.flush()
        with subprocess.Popen([PROGRAM, f"--conf-file={file.name}"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
            try:
                ready(process, port)
                yield process
            finally:
                process.terminate()
                process.wait()
