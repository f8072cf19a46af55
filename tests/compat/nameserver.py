# SPDX-License-Identifier: GPL-3.0-or-later
"""A name server that knows a few SRV records, and that nothing else exists."""
import socket
import struct
import threading

SRV, NXDOMAIN = 33, 3

# domain: {service: [(priority, weight, port, target)]}
RECORDS = {
    "example.org": {"_submissions": [(0, 1, 465, "mail.example.org")]},
    "starttls.example": {"_submission": [(0, 1, 587, "mail.starttls.example")]},
    "both.example": {"_submissions": [(5, 1, 465, "a.both.example")],
                     "_submission": [(0, 1, 587, "b.both.example")]},
    "several.example": {"_submissions": [(20, 9, 1, "c.several.example"),
                                         (10, 1, 2, "b.several.example"),
                                         (10, 5, 465, "a.several.example")]},
    "elsewhere.example": {"_submissions": [(0, 1, 465, "mx.provider.example")]},
    "odd.example": {"_submissions": [(0, 1, 4650, "mail.odd.example")]},
    "none.example": {"_submissions": [(0, 0, 0, "")], "_submission": [(0, 0, 0, "")]},
}


def labels(name):
    parts = [part.encode() for part in name.split(".") if part]
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def read_name(data, at):
    parts = []
    while data[at]:
        parts.append(data[at + 1:at + 1 + data[at]].decode("ascii", "replace").lower())
        at += 1 + data[at]
    return ".".join(parts), at + 1


def answer(data):
    name, end = read_name(data, 12)
    kind = struct.unpack("!H", data[end:end + 2])[0]
    service, _, rest = name.partition("._tcp.")
    found = RECORDS.get(rest, {}).get(service, []) if kind == SRV else []
    head = struct.pack("!6H", struct.unpack("!H", data[:2])[0],
                       0x8180 | (0 if found else NXDOMAIN), 1, len(found), 0, 0)
    body = b""
    for priority, weight, port, target in found:
        value = struct.pack("!3H", priority, weight, port) + labels(target)
        body += b"\xc0\x0c" + struct.pack("!HHIH", SRV, 1, 60, len(value)) + value
    return head + data[12:end + 4] + body


def start():
    """Serves for as long as this process lives."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listening.bind(("127.0.0.1", 53))

    def serve():
        while True:
            data, peer = listening.recvfrom(4096)
            listening.sendto(answer(data), peer)

    threading.Thread(target=serve, daemon=True).start()
