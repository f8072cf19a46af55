# SPDX-License-Identifier: GPL-3.0-or-later
"""X.509 certificates and revocation lists, byte by byte (RFC 5280).

Tools refuse to make what a hostile authority would make: a NUL in a name, a wrong signature, two
common names. So the bytes are put together here, and only keys and signatures come from openssl.
"""
import base64
import dataclasses
import datetime
import ipaddress
import pathlib
import subprocess

UTC = datetime.timezone.utc
NOW = datetime.datetime.now(UTC).replace(microsecond=0)
DAY = datetime.timedelta(days=1)

KEY_KINDS = {
    "p256": ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
    "p384": ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"),
    "ed25519": ("-algorithm", "ED25519"),
    "rsa2048": ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"),
    "rsa1024": ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"),
}
SIGNATURES = {
    ("ec", "sha256"): "1.2.840.10045.4.3.2",
    ("ec", "sha1"): "1.2.840.10045.4.1",
    ("rsa", "sha256"): "1.2.840.113549.1.1.11",
    ("rsa", "sha1"): "1.2.840.113549.1.1.5",
    ("rsa", "md5"): "1.2.840.113549.1.1.4",
}
SERVER_AUTH, CLIENT_AUTH = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"
ANY_PURPOSE = "2.5.29.37.0"


# ---- encoding -----------------------------------------------------------------------------------

def tlv(tag, *parts):
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    size = (len(body).bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + len(body).to_bytes(size, "big") + body


def sequence(*parts):
    return tlv(0x30, *parts)


def integer(number):
    return tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def oid(dotted):
    first, second, *rest = map(int, dotted.split("."))
    out = bytearray([40 * first + second])
    for number in rest:
        septets = [number & 0x7f]
        while number := number >> 7:
            septets.append(number & 0x7f | 0x80)
        out += bytes(reversed(septets))
    return tlv(0x06, bytes(out))


def bits(data, unused=0):
    return tlv(0x03, bytes([unused]) + data)


def moment(when):
    return tlv(0x18, when.strftime("%Y%m%d%H%M%SZ").encode())


def raw(text):
    return text if isinstance(text, bytes) else text.encode()


def name(*attributes):
    """("CN", "x"), ("O", "y") ... as a distinguished name."""
    kinds = {"CN": "2.5.4.3", "O": "2.5.4.10"}
    return sequence(*(tlv(0x31, sequence(oid(kinds[kind]), tlv(0x0c, raw(value))))
                      for kind, value in attributes))


def general_name(text):
    """"DNS:x", "IP:x", "URI:x", "email:x"; bytes may follow the colon as they are."""
    kind, _, value = raw(text).partition(b":")
    if kind == b"IP":
        return tlv(0x87, ipaddress.ip_address(value.decode()).packed)
    return tlv({b"email": 0x81, b"DNS": 0x82, b"URI": 0x86}[kind], value)


def extension(dotted, value, critical=False):
    return sequence(oid(dotted), *([tlv(0x01, b"\xff")] if critical else []), tlv(0x04, value))


# ---- extensions ---------------------------------------------------------------------------------

def alternative_names(names):
    return extension("2.5.29.17", sequence(*map(general_name, names)))


def basic_constraints(is_ca, depth=None):
    inside = [tlv(0x01, b"\xff")] if is_ca else []
    inside += [integer(depth)] if depth is not None else []
    return extension("2.5.29.19", sequence(*inside), critical=True)


def key_usage(cert_sign):
    # keyCertSign and cRLSign are bits 5 and 6; digitalSignature is bit 0.
    value = bits(b"\x06", 1) if cert_sign else bits(b"\x80", 7)
    return extension("2.5.29.15", value, critical=True)


def purposes(*dotted):
    return extension("2.5.29.37", sequence(*map(oid, dotted)))


def must_staple():
    return extension("1.3.6.1.5.5.7.1.24", sequence(integer(5)))


def name_constraints(permitted=(), excluded=()):
    parts = [tlv(tag, *(sequence(tlv(0x82, raw(suffix))) for suffix in suffixes))
             for tag, suffixes in ((0xa0, permitted), (0xa1, excluded)) if suffixes]
    return extension("2.5.29.30", sequence(*parts), critical=True)


def unknown_critical():
    return extension("1.3.6.1.4.1.55555.1", sequence(), critical=True)


# ---- keys, certificates, lists ------------------------------------------------------------------

@dataclasses.dataclass(frozen=True)
class Key:
    path: pathlib.Path
    kind: str
    public: bytes       # SubjectPublicKeyInfo

    @property
    def family(self):
        return self.kind[:3] if self.kind.startswith("rsa") else \
            "ed" if self.kind.startswith("ed") else "ec"


def make_key(folder, title, kind="p256"):
    path = pathlib.Path(folder) / f"{title}.key"
    subprocess.run(["openssl", "genpkey", *KEY_KINDS[kind], "-out", path], check=True,
                   capture_output=True)
    public = subprocess.run(["openssl", "pkey", "-in", path, "-pubout", "-outform", "DER"],
                            check=True, capture_output=True).stdout
    return Key(path, kind, public)


def signed(body, key, digest):
    """The body with the algorithm in it, signed."""
    algorithm = signature_algorithm(key, digest)
    if key.family == "ed":
        raise ValueError("an Ed25519 key signs nothing here")
    signature = subprocess.run(["openssl", "dgst", f"-{digest}", "-sign", key.path],
                               input=body, check=True, capture_output=True).stdout
    return sequence(body, algorithm, bits(signature))


def signature_algorithm(key, digest):
    null = [tlv(0x05)] if key.family == "rsa" else []
    return sequence(oid(SIGNATURES[key.family, digest]), *null)


@dataclasses.dataclass
class Certificate:
    der: bytes
    subject: bytes
    key: Key
    serial: int

    @property
    def pem(self):
        return pem("CERTIFICATE", self.der)


def pem(label, der):
    text = base64.encodebytes(der).decode()
    return f"-----BEGIN {label}-----\n{text}-----END {label}-----\n"


SERIALS = iter(range(0x1000, 0x7fffffff))


def certify(subject, key, issuer=None, *, extensions=(), start=-30 * DAY, end=365 * DAY,
            digest="sha256", signer=None, version=3):
    """ISSUER None: the certificate signs itself. SIGNER: a key that is not the issuer's own."""
    serial = next(SERIALS)
    signer = signer or (issuer.key if issuer else key)
    body = sequence(
        *([tlv(0xa0, integer(version - 1))] if version > 1 else []),
        integer(serial),
        signature_algorithm(signer, digest),
        issuer.subject if issuer else subject,
        sequence(moment(NOW + start), moment(NOW + end)),
        subject,
        key.public,
        *([tlv(0xa3, sequence(*extensions))] if extensions else []))
    return Certificate(signed(body, signer, digest), subject, key, serial)


def revoke(issuer, serials, *, start=-DAY, end=30 * DAY, signer=None):
    """A certificate revocation list, as PEM."""
    signer = signer or issuer.key
    entries = [sequence(integer(serial), moment(NOW - DAY)) for serial in serials]
    body = sequence(
        integer(1),
        signature_algorithm(signer, "sha256"),
        issuer.subject,
        moment(NOW + start), moment(NOW + end),
        *([sequence(*entries)] if entries else []))
    return pem("X509 CRL", signed(body, signer, "sha256"))
