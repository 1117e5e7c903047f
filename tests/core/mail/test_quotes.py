"""Of a mail stays what its author wrote, in many languages and from many mail programs."""

# ruff: noqa: E501 -- mails are easier to read in one line each

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.mail.quotes import own_text, own_words, split_forward, split_signature

PAIRS = Path(__file__).resolve().parents[4] / "shared" / "data" / "mail" / "quotes"

ATTRIBUTIONS = [
    "On Mon, Nov 2, 2026 at 9:14 AM Anna Beispiel <anna@example.org> wrote:",
    "On Mon, Nov 2, 2026 at 9:14 AM Anna Beispiel\n<anna@example.org> wrote:",
    "On Nov 2, 2026, at 9:14 AM, Anna Beispiel\n<anna@example.org<mailto:anna@example.org>> wrote:",
    "At 09:14 AM 11/2/2026, Anna Beispiel wrote:",
    "Am 18.09.2026 um 16:24 schrieb Anna Beispiel <anna@example.org>:",
    "Anna Beispiel <anna@example.org> schrieb am Mo., 2. Nov. 2026\num 09:14 Uhr:",
    "Le lun. 2 nov. 2026 à 09:14, Élodie Lefèvre\n<elodie@example.org> a écrit :",
    "Le 2026-11-02 09:14, Élodie Lefèvre a écrit :",
    "El lun, 2 nov 2026 a las 9:14, Juan Pérez (<juan@example.org>)\nescribió:",
    "Il giorno lun 2 nov 2026 alle ore 09:14 Mario Rossi <mario@example.org> ha\nscritto:",
    "Op 2 nov. 2026 om 09:14 heeft Jan Jansen <jan@example.org> het volgende geschreven:",
    "Op ma 2 nov 2026 om 09:14 schreef Jan Jansen <jan@example.org>:",
    "Em seg., 2 de nov. de 2026 às 09:14, João Silva <joao@example.org>\nescreveu:",
    "W dniu 2.11.2026 o 09:14, Jan Kowalski pisze:",
    "pon., 2 lis 2026 o 09:14 Jan Kowalski <jan@example.org> napisał(a):",
    "Den mån 2 nov. 2026 kl 09:14 skrev Anna Svensson <anna@example.org>:",
    "man. 2. nov. 2026 kl. 09.14 skrev Ola Nordmann <ola@example.org>:",
    "Dne 2. 11. 2026 9:14 \"Jan Novák\" <jan@example.org> napsal(a):",
    "po 2. 11. 2026 v 9:14 odesílatel Jan Novák <jan@example.org> napsal:",
    "ma 2. marrask. 2026 klo 9.14 Matti <matti@example.org> kirjoitti:",
    "Kovács Anna <anna@example.org> ezt írta (időpont: 2026. nov. 2., H, 9:14):",
    "Anna <anna@example.org>, 2 Kas 2026 Pzt, 09:14 tarihinde şunu yazdı:",
    "пн, 2 нояб. 2026 г. в 09:14, Иван Иванов <ivan@example.org>:",
    "2 ноября 2026 г., 09:14 пользователь Иван <ivan@example.org> написал:",
    "02.11.2026 09:14, Иван Иванов пишет:",
    "2026年11月2日(月) 9:14 太郎 山田 <taro@example.org>:",
    "在 2026年11月2日 上午9:14，张伟 <wei@example.org> 写道：",
    "2026년 11월 2일 (월) 오전 9:14, 김철수 <kim@example.org>님이 작성:",
    "2026-11-02 09:14 GMT+01:00 Anna Beispiel <anna@example.org>:",
    "Quoting Anna <anna@example.org>:",
    "-----Original Message-----", "-----Ursprüngliche Nachricht-----", "----- Message d'origine -----", "-----Mensaje original-----",
    "-----Messaggio originale-----", "-----Oorspronkelijk bericht-----", "-----Oryginalna wiadomość-----", "-----Ursprungligt meddelande-----",
    "-----Původní zpráva-----", "-----Исходное сообщение-----", "------------------ 原始邮件 ------------------", "*-------- Original Message --------*",
    "---------- Forwarded message ---------", "---------- Weitergeleitete Nachricht ----------", "Begin forwarded message:", "Anfang der weitergeleiteten Nachricht:",
    "Début du message réexpédié :", "---------- Message transféré ---------", "---------- Mensaje reenviado ---------",
    "From: Anna Beispiel <anna@example.org>\nSent: Monday, November 2, 2026 9:14 AM\nTo: Info\nSubject: Quote",
    "*From:* Anna Beispiel <anna@example.org>\n*Sent:* Monday, November 2, 2026 9:14 AM\n*To:* Info\n*Subject:* Quote",
    "________________________________\nVon: Anna Beispiel <anna@example.org>\nGesendet: Montag, 2. November 2026 09:14\nAn: Info\nBetreff: Angebot",
    "De : Élodie <elodie@example.org>\nEnvoyé : lundi 2 novembre 2026 09:14\nÀ : Info\nObjet : Devis",
    "De: Juan <juan@example.org>\nEnviado: lunes, 2 de noviembre de 2026 9:14\nPara: Info\nAsunto: Oferta",
    "Da: Mario <mario@example.org>\nInviato: lunedì 2 novembre 2026 09:14\nA: Info\nOggetto: Offerta",
    "Van: Jan <jan@example.org>\nVerzonden: maandag 2 november 2026 09:14\nAan: Info\nOnderwerp: Offerte",
    "Från: Anna <anna@example.org>\nSkickat: den 2 november 2026 09:14\nTill: Info\nÄmne: Offert",
    "发件人: 张伟 <wei@example.org>\n发送时间: 2026年11月2日 9:14\n收件人: info\n主题: 询价",
]  # fmt: skip


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
@pytest.mark.parametrize("mark", ["> ", ""])
def test_text_above_a_quote_is_kept_and_the_quote_is_not(attribution: str, mark: str) -> None:
    quote = "\n".join(f"{mark}{line}".rstrip() for line in ("How many do you need?", "", "Bob"))
    assert own_text(f"We need five.\n\nAnna\n\n{attribution}\n\n{quote}\n") == "We need five.\n\nAnna"


