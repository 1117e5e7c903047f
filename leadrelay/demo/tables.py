"""The sample file: a trade fair's list as somebody exported it from Excel."""

from __future__ import annotations

NAME = "trade-fair.csv"
ROWS = (
    "Vorname;Nachname;E-Mail-Adresse;Telefon;Firma;Funktion;PLZ;Ort;Bemerkung",
    "Günther;Straßmann;g.strassmann@strassmann.example;0221 5550123;Straßmann & Söhne;Einkauf;50667;Köln;wünscht Angebot",
    'Aylin;Yilmaz;aylin@yilmaz.example;+49 30 5550177;Yilmaz IT;Geschäftsführerin;10115;Berlin;"Demo; Preise"',
    "Anna;Weber;anna.weber@acme.example;030 1234567;Acme GmbH;;;;am Stand getroffen",
    "Björn;Ångström;bjorn@angstrom.example;+46 8 5550 4321;Ångström AB;CTO;;Stockholm;",
    "Günther;Straßmann;g.strassmann@strassmann.example;0221 5550123;Straßmann & Söhne;Einkauf;50667;Köln;wünscht Angebot",
    ";;;;;;;;ohne Namen",
    "",
    "Lena;Vogt;lena.vogt@vogt.example;0351 5550188;Vogt KG;Marketing;01067;Dresden;;;zu;viele;Spalten",
    "Nur Telefon;;;0171 5550199;;;;;bitte anrufen",
)
STORIES = (
    "a trade fair's list from Excel: semicolons, German headers, Windows letters, no mapping",
    "Anna Weber is in it, whom the form knows already; one row stands in it twice",
    "a row that names nobody and one with too many columns are rejected, each with its line and reason",
)


def sample_table() -> bytes:
    """The list as Excel writes it on Windows: semicolons, code page 1252."""
    return ("\r\n".join(ROWS) + "\r\n").encode("cp1252")
