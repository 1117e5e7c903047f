"""A private, throw-away Dovecot for tests: own folder, ports, TLS and certificate; it can be killed, kicked and restarted.

As root the whole server runs as `nobody`. Any user name logs in with the one password; mails are put straight into Maildirs.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
import weakref
from pathlib import Path
from typing import Self

import pytest

INSTALL = "apt-get install --no-install-recommends dovecot-imapd"

_CONFIG = """\
protocols = imap
listen = 127.0.0.1
base_dir = {dir}/run
state_dir = {dir}/state
instance_name = {name}
log_path = {dir}/dovecot.log
info_log_path = {dir}/dovecot.log
auth_verbose = yes
auth_failure_delay = 0s
shutdown_clients = yes
mail_fsync = {fsync}

ssl = yes
ssl_cert = <{dir}/cert.pem
ssl_key = <{dir}/key.pem
ssl_min_protocol = TLSv1.2
disable_plaintext_auth = {no_plain}

default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
default_client_limit = 1000
default_process_limit = 200
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:~/Maildir
mailbox_list_index = yes
mail_max_userip_connections = 100
{quota}
auth_mechanisms = plain login{oauth_mechanisms}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
{oauth_passdb}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={dir}/home/%u
}}

namespace inbox {{
  inbox = yes
  separator = /
}}

