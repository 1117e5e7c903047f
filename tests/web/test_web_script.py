"""`/capture.js`: how it is served, and what it does in a real browser on a website of its own."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from sqlalchemy import select

from leadrelay import serving as service
from leadrelay.app import App, open_app
from leadrelay.store import tables
from leadrelay.web import script
from tests.support.project import ROOT, write_project
from tests.web.conftest import serving

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FOLDER = ROOT / "leadrelay" / "web"


# --- how it is served -----------------------------------------------------------------------------------------------


def test_the_script_is_small_and_may_be_kept(open_web) -> None:
    answer = open_web().client.get("/capture.js")
    assert answer.status_code == 200
    assert len(answer.content) < 3_000
    assert answer.headers["content-type"].startswith("text/javascript")
    assert re.search(r"public, max-age=\d{3,}", answer.headers["cache-control"])
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"


def test_whoever_has_the_script_is_told_that_it_has_not_changed(open_web) -> None:
    client = open_web().client
    etag = client.get("/capture.js").headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}'):
        answer = client.get("/capture.js", headers={"if-none-match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
    assert client.get("/capture.js", headers={"if-none-match": '"other"'}).status_code == 200
    assert client.head("/capture.js").status_code == 200


def test_the_served_form_is_made_of_the_readable_one() -> None:
    digest = hashlib.sha256((FOLDER / "capture.js").read_bytes()).hexdigest()[:16]
    made_of = re.match(r"/\* leadrelay (\w+) \*/", script.SCRIPT.decode("ascii"))
    assert made_of is not None and made_of[1] == digest, "run `python tools/minify_capture.py`"


def test_the_script_needs_nothing_that_a_strict_policy_forbids() -> None:
    text = script.SCRIPT.decode("ascii")
    assert not re.search(r"\beval\b|new Function|innerHTML|document\.write|https?://|setTimeout\(\"", text)


# --- in a browser ---------------------------------------------------------------------------------------------------

SOURCES = """\
  visits:
    connector: webform
    mapping: form
    auth: public
    origins: {origin}
    tracks: true
  contact:
    connector: webform
    mapping: form
    auth: public
    origins: {origin}
    thank_you: {origin}/thanks
"""
PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title>
<script async src="{url}/capture.js" data-source="visits"{attributes}></script></head><body>
<a href="/other" id="away">other</a> <button data-leadrelay-cta="call-me"><b id="cta">Call me</b></button>
<a href="#guide" id="guide" data-leadrelay-content="buyers-guide">Guide</a>
<form data-leadrelay action="{url}/in/contact" method="post">
<input id="first_name" name="first_name"><input id="last_name" name="last_name"><input id="email" name="email">
<button id="send">send</button></form></body></html>"""


class _Pages(BaseHTTPRequestHandler):
    page: ClassVar[str] = ""
    policy: ClassVar[str] = ""

    def do_GET(self) -> None:
        body = self.page.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", self.policy)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: the terminal is the tests'."""


class Website:
    """A website under a strict content policy, whose pages load the script of a running leadrelay."""

    def __init__(self, folder: Path, store: str) -> None:
        self.handler = type("Pages", (_Pages,), {})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        sources = SOURCES.format(origin=self.origin)
        self.app: App = open_app(write_project(folder, store=store, salesforce="http://127.0.0.1:9", sources=sources), {})
        self.app.migrate()
        self.app.keeper.start()
        self._serving = serving(service.make_web(self.app))
        self.url = self._serving.__enter__()

    def publish(self, attributes: str = "") -> None:
        """All pages of the website, with more attributes on the script."""
        self.handler.page = PAGE.format(title="page", url=self.url, attributes=attributes)
        self.handler.policy = (
            f"default-src 'none'; script-src {self.url}; connect-src {self.url}; form-action {self.url} {self.origin}"
        )

    def close(self) -> None:
        self._serving.__exit__(None, None, None)
        self.server.shutdown()
        self.server.server_close()
        self.app.close()

    def decide(self) -> None:
        """Everything that has come in."""
        processor = self.app.processor()
        while processor.run_once():
            pass

    def rows(self, table: Any) -> list[Any]:
        with self.app.database.read() as connection:
            return list(connection.execute(select(table).order_by(table.c.id)))

    def bodies(self) -> list[dict[str, str]]:
        """What was said of each visit, in the order of arrival."""
        return [json.loads(bytes(row.body)) for row in self.rows(tables.submission) if row.source == "visits"]


