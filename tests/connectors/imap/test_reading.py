"""What is fetched from a real mailbox, how far it was read, and where mails go afterwards."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from imapclient import IMAPClient

from connectors.base import Retry
from core.mail.keys import mail_key
from tests.connectors.imap.conftest import Box, keys, read_all
from tests.support.dovecot import PrivateDovecot, needs_dovecot
from tests.support.mailbox import make_mail
from tests.support.project import ROOT


def _client(box: Box) -> IMAPClient:
    client = IMAPClient(box.server.host, port=box.server.port, ssl=False, timeout=10)
    client.login(box.user, box.server.password)
    client.select_folder("INBOX")
    return client


def test_mails_come_once_in_order_and_are_moved_when_they_are_kept(box: Box) -> None:
    box.deliver(*(make_mail(number) for number in range(25)))
    fetches, _ = read_all(box.source(done_folder="Done/Kept"), limit=10)
    assert [len(fetch.items) for fetch in fetches] == [10, 10, 5]
    assert keys(fetches) == [mail_key(make_mail(number))[0] for number in range(25)]
    assert (box.count(), box.count("Done/Kept")) == (0, 25)


def test_a_mail_that_a_person_has_read_first_comes_too_and_an_unread_one_stays_unread(box: Box) -> None:
    box.deliver(make_mail(1), make_mail(2))
    client = _client(box)
    client.add_flags([1], [b"\\Seen", b"\\Answered"])
    fetches, _ = read_all(box.source())
    assert len(keys(fetches)) == 2
    assert client.search(["UNSEEN"]) == [2]
    client.logout()


def test_the_time_is_that_of_the_mail_servers_receipt(box: Box) -> None:
    path = box.server.deliver(box.user, make_mail(1))
    fetch = box.source().fetch("", 10)
    assert abs((fetch.items[0].submitted_at or 0) / 1000 - path.stat().st_mtime) < 2


def test_without_a_done_folder_mails_stay_and_are_not_read_again(box: Box) -> None:
    source = box.source()
    box.deliver(make_mail(1), make_mail(2))
    _, position = read_all(source)
    assert source.fetch(position, 10).items == ()  # `UID 3:*` would answer mail 2 again
    box.deliver(make_mail(3))
    again = box.source().fetch(position, 10)
    assert [item.key for item in again.items] == [mail_key(make_mail(3))[0]]
    assert box.count() == 3


def test_what_a_killed_worker_did_not_move_comes_again_under_its_key_and_is_moved_then(box: Box) -> None:
    box.deliver(make_mail(1), make_mail(2))
    killed = box.source(done_folder="Done")
    first = killed.fetch("", 10)
    killed.close()
    fetches, position = read_all(box.source(done_folder="Done"), first.position)
    assert keys(fetches) == keys([first])
    assert position == first.position
    assert (box.count(), box.count("Done")) == (0, 2)


def test_what_was_fetched_but_not_committed_is_fetched_again(box: Box) -> None:
    box.deliver(make_mail(1))
    box.source(done_folder="Done").fetch("", 10)
    assert len(keys(read_all(box.source(done_folder="Done"))[0])) == 1


def test_after_a_new_numbering_everything_comes_again_under_the_same_keys(box: Box) -> None:
    box.deliver(*(make_mail(number, message_id=None if number == 3 else "") for number in range(5)))
    first, position = read_all(box.source())
    box.server.reset_uidvalidity(box.user)
    second, later = read_all(box.source(), position)
    assert sorted(keys(first)) == sorted(keys(second))
    assert later != position


def test_a_new_numbering_under_the_old_uidvalidity_is_noticed_until_it_is_committed(box: Box) -> None:
    box.deliver(*(make_mail(number) for number in range(5)))
    first, position = read_all(box.source())
    for path in box.server.mails(box.user):
        path.unlink()
    box.server.renumber_alike(box.user)
    box.deliver(make_mail(7), make_mail(8))
    source = box.source()
    news = [mail_key(make_mail(number))[0] for number in (7, 8)]
    assert keys([source.fetch(position, 10)]) == news
    second, later = read_all(source, position)  # the first fetch was not committed
    assert keys(second) == news
    assert keys(first) != news
    assert keys([box.source().fetch(later, 10)]) == []


def test_new_mails_with_numbers_that_were_read_before_are_not_put_away_unread(box: Box) -> None:
    box.deliver(make_mail(1), make_mail(2))
    _, position = read_all(box.source(done_folder="Done"))
    box.server.renumber_alike(box.user)
    box.deliver(*(make_mail(number) for number in range(3, 7)))
    fetches, _ = read_all(box.source(done_folder="Done"), position)
    assert keys(fetches) == [mail_key(make_mail(number))[0] for number in range(3, 7)]
    assert (box.count(), box.count("Done")) == (0, 6)


def test_the_position_of_another_folder_says_nothing_of_this_one(box: Box) -> None:
    box.deliver(make_mail(1))
    _, position = read_all(box.source())
    box.server.deliver(box.user, make_mail(2), "Other")
    fetch = box.source(folder="Other").fetch(position, 10)
    assert [item.key for item in fetch.items] == [mail_key(make_mail(2))[0]]


def test_of_an_oversize_mail_the_headers_and_the_beginning_are_kept(box: Box) -> None:
    box.deliver(make_mail(1, padding=300_000), make_mail(2))
    fetch = box.source(max_size="100 KB").fetch("", 10)
    large, small = fetch.items
    assert large.state == "new"
    assert int(large.headers["x-leadrelay-oversize"]) > 300_000
    assert large.body.startswith(b"From: Pat Nr1")
    assert b"an offer for 1 seats" in large.body
    assert 65_000 < len(large.body) < 70_000
    assert "x-leadrelay-oversize" not in small.headers
    assert large.key == box.source(max_size="100 KB").fetch("", 10).items[0].key


def test_many_large_mails_are_not_held_in_memory_at_once(box: Box) -> None:
    box.deliver(*(make_mail(number, padding=3_000_000) for number in range(8)))
    fetches, _ = read_all(box.source())
    assert len(keys(fetches)) == 8
    assert max(sum(len(item.body) for item in fetch.items) for fetch in fetches) < 13_000_000


def test_a_mail_of_30_megabytes_takes_little_memory(box: Box) -> None:
    box.deliver(make_mail(1, padding=30_000_000))
    script = f"""
