# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers: where they are found, which one is taken, and what is said when there is none."""
import json

from room import PASSWORD, check, has, same

# domain: how the first server that works was found, which it is, and its user.
FOUND = {
    "gmail.com": ("table", "smtp.gmail.com", 465, "implicit", "me@gmail.com"),
    "yahoo.co.jp": ("table", "smtp.mail.yahoo.co.jp", 465, "implicit", "me"),
    "outlook.com": ("table", "smtp-mail.outlook.com", 587, "starttls", "me@outlook.com"),
    "hosted.example": ("mx", "smtp.gmail.com", 465, "implicit", "me@hosted.example"),
    "shared.example": ("mx", "initial.sakura.ne.jp", 465, "implicit", "me@shared.example"),
    "srv.example": ("srv", "mail.srv.example", 465, "implicit", "me@srv.example"),
    "starttls.example": ("srv", "mail.starttls.example", 587, "starttls", "me@starttls.example"),
    "odd.example": ("srv", "mail.odd.example", 5870, "starttls", "me@odd.example"),
    "several.example": ("srv", "a.several.example", 465, "implicit", "me@several.example"),
    "abroad.example": ("srv", "smtp.hoster.example", 465, "implicit", "me@abroad.example"),
    "published.example": ("autoconfig", "out.published.example", 465, "implicit", "me"),
    "wellknown.example": ("autoconfig", "out.wellknown.example", 587, "starttls",
                          "me@wellknown.example"),
    "redirected.example": ("autoconfig", "smtp.hoster.example", 465, "implicit",
                           "me@redirected.example"),
    # What is published badly is passed over.
    "forged.example": ("guess", "smtp.forged.example", 465, "implicit", "me@forged.example"),
    "clear.example": ("guess", "smtp.clear.example", 465, "implicit", "me@clear.example"),
    "missing.example": ("guess", "mail.missing.example", 465, "implicit", "me@missing.example"),
    "slow.example": ("guess", "smtp.slow.example", 465, "implicit", "me@slow.example"),
    "laughing.example": ("guess", "smtp.laughing.example", 465, "implicit",
                         "me@laughing.example"),
    "huge.example": ("guess", "smtp.huge.example", 465, "implicit", "me@huge.example"),
    "page.example": ("guess", "smtp.page.example", 465, "implicit", "me@page.example"),
    "refused.example": ("guess", "smtp.refused.example", 465, "implicit", "me@refused.example"),
    "guessed.example": ("guess", "guessed.example", 465, "implicit", "me@guessed.example"),
    "mx.example": ("guess", "mail.hoster.example", 465, "implicit", "me@mx.example"),
    "bücher.example": ("guess", "mail.xn--bcher-kva.example", 465, "implicit",
                       "me@xn--bcher-kva.example"),
}
DOUBTFUL = ("abroad.example", "mx.example", "shared.example")


def finds(room):
    home = room.home()
    for domain, want in FOUND.items():
        said = home.discover(f"me@{domain}")
        server = next((s for s in said.get("servers", ()) if s["works"]), {})
        same(f"the server of {domain}",
             tuple(server.get(n) for n in ("found_by", "host", "port", "tls", "user")), want)
        same(f"whether it belongs to {domain} for sure", server.get("vouched"),
             domain not in DOUBTFUL)
    same("nothing is written by --print", home.files(), {})


def by_options(room):
    """What the command line says of TLS is what is tried, and what is told."""
    home = room.home()
    for options, want in ((("--port=587", "--tls=off"), "none"), (("--port=587",), "starttls"),
                          (("--tls-starttls=off",), "implicit"),
                          (("--port=587", "--tls-starttls=off"), "implicit")):
        done = home.setup("--print", "--json", "--host=mail.hoster.example", *options,
                          "me@hoster.example")
        same(f"TLS with {' '.join(options)}", json.loads(done.stdout)["servers"][0].get("tls"), want)


def asks_sparingly(room):
    """Who hears of an address: the domain's own web server, and nobody else."""
    home = room.home()
    room.web.asked.clear()
    home.discover("me@published.example")
    same("what a web server of the domain is asked", room.web.asked, [
        ("autoconfig.published.example",
         "/mail/config-v1.1.xml?emailaddress=me%40published.example")])
    for domain in ("gmail.com", "hosted.example"):
        room.web.asked.clear()
        home.discover(f"me@{domain}")
        same(f"no web server is asked about {domain}", room.web.asked, [])
    room.web.asked.clear()
    home.setup("--yes", "me@unlisted.example")
    same("without a person the Thunderbird project is not asked", room.web.asked, [])