service imap-login {{
  chroot =
  process_min_avail = 1
  service_count = 0
  inet_listener imap {{
    address = 127.0.0.1 127.0.0.2
    port = {port}
  }}
  inet_listener imaps {{
    address = 127.0.0.1 127.0.0.2
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service auth {{
  user = {user}
}}
service auth-worker {{
  user = {user}
}}
service stats {{
  user = {user}
}}
protocol imap {{
  {capability}
  imap_idle_notify_interval = 2 mins
  mail_plugins = $mail_plugins {imap_quota}
}}
"""


def needs_dovecot() -> None:
    """Skip the test, with the way out, where there is no Dovecot."""
    if not has_dovecot():
        pytest.skip(f"no Dovecot: {INSTALL}")


def has_dovecot() -> bool:
    """Whether a Dovecot can be started on this machine."""
    return _program() is not None


def _program() -> str | None:
    found = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    return found if found and shutil.which("openssl") else None


class PrivateDovecot:
    """One server. `port` speaks plain text and STARTTLS, `tls_port` TLS from the start; `ca_file` is its own certificate.

    `capabilities` replaces what it says it can (to hide IDLE or MOVE), `quota_kb` makes it refuse what is too much, and
    `introspection_url` has it ask there whether an access token is good, which is shown by one of `oauth_mechanisms`.
    """

    host = "127.0.0.1"

    def __init__(
        self,
        folder: Path | None = None,
        password: str = "secret",
        *,
        allows_plain: bool = True,
        quota_kb: int | None = None,
        introspection_url: str | None = None,
        oauth_mechanisms: str = "xoauth2 oauthbearer",
        capabilities: str = "",
        fsync: bool = False,
    ) -> None:
        self._is_own = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="imap-", dir="/tmp"))
        if self._is_own:  # not when it is stopped: it may be started again, and its mails are looked at afterwards
            weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self.password = password
        self.ca_file = str(self.folder / "cert.pem")
        self.port, self.tls_port = _free_ports(2)
        self._allows_plain = allows_plain
        self._quota_kb = quota_kb
        self._introspection_url = introspection_url
        self._oauth_mechanisms = oauth_mechanisms
        self._capabilities = capabilities
        self._fsync = fsync
        self._process: subprocess.Popen[bytes] | None = None
        self._user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())

    # --- life ---

    def start(self, timeout: float = 15.0) -> Self:
        """Start, and wait until it answers."""
        self._write()
        self._process = subprocess.Popen(
            [*self._prefix(), _program() or "dovecot", "-F", "-c", str(self.folder / "dovecot.conf")],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        give_up_at = time.monotonic() + timeout
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > give_up_at:
                self.stop(hard=True)
                raise RuntimeError(f"dovecot did not start; see {self.folder / 'dovecot.log'}")
            time.sleep(0.01)
        return self

    def stop(self, *, hard: bool = False) -> None:
        """End the server and every session process: Dovecot's master alone would leave open sessions running."""
        if self._process is None:
            return
        group = self._process.pid
        _signal_group(group, signal.SIGKILL if hard else signal.SIGTERM)
        give_up_at = time.monotonic() + 3
        while _signal_group(group, 0) and time.monotonic() < give_up_at:
            self._process.poll()
            time.sleep(0.01)
        _signal_group(group, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def restart(self, *, hard: bool = False, down_s: float = 0.0) -> None:
        """Same ports, same mails; every connection drops. `hard`: as in a power cut."""
        self.stop(hard=hard)
        time.sleep(down_s)
        self.start()

    def freeze(self, *, frozen: bool = True) -> None:
        """Have the server accept connections and say nothing, or go on."""
        assert self._process is not None
        _signal_group(self._process.pid, signal.SIGSTOP if frozen else signal.SIGCONT)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self.freeze(frozen=False)
        self.stop()
        if self._is_own:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection((self.host, self.port), 1) as link:
            link.settimeout(2)
            return link.recv(200).startswith(b"* OK")
        return False

    def _prefix(self) -> list[str]:
        if os.geteuid() != 0:
            return []
        return ["setpriv", f"--reuid={self._user.pw_uid}", f"--regid={self._user.pw_gid}", "--clear-groups", "--"]

    def _write(self) -> None:
        for name in ("run", "state", "home"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        if not Path(self.ca_file).exists():
            command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=localhost"
            command += " -addext subjectAltName=DNS:localhost,IP:127.0.0.1"
            paths = ["-keyout", str(self.folder / "key.pem"), "-out", self.ca_file]
            subprocess.run([*command.split(), *paths], check=True, capture_output=True)
        (self.folder / "dovecot.conf").write_text(self._config())
        self.folder.chmod(0o755)
        self._hand_over(self.folder)

    def _config(self) -> str:
        oauth_passdb = ""
        if self._introspection_url:
            (self.folder / "oauth2.conf.ext").write_text(
                f"introspection_mode = post\nintrospection_url = {self._introspection_url}\nusername_attribute = username\n"
                "active_attribute = active\nactive_value = true\ntokeninfo_url =\nrawlog_dir =\n"
            )
            oauth_passdb = "passdb {\n  driver = oauth2\n  mechanisms = "
            oauth_passdb += f"{self._oauth_mechanisms}\n"
            oauth_passdb += f"  args = {self.folder}/oauth2.conf.ext\n}}\n"
        quota = ""
        if self._quota_kb:
            quota = "mail_plugins = quota\nplugin {\n  quota = maildir:User quota\n  quota_grace = 0\n"
            quota += f"  quota_rule = INBOX:ignore\n  quota_rule2 = *:storage={self._quota_kb}K\n}}\n"
        return _CONFIG.format(
            dir=self.folder, name=f"private-{uuid.uuid4().hex[:8]}", user=self._user.pw_name,
            group=grp.getgrgid(self._user.pw_gid).gr_name, uid=self._user.pw_uid, gid=self._user.pw_gid,
            password=self.password, port=self.port, tls_port=self.tls_port, quota=quota, oauth_passdb=oauth_passdb,
            no_plain="no" if self._allows_plain else "yes", fsync="always" if self._fsync else "never",
            imap_quota="imap_quota" if self._quota_kb else "",
            oauth_mechanisms=f" {self._oauth_mechanisms}" if self._introspection_url else "",
            capability=f"imap_capability = {self._capabilities}" if self._capabilities else "",
        )  # fmt: skip

    def _hand_over(self, path: Path) -> None:
        """Give a folder and what is in it to the user that the server runs as."""
        if os.geteuid() == 0:
            for one in (path, *path.rglob("*")):
                os.chown(one, self._user.pw_uid, self._user.pw_gid)

    # --- mails and faults ---

    def maildir(self, user: str, box: str = "INBOX") -> Path:
        """The folder of a mailbox."""
        base = self.folder / "home" / user / "Maildir"
        return base if box == "INBOX" else base / ("." + box.replace("/", "."))

    def deliver(self, user: str, raw: bytes, box: str = "INBOX") -> Path:
        """Write a mail as a mail server does (tmp, then new): its bytes arrive exactly as they are given."""
        maildir = self.maildir(user, box)
        if not (maildir / "new").exists():
            self._make(maildir)
        name = f"{time.time_ns()}.{uuid.uuid4().hex}.test"
        (maildir / "tmp" / name).write_bytes(raw)
        self._hand_over(maildir / "tmp" / name)
        (maildir / "tmp" / name).rename(maildir / "new" / name)
        return maildir / "new" / name

    def _make(self, maildir: Path) -> None:
        """Make a mailbox at one go: a server that looks at it meanwhile would find a folder that it may not write to."""
        made = self.folder / "home" / f"made-{uuid.uuid4().hex}"
        for name in ("tmp", "new", "cur"):
            (made / name).mkdir(parents=True)
        for parent in (maildir.parent.parent, maildir.parent):
            if not parent.exists():
                parent.mkdir()
                self._hand_over(parent)
        self._hand_over(made)
        try:
            made.rename(maildir)
        except OSError:  # the server has made it meanwhile, or begun to
            shutil.rmtree(made)
            for name in ("tmp", "new", "cur"):
                (maildir / name).mkdir(exist_ok=True)
            self._hand_over(maildir)

    def mails(self, user: str, box: str = "INBOX") -> list[Path]:
        """The files of a mailbox' mails."""
        maildir = self.maildir(user, box)
        return sorted(path for name in ("new", "cur") if (maildir / name).exists() for path in (maildir / name).iterdir())

    def kick(self, user: str) -> None:
        """Drop this user's connections; the server stays up."""
        command = [*self._prefix(), "doveadm", "-c", str(self.folder / "dovecot.conf"), "kick", user]
        subprocess.run(command, capture_output=True, check=False)

    def reset_uidvalidity(self, user: str, box: str = "INBOX") -> None:
        """Same mails, new UIDVALIDITY and new UIDs: what the move of a mail server looks like."""
        self.kick(user)
        time.sleep(2.1)  # Dovecot numbers by the second: a folder that is opened only now must not get its number again
        self.kick(user)
        for path in self.maildir(user, box).glob("dovecot*"):
            if path.is_file():
                path.unlink(missing_ok=True)
        for pattern in ("dovecot-uidvalidity*", "dovecot.list.index*"):
            for path in self.maildir(user).glob(pattern):
                path.unlink(missing_ok=True)

    def renumber_alike(self, user: str, box: str = "INBOX") -> None:
        """Number the mails anew from 1 under the UIDVALIDITY that they had, as a carelessly restored mailbox does."""
        folder = self.maildir(user, box)
        listed = folder / "dovecot-uidlist"
        validity = next(word for word in listed.read_text().split("\n", 1)[0].split() if word.startswith("V"))
        self.kick(user)
        for index in folder.glob("dovecot.index*"):
            index.unlink()
        listed.write_text(f"3 {validity} N1\n")


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _signal_group(group: int, number: int) -> bool:
    """Signal a process group; False when it is gone."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True
