"""Where in a mail or a file a value stood: `leads why` says it."""

from __future__ import annotations

from pathlib import Path

from leadrelay.app import open_app
from leadrelay.engine.importing import Importer
from leadrelay.plans import file_options, open_file
from leadrelay.web.views import LeadFilter
from tests.engine.conftest import Bench, Hand, tables
from tests.support.project import write_project

MAIL = b"""\
From: Hannah Brooks <hannah@brookside.example>
To: sales@ours.example
Subject: Offer
Message-ID: <1@brookside.example>

Please send me an offer for 30 people.

Kind regards
Hannah Brooks
Head of Sales
Brookside Ltd
Tel. +44 20 7946 0321
"""
ROWS = "Name;E-Mail;Firma\nAylin Yilmaz;aylin@yilmaz.example;Yilmaz IT\n"


def reasons(bench: Bench, email: str, topic: str) -> str:
    (lead,) = bench.app.views.leads(LeadFilter(text=email), None, 1).items
    found = bench.app.views.why(lead.uid, topic)
    assert found is not None
    return "\n".join(reason.what for reason in found.reasons)


def test_why_tells_where_in_a_mail_and_in_which_line_of_a_file_a_value_stood(store_url: str, tmp_path: Path, clock: Hand) -> None:
    sources = "  lists: {connector: csvfile}\n"
    app = open_app(write_project(tmp_path, store=store_url, salesforce="http://127.0.0.1:1", sources=sources), {}, clock=clock)
    app.migrate()
    app.keeper.start()
    bench = Bench(app, clock)
    source = app.configuration.settings.sources["lists"]
    options = file_options(app.configuration, source)
    later = b"Mail;Company;Phone;Phone 2\nmia@yilmaz.example;Other;+4930123456;+4930123457\n"
    for name, content in (("mail.eml", MAIL), ("fair.csv", ROWS.encode()), ("fair.csv", later)):
        clock.forward(1000)
        path = tmp_path / name
        path.write_bytes(content)
        Importer(app.database, clock=clock, ids=app.ids).run("lists", path, lambda _, path=path: open_file(source, path, options))
    assert bench.process() == 3
    said = reasons(bench, "hannah@brookside.example", "person.phone")
    assert "captured from lists: mail.eml" in said
    assert "person.phone was read from signature" in said
    assert "display name in From" in reasons(bench, "hannah@brookside.example", "person.last_name")
    said = reasons(bench, "aylin@yilmaz.example", "company.name")
    assert "captured from lists: fair.csv, line 2" in said
    assert "company.name was read from column `Firma` of fair.csv, line 2: 'Yilmaz IT' became Yilmaz IT" in said
    assert "from column `E-Mail` of fair.csv, line 2" in reasons(bench, "aylin@yilmaz.example", "person.email_class")
    said = reasons(bench, "mia@yilmaz.example", "company.name")
    assert "column `Company` of fair.csv, line 2" in said, "each of two files of one name has its own columns"
    assert {row.kind for row in bench.rows(tables.touch)} == {"email", "import"}
    app.close()