import resource
from connectors.imap.config import ImapConfig
from connectors.imap.source import ImapSource
source = ImapSource(ImapConfig(host="127.0.0.1", port="{box.server.port}", tls="off", user="{box.user}", password="secret"), None)
source.probe()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert len(source.fetch("", 100).items) == 1
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 5_000, "kilobytes more"


def test_a_mail_that_can_not_be_had_costs_only_itself(box: Box) -> None:
    paths: list[Path] = [box.server.deliver(box.user, make_mail(number)) for number in range(5)]
    paths[2].chmod(0)
    source = box.slow_source(done_folder="Done", failed_folder="Failed")
    items, position = [], ""
    for _ in range(40):
        try:
            fetch = source.fetch(position, 100)
        except Retry:
            box.now += 1
            continue
        items += fetch.items
        position = fetch.position
        source.settle(fetch)
        if fetch.items and len(items) == 4:
            assert box.now < 5, "the others must not wait for it"
        box.now += 15
    assert [item.state for item in items] == ["new"] * 4 + ["rejected"]
    assert "can not hand over this mail (UID 3 of `INBOX`)" in items[-1].reason
    assert (box.count(), box.count("Done"), box.count("Failed")) == (0, 4, 1)


def test_a_mail_that_can_be_had_later_is_a_lead_after_all(box: Box) -> None:
    path = box.server.deliver(box.user, make_mail(1))
    path.chmod(0)
    source = box.slow_source()
    position = ""
    for _ in range(4):
        try:
            position = source.fetch(position, 100).position
        except Retry:
            box.now += 1
    for name in ("new", "cur"):
        for found in (box.server.maildir(box.user) / name).iterdir():
            found.chmod(0o600)
    box.now += 4_000
    assert [item.state for item in source.fetch(position, 100).items] == ["new"]


# --- putting away ---------------------------------------------------------------------------------------------------


def test_without_move_a_mail_is_copied_and_what_a_person_has_marked_as_deleted_stays() -> None:
    needs_dovecot()
    with PrivateDovecot(capabilities="IMAP4rev1 SASL-IR LITERAL+ ID ENABLE IDLE UIDPLUS") as server:
        box = Box(server)
        box.deliver(make_mail(1))
        client = _client(box)
        source = box.source(done_folder="Done")
        first = source.fetch("", 10)
        box.deliver(make_mail(2))
        client.noop()
        client.add_flags([2], [b"\\Deleted"])
        source.settle(first)
        assert (box.count(), box.count("Done")) == (1, 1)
        client.logout()
        source.close()


def test_without_uidplus_a_copied_mail_is_marked_and_not_copied_again() -> None:
    needs_dovecot()
    with PrivateDovecot(capabilities="IMAP4rev1 SASL-IR LITERAL+ ID ENABLE IDLE") as server:
        box = Box(server)
        box.deliver(make_mail(1))
        source = box.source(done_folder="Done")
        _, position = read_all(source)
        read_all(source, position)
        assert (box.count(), box.count("Done")) == (1, 1)
        source.close()


def test_when_there_is_no_room_mails_stay_and_fetching_goes_on() -> None:
    needs_dovecot()
    copies = "IMAP4rev1 SASL-IR LITERAL+ ID ENABLE IDLE UIDPLUS"  # Dovecot asks for no room when it moves
    with PrivateDovecot(quota_kb=30, capabilities=copies) as server:
        box = Box(server)
        box.deliver(*(make_mail(number, padding=20_000) for number in range(3)))
        source = box.slow_source(done_folder="Done")
        fetch = source.fetch("", 10)
        with pytest.raises(Retry) as refused:
            source.settle(fetch)
        assert refused.value.code == "put_away"
        assert "can not be moved to `Done`" in refused.value.reason
        assert box.count() == 3
        box.deliver(make_mail(4))
        more = source.fetch(fetch.position, 10)
        assert [item.key for item in more.items] == [mail_key(make_mail(4))[0]]
        source.close()


def test_a_done_folder_that_can_not_be_made_leaves_mails_flagged_and_read_once(box: Box) -> None:
    box.deliver(make_mail(1))
    blocker = box.server.maildir(box.user, "Done")
    blocker.write_text("a file stands where the folder would")
    source = box.source(done_folder="Done")
    fetch = source.fetch("", 10)
    with pytest.raises(Retry, match="can not be moved to `Done`"):
        source.settle(fetch)
    client = _client(box)
    assert client.search(["KEYWORD", "LeadrelayDone"]) == [1]
    client.logout()
    assert source.fetch(fetch.position, 10).items == ()
    blocker.unlink()
    read_all(box.source(done_folder="Done"), fetch.position)
    assert (box.count(), box.count("Done")) == (0, 1)


def test_folders_may_have_any_name(box: Box) -> None:
    source = box.source(done_folder="Anfragen/Übernommen & erledigt")
    box.deliver(make_mail(1))
    read_all(source)
    assert "Anfragen/Übernommen & erledigt" in dict(source.probe().facts)["folders"]
    assert box.count() == 0
