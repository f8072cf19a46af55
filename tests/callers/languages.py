# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripts, web applications and their libraries, and git."""
import os
import shutil
import subprocess

import late
from checks import equal
from letter import body, envelope, header, matches
from room import ALICE

PACKAGES = ["git", "git-email", "php-cli", "libmime-lite-perl", "libemail-sender-perl",
            "libmailtools-perl", "ruby-mail"]
NPM = ["nodemailer@6.8.0"]
OURS = '"Alice A. User" <alice@example.com>'
LETTER = "Grüße\n.\nFrom here on, the last\n"

PATCH = r"""
set -e
rm -rf work series; mkdir work; cd work
git init -q -b main .
git config user.name 'Mé User'; git config user.email me@x.org
git config sendemail.confirm never; git config sendemail.suppresscc all
printf 'first\n' >file; git add file; git commit -q -m first
printf '.\nFrom abc Mon Sep 17 00:00:00 2001\n' >>file; git commit -q -a -m 'Add a dot'
git format-patch -q -1 -o ../series
"""
PHP_PROGRAM = "/usr/bin/php"
PHP = r"""
$headers = "From: Me <me@x.org>\r\nCc: carol@x.org\r\nBcc: dave@x.org";
exit(mail("%s", "a subject", "line one\n.\nline two\r\nthree", $headers, "-fbounce@x.org") ? 0 : 9);
"""
PHP_ATTACK = r"""
exit(mail("bob@example.net", "a subject", "hi", "",
          "-X/tmp/shell.php -OQueueDirectory=/tmp -oQ/tmp me@x.org") ? 0 : 9);
"""
MIME_LITE = r"""
use MIME::Lite;
my $mail = MIME::Lite->new(From => 'me@x.org', To => '%s', Cc => 'carol@x.org',
    Bcc => 'dave@x.org', Subject => 'a subject', Data => "line one\n.\nline two\n");
exit($mail->send('sendmail', SetSender => 1, FromSender => 'me@x.org') ? 0 : 9);
"""
EMAIL_SENDER = r"""
use Email::Sender::Simple qw(sendmail); use Email::Sender::Transport::Sendmail;
use Email::Simple;
my $mail = Email::Simple->create(header => [From => 'me@x.org', To => '%s',
    Subject => 'a subject'], body => "line one\n.\nline two\n");
sendmail($mail, {transport => Email::Sender::Transport::Sendmail->new, from => 'env@x.org',
    to => ['%s', 'carol@x.org']});
"""
MAILER = r"""
use Mail::Mailer;
my $mailer = Mail::Mailer->new('sendmail');
$mailer->open({To => 'bob@example.net', Subject => 'a subject', Bcc => 'dave@x.org'});
print $mailer "hi\n.\nlost\n"; $mailer->close or exit 9;
"""
RUBY = r"""
require 'mail'
Mail.defaults { delivery_method :sendmail }
Mail.deliver { from 'me@x.org'; to ['bob@example.net', 'root@example.com']; bcc 'dave@x.org'
    subject 'Grüße'; body "line one\n.\nline two\n" }
"""
NODE = r"""
const mail = require('/usr/lib/nodemailer').createTransport({sendmail: true});
mail.sendMail({from: 'Me <me@x.org>', to: '%s', cc: 'carol@x.org', bcc: 'dave@x.org',
    subject: 'Grüße', text: 'line one\n.\r\nline two'}, error => {
        if (error) { console.error(error.message); process.exit(9); } });
"""
DOTS = "line one\n.\nline two\n"


def cases(_full):
    named = {
        "git send-email: a patch": git,
        "git send-email: an envelope sender, a command of its own": git_command,
        "git send-email: a refusal stops the series": git_refused,
        "PHP mail(): Cc, Bcc, -f, mixed line ends": php,
        "PHP mail(): www-data without an environment": php_bare,
        "PHP mail(): options of an attacker write no file": php_attack,
        "PHP mail(): a refusal is false": php_refused,
        "PHP mail(): refused when there is neither a server nor a queue": php_nowhere,
        "PHP mail(): refused no more when root makes a place for the queue": php_place,
        "MIME::Lite: Cc and Bcc": mime_lite,
        "MIME::Lite: a refusal is told": mime_lite_refused,
        "Email::Sender: an envelope of its own": email_sender,
        "Email::Sender: a refusal is told": email_sender_refused,
        "Mail::Mailer: a lone dot ends it": mailer,
        "Ruby mail: To and Bcc": ruby,
        "nodemailer: Cc and Bcc": node,
        "nodemailer: a refusal is told": node_refused,
    }
    return late.cases(named, "PHP mail(): www-data without an environment",
                      "PHP mail(): options of an attacker write no file")