@pytest.fixture
def website(store_url: str, tmp_path: Path) -> Iterator[Website]:
    made = Website(tmp_path, store_url)
    made.publish()
    yield made
    made.close()


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no browser: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield opened
        opened.close()


class Visitor:
    """A person's browser: the page, what it posted, and what went wrong in it."""

    def __init__(self, context: Any) -> None:
        self.page = context.new_page()
        self.posts: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda one: self.posts.append(one.url) if one.method == "POST" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda one: self.errors.append(one.text) if one.type == "error" else None)

    def open(self, address: str, **more: Any) -> None:
        self.page.goto(address, wait_until="load", **more)
        self.page.wait_for_function("() => window.leadrelay")

    def consent(self, yes: bool = True) -> None:
        self.page.evaluate("yes => leadrelay.consent(yes)", yes)

    def sent(self, act: str = "() => dispatchEvent(new Event('pagehide'))") -> None:
        """Let the page send at once what it has recorded."""
        with self.page.expect_response(re.compile("/in/visits")) as answer:
            self.page.evaluate(act)
        assert answer.value.status == 200

    def stored(self) -> Any:
        return json.loads(self.page.evaluate("() => localStorage.getItem('leadrelay')") or "null")

    def traces(self) -> list[Any]:
        """Everything that the browser keeps for the website."""
        kept = self.page.evaluate("() => [localStorage.length, sessionStorage.length, document.cookie]")
        return [*kept, self.page.context.cookies()]


@pytest.fixture
def visitor(browser) -> Iterator[Visitor]:
    context = browser.new_context()
    made = Visitor(context)
    yield made
    context.close()
    assert made.errors == []


@pytest.mark.browser
def test_nothing_is_stored_or_sent_before_consent(website: Website, visitor: Visitor) -> None:
    visitor.open(f"{website.origin}/?utm_source=ads")
    visitor.page.click("#cta")
    visitor.page.click("#guide")
    visitor.page.evaluate("() => dispatchEvent(new Event('pagehide'))")
    visitor.page.wait_for_timeout(1_500)
    visitor.open(f"{website.origin}/other")
    assert visitor.posts == []
    assert visitor.traces() == [0, 0, "", []]
    assert visitor.page.query_selector("[name=leadrelay_visitor]") is None
    assert website.rows(tables.submission) == []


@pytest.mark.browser
def test_what_a_visitor_did_is_the_leads_after_the_form_with_the_landing_page_as_first_touch(
    website: Website, visitor: Visitor
) -> None:
    landing = f"{website.origin}/offer?utm_source=ads&utm_campaign=Autumn+Fair&gclid=click-1"
    visitor.open(landing, referer="https://search.example/")
    visitor.consent()
    visitor.page.click("#cta")
    visitor.page.click("#guide")
    visitor.sent()
    visitor.page.click("#away")
    visitor.page.wait_for_url(f"{website.origin}/other")
    visitor.page.wait_for_function("() => window.leadrelay")
    visitor.consent()
    visitor.sent()
    website.decide()
    assert website.rows(tables.lead) == []
    for name, text in (("first_name", "Anna"), ("last_name", "Weber"), ("email", "anna@weber.example")):
        visitor.page.fill(f"#{name}", text)
    visitor.page.click("#send")
    visitor.page.wait_for_url(f"{website.origin}/thanks")
    visitor.page.wait_for_function("() => window.leadrelay")
    visitor.consent()
    visitor.sent()
    website.decide()
    (lead,) = website.rows(tables.lead)
    touches = sorted(website.rows(tables.touch), key=lambda row: row.at)
    kinds = [row.kind for row in touches]
    assert sorted(kinds[:3]) == ["content_download", "cta_click", "page_view"]
    assert kinds[3:] == ["page_view", "demo_request", "page_view"]
    record = {path: value for _, _, values in json.loads(lead.record)["won"] for path, value in values.items()}
    assert record["first_touch.kind"] == "page_view"
    assert record["first_touch.landing_page"] == record["first_touch.page_url"] == landing
    assert (record["first_touch.utm_source"], record["first_touch.utm_campaign"]) == ("ads", "Autumn Fair")
    assert (record["first_touch.gclid"], record["first_touch.referrer"]) == ("click-1", "https://search.example/")
    assert (record["last_touch.kind"], record["last_touch.utm_source"]) == ("demo_request", "ads")
    assert "first" not in visitor.stored(), "the campaign is kept until the form is posted"


