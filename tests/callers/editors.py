# SPDX-License-Identifier: GPL-3.0-or-later
"""Emacs, which takes every byte of output for a failure."""
import late
from checks import equal
from letter import body, envelope, header, matches
from room import ALICE

# Without its sources Emacs warns of them, and then of having to warn, until its stack is full.
PACKAGES = ["emacs-nox", "emacs-el"]
NPM = []
OURS = '"Alice A. User" <alice@example.com>'
TEXT = "line one\n.\nline two\n"

SENDMAIL = """
(require 'sendmail)
(setq send-mail-function 'sendmail-send-it mail-interactive %s)
(mail-setup "bob@example.net" "a subject" nil "carol@x.org" nil nil nil)
(goto-char (point-min)) (insert "Bcc: dave@x.org\\n")
(goto-char (point-max)) (insert "line one\\n.\\nline two\\n")
(sendmail-send-it)
"""
MESSAGE = """
(require 'message)
(setq user-mail-address "me@x.org" user-full-name "Me" message-interactive t
      mail-specify-envelope-from t
      message-send-mail-function 'message-send-mail-with-sendmail)
(message-mail "%s" "a subject")
(message-goto-to) (message-add-header "Bcc: dave@x.org" "Cc: root@example.com")
(message-goto-body) (insert "line one\\n.\\nline two\\n")
(message-send-mail)
"""


def cases(_full):
    named = {
        "Emacs sendmail-send-it: Cc and Bcc": lambda room: mail_mode(room, "nil"),
        "Emacs sendmail-send-it, interactive": lambda room: mail_mode(room, "t"),
        "Emacs message-mode: Cc and Bcc": message_mode,
        "Emacs message-mode: a refusal is told": message_refused,
    }
    return late.cases(named)


def furnish(_room, _debs):
    """Nothing is missing."""


def emacs(room, program):
    return room.call("/usr/bin/emacs-nox", "--batch", "-Q", "--eval", f"(progn {program})",
                     user="alice")


def mail_mode(room, interactive):
    done = emacs(room, SENDMAIL % interactive)
    equal((done.returncode, done.stdout, done.stderr), (0, b"", b""), "exit, output")
    mail = room.mail()
    room.logged("sendmail", ALICE)
    equal(sorted(mail.recipients), ["bob@example.net", "carol@x.org", "dave@x.org"], "recipients")
    header(mail, To="bob@example.net", Cc="carol@x.org", Subject="a subject")
    matches(mail.fields("From")[0], "<alice@example.com>|^alice@example.com", "From")
    body(mail, TEXT)


def message_mode(room):
    done = emacs(room, MESSAGE % "bob@example.net")
    equal(done.returncode, 0, f"exit of Emacs, which said {done.stderr!r}")
    mail = room.mail()
    room.logged("sendmail", ALICE)
    envelope(mail, "me@x.org", "bob@example.net", "root@example.com", "dave@x.org")
    header(mail, From="Me <me@x.org>", To="bob@example.net", Cc="root@example.com",
           Subject="a subject")
    body(mail, TEXT)


def message_refused(room):
    done = emacs(room, MESSAGE % "reject@x.org")
    equal(done.returncode != 0, True, "Emacs failed")
    matches(done.stderr.decode(), "failed with exit value 69", "what it said")
    room.logged("sendmail", ALICE, "EX_UNAVAILABLE")
