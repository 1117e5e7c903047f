"""`notify test` and `notify list`, and what `check` says of a wrong `notify:`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import SETTINGS, Type
from tests.support.receivers import mail_server, web_server


def write(folder: Path, notify: str) -> None:
    (folder / "leadrelay.yaml").write_text(f"{SETTINGS}notify:\n{notify}", encoding="utf-8")


def test_a_test_message_says_what_each_server_answered(folder: Path, leadrelay: Type) -> None:
    with mail_server() as mails, web_server() as hook:
        write(
            folder,
            f"""\
  targets:
    it: {{smtp: {{host: 127.0.0.1, port: {mails.port}, tls: off, from: lr@acme.example, to: it@acme.example}}, role: it}}
    chat: {{webhook: {{url: "{hook.url}"}}, alerts: sink_paused}}
""",
        )
        ended = leadrelay("notify", "test")
        assert (ended.status, ended.out) == (0, "it: sent: 250 2.0.0 taken\nchat: sent: 200 ok\n")
        assert mails.mails[0]["Subject"] == "[leadrelay] Test: Alerts of leadrelay arrive here"
        hook.status, hook.said = 404, b"no_team at /hook/s3cret-path-of-the-hook"
        failed = leadrelay("notify", "test", "chat", "--json")
        assert failed.status == 1
        assert failed.document["chat"] == {
            "sent": False,
            "answer": "the webhook answers 404: no_team at /hook/s3cret-path-of-the-hook",
        }
    assert leadrelay("notify", "test", "pager").status == 2
    listed = leadrelay("notify", "list", "--json").document
    assert [row["target"] for row in listed] == ["it", "chat"]
    assert listed[1]["alerts"] == ["sink_paused"]
    assert "disk_full" in listed[0]["alerts"]
    assert "sink_paused" not in listed[0]["alerts"]
    assert leadrelay("doctor").out.count("nothing told yet") == 2


def test_without_targets_it_is_said_that_nobody_is_told(folder: Path, leadrelay: Type) -> None:
    assert leadrelay("notify", "test").status == 1
    assert "Nobody is told" in leadrelay("notify", "list").out


MAIL = "host: m, from: a@b.example, to: x@b.example"
WRONG = {
    "an unknown kind": (f"{{smtp: {{{MAIL}}}, alerts: [sink_pausd]}}", "18:", "Did you mean `sink_paused`?"),
    "an unknown role": (f"{{smtp: {{{MAIL}}}, role: bosses}}", "18:", "`bosses` is no value"),
    "no way": ("{role: it}", "17:5", "either `smtp:` or `webhook:`"),
    "no address": ("smtp: {host: m, from: nobody, to: x@b.example}", "18:29", "wants a mail address"),
    "nobody to write to": ("smtp: {host: m, from: a@b.example}", "18:", "`to` is missing"),
    "an unknown way of TLS": (f"smtp: {{{MAIL}, tls: ssl}}", "18:64", "starttls, implicit, off"),
    "a password in clear": (f"smtp: {{{MAIL}, tls: off, user: u, password: '${{CRM_SECRET}}'}}", "18:7", "the password in clear"),
    "half a login": (f"smtp: {{{MAIL}, user: u}}", "18:7", "`user` and `password` together"),
    "plain http": ('webhook: {url: "http://chat.acme.example/x"}', "18:22", "wants `https://`"),
    "an unknown key": ("webhok: {url: https://chat.acme.example/x}", "18:7", "Did you mean `webhook`?"),
}


@pytest.mark.parametrize(("target", "place", "said"), WRONG.values(), ids=WRONG.keys())
def test_check_names_what_is_wrong_with_its_line_and_column(
    folder: Path, leadrelay: Type, target: str, place: str, said: str
) -> None:
    write(folder, f"  targets:\n    it:\n      {target}\n")
    ended = leadrelay("check")
    assert ended.status == 2
    assert f"leadrelay.yaml:{place}" in ended.err, ended.err
    assert said in ended.err, ended.err
    assert "s3cret" not in ended.err


def test_a_right_one_is_all_right_and_a_literal_secret_is_warned_of(folder: Path, leadrelay: Type) -> None:
    write(
        folder, "  remind: off\n  targets: {chat: {webhook: {url: https://hooks.chat.example/T0/B0/x}, role: [it, marketing]}}\n"
    )
    ended = leadrelay("check")
    assert ended.status == 0
    assert "the secret `notify.targets.chat.webhook.url` stands in the file itself" in ended.err


@pytest.mark.parametrize(("given", "said"), [("seldom", "wants a duration"), ("5 s", "wants at least")])
def test_reminders_are_off_or_not_too_often(folder: Path, leadrelay: Type, given: str, said: str) -> None:
    write(folder, f"  remind: {given}\n")
    ended = leadrelay("check")
    assert "leadrelay.yaml:16:11: " in ended.err
    assert said in ended.err