@pytest.mark.parametrize("footer", [
    "Sent from my iPhone", "Von meinem iPhone gesendet", "Envoyé de mon iPhone", "Enviado desde mi iPhone", "Inviato da iPhone", "Verstuurd vanaf mijn iPhone",
    "Enviado do meu iPhone", "Wysłane z iPhone'a", "Skickat från min iPhone", "Sendt fra min iPhone", "Odesláno z iPhonu", "Отправлено с iPhone",
    "iPhoneから送信", "发自我的iPhone", "나의 iPhone에서 보냄", "Get Outlook for iOS<https://aka.example/o>", "Sent from Mail for Windows 10", "(sent from a phone)", "Gesendet mit der GMX Mail App",
])  # fmt: skip
def test_line_that_a_telephone_appends_is_left_out(footer: str) -> None:
    assert own_text(f"Yes please.\n\n{footer}\n") == "Yes please."


@pytest.mark.parametrize("text", [
    "On Monday I wrote to you about the price of 12:30 delivery.\nWhat is the status?",
    "We need:\n\n-----\nChairs: 5\n-----\nTables: 3\n\nThanks", "Name: Anna\nEmail: anna@example.org\nMessage: hello",
    "Chairs\n------\n5 of them, please.\nDelivered by\nMay", "> only a quote", "Sent from our office in Berlin we would need a truck, what does that cost for the whole distance to Paris?",
    "| Article | Pieces |\n| Chair   | 5      |", "Ich schrieb Ihnen am 2.11.2026:\nWo bleibt das Angebot?",
])  # fmt: skip
def test_what_only_resembles_a_quote_stays(text: str) -> None:
    assert own_text(text) == text


def test_answers_between_quotes_keep_the_quotes_without_the_line_that_says_who_wrote() -> None:
    text = "On Mon, Nov 2, 2026 at 9:14 AM Bob <bob@example.org> wrote:\n> How many?\n\nFive.\n\n> Where?\n\nBerlin."
    assert own_text(text) == "> How many?\n\nFive.\n\n> Where?\n\nBerlin."
    assert own_words(text) == "Five.\n\n\nBerlin."


def test_answer_below_a_whole_quote_is_kept_alone() -> None:
    assert own_text("Le 2026-11-16 02:22, Bob a écrit :\n> Bonjour\n> Oui\n\nMerci.") == "Merci."


@pytest.mark.parametrize(
    "attribution",
    ["Anna skrev den 2026-11-02 09:14:", "Anna a écrit le 02/11/2026 09:14 :", "2 Nov 2026, 09:14 by anna@example.org:"],
)
def test_line_that_names_first_who_wrote_goes_with_the_quote_below(attribution: str) -> None:
    assert own_text(f"Fine with me.\n\n{attribution}\n> Shall we?\n") == "Fine with me."


