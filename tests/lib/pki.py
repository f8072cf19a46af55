# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a throw-away certificate authority and the certificates that tests need.

    made = pki.make("/tmp/somewhere")        # as a module
    python3 pki.py /tmp/somewhere            # as a program: writes the same files

Needs only the `openssl` command. Keys are P-256, without a passphrase, mode 0600.
"""

import dataclasses
import os
import pathlib
import subprocess
import sys

LOCAL = ("DNS:localhost", "IP:127.0.0.1", "IP:::1")


@dataclasses.dataclass(frozen=True)
class Pair:
    """A certificate and its key, as paths of PEM files."""

    cert: str
    key: str


@dataclasses.dataclass(frozen=True)
class Made:
    """What make() has written. `trust` is the file for tls_trust_file."""

    trust: str        # the authority that signed server, wrong_name, expired and client
    server: Pair      # localhost, 127.0.0.1 and ::1
    wrong_name: Pair  # trusted and valid, but for elsewhere.example
    expired: Pair     # trusted and rightly named, but over since 2021
    untrusted: Pair   # rightly named and valid, but by an authority that nobody trusts
    client: Pair      # for a client that shows a certificate; common name "client"
    crl: str          # a revocation list of the authority that revokes nothing
    crl_revoked: str  # the same, but it revokes `server`
    crl_expired: str  # as `crl`, but there should be a newer one since long


class Authority:
    """A certificate authority that keeps its files in one folder."""

    def __init__(self, folder, name):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.cert = str(self.folder / "ca.pem")
        self.key = str(self.folder / "ca.key")
        for file, text in (("index", ""), ("serial", "1000\n"), ("crlnumber", "01\n")):
            (self.folder / file).write_text(text)
        (self.folder / "ca.conf").write_text(
            "[req]\ndistinguished_name=dn\nprompt=no\n[dn]\nCN=postrider tests\n"
            "[ca]\ndefault_ca=here\n"
            f"[here]\ndir={self.folder}\ndatabase=$dir/index\nserial=$dir/serial\n"
            "crlnumber=$dir/crlnumber\nnew_certs_dir=$dir\ndefault_md=sha256\n"
            "default_days=30\ndefault_crl_days=30\npolicy=any\nunique_subject=no\n"
            "copy_extensions=none\n[any]\ncommonName=supplied\n")
        self._new_key(self.key)
        self._openssl("req", "-new", "-x509", "-key", self.key, "-out", self.cert,
                      "-days", "30", "-subj", f"/CN={name}",
                      "-addext", "basicConstraints=critical,CA:TRUE",
                      "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def certificate(self, name, *, names=LOCAL, common_name=None, use="serverAuth",
                    start=None, end=None, extra=()):
        """A new certificate NAME.pem with NAME.key; `names` are its subjectAltNames.

        start and end are YYYYMMDDHHMMSSZ; `extra` are further lines of extensions.
        """
        pair = Pair(str(self.folder / f"{name}.pem"), str(self.folder / f"{name}.key"))
        request = str(self.folder / f"{name}.csr")
        extensions = self.folder / f"{name}.ext"
        lines = ["basicConstraints=critical,CA:FALSE", f"extendedKeyUsage={use}",
                 "keyUsage=critical,digitalSignature", *extra]
        if names:
            lines.append("subjectAltName=" + ",".join(names))
        extensions.write_text("\n".join(lines) + "\n")
        self._new_key(pair.key)
        self._openssl("req", "-new", "-key", pair.key, "-out", request,
                      "-subj", f"/CN={common_name or name}")
        dates = (["-startdate", start] if start else []) + (["-enddate", end] if end else [])
        self._openssl("ca", "-batch", "-notext", "-in", request, "-out", pair.cert,
                      "-cert", self.cert, "-keyfile", self.key,
                      "-extfile", str(extensions), *dates)
        return pair

    def revoke(self, pair):
        self._openssl("ca", "-revoke", pair.cert, "-cert", self.cert, "-keyfile", self.key)

    def crl(self, name, *dates):
        """A revocation list NAME.pem of what has been revoked so far."""
        path = str(self.folder / f"{name}.pem")
        self._openssl("ca", "-gencrl", "-out", path, "-cert", self.cert, "-keyfile", self.key,
                      *dates)
        return path

    def _new_key(self, path):
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        self._openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path)

    def _openssl(self, verb, *arguments):
        config = ["-config", str(self.folder / "ca.conf")] if verb in ("req", "ca") else []
        done = subprocess.run(["openssl", verb, *config, *arguments], capture_output=True,
                              stdin=subprocess.DEVNULL, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"openssl {verb} failed: {done.stderr.strip()}")


def make(folder):
    """Write everything below `folder` and return a Made."""
    folder = pathlib.Path(folder).absolute()
    trusted = Authority(folder / "trusted", "postrider tests: trusted authority")
    stranger = Authority(folder / "stranger", "postrider tests: unknown authority")
    server = trusted.certificate("server", common_name="localhost")
    made = Made(
        trust=trusted.cert,
        server=server,
        wrong_name=trusted.certificate("wrong-name", names=("DNS:elsewhere.example",)),
        expired=trusted.certificate("expired", start="20200101000000Z", end="20210101000000Z"),
        untrusted=stranger.certificate("untrusted"),
        client=trusted.certificate("client", names=(), use="clientAuth"),
        crl=trusted.crl("crl"),
        crl_revoked="",
        crl_expired=trusted.crl("crl-expired", "-crl_lastupdate", "20200101000000Z",
                                "-crl_nextupdate", "20210101000000Z"))
    trusted.revoke(server)
    return dataclasses.replace(made, crl_revoked=trusted.crl("crl-revoked"))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: pki.py FOLDER")
    for field, value in dataclasses.asdict(make(sys.argv[1])).items():
        for part, path in (value.items() if isinstance(value, dict) else [("", value)]):
            print(field + (f".{part}" if part else ""), path)
