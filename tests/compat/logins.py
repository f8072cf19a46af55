# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins and where their passwords come from."""
import itertools

from play import TLS, Case

USERS = {"alice": "secret", "alice@example.org": "secret"}
LOCAL = {"users": USERS, "clear_auth": True}
SAFE = {"users": USERS, "tls": "starttls"}
WORDS = ("plain", "login", "cram-md5", "xoauth2", "oauthbearer")

# How the password is given, and the files for it.
SOURCES = [
    ("password", "password secret\n", {}), ("password in quotes", "password \"secret\"\n", {}),
    ("a wrong password", "password other\n", {}), ("passwordeval", "passwordeval echo secret\n",
                                                   {}),
    ("passwordeval without a line end", "passwordeval printf secret\n", {}),
    ("passwordeval of two lines", "passwordeval printf 'secret\\nmore\\n'\n", {}),
    ("passwordeval that fails", "passwordeval echo secret; exit 3\n", {}),
    ("passwordeval that says nothing", "passwordeval true\n", {}),
    ("passwordeval that is not there", "passwordeval /no/such/command\n", {}),
    ("passwordeval that reads", "passwordeval cat >/dev/null; echo secret\n", {}),
    ("password and passwordeval", "password secret\npasswordeval echo other\n", {}),
    ("passwordeval and password", "passwordeval echo other\npassword secret\n", {}),
    ("an emptied password", "password other\npassword\npasswordeval echo secret\n", {}),
    ("none", "", {}),
    ("netrc", "", {".netrc": "machine 127.0.0.1 login alice password secret\n"}),
    ("netrc without login", "", {".netrc": "machine 127.0.0.1 password secret\n"}),
    ("netrc for another host", "", {".netrc": "machine mx.example login alice password secret\n"}),
    ("netrc for another user", "", {".netrc": "machine 127.0.0.1 login bob password secret\n"}),
    ("netrc default", "", {".netrc": "default login alice password secret\n"}),
    ("netrc without a password", "", {".netrc": "machine 127.0.0.1 login alice\n"}),
    ("netrc in quotes", "", {".netrc": "machine 127.0.0.1 login alice password \"secret\"\n"}),
    ("netrc with user and passwd", "", {".netrc": "machine 127.0.0.1 user alice passwd secret\n"}),
    ("netrc with a macro", "", {".netrc": "macdef x\nfoo\n\nmachine 127.0.0.1 login alice "
                                          "password secret\n"}),
    ("netrc behind others", "", {".netrc": "# c\nmachine a login b password c\nmachine 127.0.0.1\n"
                                           "\tlogin alice\n\tpassword secret\n"}),
    ("a long password", "passwordeval printf '%0600d' 0\n", {}),
    ("a password with a #", "password a#b\n", {}), ("a password with blanks", "password a  b\n",
                                                    {}),
]


def cases():
    for word in WORDS:
        yield Case(f"login: {word} with TLS", TLS + f"auth {word}\nuser alice\npassword secret\n",
                   server=SAFE)
        yield Case(f"login: {word}, a wrong password", TLS + f"auth {word}\nuser alice\n"
                   "password wrong\n", server=SAFE)
        yield Case(f"login: {word} is not offered", TLS + f"auth {word}\nuser alice\n"
                   "password secret\n", server={**SAFE, "mechanisms": tuple(
                       w.upper() for w in WORDS if w != word)})
        yield Case(f"login: {word} without TLS", f"auth {word}\nuser alice\npassword secret\n",
                   server=LOCAL)
    for count in (1, 2):
        for offered in itertools.combinations(("PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2"), count):
            yield Case(f"login: auth on, server has {' '.join(offered)}",
                       TLS + "auth on\nuser alice\npassword secret\n",
                       server={**SAFE, "mechanisms": offered})
    yield Case("login: auth on without TLS", "auth on\nuser alice\npassword secret\n", server=LOCAL)
    yield Case("login: auth without a word", TLS + "auth\nuser alice\npassword secret\n",
               server=SAFE)
    yield Case("login: no user", TLS + "auth plain\npassword secret\n", server=SAFE)
    yield Case("login: auth on, the server has no AUTH", TLS + "auth on\nuser alice\n"
               "password secret\n", server={"tls": "starttls"})
    yield Case("login: external", TLS + "auth external\n",
               server={**SAFE, "mechanisms": ("PLAIN",)})
    yield Case("login: by options", TLS, args=("--auth=plain", "--user=alice",
               "--passwordeval=echo secret", "bob@example.net"), server=SAFE)
    yield Case("login: auth=off by option", TLS + "auth plain\nuser alice\npassword secret\n",
               args=("--auth=off", "bob@example.net"), server={"tls": "starttls"})
    for name, lines, files in SOURCES:
        yield Case(f"secret: {name}", TLS + "auth plain\nuser alice\n" + lines, files=files,
                   server=SAFE)