def test_answer_between_a_whole_quote_above_and_an_older_one_below_is_kept_alone() -> None:
    text = "On Nov 2, 2026 Anna <anna@example.org> wrote:\n> Shall we?\n\nYes.\n\nOn Nov 1, 2026 Bob <bob@example.org> wrote:\n> Ask\n"
    assert own_text(text) == "Yes."


def test_all_below_a_signature_delimiter_is_left_out() -> None:
    assert own_text("Yes.\n\n-- \nAnna\nBeispiel GmbH\n\nOn 2 Nov 2026 09:14 Bob wrote:\n> x") == "Yes."


def test_forwarded_mail_is_kept_apart() -> None:
    above, inner = split_forward(
        "FYI\n\n---------- Forwarded message ---------\nFrom: Anna <a@example.org>\nSubject: Quote\n\nFive chairs."
    )
    assert above == "FYI"
    assert inner.startswith("From: Anna")
    assert split_forward("nothing here") == ("nothing here", "")


@pytest.mark.parametrize(("text", "body", "signature"), [
    ("Please call me.\n\nBest regards,\nAnna Beispiel\nHead of Sales", "Please call me.", "Best regards,\nAnna Beispiel\nHead of Sales"),
    ("Bitte anrufen.\n\nMit freundlichen Grüßen\n\nAnna", "Bitte anrufen.", "Mit freundlichen Grüßen\n\nAnna"),
    ("Please call.\n\nAnna Beispiel\nBeispiel GmbH\nTel +49 30 1234567", "Please call.", "Anna Beispiel\nBeispiel GmbH\nTel +49 30 1234567"),
    ("Hi\n\n-- \nAnna\nBerlin", "Hi", "Anna\nBerlin"), ("Just text.\nMore text.", "Just text.\nMore text.", ""),
])  # fmt: skip
def test_signature_is_split_off(text: str, body: str, signature: str) -> None:
    assert split_signature(text) == (body, signature)


@pytest.mark.parametrize("text", [
    "On 12:00 " * 50_000, "On 1\n" * 80_000, "> On 12:00 x\n" * 60_000, "a@b.example wrote on\n" * 40_000, "From: a@b.example\n" * 40_000, "-" * 300_000,
    ("On 12:00 " + "x " * 250 + "\n") * 2_000, "On 12:00\n\n\n\n" * 30_000, ("|" * 500 + "\n") * 2_000, (" " * 590 + "x\n") * 2_000, ("> " * 290 + "x\n") * 2_000,
])  # fmt: skip
def test_hostile_text_takes_no_more_than_seconds(text: str) -> None:
    began = time.process_time()
    own_text(text)
    split_signature(text)
    assert time.process_time() - began < 6


@given(st.lists(st.sampled_from(["text", "> q", "", "-- ", "On Mon, Nov 2, 2026 at 9:14 AM A <a@b.example> wrote:", "From: a@b.example", "Sent: 2 Nov 2026",
                                 "Subject: x", "-----Original Message-----", "Sent from my iPhone", "___________", "wrote:", "Am", "\u200b"]) | st.text(max_size=40)))  # fmt: skip
def test_nothing_is_added_to_what_was_written(lines: list[str]) -> None:
    text = "\n".join(lines)
    kept = own_text(text)
    known = set(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    assert all(line in known or any(line == one.rstrip() for one in known) for line in kept.split("\n") if line)


@pytest.mark.skipif(not PAIRS.is_dir(), reason="the labelled pairs are not there")
def test_labelled_pairs_are_cut_exactly() -> None:
    for path in sorted(PAIRS.glob("*.in.txt")):
        wanted = path.with_name(path.name.replace(".in.", ".reply.")).read_text(encoding="utf-8")
        assert own_text(path.read_text(encoding="utf-8")).strip() == wanted.strip(), path.name


@pytest.mark.parametrize("last", ["See what we have\nhttps://acme.example", "Note: two things\nTel. 030 23125 014"])
def test_a_last_paragraph_with_a_link_or_number_is_no_signature_unless_a_name_stands_above(last: str) -> None:
    assert split_signature(f"Hello\n\n{last}") == (f"Hello\n\n{last}", "")
    assert split_signature("Hello\n\nAnna van der Berg\nTel. 030 23125 014")[0] == "Hello"
