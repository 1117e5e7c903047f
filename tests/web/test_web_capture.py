"""Captures over real sockets: what is answered, and what is durable by then."""

from __future__ import annotations

import logging
import socket
import threading
import time

import pytest

from leadrelay.engine.captures import Unavailable
from leadrelay.web.capture import masked_path
from leadrelay.web.entrances import Entrances
from leadrelay.web.server import MaskTokens

PATH = "/in/demo/s3cret-token"


@pytest.fixture
def web(open_web, make_entrance):
    return open_web(make_entrance("demo", redirects=["https://a.example"]))


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (PATH, {}),
        (PATH + "/", {}),
        ("/in/demo", {"authorization": "Bearer s3cret-token"}),
        ("/in/demo/", {"authorization": "Bearer s3cret-token"}),
        (PATH + "?encoding=UTF-8", {}),
    ],
)
def test_a_post_is_answered_with_its_id(web, path, headers):
    answer = web.client.post(path, data={"email": "a@b.example"}, headers=headers)
    assert answer.status_code == 200
    assert answer.json() == {"id": next(iter(web.intake.uids.values()))}
    (taken,) = web.intake.taken
    assert (taken.source, taken.state, taken.body, taken.received_at) == ("demo", "new", b"email=a%40b.example", web.now[0])
    assert "authorization" not in taken.headers


def test_nobody_is_answered_before_the_commit(web):
    web.intake.gate.clear()
    answers = []
    poster = threading.Thread(target=lambda: answers.append(web.client.post(PATH, json={"a": "b"})))
    poster.start()
    time.sleep(0.15)
    assert answers == []
    web.intake.gate.set()
    poster.join(5)
    assert answers[0].status_code == 200


def test_a_repeated_post_is_answered_with_the_first_ones_id(web):
    answers = [web.client.post(PATH, json={"submission_id": "1", "n": n}).json() for n in (1, 2)]
    assert answers[0] == answers[1]
    assert b'leadrelay_captures_total{result="duplicate",source="demo"} 1.0' in web.metrics.page()


def test_a_browser_form_is_sent_to_its_thank_you_page(web):
    answer = web.client.post(PATH, data={"email": "a", "retURL": "https://a.example/thanks"})
    assert (answer.status_code, answer.headers["location"]) == (303, "https://a.example/thanks")
    assert len(web.intake.taken) == 1
    answer = web.client.post(PATH, data={"email": "b", "retURL": "https://evil.example/thanks"})
    assert (answer.status_code, "location" in answer.headers) == (200, False)
    assert len(web.intake.taken) == 2


@pytest.mark.parametrize(
    ("request_", "status", "state"),
    [
        ({"url": "/in/demo/wrong", "data": {"a": "b"}}, 401, "quarantined"),
        ({"url": "/in/demo", "data": {"a": "b"}}, 401, "quarantined"),
        ({"url": "/in/demo/a/b/c", "data": {"a": "b"}}, 401, "quarantined"),
        ({"url": PATH, "content": b"", "headers": {"content-type": "application/json"}}, 400, "rejected"),
        ({"url": PATH, "content": b"{", "headers": {"content-type": "application/json"}}, 400, "rejected"),
        ({"url": PATH, "content": b"<adf/>", "headers": {"content-type": "image/svg"}}, 415, "rejected"),
    ],
)
def test_what_is_refused_is_kept_apart_and_explained(web, request_, status, state):
    answer = web.client.post(**request_)
    assert answer.status_code == status
    assert len(answer.json()["error"]["message"]) > 20
    (kept,) = web.intake.taken
    assert (kept.state, bool(kept.reason)) == (state, True)
    assert ("www-authenticate" in answer.headers) is (status == 401)
    assert kept.key.startswith("quarantined:bad_token:") is (status == 401)  # by this people are told of a wrong token


def test_refused_posts_are_kept_up_to_a_number_an_hour(open_web, make_entrance):
    web = open_web(make_entrance("demo", quarantine_per_hour=2))
    for number in range(4):
        assert web.client.post("/in/demo/wrong", data={"n": number}).status_code == 401
    assert len(web.intake.taken) == 2
    web.now[0] += 3_600_000
    web.client.post("/in/demo/wrong", data={"n": 5})
    assert len(web.intake.taken) == 3
    assert b'leadrelay_captures_total{result="quarantined",source="demo"} 5.0' in web.metrics.page()


