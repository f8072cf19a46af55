# SPDX-License-Identifier: GPL-3.0-or-later
"""Play one conversation against one run of the client, and say what was not as it must be."""

import base64
import contextlib
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time

from scram import Scram
from script import Act, Hear, Say, expand, unescape, words

PATIENCE = 20.0     # seconds that a client may take for anything; only a failing test waits so long
TEMPFAIL = 75
ANY_LINES = "……"


class Failure(Exception):
    """What happened is not what the conversation says."""


class Cut(Exception):
    """The conversation has been cut off here on purpose."""


def matches(pattern, line):
    """Whether a line (bytes) is what the pattern says; … stands for any text within it."""
    regex = b"[^\r\n]*".join(re.escape(p.encode()) for p in pattern.split("…"))
    return re.fullmatch(regex, line) is not None


def content_regex(patterns, values):
    regex = b""
    for kind, text in patterns:
        text = expand(text, values)
        if kind == "raw":
            regex += re.escape(unescape(text))
        elif text == ANY_LINES:
            regex += rb"(?:[^\r\n]*\r\n)*?"
        else:
            regex += b"[^\r\n]*".join(re.escape(p.encode()) for p in text.split("…")) + b"\r\n"
    return regex


def short(data, limit=300):
    text = data.decode("utf-8", "backslashreplace") if isinstance(data, bytes) else data
    text = text.replace("\r", "\\r").replace("\n", "\\n").replace("\0", "\\0")
    return text if len(text) <= limit else text[:limit] + f"… ({len(text)} characters)"


class Line:
    """The connection to the client."""

    def __init__(self, sock, pid):
        self.sock = sock
        self.pid = pid
        self.pending = b""
        self.clear = b""        # all that came before TLS
        self.gone = False       # the client has closed, or we have
        self.other = False      # what comes is not SMTP, or is not to be read
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def encrypted(self):
        return isinstance(self.sock, ssl.SSLSocket)

    def fill(self, seconds):
        """Wait for more bytes. False: the client has closed. TimeoutError: nothing came."""
        if self.gone:
            return False
        self.sock.settimeout(seconds)
        try:
            data = self.sock.recv(65536)
        except (ssl.SSLWantReadError, BlockingIOError):
            raise TimeoutError from None
        except TimeoutError:
            raise
        except OSError:         # reset, or TLS ended without its notice
            data = b""
        if not data:
            self.gone = True
            return False
        if not self.encrypted():
            self.clear += data
        self.pending += data
        return True

    def need(self, wanted):
        """Fill, or fail because `wanted` has not come."""
        try:
            more = self.fill(PATIENCE)
        except TimeoutError:
            raise Failure(f"got nothing more after {short(self.pending)!r}, "
                          f"want {wanted}") from None
        if not more:
            raise Failure(f"got the end of the connection after {short(self.pending)!r}, "
                          f"want {wanted}")

    def read_line(self, wanted):
        while b"\n" not in self.pending:
            self.need(wanted)
        line, self.pending = self.pending.split(b"\n", 1)
        if not line.endswith(b"\r") or b"\r" in line[:-1]:
            raise Failure(f"got a bare CR or LF in {short(line)!r}, want {wanted}")
        return line[:-1]

    def read(self, count, wanted):
        while len(self.pending) < count:
            self.need(wanted)
        data, self.pending = self.pending[:count], self.pending[count:]
        return data

    def beyond(self):
        """What the client has said although it has not been answered yet.

        The client is looked at until it sleeps (it waits for us): loopback has then handed over
        all that it sent, so that no guess about time is needed.
        """
        limit = time.monotonic() + 2
        while not self.pending:
            asleep = state(self.pid) != "R"
            try:
                if not self.fill(0):
                    break
            except TimeoutError:
                if asleep or time.monotonic() > limit:
                    break
                time.sleep(0.0005)
        return self.pending

    def send(self, data):
        """Send; a client that has closed is no failure here."""
        if self.gone:
            return False
        self.sock.settimeout(PATIENCE)
        try:
            self.sock.sendall(data)
        except TimeoutError:
            raise Failure("the client does not read what it is sent") from None
        except OSError:
            self.gone = True
            return False
        return True

    def dribble(self, data):
        """Send one byte at a time, each only when the client has had the one before."""
        for at in range(len(data)):
            self.await_sleep(0.1)
            if not self.send(data[at:at + 1]):
                return

    def await_sleep(self, seconds):
        """Wait until the client waits, which means that it has seen all that was sent."""
        limit = time.monotonic() + seconds
        while state(self.pid) == "R" and time.monotonic() < limit:
            time.sleep(0.0001)

    def drain(self):
        """All that the client still says until it closes."""
        try:
            while self.fill(PATIENCE):
                pass
        except TimeoutError:
            raise Failure("got a client that does not close, want the end") from None
        rest, self.pending = self.pending, b""
        return rest

    def start_tls(self, context):
        if self.pending:
            raise Failure(f"got {short(self.pending)!r} in clear after STARTTLS, want a handshake")
        self.sock.settimeout(PATIENCE)
        self.sock = context.wrap_socket(self.sock, server_side=True)

    def close(self, reset=False):
        self.gone = True
        if reset:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        with contextlib.suppress(OSError):
            self.sock.close()