@pytest.mark.browser
def test_the_attribute_of_a_consent_tool_counts_whenever_it_is_set_and_withdrawn(website: Website, visitor: Visitor) -> None:
    visitor.open(website.origin)
    visitor.page.evaluate("() => document.documentElement.setAttribute('data-leadrelay-consent', 'yes')")
    visitor.page.wait_for_function("() => localStorage.getItem('leadrelay')")
    visitor.sent()
    assert visitor.page.input_value("[name=leadrelay_visitor]") == visitor.stored()["id"]
    visitor.page.evaluate("() => document.documentElement.setAttribute('data-leadrelay-consent', 'no')")
    visitor.page.wait_for_function("() => !localStorage.getItem('leadrelay')")
    assert visitor.page.input_value("[name=leadrelay_visitor]") == ""
    before = list(visitor.posts)
    visitor.page.click("#cta")
    visitor.page.wait_for_timeout(1_300)
    assert visitor.posts == before
    assert len(website.bodies()) == 1


@pytest.mark.browser
@pytest.mark.parametrize("signal", ["globalPrivacyControl: true", "doNotTrack: '1'"])
def test_a_browser_that_asks_not_to_be_tracked_is_not_even_with_consent(website: Website, visitor: Visitor, signal: str) -> None:
    name, value = signal.split(": ")
    visitor.page.add_init_script(f"Object.defineProperty(Navigator.prototype, '{name}', {{get: () => {value}}})")
    visitor.open(website.origin)
    visitor.consent()
    visitor.page.wait_for_timeout(1_300)
    assert (visitor.posts, visitor.traces()) == ([], [0, 0, "", []])
    website.publish(' data-dnt="ignore"')
    visitor.open(website.origin)
    visitor.consent()
    visitor.sent()


@pytest.mark.browser
def test_a_visitor_is_the_same_one_until_the_days_are_over(website: Website, visitor: Visitor) -> None:
    website.publish(' data-days="30"')
    visitor.open(website.origin)
    visitor.consent()
    visitor.sent()
    first = visitor.stored()
    left = visitor.page.evaluate("until => until - Date.now()", first["until"]) / 86_400_000
    assert 29.9 < left <= 30
    visitor.open(f"{website.origin}/other")
    visitor.consent()
    visitor.sent()
    assert visitor.stored()["id"] == first["id"]
    visitor.page.evaluate("kept => localStorage.setItem('leadrelay', JSON.stringify(kept))", {**first, "until": 1})
    visitor.open(website.origin)
    visitor.consent()
    visitor.sent()
    assert visitor.stored()["id"] != first["id"]
    ids = [body["leadrelay_visitor"] for body in website.bodies()]
    assert len(ids) == 3 and ids[0] == ids[1] != ids[2]


@pytest.mark.browser
def test_without_storage_or_beacons_the_visits_are_sent_all_the_same(website: Website, visitor: Visitor) -> None:
    visitor.page.add_init_script(
        "delete Navigator.prototype.sendBeacon;"
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('denied'); }});"
    )
    visitor.open(website.origin)
    visitor.consent()
    visitor.sent()
    assert [body["leadrelay_visit"] for body in website.bodies()] == ["page_view"]


@pytest.mark.browser
def test_a_browser_that_is_too_old_for_it_is_left_alone(website: Website, visitor: Visitor) -> None:
    visitor.page.add_init_script("Object.defineProperty(Document.prototype, 'currentScript', {get: () => undefined})")
    visitor.open(website.origin)
    visitor.consent()
    visitor.page.wait_for_timeout(1_300)
    assert (visitor.posts, visitor.traces()) == ([], [0, 0, "", []])


def test_visits_for_a_source_that_takes_none_are_refused(website: Website) -> None:
    body = '{"leadrelay_visits":[{"id":"a","kind":"page_view"}],"visitor":"0123456789abcdef"}'
    answer = httpx.post(f"{website.url}/in/contact", content=body, headers={"origin": website.origin}, trust_env=False)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "no_visits")
    assert website.rows(tables.submission) == []