def test_a_refused_post_does_not_make_the_good_one_look_repeated(web):
    web.client.post("/in/demo/wrong", json={"a": "b"})
    web.client.post(PATH, json={"a": "b"})
    assert len(web.intake.uids) == 2


def test_a_foreign_website_is_refused(open_web, make_entrance):
    web = open_web(make_entrance("demo", auth="public", origins=["https://a.example"]))
    answer = web.client.post("/in/demo", data={"a": "b"}, headers={"origin": "https://evil.example"})
    assert (answer.status_code, web.intake.taken[0].state) == (403, "quarantined")


# --- size ---


def test_a_body_announced_too_large_is_refused_before_it_is_sent(open_web, make_entrance):
    web = open_web(make_entrance("demo", max_body="1 KB"))
    with socket.create_connection(("127.0.0.1", web.port), timeout=5) as connection:
        connection.sendall(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n".encode())
        assert connection.recv(1_000).startswith(b"HTTP/1.1 413 ")
    assert web.intake.taken == []


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_large_body_is_refused_and_its_sender_sees_the_answer(open_web, make_entrance, is_chunked):
    web = open_web(make_entrance("demo", max_body="10 KB"))
    content = (b"x" * 10_000 for _ in range(500)) if is_chunked else b"x" * 5_000_000
    answer = web.client.post(PATH, content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert "10000" in answer.json()["error"]["message"]
    assert web.intake.taken == []


def test_a_body_of_exactly_the_limit_is_taken(open_web, make_entrance):
    web = open_web(make_entrance("demo", max_body=1_000))
    body = b"a=" + b"x" * 998
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert web.client.post(PATH, content=body, headers=headers).status_code == 200
    assert web.client.post(PATH, content=body + b"x", headers=headers).status_code == 413
    assert web.client.post(PATH, content=iter([body]), headers=headers).status_code == 200


def test_a_post_cut_off_half_way_is_not_taken(web):
    with socket.create_connection(("127.0.0.1", web.port), timeout=5) as connection:
        connection.sendall(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nemail=a".encode())
        time.sleep(0.1)
    assert web.client.post(PATH, data={"a": "b"}).status_code == 200
    assert len(web.intake.taken) == 1


# --- rate, outages, names ---


def test_posts_over_the_sources_rate_are_told_when_to_come_again(open_web, make_entrance):
    web = open_web(make_entrance("demo", rate="2/minute"), make_entrance("other"))
    statuses = [web.client.post(PATH, json={"n": n}).status_code for n in range(2)]
    answer = web.client.post(PATH, json={"n": 3})
    assert [*statuses, answer.status_code] == [200, 200, 429]
    assert answer.headers["retry-after"] == "30"
    assert web.client.post("/in/other/s3cret-token", json={"n": 1}).status_code == 200
    web.now[0] += 30_000
    assert web.client.post(PATH, json={"n": 3}).status_code == 200


def test_posts_that_can_not_be_read_count_towards_the_rate(open_web, make_entrance):
    web = open_web(make_entrance("demo", auth="public", rate="2/hour"))
    headers = {"content-type": "application/json"}
    assert [web.client.post("/in/demo", content=b"{", headers=headers).status_code for _ in range(3)] == [400, 400, 429]
    assert len(web.intake.taken) == 2


def test_wrong_tokens_do_not_use_up_a_sources_rate(open_web, make_entrance):
    web = open_web(make_entrance("demo", rate="1/hour"))
    for _ in range(3):
        assert web.client.post("/in/demo/wrong", json={"n": 1}).status_code == 401
    assert web.client.post(PATH, json={"n": 1}).status_code == 200


@pytest.mark.parametrize(("failure", "wait"), [(Unavailable(2.5), "3"), (RuntimeError("a bug"), "5")])
@pytest.mark.parametrize("path", [PATH, "/in/demo/wrong"])
def test_what_can_not_be_stored_is_asked_for_again(web, failure, wait, path):
    web.intake.failure = failure
    answer = web.client.post(path, json={"a": "b"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, wait)
    assert "a bug" not in answer.text


def test_an_unknown_source_is_not_found(web):
    for path in ("/in/nope", "/in/nope/token", "/in/DEMO/s3cret-token", "/in/", "/in/%00", "/in/demo%2F"):
        assert web.client.post(path, json={"a": "b"}).status_code in (404, 401)
    assert web.client.post("/in/nope", json={"a": "b"}).status_code == 404


def test_a_configured_source_is_never_not_found_while_starting_or_closed(open_web, make_entrance):
    web = open_web(loaded=Entrances())
    answer = web.client.post(PATH, json={"a": "b"})
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
    web.entrances.replace([make_entrance("other")], closed=["demo"])
    assert web.client.post(PATH, json={"a": "b"}).status_code == 503
    assert web.client.post("/in/nope", json={"a": "b"}).status_code == 404
    web.entrances.replace([make_entrance("demo")])
    assert web.client.post(PATH, json={"a": "b"}).status_code == 200


def test_a_source_opened_between_two_looks_is_not_unknown(make_entrance):
    table = Entrances([], closed=["demo"])
    assert table.get("demo") is None
    table.replace([make_entrance("demo")])
    assert table.may_open("demo")
    assert not table.may_open("nope")


def test_other_methods(web):
    assert web.client.get("/in/demo").status_code == 200
    assert web.client.head("/in/demo").status_code == 200
    answer = web.client.put(PATH, json={"a": "b"})
    assert (answer.status_code, "POST" in answer.headers["allow"]) == (405, True)
    assert web.intake.taken == []


def test_an_allowed_website_may_ask_with_a_preflight(open_web, make_entrance):
    web = open_web(make_entrance("demo", auth="public", origins=["https://a.example"]))
    asking = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    answer = web.client.options("/in/demo", headers={"origin": "https://a.example"} | asking)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "https://a.example"
    assert "content-type" in answer.headers["access-control-allow-headers"]
    answer = web.client.options("/in/demo", headers={"origin": "https://evil.example"} | asking)
    assert not [name for name in answer.headers if name.startswith("access-control")]
    for body in (b'{"a": "b"}', b"{"):
        answer = web.client.post(
            "/in/demo", content=body, headers={"origin": "https://a.example", "content-type": "application/json"}
        )
        assert answer.headers["access-control-allow-origin"] == "https://a.example"


def test_a_honeypot_is_answered_like_any_post(open_web, make_entrance):
    web = open_web(make_entrance("demo", honeypot="fax"))
    answer = web.client.post(PATH, data={"a": "b", "fax": "1"})
    assert (answer.status_code, web.intake.taken[0].state) == (200, "ignored")


def test_hostile_requests_get_an_answer_and_the_server_lives(web):
    for raw in (
        b"POST /in/demo/\xff\xfe HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na=b",
        b"POST /in/demo/s3cret-token HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Type: \xff\xfe\r\n\r\na=b",
        b"POST /in/demo/s3cret-token HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nOrigin: \xc3\xbc\r\n\r\na=b",
        b"POST /in/demo/s3cret-token HTTP/1.1\r\nHost: x\r\nContent-Length: 9" + b"9" * 30 + b"\r\n\r\na=b",
        b"POST /in/" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na=b",
    ):
        with socket.create_connection(("127.0.0.1", web.port), timeout=5) as connection:
            connection.sendall(raw)
            assert connection.recv(1_000).startswith(b"HTTP/1.1 4")
    assert web.client.post(PATH, data={"a": "b"}).status_code == 200


# --- secrets in logs ---


@pytest.mark.parametrize(
    ("path", "masked"),
    [("/in/demo/tok", "/in/demo/***"), ("/in/demo/a/b?x=1", "/in/demo/***"), ("/in/demo", "/in/demo"), ("/in/demo/", "/in/demo/"),
     ("/api/v1/leads", "/api/v1/leads")],
)  # fmt: skip
def test_tokens_in_paths_are_masked(path, masked):
    assert masked_path(path) == masked


def test_the_servers_access_log_masks_tokens():
    record = logging.LogRecord("uvicorn.access", 20, "", 1, '%s "%s %s HTTP/%s" %d', ("c", "POST", PATH, "1.1", 200), None)
    assert MaskTokens().filter(record)
    assert "s3cret" not in record.getMessage()


def test_no_token_reaches_our_own_log(web, logged):
    for path, headers in ((PATH + "x", {}), ("/in/demo", {"authorization": "Bearer s3cret-tokens"}), (PATH, {})):
        web.client.post(path, data={"a": "b"}, headers=headers)
    web.intake.failure = RuntimeError("a bug")
    web.client.post(PATH, data={"a": "c"})
    assert [entry["event"] for entry in logged] == ["post_refused", "post_refused", "capture_failed"]
    assert "s3cret" not in str(logged)
