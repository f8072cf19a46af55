# SPDX-License-Identifier: GPL-3.0-or-later
"""A session bus and a keyring of our own."""

import contextlib
import subprocess
import threading

from .place import LONG

PROGRAMS = ("dbus-daemon", "dbus-send", "gnome-keyring-daemon", "secret-tool")
BUS = """<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


@contextlib.contextmanager
def ended(process):
    """Ends a process that we have started."""
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(LONG)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def bus(place, environment):
    """A session bus of our own, that starts no services."""
    config = place.folder / "bus.conf"
    config.write_text(BUS.format(socket=place.folder / "bus"))
    with ended(subprocess.Popen(
            ["dbus-daemon", "--nofork", f"--config-file={config}", "--print-address"],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)) as daemon:
        environment["DBUS_SESSION_BUS_ADDRESS"] = daemon.stdout.readline().decode().strip()
        with daemon.stdout:
            yield


@contextlib.contextmanager
def session(environment):
    """A session bus as a desktop has it, which starts the services that are installed."""
    with ended(subprocess.Popen(
            ["dbus-run-session", "--", "sh", "-c", "echo $DBUS_SESSION_BUS_ADDRESS; read end"],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)) as daemon:
        environment["DBUS_SESSION_BUS_ADDRESS"] = daemon.stdout.readline().decode().strip()
        with daemon.stdout, daemon.stdin:
            yield
        # Ended by itself, it ends its bus; by a signal, it leaves that behind.
        daemon.wait(LONG)


@contextlib.contextmanager
def keyring(place, environment, unlock=True):
    """A keyring on that bus."""
    with ended(subprocess.Popen(
            ["gnome-keyring-daemon", "--foreground", "--components=secrets",
             f"--control-directory={place.folder / 'control'}", *(["--unlock"] if unlock else [])],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)) as daemon:
        daemon.stdin.write(b"login" if unlock else b"")
        daemon.stdin.close()
        wait_for_service(environment)
        yield


def wait_for_service(environment):
    """Until it is on the bus: asked for earlier, the bus would start another one, without a keyring
    and with nobody to ask for one."""
    for _ in range(600):
        told = subprocess.run(
            ["dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus",
             "/org/freedesktop/DBus", "org.freedesktop.DBus.NameHasOwner",
             "string:org.freedesktop.secrets"], env=environment, timeout=LONG,
            capture_output=True, check=False)
        if b"boolean true" in told.stdout:
            return
        threading.Event().wait(0.1)


def secret_tool(environment, *words, text=None):
    return subprocess.run(["secret-tool", *words], env=environment, input=text, timeout=LONG,
                          capture_output=True, check=False)


def store(environment, password, *attributes):
    """Once the keyring is there."""
    for _ in range(600):
        done = secret_tool(environment, "store", "--label=test", *attributes,
                           text=password.encode())
        if done.returncode == 0:
            return True
        threading.Event().wait(0.1)
    return False


def is_locked(environment):
    """Whether the keyring knows of our passwords and is locked, as soon as it is there."""
    for _ in range(600):
        done = secret_tool(environment, "search", "host", "127.0.0.1")
        if b"attribute" in done.stdout + done.stderr:
            return b"locked" in done.stderr
        threading.Event().wait(0.1)
    return False