def fails(room):
    home = room.home()
    for address, status, *words in (
            ("me@tuta.com", 69, "Tuta takes no mail from other programs", "another provider"),
            ("me@nowhere.example", 68, "No server that takes mail from me@nowhere.example was found",
             "--host"),
            ("me@down.example", 75, "mail.down.example", "refused"),
            ("me@stranger.example", 77, "mail.stranger.example", "its issuer"),
            ("me@abroad.example", 77, "Nothing shows that smtp.hoster.example belongs to",
             "--host smtp.hoster.example"),
            ("me@nifty.com", 64, "user name at smtp.nifty.com", "--user"),
            ("nobody", 65, "is no mail address"),
            ("me@[127.0.0.1]", 65, "is no mail address"),
            ("a@x.example, b@x.example", 65, "is no mail address")):
        done = home.setup("--yes", address)
        same(f"{address}: the exit status", done.returncode, status)
        has(f"{address}: what is said", done.stderr + done.stdout, *words)
    same("nothing was written", home.files(), {})
    done = home.setup("--yes")
    same("no address: the exit status", done.returncode, 64)
    done = home.setup("me@srv.example")
    same("nobody to ask: the exit status", done.returncode, 64)
    has("nobody to ask: what to do", done.stderr, "no terminal", "--yes", "--print")
    same("--json alone", home.setup("--json", "me@srv.example").returncode, 64)


def json_of_a_failure(room):
    done = room.home().setup("--yes", "--json", "me@stranger.example")
    said = json.loads(done.stdout)
    first = said["servers"][0]
    same("JSON tells of a failure", (first["works"], first["fault"], said["written"]),
         (False, "trust", False))
    has("JSON tells why", first["error"], "mail.stranger.example")


def extended_table(room):
    """A provider of the system's own table goes before the world."""
    table = room.system / "providers"
    table.write_text("# ours\nOurs | srv.example own.example | - | mail.starttls.example 587 |"
                     " =me | password | separate | https://help.example/\n")
    home = room.home()
    said = home.discover("me@srv.example")
    same("the system's table is read", (said["provider"], said["servers"][0]["found_by"],
                                        said["servers"][0]["host"], said["servers"][0]["user"]),
         ("Ours", "table", "mail.starttls.example", "me"))
    same("the built-in table is read, too", home.discover("me@gmail.com")["provider"], "Gmail")
    table.write_text("Ours | srv.example\n")
    done = home.setup("--print", "me@srv.example")
    same("a row that is wrong: the exit status", done.returncode, 78)
    has("a row that is wrong: where", done.stderr, "providers:1")
    table.unlink()


def without_network(room):
    """What cannot be looked up now may be there."""
    done = room.home().run("setup", "--print", "me@srv.example", before=("unshare", "--net"))
    same("without a network: the exit status", done.returncode, 75)
    has("without a network: what is said", done.stderr, "Cannot look up the server name")


def without_login(room):
    home = room.home()
    words = ("--yes", "--host=mail.srv.example", "--port=5871", "me@srv.example")
    done = home.setup(*words)
    same("a server without logins: the exit status", done.returncode, 69)
    has("a server without logins: what is said", done.stderr, "mail.srv.example offers no login")
    done = home.setup("--auth=off", *words)
    same("a server that wants none: the exit status", (done.returncode, done.stderr), (0, ""))
    same("a server that wants none: the account", home.config.read_text(),
         "account default\nfrom me@srv.example\nhost mail.srv.example\nport 5871\nauth off\n")


def bridge(room):
    """At a provider that needs a program of its own its failure says so."""
    done = room.home().setup("--yes", "me@proton.me")
    same("no bridge: the exit status", done.returncode, 75)
    has("no bridge: what it takes", done.stdout, "Proton Mail Bridge must run")


def named_server(room):
    """--host says where to go, whatever the domain says."""
    home = room.home()
    done = home.setup("--yes", "--host", "smtp.sendgrid.net", "me@sender.example")
    has("a service for programs: its user and what it wants", done.stdout, "user apikey",
        "SendGrid wants a key here", "https://app.sendgrid.com/", "verified")
    same("a service for programs: the exit status", done.returncode, 0)
    home = room.home()
    done = home.setup("--yes", "--host=mail.srv.example", "--port=587", "--user", "me",
                      "me@unlisted.example")
    check("a server, a port and a user that are named", "port 587\nuser me\n" in done.stdout,
          done.stdout + done.stderr)
    done = home.setup("--yes", "--host", "smtp.hoster.example", "me@abroad.example")
    same("who names a server vouches for it", done.returncode, 0)


def wrong_password(room):
    home = room.home()
    done = home.setup("--yes", "me@gmail.com", text="wrong\n")
    same("a wrong password: the exit status", done.returncode, 77)
    has("a wrong password: the provider's way is told", done.stdout,
        "app password", "https://myaccount.google.com/apppasswords")
    has("a wrong password: why, in the end", done.stderr, "535", "app password")
    done = home.setup("--yes", "me@srv.example", text="")
    same("no password at all: the exit status", done.returncode, 77)
    same("nothing is written without a login", home.files(), {})
    assert PASSWORD not in done.stdout + done.stderr


FINDING = [finds, by_options, asks_sparingly, fails, without_network, without_login, bridge,
           json_of_a_failure, extended_table, named_server, wrong_password]
