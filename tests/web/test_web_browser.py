"""A real browser against a real server: forms as visitors send them."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

# Salesforce's own form, with nothing but the action changed.
WEB_TO_LEAD = """<!DOCTYPE html><html><head>
<META HTTP-EQUIV="Content-type" CONTENT="text/html; charset=UTF-8"></head><body>
<form action="{action}" method="POST">
<input type=hidden name="oid" value="00D000000000001">
<input type=hidden name="retURL" value="{thanks}">
<label for="first_name">First Name</label><input id="first_name" maxlength="40" name="first_name" size="20" type="text" /><br>
<label for="last_name">Last Name</label><input id="last_name" maxlength="80" name="last_name" size="20" type="text" /><br>
<label for="email">Email</label><input id="email" maxlength="80" name="email" size="20" type="text" /><br>
<label for="company">Company</label><input id="company" maxlength="40" name="company" size="20" type="text" /><br>
Interests:<select id="00N000000000001" multiple="multiple" name="00N000000000001" title="Interests">
<option value="CRM">CRM</option><option value="Mail">Mail</option></select><br>
<input type="submit" name="submit"></form></body></html>"""

UPLOAD = """<!DOCTYPE html><meta charset="utf-8">
<form action="{action}" method="POST" enctype="multipart/form-data">
<input name="Größe &quot;cm&quot;" value="180"><input type="file" name="cv">
<input type="file" name="none"><button>Send</button></form>"""

LATIN = """<form action="{action}" method="POST" accept-charset="windows-1252"><input type="hidden" name="_charset_">
<input name="city" value="K&ouml;ln"><button>Send</button></form>"""


class _Pages(BaseHTTPRequestHandler):
    pages: ClassVar[dict[str, str]] = {}

    def do_GET(self) -> None:
        body = self.pages.get(self.path.partition("?")[0], "<h1>page</h1>").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: the terminal is the tests'."""


class Site:
    """A website on its own origin."""

    def __init__(self) -> None:
        self.handler = type("Pages", (_Pages,), {"pages": {}})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def publish(self, path: str, page: str) -> str:
        self.handler.pages[path] = page
        return self.origin + path


@pytest.fixture
def sites() -> Iterator[tuple[Site, Site]]:
    pair = Site(), Site()
    yield pair
    for site in pair:
        site.server.shutdown()
        site.server.server_close()


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no browser: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser):
    context = browser.new_context()
    yield context.new_page()
    context.close()


def names_of(web, number: int = -1):
    taken = web.intake.taken[number]
    return web.entrances.get(taken.source).source.names(taken.headers, taken.body)


def test_a_web_to_lead_form_works_with_only_its_action_changed(open_web, make_entrance, sites, page):
    site, _ = sites
    web = open_web(make_entrance("website", auth="public", origins=site.origin, redirects=site.origin))
    thanks = f"{site.origin}/thanks?from=form"
    form = WEB_TO_LEAD.format(action=f"{web.url}/in/website?encoding=UTF-8", thanks=thanks)
    page.goto(site.publish("/contact", form))
    page.fill("#first_name", "Zoë")
    page.fill("#last_name", "O'Brien & Söhne")
    page.fill("#email", "zoe@acme.example")
    page.select_option("select", ["CRM", "Mail"])
    page.click("input[type=submit]")
    page.wait_for_url(thanks)
    names = names_of(web)
    assert names["first_name"] == "Zoë"
    assert names["last_name"] == "O'Brien & Söhne"
    assert names["00N000000000001"] == ("CRM", "Mail")
    assert names["company"] == ""
    assert web.intake.taken[0].state == "new"


def test_a_foreign_websites_form_is_refused(open_web, make_entrance, sites, page):
    site, foreign = sites
    web = open_web(make_entrance("website", auth="public", origins=site.origin))
    page.goto(foreign.publish("/contact", WEB_TO_LEAD.format(action=f"{web.url}/in/website", thanks="")))
    with page.expect_response(f"{web.url}/in/website") as answer:
        page.click("input[type=submit]")
    assert answer.value.status == 403
    assert [taken.state for taken in web.intake.taken] == ["quarantined"]


def test_an_upload_form_gives_the_files_name_and_size(open_web, make_entrance, sites, page):
    site, _ = sites
    web = open_web(make_entrance("website", auth="public", thank_you=f"{site.origin}/thanks"))
    page.goto(site.publish("/apply", UPLOAD.format(action=f"{web.url}/in/website")))
    chosen = {"name": "Lebenslauf Müller.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    page.set_input_files("input[name=cv]", chosen)
    page.click("button")
    page.wait_for_url(f"{site.origin}/thanks")
    assert names_of(web) == {
        'Größe "cm"': "180",
        "cv.filename": "Lebenslauf Müller.pdf",
        "cv.type": "application/pdf",
        "cv.size": "8",
    }


def test_a_form_in_an_old_character_set_is_read(open_web, make_entrance, sites, page):
    site, _ = sites
    web = open_web(make_entrance("website", auth="public", thank_you=f"{site.origin}/thanks"))
    page.goto(site.publish("/old", LATIN.format(action=f"{web.url}/in/website")))
    page.click("button")
    page.wait_for_url(f"{site.origin}/thanks")
    assert names_of(web) == {"_charset_": "windows-1252", "city": "Köln"}


FETCH = """async ([url, type, body]) => {
  try {
    const answer = await fetch(url, {method: "POST", headers: {"content-type": type}, body});
    return [answer.status, await answer.json()];
  } catch (error) { return ["blocked", null]; }
}"""


def test_a_script_of_an_allowed_website_reads_the_answer_and_a_foreign_one_does_not(open_web, make_entrance, sites, page):
    site, foreign = sites
    web = open_web(make_entrance("website", auth="public", origins=site.origin, thank_you=f"{site.origin}/thanks"))
    json_post = [f"{web.url}/in/website", "application/json", '{"email": "a@acme.example"}']
    form_post = [f"{web.url}/in/website", "application/x-www-form-urlencoded", "email=b@acme.example"]
    page.goto(site.publish("/", "<h1>allowed</h1>"))
    for post in (json_post, form_post):
        status, answer = page.evaluate(FETCH, post)
        assert (status, answer["id"]) == (200, list(web.intake.uids.values())[-1])
    page.goto(foreign.publish("/", "<h1>foreign</h1>"))
    assert page.evaluate(FETCH, json_post) == ["blocked", None]
    assert page.evaluate(FETCH, form_post) == ["blocked", None]
    assert [taken.state for taken in web.intake.taken] == ["new", "new", "quarantined"]