def state(pid):
    """One letter: R runs, S sleeps, Z has ended ..."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rsplit(b")", 1)[1].split()[0].decode()
    except (OSError, IndexError):
        return "Z"


class Play:
    """One run: a script, a variant, and for hangup and silence the place where it is cut off."""

    def __init__(self, script, variant, cut, tools):
        self.script, self.variant, self.cut, self.tools = script, variant, cut, tools
        self.acts = 0
        self.timeout = 1    # seconds, of the account in silence
        self.said = []      # the transcript, for a report
        self.heard = b""    # the client's last line
        self.status, self.out, self.err = None, b"", b""
        self.scram = Scram()
        self.name = f"{script.name} [{variant}" + (f" after {cut}]" if cut is not None else "]")

    def run(self):
        """A list of what is wrong; empty when all is well."""
        problems = []
        with tempfile.TemporaryDirectory(prefix="postrider-dialogue-") as home, \
                socket.create_server(("127.0.0.1", 0)) as listener:
            self.home = pathlib.Path(home)
            self.values = dict(self.tools.values, home=home, cr="\r", lf="\n",
                               port=str(listener.getsockname()[1]))
            self.configure()
            process = self.start()
            line = None
            try:
                line = self.accept(listener, process)
                if line:
                    self.converse(line)
            except Cut:
                pass
            except (Failure, ssl.SSLError) as why:
                problems.append(str(why))
            finally:
                if line:
                    line.close()
                status = self.finish(process, problems)
            self.judge(status, line, problems)
        return problems

    # Before

    def configure(self):
        given = [expand(c, self.values) for c in self.script.config]
        tls = self.variant == "tls" or "tls on" in given or "tls" in given
        ours = {"host": "127.0.0.1", "port": self.values["port"], "tls": "off", "auth": "off",
                "from": "a@example.org", "queue": "off", "queue_dir": f"{self.home}/queue"}
        if self.variant == "tls":
            ours.update(tls="on", tls_starttls="off")
        if tls:
            ours["tls_trust_file"] = self.tools.made.trust
        if self.variant == "silence":
            ours["timeout"] = str(self.timeout)
        named = {c.split(" ")[0] for c in given}
        lines = [f"{k} {v}" for k, v in ours.items() if k not in named] + given
        path = self.home / self.script.config_file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o600)
        path.write_bytes("".join(l + "\n" for l in lines).encode())

    def start(self):
        argv = words(expand(self.script.run, self.values))
        self.program = argv[0].decode()
        (self.home / "stdin").write_bytes(self.script.input(self.values))
        env = {"HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home / ".config"),
               "XDG_RUNTIME_DIR": str(self.home),
               "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        env.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
        env.update(expand(e, self.values).split("=", 1) for e in self.script.env)
        with open(self.home / "stdin", "rb") as stdin, \
                open(self.home / "stdout", "wb") as out, open(self.home / "stderr", "wb") as err:
            return subprocess.Popen(self.tools.client(argv), stdin=stdin, stdout=out, stderr=err,
                                    env=env, cwd=self.home)

    def accept(self, listener, process):
        """The client's connection; None when the script has no conversation and none came."""
        ended = os.pidfd_open(process.pid)
        try:
            ready, _, _ = select.select([listener, ended], [], [], PATIENCE)
            listener.setblocking(False)
            try:
                sock, _ = listener.accept()
            except BlockingIOError:
                sock = None
        finally:
            os.close(ended)
        if sock is None:
            if self.script.events:
                raise Failure("got no connection, want one" if ready else "the client hangs")
            return None
        sock.setblocking(True)
        line = Line(sock, process.pid)
        if not self.script.events:
            said = line.drain()
            if said:
                raise Failure(f"got {short(said)!r}, want nothing said at all")
        elif self.variant == "tls":
            line.start_tls(self.tools.context("server"))
        return line

    # The conversation

    def converse(self, line):
        steps = self.script.steps(self.values)
        group = []
        for step in [*steps, None]:
            if isinstance(step, Say):
                group.append(step.data)
                continue
            if group:
                self.answer(line, group, step)
                group = []
            if isinstance(step, Hear):
                self.hear(line, step)
            elif step:
                self.act(line, step)
        rest = line.drain()
        if rest and not line.other:
            raise Failure(f"got {short(rest)!r} after the end, want nothing")

    def answer(self, line, group, following):
        """Send a group of lines in one piece, unless it is to be cut or dribbled."""
        early = line.beyond()
        if early:
            raise Failure(f"got {short(early)!r} before the answer {short(group[0])!r}, "
                          "want nothing")
        send = line.dribble if self.variant == "bytes" else line.send
        if self.cut is not None and self.acts + len(group) >= self.cut:
            whole = self.acts + len(group) == self.cut
            group = group[:self.cut - self.acts]
            send(b"".join(group))
            self.note("S", group)
            self.cut_here(line, following if whole else None)
        send(b"".join(group))
        self.note("S", group)
        self.acts += len(group)

    def cut_here(self, line, following):
        """Hang up, or say nothing more; then the client may say no more than QUIT."""
        if self.variant == "hangup":
            line.close()
            raise Cut
        if isinstance(following, Hear):
            self.hear(line, following)
        rest = line.drain()
        for said in rest.split(b"\r\n"):
            if said not in (b"", b"QUIT", b"*", b".") and not isinstance(following, Act):
                raise Failure(f"got {short(said)!r} after silence, want nothing but QUIT")
        raise Cut

    def hear(self, line, block):
        lines = iter(block.lines)
        for item in lines:
            wanted = expand(item.pattern, self.values)
            if item.raw:
                self.exactly(line, unescape(wanted))
                continue
            skipping = wanted == ANY_LINES
            if skipping:
                item = next(lines)
                wanted = expand(item.pattern, self.values)
            got = line.read_line(repr(wanted))
            while skipping and not matches(wanted, got):
                if got == b".":
                    raise Failure(f"got the end of the content, want {wanted!r}")
                got = line.read_line(repr(wanted))
            self.note("C", [got])
            self.heard = got
            if not matches(wanted, got):
                raise Failure(f"got {short(got)!r}, want {wanted!r}")
            if item.unread:
                line.other = True
            elif wanted.startswith("BDAT"):
                self.chunk(line, item, got)

    def exactly(self, line, wanted):
        got = line.read(len(wanted), f"{len(wanted)} octets")
        if got != wanted:
            at = next(i for i in range(len(wanted)) if got[i] != wanted[i])
            raise Failure(f"got {short(got[at:at + 80])!r} at octet {at}, "
                          f"want {short(wanted[at:at + 80])!r}")

    def chunk(self, line, item, got):
        size = re.fullmatch(rb"BDAT ([0-9]+)(?: LAST)?", got)
        if not size:
            raise Failure(f"got {short(got)!r}, want BDAT with a number")
        content = line.read(int(size[1]), f"the {int(size[1])} bytes that BDAT announces")
        self.note("B", [content])
        if item.content is None:
            return
        if not re.fullmatch(content_regex(item.content, self.values), content):
            raise Failure(f"got the content {short(content, 2000)!r}, want "
                          + repr("\\n".join(t for _, t in item.content)))

    def act(self, line, step):
        argument = expand(step.argument, self.values)
        if step.what == "close":
            if line.other:
                line.await_sleep(2)
            line.close()
        elif step.what == "reset":
            line.close(reset=True)
        elif step.what == "wait":
            return      # drain() at the end waits for the client
        elif step.what == "now":
            line.send(argument.encode() + b"\r\n")
        elif step.what == "scram":
            verb, _, how = argument.partition(" ")
            line.send(b"334 " + getattr(self.scram, verb)(self.heard, how) + b"\r\n")
        elif step.what == "bytes":
            if not line.pending:
                line.need("something")
            line.pending = b""
            line.other = True
        elif step.what == "drip":
            self.drip(line, unescape(argument))
        elif step.what == "flood":
            self.flood(line, argument)
        elif step.what == "handshake":
            self.handshake(line, argument.split())

    def drip(self, line, data):
        """One byte each tenth of a second: not one of them may be late, yet it is too slow."""
        for at in range(len(data)):
            try:
                if not line.fill(0.1):
                    return
            except TimeoutError:
                line.send(data[at:at + 1])
        raise Failure("got a client that bears a dripping server, want that it gives up")

    def flood(self, line, argument):
        """`flood 8M text`: repeat the text; the client must give up before it has had so much."""
        size, _, text = argument.partition(" ")
        limit = int(size.rstrip("M")) << 20
        piece = unescape(text)
        piece *= max(1, 65536 // len(piece))
        for _ in range(limit // len(piece)):
            if not line.send(piece):
                return
        raise Failure(f"got a client that has read {size} of one reply, want that it gives up")

    def handshake(self, line, argument):
        """T: [CERTIFICATE] [refused]; refused: the client must not go on."""
        refused = "refused" in argument
        names = [a for a in argument if a != "refused"]
        if not argument:
            self.acts += 1
        try:
            line.start_tls(self.tools.context(names[0] if names else "server"))
            said = line.read_line("an alert") if refused else None
        except (ssl.SSLError, OSError, Failure) as why:
            if refused:
                line.gone = True
                return
            raise Failure(f"the handshake failed: {why}") from None
        if refused:
            raise Failure(f"got {said!r}, want that the client refuses this certificate")
        self.note("T", [b"TLS"])

    def note(self, who, lines):
        self.said += [f"{who}: {short(l.rstrip())}" for l in lines]

    # After

    def finish(self, process, problems):
        """The exit status; a client that hangs is ended."""
        try:
            return process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            problems.append(f"got a client that still runs after {PATIENCE:.0f} s, want its end")
            process.send_signal(signal.SIGABRT)
            try:
                return process.wait(2)
            except subprocess.TimeoutExpired:
                process.kill()
                return process.wait()

    def judge(self, status, line, problems):
        out = (self.home / "stdout").read_bytes()
        err = (self.home / "stderr").read_bytes()
        self.out, self.err, self.status = out, err, status
        allowed = self.allowed()
        if status not in allowed:
            wanted = " or ".join(str(a) for a in sorted(allowed))
            problems.append(f"got exit {status}, want {wanted}; stderr {short(err)!r}")
        self.judge_output(out, err, status, problems)
        self.judge_secrets(out + err, line.clear if line else b"", problems)

    def allowed(self):
        """The exit statuses that are right in this variant."""
        if self.cut is None:
            return self.script.exits
        decided = self.script.decided()
        if decided is not None and self.cut >= decided:
            return self.script.exits
        return (self.script.exits - {0}) | {TEMPFAIL}

    def judge_output(self, out, err, status, problems):
        try:
            text = err.decode("utf-8")
        except UnicodeDecodeError:
            problems.append(f"got stderr {short(err)!r}, want UTF-8")
            text = err.decode("utf-8", "replace")
        if re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", text):
            problems.append(f"got control characters in stderr {text!r}, want none")
        options = self.script.run
        loud = re.search(r" (-v|-d|--debug|--timeline|--dry-run|-P|--pretend)\b", options)
        bad = [l for l in text.splitlines() if not l.startswith(f"{self.program}: ")]
        if bad and not loud:
            problems.append(f"got {short(bad[0])!r} in stderr, want each line to begin with "
                            f"'{self.program}: '")
        if status != 0 and not text.strip():
            problems.append("got no word in stderr, want a sentence")
        if self.cut is not None:
            return
        if status == 0 and text and not self.script.stderr and not loud:
            problems.append(f"got {short(text)!r} in stderr, want silence on success")
        if not self.script.stdout and out:
            problems.append(f"got {short(out)!r} in stdout, want nothing")
        for wanted in self.script.stderr:
            if expand(wanted, self.values) not in text or (not wanted and text):
                problems.append(f"got stderr {short(text)!r}, want {wanted!r} in it")
        for unwanted in self.script.stderr_not:
            if expand(unwanted, self.values) in text:
                problems.append(f"got stderr {short(text)!r}, want no {unwanted!r} in it")
        for wanted in self.script.stdout:
            if expand(wanted, self.values).encode() not in out:
                problems.append(f"got stdout {short(out)!r}, want {wanted!r} in it")

    def judge_secrets(self, output, clear, problems):
        passwords = [c.split(" ", 1)[1] for c in self.script.config if c.startswith("password ")]
        for secret in {*passwords, *self.script.secrets}:
            for form in forms(expand(secret, self.values).encode()):
                if form in output:
                    problems.append(f"got the secret {secret!r} in the output, want it masked")
                    break
        for secret in self.script.secrets:
            if any(f in clear for f in forms(expand(secret, self.values).encode())):
                problems.append(f"got the secret {secret!r} in clear text, want it never there")


def forms(secret):
    """The secret as it may be seen: as it is, and inside base64 at each of three offsets."""
    found = [secret]
    for offset in range(3):
        coded = base64.b64encode(b"\0" * offset + secret)
        piece = coded[(0, 2, 3)[offset]:].rstrip(b"=")
        if (offset + len(secret)) % 3:
            piece = piece[:-1]
        if len(piece) >= 8:
            found.append(piece)
    return found


class Tools:
    """What all plays share: the program, the certificates, the values of macros."""

    def __init__(self, program, made):
        self.program = program
        self.made = made
        self.contexts = {}
        digest = subprocess.run(["openssl", "x509", "-in", made.server.cert, "-noout",
                                 "-fingerprint", "-sha256"], capture_output=True, text=True,
                                check=True).stdout.strip().partition("=")[2]
        self.values = {"trust": made.trust, "client_cert": made.client.cert,
                       "client_key": made.client.key, "crl": made.crl,
                       "crl_revoked": made.crl_revoked, "crl_expired": made.crl_expired,
                       "fingerprint": digest}

    def client(self, argv):
        """The command to run for the words of `run:`; a word 'postrider' becomes our program."""
        path = str(self.program)
        if argv[0] != b"postrider":
            folder = pathlib.Path(self.made.trust).parent / "names"
            folder.mkdir(exist_ok=True)
            link = folder / argv[0].decode()
            with contextlib.suppress(FileExistsError):
                link.symlink_to(shutil.which(path) or path)
            path = str(link)
        return [path, *argv[1:]]

    def context(self, name):
        """A server's TLS context with the certificate of this name (a field of pki.Made)."""
        if name not in self.contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            asks = name.startswith("asking")
            pair = getattr(self.made, "server" if asks else name.replace("-", "_"))
            context.load_cert_chain(pair.cert, pair.key)
            if asks:
                context.load_verify_locations(self.made.trust)
                context.verify_mode = ssl.CERT_REQUIRED
            self.contexts[name] = context
        return self.contexts[name]
