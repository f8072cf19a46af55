# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates that live for one run: two authorities, servers' and clients' certificates."""
import os
import time

from tree import command

SERVER = "DNS:localhost,DNS:mail.test.example,IP:127.0.0.1,IP:::1"
VALID = time.strftime("%Y%m%d000000Z"), "20490101000000Z"
EC = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
RSA = ["rsa:2048"]


class Authority:
    """A certificate authority whose files are FOLDER/NAME.pem and FOLDER/NAME.key."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.pem = f"{folder}/{name}.pem"
        command("openssl", "req", "-x509", *key(f"{folder}/{name}"), "-days", "2", "-out",
                self.pem, "-subj", f"/CN={name} of the tests",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def issue(self, name, subject, extensions, *dates, algorithm=EC):
        """Make FOLDER/NAME.pem and .key; returns (certificate, key)."""
        base = f"{self.folder}/{name}"
        with open(f"{base}.ext", "w", encoding="ascii") as out:
            out.write("[x]\nbasicConstraints=critical,CA:FALSE\n" + "\n".join(extensions) + "\n")
        command("openssl", "req", *key(base, algorithm), "-out", f"{base}.csr", "-subj", subject)
        if dates:
            self.issue_dated(base, dates)
        else:
            serial = int.from_bytes(os.urandom(8), "big")
            command("openssl", "x509", "-req", "-in", f"{base}.csr", "-CA", self.pem, "-CAkey",
                    f"{self.folder}/{self.name}.key", "-set_serial", str(serial), "-days", "2",
                    "-extfile", f"{base}.ext", "-extensions", "x",
                    "-out", f"{base}.pem")
        return f"{base}.pem", f"{base}.key"

    def issue_dated(self, base, dates):
        """Only `openssl ca` can issue for a time that has passed."""
        with open(f"{base}.index", "w", encoding="ascii"):
            pass
        with open(f"{base}.cnf", "w", encoding="ascii") as out:
            out.write(f"[ca]\ndefault_ca=d\n[d]\ndatabase={base}.index\nnew_certs_dir="
                      f"{self.folder}\nrand_serial=yes\ndefault_md=sha256\npolicy=p\n"
                      "default_crl_days=1\n[p]\ncommonName=supplied\n")
        self.ca(base, "-in", f"{base}.csr", "-startdate", dates[0], "-enddate", dates[1],
                "-extfile", f"{base}.ext", "-extensions", "x", "-out", f"{base}.pem")

    def ca(self, base, *arguments):
        command("openssl", "ca", "-batch", "-notext", "-config", f"{base}.cnf", "-cert", self.pem,
                "-keyfile", f"{self.folder}/{self.name}.key", *arguments)

    def revoke(self, name):
        """Returns the list of revoked certificates on which this one is."""
        base = f"{self.folder}/{name}"
        self.ca(base, "-revoke", f"{base}.pem")
        self.ca(base, "-gencrl", "-out", f"{base}.crl")
        return f"{base}.crl"

    def staple(self, name):
        """Returns an OCSP response for this dated certificate, good or revoked as it is now."""
        base = f"{self.folder}/{name}"
        command("openssl", "ocsp", "-index", f"{base}.index", "-CA", self.pem, "-rsigner",
                self.pem, "-rkey", f"{self.folder}/{self.name}.key", "-issuer", self.pem, "-cert",
                f"{base}.pem", "-ndays", "1", "-respout", f"{base}.ocsp")
        return f"{base}.ocsp"


def key(base, algorithm=EC):
    return ["-newkey", *algorithm, "-nodes", "-keyout", f"{base}.key"]


class Certificates:
    """Everything that the cases need, as attributes."""

    def __init__(self, folder):
        os.makedirs(folder, mode=0o755)
        good = Authority(folder, "authority")
        other = Authority(folder, "stranger")
        self.folder = folder
        self.authority, self.stranger = good.pem, other.pem
        served = [f"subjectAltName={SERVER}", "extendedKeyUsage=serverAuth"]
        self.server = good.issue("server", "/CN=localhost", served)
        self.rsa_server = good.issue("rsa", "/CN=localhost", served, algorithm=RSA)
        self.middle = good.issue("middle", "/CN=localhost", served)
        self.expired = good.issue("expired", "/CN=localhost", served,
                                  "20200101000000Z", "20200201000000Z")
        must = [*served, "tlsfeature=status_request"]
        self.stapled = good.issue("stapled", "/CN=localhost", must, *VALID)
        self.staple = good.staple("stapled")
        self.revoked = good.issue("revoked", "/CN=localhost", served, *VALID)
        self.crl = good.revoke("revoked")
        self.revoked_staple = good.staple("revoked")
        held = ["extendedKeyUsage=clientAuth"]
        self.alice = good.issue("alice", "/CN=alice@test.example", held)
        self.mallory = other.issue("mallory", "/CN=alice@test.example", held)
        # Servers that have dropped their rights read these; the keys are worth nothing.
        for name in os.listdir(folder):
            os.chmod(f"{folder}/{name}", 0o644)

    def encrypted(self, name, passphrase):
        """The key of that name behind a passphrase."""
        path = f"{self.folder}/{name}.hidden.key"
        command("openssl", "pkcs8", "-topk8", "-in", f"{self.folder}/{name}.key", "-out", path,
                "-passout", f"pass:{passphrase}")
        return path