def furnish(room, debs):
    room.choose(PHP_PROGRAM)
    for name in NPM:
        folder = f"{room.path}/usr/lib/nodemailer"
        os.makedirs(folder)
        subprocess.run(["tar", "-xf", f"{debs}/{name.replace('@', '-')}.tgz", "-C", folder,
                        "--strip-components=1"], check=True)
    os.makedirs(f"{room.path}/var/www", exist_ok=True)
    ready = room.call("/bin/sh", "-c", PATCH, user="alice")
    equal((ready.returncode, ready.stderr), (0, b""), "a patch made by git")


def series(room, *options):
    """git says on the screen what it does; what sendmail says would be seen among it."""
    return room.call("/usr/bin/git", "send-email", "--quiet", *options, "/home/alice/series",
                     user="alice", cwd="/home/alice/work")


def git(room):
    done = series(room, "--to=bob@example.net", "--cc=carol@x.org")
    equal((done.returncode, done.stderr), (0, b""), "exit of git, its errors")
    equal(b"sendmail: " in done.stdout, False, "words of ours")
    mail = room.mail()
    room.logged("sendmail", ALICE)
    envelope(mail, "alice@example.com", "bob@example.net", "carol@x.org")
    header(mail, From="=?UTF-8?q?M=C3=A9=20User?= <me@x.org>", To="bob@example.net",
           Cc="carol@x.org", Subject="[PATCH] Add a dot")
    matches(mail.fields("X-Mailer")[0], "^git-send-email", "X-Mailer")
    patch = mail.body.decode().replace("\r\n", "\n")
    matches(patch, r"\n\+\.\n\+From abc Mon Sep 17 00:00:00 2001\n", "the patch")
    matches(patch, r"\n-- \n[0-9.]+\n", "the end of the patch")


def git_command(room):
    done = series(room, "--to=bob@example.net", "--envelope-sender=bounce@x.org",
                  "--sendmail-cmd=/usr/lib/sendmail -oi -oem")
    equal((done.returncode, done.stderr), (0, b""), "exit of git, its errors")
    mail = room.mail()
    room.logged("sendmail", ALICE)
    envelope(mail, "bounce@x.org", "bob@example.net")
    header(mail, Subject="[PATCH] Add a dot")


def git_refused(room):
    done = series(room, "--to=reject@x.org")
    equal(done.returncode != 0, True, "git failed")
    matches(done.stderr.decode(), "no such user", "what it said")
    room.nothing()


def script(room, name, *argv, status=0, user="alice", env=None):
    """Run a script as it would be on a server; nothing may be printed when all is well."""
    if status == 0:
        return room.silent(*argv, user=user, env=env).stderr
    done = room.call(*argv, user=user, env=env)
    equal(done.returncode, status, f"exit of {name}, which said {done.stderr!r}")
    return done.stderr


def others_have_it(room, sender):
    """One recipient was refused, and the caller was told; the other two were not."""
    room.logged("sendmail", ALICE, "EX_UNAVAILABLE")
    envelope(room.mail(), sender, "carol@x.org", "dave@x.org")


def php(room):
    script(room, "php", PHP_PROGRAM, "-r", PHP % "bob@example.net")
    mail = room.mail()
    room.logged("sendmail", ALICE)
    envelope(mail, "bounce@x.org", "bob@example.net", "carol@x.org", "dave@x.org")
    header(mail, From="Me <me@x.org>", To="bob@example.net", Cc="carol@x.org",
           Subject="a subject")
    body(mail, "line one\n.\nline two\nthree\n")


def php_bare(room):
    script(room, "php", PHP_PROGRAM, "-r", 'exit(mail("bob@example.net", "a subject", "hi") '
           "? 0 : 9);", user="www-data", env={})
    mail = room.mail()
    room.logged("sendmail", room.owner("www-data")[0])
    envelope(mail, "www-data@example.com", "bob@example.net")
    header(mail, From="www-data <www-data@example.com>", To="bob@example.net")
    body(mail, "hi\n")


def php_attack(room):
    before = set(os.listdir(f"{room.path}/tmp"))
    room.call(PHP_PROGRAM, "-r", PHP_ATTACK, user="www-data", env={})
    equal(set(os.listdir(f"{room.path}/tmp")) - before, set(), "new files in /tmp")
    room.logged("sendmail", room.owner("www-data")[0])
    envelope(room.mail(), "www-data@example.com", "bob@example.net", "me@x.org")


def php_nowhere(room):
    """Debian's www-data has a home in which only root can make a queue."""
    room.go_down()
    try:
        done = room.call(PHP_PROGRAM, "-r", 'exit(mail("bob@example.net", "a subject", "hi") ? 0 '
                         ": 9);", user="www-data", env={})
    finally:
        room.come_back()
    equal(done.returncode, 9, f"exit of PHP, which said {done.stderr!r}")
    matches(done.stderr.decode(), "sendmail: .*/var/www/.local.*Permission denied", "words")
    matches(done.stderr.decode(), "install -d -o www-data -m 700 /var/lib/postrider/www-data",
            "what root can do")
    room.logged("sendmail", room.owner("www-data")[0], "EX_CANTCREAT")


def php_waits(room):
    script(room, "php", PHP_PROGRAM, "-r", 'exit(mail("bob@example.net", "a subject", "hi") '
           "? 0 : 9);", user="www-data", env={})
    listed = room.call("/usr/bin/mailq", user="www-data", env={}).stdout.decode()
    matches(listed, r"(?s)www-data@example\.com\n.*bob@example\.net", "the queue")
    envelope(room.mail(), "www-data@example.com", "bob@example.net")


def php_place(room):
    """What root does then: the mail waits there, and goes when the server is back."""
    folder = f"{room.path}/var/lib/postrider/www-data"
    os.makedirs(folder, 0o755)
    os.chown(folder, *room.owner("www-data"))
    os.chmod(folder, 0o700)
    try:
        late.late(room, php_waits)
    finally:
        # A runner may still be at its end there.
        os.rename(f"{room.path}/var/lib/postrider", f"{room.path}/var/lib/gone")
        shutil.rmtree(f"{room.path}/var/lib/gone", ignore_errors=True)


def php_refused(room):
    said = script(room, "php", PHP_PROGRAM, "-r", PHP % "reject@x.org", status=9)
    matches(said.decode(), "no such user", "what was said")
    others_have_it(room, "bounce@x.org")


def mime_lite(room):
    script(room, "perl", "/usr/bin/perl", "-e", MIME_LITE % "bob@example.net")
    mail = room.mail()
    room.logged("sendmail", ALICE)
    envelope(mail, "me@x.org", "bob@example.net", "carol@x.org", "dave@x.org")
    header(mail, From="me@x.org", To="bob@example.net", Cc="carol@x.org", Subject="a subject")
    body(mail, DOTS)


def mime_lite_refused(room):
    done = room.call("/usr/bin/perl", "-e", MIME_LITE % "reject@x.org", user="alice")
    equal(done.returncode != 0, True, "MIME::Lite failed")
    others_have_it(room, "me@x.org")


def email_sender(room):
    script(room, "perl", "/usr/bin/perl", "-e", EMAIL_SENDER % (("bob@example.net",) * 2))
    mail = room.mail()
    room.logged("sendmail", ALICE)
    envelope(mail, "env@x.org", "bob@example.net", "carol@x.org")
    header(mail, From="me@x.org", To="bob@example.net", Subject="a subject", Cc=None)
    body(mail, DOTS)


def email_sender_refused(room):
    done = room.call("/usr/bin/perl", "-e", EMAIL_SENDER % (("reject@x.org",) * 2), user="alice")
    equal(done.returncode != 0, True, "Email::Sender threw")
    matches(done.stderr.decode(), "error when closing pipe|no such user", "what it said")
    room.logged("sendmail", ALICE, "EX_UNAVAILABLE")


def mailer(room):
    script(room, "perl", "/usr/bin/perl", "-e", MAILER)
    mail = room.mail()
    room.logged("sendmail", ALICE)
    envelope(mail, "alice@example.com", "bob@example.net", "dave@x.org")
    header(mail, From=OURS, To="bob@example.net", Subject="a subject")
    body(mail, "hi\n")


def ruby(room):
    script(room, "ruby", "/usr/bin/ruby", "-W0", "-e", RUBY)
    mail = room.mail()
    room.logged("sendmail", ALICE)
    envelope(mail, "me@x.org", "bob@example.net", "root@example.com", "dave@x.org")
    header(mail, From="me@x.org", Subject="=?UTF-8?Q?Gr=C3=BC=C3=9Fe?=")
    matches(mail.fields("To")[0], r"^bob@example\.net,\s+root@example\.com$", "To")
    body(mail, DOTS)


def node(room):
    script(room, "node", "/usr/bin/node", "-e", NODE % "bob@example.net")
    mail = room.mail()
    room.logged("sendmail", ALICE)
    envelope(mail, "me@x.org", "bob@example.net", "carol@x.org", "dave@x.org")
    header(mail, From="Me <me@x.org>", To="bob@example.net", Cc="carol@x.org",
           Subject="=?UTF-8?Q?Gr=C3=BC=C3=9Fe?=")
    body(mail, DOTS)


def node_refused(room):
    said = script(room, "node", "/usr/bin/node", "-e", NODE % "reject@x.org", status=9)
    matches(said.decode(), "Sendmail exited with code 69", "what nodemailer said")
    others_have_it(room, "me@x.org")
