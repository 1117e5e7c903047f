"""Leads are told from what is none: in many languages, with and without the headers that say so."""

# ruff: noqa: E501 -- mails are easier to read in one line each

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.mail.message import MailOptions, MailVerdict
from core.mail.parsing import parse_mail
from core.mail.verdict import judge_mail
from core.mail.verdict_reasons import REASONS

OURS = MailOptions(own_addresses=frozenset({"leads@widgets.example"}), own_domains=frozenset({"widgets.example"}))
SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "mail"


def judged(
    text: str,
    subject: str = "Hello",
    sender: str = "Jane Hartwell <jane@client.example>",
    options: MailOptions = OURS,
    **headers: str,
) -> MailVerdict:
    given = {"From": sender, "To": "leads@widgets.example", "Subject": subject, "Content-Type": "text/plain; charset=utf-8"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\n" for name, value in given.items() if value is not None)
    return judge_mail(parse_mail(f"{head}\n{text}\n".encode()), options)


ABSENCES = [
    ('Jane Hartwell is out of the office.', 'I will be out of the office starting 07/20/2026 and will not return until 07/25/2026.\n\nI will respond to your message when I return.'),
    ('Re: pricing', "I'm out of office this week with limited access to email."),
    ('Re: Anfrage', 'Ich bin in der Zeit vom 01.07. bis 15.07. nicht im Haus.\nIhre Nachricht wird nicht weitergeleitet.'),
    ('Betriebsferien', 'Sehr geehrte Damen und Herren,\n\nunser Büro ist vom 24.12. bis 02.01. geschlossen. Ihre E-Mails werden danach bearbeitet.'),
    ('RE: Question about your pricing offer?', "Hi there! Thanks for reaching out. I'm currently on parental leave until March 2027. Please contact sam@client.example for anything urgent."),
    ('Re: demande', 'Bonjour, je suis en congés du 2 au 15 août. Je vous répondrai à mon retour.'),
    ('Re: info', 'Sono fuori ufficio fino al 10/08. Per urgenze contattare il numero 02 1234567'),
    ('RE: info', 'Hola, gracias por tu mensaje. Actualmente estoy de vacaciones y volveré el 15 de agosto.'),
    ('Re: tarjous', 'Hei, olen lomalla 15.8. asti. Kiireellisissä asioissa ota yhteyttä Mattiin.'),
    ('Re: ajánlat', 'Szabadságon vagyok augusztus 15-ig. Sürgős esetben keresse kollégámat.'),
    ('Re: КП', 'В отпуске до 15 августа. По срочным вопросам: Иван.'),
    ('Re: hello', 'The person you emailed is no longer with the company. Please direct inquiries to info@client.example.'),
    ('We received your message', 'Thank you for your message. We will reply within 24 hours.\n\nThis is an automatic confirmation of receipt.'),
    ('Ihre E-Mail an uns', 'Dies ist eine automatische Antwort. Wir haben Ihre E-Mail erhalten und melden uns so bald wie möglich bei Ihnen.'),
    ('[Client Support] Re: Hello', 'Your request (#38112) has been received and is being reviewed by our support staff.\n\nTo add additional comments, reply to this email.'),
    ('Re: お見積り', 'ただいま夏季休業をいただいております。8月16日より順次ご返信いたします。'),
    ('Re: 报价', '我正在出差，期间无法及时回复邮件，紧急事宜请联系同事。'),
    ('Re: Anfrage', 'Ich bin momentan auf Geschäftsreise und habe nur eingeschränkt Zugriff auf meine E-Mails.'),
    ('Address changed', 'This email address is no longer in use. Please update your records and send mail to new@client.example'),
    ('Re: x', 'This mailbox is not monitored. Please use our contact form.'),
    ('Re: your mail', "Hello,\n\nI'm away until Tuesday 5th and will pick up your message when I get back.\n\nCheers"),
    ('Re: your mail', "I am away from my desk today. I'll get back to you tomorrow."),
    ('Re: tilbud', 'Jeg er ude af kontoret og er tilbage mandag den 5.'),
    ('Re: proposta', 'Estou fora do escritório até dia 15.'),
    ("Re: Your offer", "I am out of the office until Monday. Call (415) 555-0132 if urgent.\n\n-- \nJane Hartwell"),
    ("Re: Quote", "Hello,\n\nThank you for your email. I am currently on annual leave and will return on 12 January.\nIn urgent cases please contact my colleague bob@client.example.\n\nJane"),
    ("AW: Ihr Angebot", "Vielen Dank für Ihre Nachricht. Ich bin bis zum 12.01. nicht im Büro. In dringenden Fällen wenden Sie sich bitte an Herrn Muster, Tel. 030 1234567."),
    ("Ihre Nachricht", "Guten Tag,\nich bin derzeit im Urlaub und ab dem 5. Mai wieder erreichbar. Ihre E-Mail wird nicht weitergeleitet."),
    ("RE: Devis", "Bonjour,\nJe suis absente du bureau jusqu'au 12 janvier. En cas d'urgence, veuillez contacter M. Dupont."),
    ("RE: Oferta", "Hola,\nEstoy fuera de la oficina hasta el 12 de enero. Para asuntos urgentes contacte con Ana."),
    ("R: Offerta", "Buongiorno,\nsono in ferie fino al 12 gennaio. Per urgenze contattare ufficio@cliente.example. Risponderò al mio rientro."),
    ("RE: Offerte", "Ik ben afwezig tot en met 12 januari. Voor dringende zaken kunt u contact opnemen met mijn collega."),
    ("RES: Proposta", "Estou de férias até 12 de janeiro. Em caso de urgência contactar a Ana. Respondo quando regressar."),
    ("Odp: Oferta", "Jestem na urlopie do 12 stycznia. W pilnych sprawach proszę o kontakt z panem Nowakiem."),
    ("SV: Offert", "Hej! Jag är på semester till och med 12 januari. Vid brådskande ärenden kontakta min kollega."),
    ("SV: Tilbud", "Jeg er på ferie til og med 12. januar. Ved hastesager kontakt min kollega."),
    ("RE: Nabídka", "Dobrý den, jsem na dovolené do 12. ledna. V naléhavých případech kontaktujte kolegu."),
    ("RE: Предложение", "Здравствуйте! Я нахожусь в отпуске до 12 января. По срочным вопросам обращайтесь к коллеге."),
    ("Re: お見積もり", "1月12日まで休暇をいただいております。お急ぎの場合は下記までご連絡ください。"),
    ("回复: 报价", "您好，我正在休假，1月12日返回。如有急事请联系我的同事。"),
    ("Re: Teklif", "12 Ocak'a kadar yıllık izinde olacağım. Acil durumlarda meslektaşımla irtibata geçebilirsiniz."),
    ("Your message", "Thank you for contacting Example Support. We have received your request and created ticket #48211. We will get back to you as soon as possible. This is an automated response."),
    ("Eingangsbestätigung", "Vielen Dank für Ihre Anfrage. Diese E-Mail wurde automatisch generiert, bitte antworten Sie nicht auf diese E-Mail."),
    ("Re: offer", "John no longer works at Client Inc. Please contact sales@client.example instead.\nThis is an automatic reply."),
    ("Automatic reply: Your offer", "See you later."), ("Automatische Antwort: Ihr Angebot", "Bin weg."), ("Réponse automatique : Devis", "x"),
    ("Respuesta automática: Oferta", "x"), ("Risposta automatica: Offerta", "x"), ("Automatisch antwoord: Offerte", "x"),
    ("Resposta automática: Proposta", "x"), ("Automatyczna odpowiedź: Oferta", "x"), ("Autosvar: Offert", "x"), ("Automatická odpověď: Nabídka", "x"),
    ("Автоматический ответ: Предложение", "x"), ("自動返信: お見積もり", "x"), ("自动回复: 报价", "x"), ("Out of Office: Re: your offer", "x"),
    ("Abwesenheitsnotiz: Angebot", "x"), ("Otomatik yanıt: Teklif", "x"), ("부재중: 견적", "x"), ("Automatikus válasz: ajánlat", "x"),
]  # fmt: skip


@pytest.mark.parametrize(("subject", "text"), ABSENCES)
def test_automatic_answer_without_any_header_is_stopped(subject: str, text: str) -> None:
    verdict = judged(text, subject)
    assert (verdict.kind, verdict.is_lead) == ("auto_reply", False)


ABSENCES_IN_OTHER_WORDS = [
    ("Re: Offer", "I'm out today and back tomorrow."),
    ("Re: Offer", "Our offices are closed over Easter and reopen on 7 April."),
    ("Re: Angebot", "Vom 24.12. bis 6.1. haben wir Betriebsferien. Ihre E-Mail bearbeiten wir danach."),
    ("AW: Angebot", "Ab 23.11. bin ich wieder da. Ihre Mail wird nicht automatisch weitergeleitet."),
    ("Re: Devis", "Notre agence est fermée jusqu'au 15 août, nous traiterons votre message à notre retour."),
    ("Re: Offerte", "Ik ben vandaag niet aanwezig, morgen weer bereikbaar."),
    ("Thank you for your message", "A colleague will be in touch within two working days."),
    ("Wir haben Ihre Anfrage erhalten", "Ein Mitarbeiter wird sich in Kürze bei Ihnen melden."),
    ("Case 00778899 opened", "Thank you for contacting us. Case 00778899 has been created for you."),
    ("OOO Re: Offer", "Gone sailing"),
    ("New address", "My address has changed to jane@new.example, this mailbox is no longer monitored."),
]  # fmt: skip


@pytest.mark.parametrize(("subject", "text"), ABSENCES_IN_OTHER_WORDS)
def test_automatic_answer_in_other_words_is_stopped_too(subject: str, text: str) -> None:
    assert judged(text, subject).kind == "auto_reply"


LEADS = [
    ('Demo', 'Hi, our team is out of the office on Friday, can we move the demo to Thursday?'),
    ('Desks', "We're moving to a new office until June and need 40 desks. Please contact me."),
    ('Your call', 'I received your message on my voicemail. Please call me back at 415 555 0132.'),
    ('New contact', "My colleague Bob has left the company, I'm the new buyer. Could you send me the current price list?"),
    ('Re: offer', 'Thank you for your email. The price is fine, please send the contract.'),
    ('AW: Angebot', 'Danke für Ihre E-Mail. Wir nehmen das Angebot an, bitte Vertrag bis Freitag senden.'),
    ('AW: Termin', 'Vielen Dank für Ihre Nachricht! Ich bin nächste Woche im Urlaub, danach gerne ein Termin. Passt der 12.?'),
    ('Re: rdv', "Merci pour votre message. Je suis en vacances la semaine prochaine, pouvez-vous m'appeler le 12 ?"),
    ('Order 4711', 'Hello, please remove the sale item from my order and send the invoice to our new address.'),
    ('Premium plan', 'I saw your newsletter. We would like to subscribe our 20 employees to the premium plan, how much? https://client.example https://a.example https://b.example'),
    ('Integration', 'Can you integrate with our ticket system? Ticket #12345 was created but nobody called.'),
    ('Auto reply feature', 'Interested in your product. Automatic replies are important for us, does it support out-of-office?'),
    ('Please call 415-555-0132', ''),
    ('Rückruf', 'Bitte um Rückruf'),
    ('Preventivo', 'Buongiorno, vorrei un preventivo. Sono in ferie fino al 10, poi chiamatemi.'),
    ('Mail server problem', "We can't deliver to our customers, need logistics partner. 550 5.1.1 is what our mail server says, can you help?"),
    ('Licences', 'Hello,\nwe need an offer for 3 licences.\n\nKind regards\nJane\n\nThis e-mail and any attachments are confidential. If you received this message in error please notify us and delete it.\nPlease consider the environment. Unsubscribe from our updates: https://client.example/u https://client.example https://linkedin.example/jane\n© 2026 Client Ltd. All rights reserved.'),
    ('My new job', "I do no longer work at Acme, my new address is jane@new.example. I'd love to have your tool here too, what's the price?"),
    ("Quote", "Please send me a quote for 50 chairs. I am out of office until Monday, so write to my colleague."),
    ("Re: Automatic reply: your request", "Thanks, next week is fine. Could you include delivery?"),
    ("Demo", "I'm on vacation till Friday but would like a demo after that. Is Monday possible?"),
    ("Re: Your newsletter", "Thanks for the hint! We need 20 licences.\n\nOn Mon, 2 Nov 2026 at 09:14 Widgets <news@widgets.example> wrote:\n> Big sale! Click here https://a.example\n> To unsubscribe click here https://b.example https://c.example\n> You receive this mail because you subscribed."),
    ("Newsletter software", "Hello, our subscribers want to unsubscribe with one click. Can your tool do that, and what does it cost?"),
    ("Angebot", "Guten Tag,\n\nwir benötigen 30 Stühle. Können Sie uns bis Freitag ein Angebot machen?\n\nMit freundlichen Grüßen\nAnna Beispiel"),
    ("Urlaub", "Ich interessiere mich für Ihre Ferienwohnung und möchte vom 3. bis 10. Mai Urlaub machen. Was kostet das?"),
    ("Leave management", "We are looking for a tool to manage annual leave and out of office notices. Could you call me?"),
    ("Delivery failed", "Your courier could not find us yesterday. Please call me, I still want to order 10 more."),
    ("Rechnung", "Bitte senden Sie mir ein Angebot für Ihre Rechnungssoftware. Haben Sie auch Schulungen?"),
    ("Re: AW: Ihr Angebot", "Ja, das passt.\n\nAm 02.11.2026 um 09:14 schrieb Widgets:\n> Ich bin bis Montag nicht im Büro, in dringenden Fällen wenden Sie sich an Bob."),
    ("お見積もり依頼", "お見積もりをお願いします。数量は50個です。"), ("Bonjour", "Je souhaite recevoir un devis pour 10 postes. Merci d'avance."),
    ("", "Call me"), ("Hi", ""), ("x", "Hi"), ("Password manager", "How much is your password manager for 20 users?"),
    ("Meeting", "We have received your offer and will get back to you next week.\n\nBest regards\nJane"),
    ("Delivery failed last month", "The last delivery failed, nobody came. Could you send the parcel again?"),
    ("Undeliverable mails", "Half of our mails come back as undeliverable. Do you advise companies on that?"),
    ("Abwesenheitsassistent", "Richten Sie auch den Abwesenheitsassistenten ein? Wir sind 12 Leute."),
    ("Fax from old machine", "We have received offers from others. What would a new fax line cost?"),
    ("Payment", "We would like to order for € 500. Which payment method do you take, is € 20 shipping right?"),
    ("Tool for lists", "We run lists. To unsubscribe our readers click a link. Can your tool do that?"),
    ("Office move", "Our office is closed for renovation, we need 20 desks by May."),
    ("Build passed planning", "The build passed planning, now we need windows."),
    ("Verify your device list", "Is the scanner X12 on it? Our order is waiting."),
    ("Delivery status", "What is the delivery status of my sample? We want to place the order."),
    ("Leaving a list", "Please unsubscribe bob@old.example, and call me about the new project: 020 7946 0958."),
    ("Your order form", "I can't open your order form. I want 3 units of A12.\n\nSent from my iPhone"),
]  # fmt: skip


@pytest.mark.parametrize(("subject", "text"), LEADS)
def test_what_a_person_writes_is_a_lead_whatever_words_occur_in_it(subject: str, text: str) -> None:
    verdict = judged(text, subject, In_Reply_To="<a@b.example>" if subject.startswith("Re:") else None)
    assert verdict.is_lead, verdict.code
    assert verdict.kind == ("reply" if subject.startswith(("Re:", "AW:")) else "person")
    assert verdict.code == verdict.reason == ""


BOUNCES = [
    ("failure notice", "MAILER-DAEMON@host.example", "Hi. This is the qmail-send program.\nI'm afraid I wasn't able to deliver your message.\n\nReceived: x\nSubject: Quote\nName: Anna\nEmail: anna@client.example\nMessage: I want a quote for many things"),
    ("Undelivered Mail Returned to Sender", "Mail Delivery System <postmaster@host.example>", "user unknown"),
    ("Delivery Status Notification (Failure)", "Mail Delivery Subsystem <x@googlemail.example>", "** Address not found **\n\nYour message wasn't delivered to a@b.example because the address couldn't be found."),
    ("Mail delivery failed: returning message to sender", "noc@host.example", "A message that you sent could not be delivered to one or more of its recipients. This is a permanent error.\n 550 5.1.1 User unknown"),
    ("Undeliverable: Quote", "Microsoft Outlook <mx@client.example>", "Your message couldn't be delivered. The recipient's mailbox is full.\nDiagnostic information for administrators:\nGenerating server: x\nRemote Server returned '554 5.2.2 mailbox full'"),
    ("Unzustellbar: Angebot", "system@client.example", "Ihre Nachricht konnte nicht zugestellt werden. Der Empfänger ist unbekannt. 550 5.1.1"),
    ("Warning: message delayed 24 hours", "exim@host.example", "Your message has not been delivered: delivery has been delayed for 24 hours. 451 4.4.1"),
    ("Non remis : Devis", "noc@client.example", "Votre message n'a pas pu être remis. 550 5.1.1 unknown user"),
    ("配信不能通知", "noc@client.example", "メールを配信できませんでした。ユーザー不明 550 5.1.1"),
    ("退信：报价", "noc@client.example", "您的邮件无法送达。550 5.1.1 User not found, mailbox not found"),
]  # fmt: skip


BOUNCES += [
    ("Returned mail: host unknown", "Gateway <gate@client.example>", "Unknown host: client.example"),
    ("Your message wasn't delivered", "Gateway <gate@client.example>", "The mailbox anna@client.example is full."),
    ("Nicht zustellbar: Angebot", "Gateway <gate@client.example>", "Fehler bei der Nachrichtenzustellung an: anna@client.example"),
    ("Unzustellbar: Angebot", "Administrator <admin@client.example>", "Ihre Nachricht hat einige Empfänger nicht erreicht. Der Empfänger wurde nicht erreicht."),
    ("Non remis : Devis", "Administrateur <admin@client.example>", "Votre message n'a pas été remis à tous les destinataires."),
    ("**Message you sent blocked by our filter**", "Gateway <gate@client.example>", "Your message to anna was blocked by our firewall."),
]  # fmt: skip


@pytest.mark.parametrize(("subject", "sender", "text"), BOUNCES)
def test_bounce_without_standard_form_is_stopped_also_when_it_quotes_a_form(subject: str, sender: str, text: str) -> None:
    verdict = judged(text, subject, sender)
    assert (verdict.kind, verdict.is_lead) == ("bounce", False)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Auto_Submitted": "auto-replied"}, "auto_replied"),
        ({"Auto_Submitted": "auto-generated (failure)"}, "auto_submitted"),
        ({"Return_Path": "<>"}, "null_return_path"),
        ({"X_Autoreply": "yes"}, "autoreply_header"),
        ({"X_Autorespond": "Away"}, "autoreply_header"),
        ({"X_Auto_Response_Suppress": "All"}, "suppresses_answers"),
        ({"Precedence": "auto_reply"}, "precedence_auto_reply"),
        ({"Precedence": "bulk"}, "precedence_bulk"),
        ({"Precedence": "junk"}, "precedence_bulk"),
        ({"List_Id": "Users <users.lists.example>"}, "list_header"),
        ({"List_Post": "<mailto:users@lists.example>"}, "list_header"),
        ({"List_Unsubscribe": "<https://news.example/u>"}, "list_unsubscribe"),
        ({"X_Spam_Flag": "YES"}, "spam_header"),
        ({"X_Spam_Status": "Yes, score=12"}, "spam_header"),
        ({"X_Loop": "leads@widgets.example"}, "own_loop"),
        ({"X_Leadrelay_Notice": "alert"}, "own_loop"),
        ({"X_Spam_Level": "*******"}, "spam_header"),
        ({"Content_Type": "multipart/report; report-type=delivery-status; boundary=x"}, "delivery_report"),
        ({"Content_Type": "multipart/report; report-type=feedback-report; boundary=x"}, "feedback_report"),
        ({"Content_Type": "multipart/report; report-type=disposition-notification; boundary=x"}, "read_receipt"),
    ],
)
def test_header_that_only_programs_write_stops_a_mail_with_its_reason(headers: dict[str, str], code: str) -> None:
    verdict = judged("Just some text of no enquiry.", **headers)
    assert (verdict.is_lead, verdict.code) == (False, code)
    assert verdict.reason == REASONS[code][1]
    assert verdict.reason.endswith(".")


@pytest.mark.parametrize("headers", [{"Auto_Submitted": "no"}, {"X_Spam_Flag": "NO"}, {"X_Spam_Status": "No, score=0.1"},
                                     {"Authentication_Results": "mx.example; spf=fail; dkim=fail"}, {"Precedence": "first-class"}])  # fmt: skip
def test_header_that_says_the_contrary_stops_nothing(headers: dict[str, str]) -> None:
    assert judged("We need 10 chairs.", **headers).is_lead


FORM = "Name: Anna Beispiel\nEmail: anna@client.example\nPhone: +49 30 1234567\nMessage: Please send me a quote for 5 chairs."


@pytest.mark.parametrize("sender", ["Site <wordpress@widgets.example>", "noreply@widgets.example", "mailer@shop.example", "form-submission@forms.example"])  # fmt: skip
@pytest.mark.parametrize("headers", [{}, {"Auto_Submitted": "auto-generated"}, {"Precedence": "bulk"}, {"List_Unsubscribe": "<https://x.example>"},
                                     {"X_Auto_Response_Suppress": "All"}, {"X_Spam_Flag": "YES"}, {"Return_Path": "<>"}])  # fmt: skip
def test_notification_of_a_website_form_is_a_lead_whoever_sends_it(sender: str, headers: dict[str, str]) -> None:
    verdict = judged(FORM, "New submission from Contact us", sender, **headers)
    assert (verdict.kind, verdict.is_lead) == ("form", True), verdict.code


def test_form_text_in_another_language_is_a_lead_too() -> None:
    text = "Vorname: Anna\nNachname: Beispiel\nE-Mail: anna@client.example\nTelefon: 030 1234567\nNachricht: Bitte um Rückruf"
    assert judged(text, "Kontaktformular", "noreply@widgets.example", Auto_Submitted="auto-generated").kind == "form"


def test_receipt_with_labels_and_our_own_address_is_no_lead() -> None:
    text = "Amount: $20\nEmail: leads@widgets.example\nDate: 2 Nov 2026\nName: Widgets"
    verdict = judged(text, "Your receipt #4410", "Billing <billing@saas.example>", Auto_Submitted="auto-generated")
    assert (verdict.kind, verdict.is_lead) == ("notification", False)


def test_automatic_answer_with_a_signature_of_labels_is_stopped() -> None:
    text = "I am out of the office until Monday. For urgent matters contact Bob.\n\nName: Jane Hartwell\nPhone: 415 555 0132\nEmail: jane@client.example"
    assert judged(text, "Re: Your offer", Auto_Submitted="auto-generated", In_Reply_To="<x@y.example>").kind == "auto_reply"


def test_mail_that_a_colleague_forwards_is_a_lead_and_a_colleagues_own_mail_is_none() -> None:
    colleague = "Carla <carla@widgets.example>"
    text = "FYI\n\n---------- Forwarded message ---------\nFrom: Anna <anna@client.example>\nDate: Mon, 2 Nov 2026\nSubject: Quote\nTo: info@widgets.example\n\nI need 5 chairs."
    assert judged(text, "Fwd: Quote", colleague).kind == "forward"
    assert judged(text, "Fwd: Quote", colleague, Precedence="bulk").is_lead
    own = judged("Lunch at noon?", "Lunch", colleague)
    assert (own.kind, own.code) == ("own", "own_mail")


@pytest.mark.parametrize("headers", [{}, {"Precedence": "list", "List_Id": "<leads.widgets.example>"}, {"Auto_Submitted": "auto-generated"}, {"Precedence": "bulk"}])  # fmt: skip
@pytest.mark.parametrize("sender", ["Widgets <web@widgets.example>", "'Ilse Brandl' via Leads <leads@widgets.example>"])
def test_what_our_site_or_group_writes_for_somebody_else_is_a_lead(sender: str, headers: dict[str, str]) -> None:
    text = "We need a ramp for our yard in Graz.\n\nIlse Brandl"
    assert judged(text, "Ramp", sender, Reply_To="Ilse Brandl <ilse@brandl.example>", **headers).is_lead
    assert not judged(text, "Ramp", sender, Reply_To="carla@widgets.example", **headers).is_lead


def test_list_of_ours_that_is_not_the_source_stays_a_list() -> None:
    sender = "Ilse Brandl via Staff <staff@widgets.example>"
    verdict = judged("Lunch?", "Lunch", sender, Reply_To="ilse@brandl.example", List_Id="<staff.widgets.example>")
    assert not verdict.is_lead


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Auto_Response_Suppress": "DR, OOF, AutoReply"},
        {"X_Auto_Response_Suppress": "All"},
        {"List_Unsubscribe": "<https://tool.example/u>", "In_Reply_To": "<a@widgets.example>"},
    ],
)
def test_header_that_mail_servers_add_to_letters_does_not_stop_what_asks(headers: dict[str, str]) -> None:
    assert judged("Could you quote us twelve benches? Delivery to Cork.\n\nJane", "Re: Benches", **headers).is_lead
    assert not judged("Thank you, we received your message.", "Re: Benches", **headers).is_lead
    assert not judged("Could you quote us?\n\nThis is an automated reply.", "Re: Benches", **headers).is_lead


@pytest.mark.parametrize(
    "sender", ["noreply@portal.example", "wordpress@widgets.example", "Portal <notification@portal.example>"]
)
def test_form_that_tells_only_a_telephone_number_is_a_lead(sender: str) -> None:
    text = "Name: Ilse Brandl\nPhone: +43 316 5550123\nMessage: Please ring me after five"
    assert judged(text, "Callback request", sender, Auto_Submitted="auto-generated").kind == "form"
    assert not judged(text, "Invoice 4711", "billing@portal.example", Auto_Submitted="auto-generated").is_lead


def test_message_left_on_an_answering_machine_is_a_lead_where_it_asks_for_something() -> None:
    subject, told = "New voice message from (415) 555-0132", "You have a new voice message. Length: 0:31\n"
    assert not judged(told, subject, "notify@pbx.example").is_lead
    assert judged(told + "Transcript: I would like a quote for forty crates", subject, "notify@pbx.example").is_lead


def test_whoever_writes_from_a_mailbox_that_everybody_can_have_can_be_answered() -> None:
    assert judged("Can you ship to Malta?", "Question", "Fern <no.reply.fern@gmail.com>").is_lead
    assert not judged("Your storage is full.", "Notice", "Fern <no-reply@gmail.com>").is_lead


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Автоматичен отговор: Оферта", "В отпуск съм до 15 юли. При спешни случаи се обърнете към Мария."),
        ("Re: ponudba", "Na dopustu sem do 15. julija. V nujnih primerih se obrnite na kolego."),
        ("Re: ponuda", "Na godišnjem sam do 15. srpnja. Za hitne slučajeve obratite se uredu."),
        ("Re: pasiūlymas", "Šiuo metu atostogauju iki liepos 15 d. Skubiais atvejais kreipkitės į kolegą."),
        ("Automaatvastus: pakkumine", "Olen puhkusel kuni 15. juulini. Kiirete asjadega pöörduge kolleegi poole."),
        ("Re: oferta", "Sóc fora de l'oficina fins al 15 de juliol. Per a temes urgents, adreceu-vos a la Mercè."),
        ("Trả lời tự động: báo giá", "Tôi đang nghỉ phép đến 15/7. Nếu khẩn cấp vui lòng liên hệ anh Nam."),
        ("ตอบกลับอัตโนมัติ: ใบเสนอราคา", "ขณะนี้ลาพักร้อนถึงวันที่ 15 กรณีเร่งด่วนโปรดติดต่อคุณนก"),
        ("Balasan otomatis: penawaran", "Saya sedang cuti sampai 15 Juli. Jika mendesak hubungi Budi."),
    ],
)
def test_absence_is_known_in_further_languages(subject: str, text: str) -> None:
    assert judged(text, subject, In_Reply_To="<a@widgets.example>").kind == "auto_reply"


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Re: Ramp", "Hello, I have left Brandl Ltd. Please contact my successor at jo@brandl.example."),
        ("Re: Ramp", "I'm currently off sick. My colleagues at yard@brandl.example will be glad to help."),
        ("Re: Ramp", "I work part time and may not respond immediately. For urgent issues ring the yard."),
        ("AW: Rampe", "Ich bin erst am 24.11. wieder für Sie da. Ihre Mail wird in der Zwischenzeit nicht gelesen."),
        ("RE: Rampe", "Actuellement en déplacement, je lis mes messages de façon irrégulière."),
        ("RE: Rampe", "Je ne travaille plus chez Brandl. Merci d'adresser vos messages à cour@brandl.example."),
        ("R: Rampa", "Sono in maternità fino a marzo. Per qualsiasi necessità contattate il collega."),
        ("Re: Hellingbaan", "Ik werk niet op woensdag. Voor spoed bel 030-1234567."),
        ("Re: Пандус", "Я в командировке до 23 ноября, доступ к почте ограничен."),
        ("Re: 坡道", "您好，您的邮件已收到，我会尽快回复您。"),
        ("Absence : Rampe", "Je serai de retour mardi."),
        ("Ilse Brandl ist nicht im Büro", "Rückkehr am 23.11.2026."),
        (
            "Ihre Anfrage [#55821]",
            "Vielen Dank für Ihre Anfrage. Ihre Vorgangsnummer lautet 55821. Wir melden uns schnellstmöglich bei Ihnen.",
        ),
    ],
)
def test_absence_and_confirmation_are_known_by_what_people_write_there(subject: str, text: str) -> None:
    assert judged(text, subject).kind == "auto_reply"


@pytest.mark.parametrize(
    "text",
    [
        "I only work Monday to Wednesday, could you call then? We need forty metres of gutter.",
        "I am off sick until Monday. What would ten ladders cost?",
        "Ilse has left the company, please send the offer for 50 seats to me.",
        "Ich bin erst am 24.11. wieder im Büro. Können Sie mir bis dahin ein Angebot schicken?",
        "Thanks. I am back on Monday, let us talk then about the contract.",
    ],
)
def test_who_is_away_and_asks_is_a_lead(text: str) -> None:
    assert judged(text, "Re: Gutters", In_Reply_To="<a@widgets.example>").is_lead


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Re: Ramp", "I'm on sabbatical through January and not checking this inbox."),
        ("Re: Ramp", "I am at a trade show this week and replies will be delayed."),
        ("Re: Ramp", "Thank you for your email. We aim to respond to all enquiries within two working days."),
        ("AW: Rampe", "Ich bin heute in einer Fortbildung und nur eingeschränkt erreichbar. Ich melde mich morgen."),
        ("AW: Rampe", "Wir bestätigen den Eingang Ihrer E-Mail und bearbeiten Ihr Anliegen schnellstmöglich."),
        ("RE: Rampe", "Votre demande a bien été enregistrée. Nous reviendrons vers vous dans les meilleurs délais."),
        ("RE: Rampa", "Hemos recibido su consulta y le responderemos en un plazo de 48 horas."),
        ("RES: Rampa", "Recebemos a sua mensagem e responderemos em breve."),
        ("SV: Ramp", "Jag är föräldraledig till och med mars. Kontakta gärna kontoret."),
        ("VS: Ramppi", "Olen vuosilomalla 30.11. saakka. Kiireellisissä asioissa soita vaihteeseen."),
        ("RE: Rampa", "İzindeyim, 30 Kasım'a kadar e-postalara bakamıyorum."),
        ("RE: 경사로", "현재 육아휴직 중입니다. 업무 문의는 동료에게 부탁드립니다."),
        ("AW: Rampe", "Leider bin ich diese Woche nicht zu erreichen. Wenden Sie sich gern an die Zentrale."),
        ("RE: Rampe", "Votre message est bien arrivé, nous y répondrons très vite."),
        ("R: Rampa", "La ringraziamo per averci scritto. Le risponderemo entro due giorni."),
        ("Re: Ramp", "Your message reached us. Because of high volumes, responses may take five days."),
        ("[Auto-Reply] Ramp", "See you"),
        ("Jane Hartwell: Out of office Re: Ramp", "See you"),
    ],
)
def test_absence_is_known_by_its_subject_with_another_sign_of_an_automatic_answer(subject: str, text: str) -> None:
    assert judged(text, subject, In_Reply_To="<a@widgets.example>").kind == "auto_reply"


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Re: Offer", "Thank you for your message. We accept the terms and will send the signed contract shortly."),
        ("Re: Offer", "Our office in Leeds is closed but Manchester is open, so ship to Manchester."),
        ("AW: Angebot", "Herr Ott ist im Urlaub, daher antworte ich: wir nehmen Variante 2."),
        ("AW: Angebot", "Danke, wir sehen uns das an. Nach meinem Urlaub ab dem 5. telefonieren wir."),
        ("AW: Planer", "Der Urlaubsplaner gefällt uns, bitte 50 Lizenzen freischalten."),
        ("RE: Devis", "Merci, c'est parfait. Le cabinet sera fermé lundi, livrez mardi."),
        ("RE: Oferta", "Gracias, hemos recibido su presupuesto y lo aceptamos."),
        ("Leave management", "We run sick leave and annual leave on paper. Budget 5k, 80 staff."),
        ("Congés", "Nous cherchons un logiciel de gestion des congés pour 200 salariés."),
        ("Re: Out of office", "I tried your auto-reply feature and it works. Count us in for 30 seats."),
    ],
)
def test_answer_to_an_offer_is_a_lead_whatever_it_says_of_absences(subject: str, text: str) -> None:
    assert judged(text, subject, In_Reply_To="<a@widgets.example>").is_lead


def test_what_says_itself_that_a_program_sent_it_is_stopped_where_it_asks_nothing() -> None:
    text = "Your domain widgets.example was renewed. This is an automated message."
    assert judged(text, "Domain", "Registrar <care@names.example>").code == "says_automatic"
    assert judged("We got this automated message from you. What does it cost?", "Hm").is_lead


def test_answer_to_an_invitation_is_known_by_its_words_too() -> None:
    assert judged("Jane Hartwell has accepted this invitation.", "Accepted: Demo @ Thu 2 Nov").code == "meeting_answer"
    assert judged("We accept. When do we start?", "Accepted: your offer").is_lead


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Re: Widgets", "Para que sua mensagem seja encaminhada, clique aqui: https://check.example/1"),
        ("Re: Widgets", "Damit Ihre Nachricht zugestellt wird, klicken Sie bitte hier: https://check.example/1"),
        ("Re: Widgets", 'Your message about "Widgets" was waitlisted. Please click to confirm: https://check.example/1'),
    ],
)
def test_challenge_is_known_in_other_words(subject: str, text: str) -> None:
    assert judged(text, subject).code == "challenge"


def test_adf_in_the_text_is_a_lead_also_from_a_portal_that_takes_no_answer() -> None:
    text = "<?xml version='1.0'?>\n<?ADF VERSION='1.0'?>\n<adf><prospect><customer><contact><name part='full'>Anna B</name><email>anna@client.example</email></contact></customer></prospect></adf>"
    verdict = judged(text, "ADF lead", "noreply@portal.example", Auto_Submitted="auto-generated", List_Unsubscribe="<x>")
    assert (verdict.kind, verdict.is_lead) == ("adf", True)


def test_list_mail_is_taken_when_the_source_says_so_or_is_the_list() -> None:
    assert not judged("We need 5 chairs", List_Id="Users <users.lists.example>").is_lead
    assert judged("We need 5 chairs", List_Id="Users <users.lists.example>", options=MailOptions(takes_lists=True)).is_lead
    assert judged("We need 5 chairs", List_Id="<leads.widgets.example>", Precedence="list", List_Unsubscribe="<x>").is_lead


def test_pinned_sender_is_taken_for_a_form() -> None:
    options = MailOptions(forms=frozenset({"portal.example"}))
    assert (
        judged("Lead 4711 wants a call", "x", "noreply@portal.example", options, Auto_Submitted="auto-generated").kind == "form"
    )


NOTICES = [
    ("noreply@saas.example", "Your receipt from Saas", "Amount paid: $20. Thanks for your payment."),
    ("builds@ci.example", "Build failed: widgets/main #812", "The build failed after 3 minutes."),
    ("notifications@social.example", "Bob wants to connect with you", "See Bob's profile."),
    ("no-reply@bank.example", "Security alert: new sign-in", "We noticed a new sign-in to your account."),
    ("nicht-antworten@shop.example", "Ihre Bestellung 4711", "Ihre Bestellung wurde versandt."),
    ("rssfeeds@feeds.example", "Ten things you did not know", "URL: http://feeds.example/1\nDate: 2026-11-02\n\nAn article."),
    ("donotreply@parcel.example", "Delivery update", "Your parcel arrives today."),
]  # fmt: skip


NOTICES += [
    ("security@files.example", "New sign-in to your account", "A new browser signed in."),
    ("scanner@office.example", "Scanned document from floor 2", "See the file."),
    ("sender@files.example", "Anna sent you files", "2 files. Download link: https://files.example/x"),
    ("pbx@phones.example", "New voicemail from 030 1234567", "You have a new voice message. Duration: 0:32"),
    ("inbound@lines.example", "Fax from 030 1234567 - 2 pages", "You have received a fax of 2 pages."),
    ("wordpress@site.example", "[Widgets] New user registration", "New user on your site:\n\nUsername: bob\n\nEmail: bob@stone.example"),
    ("wordpress@site.example", "[Widgets] Please moderate: \"Hello\"", "A comment waits.\n\nAuthor: Bob\nEmail: bob@stone.example\nComment:\nNice"),
    ("service@pay.example", "Receipt for your payment", "You paid $20.00 USD to Shop. Transaction ID: 8X2."),
    ("hello@club.example", "Confirm your account", "Please follow the link. If you did not register, ignore this email."),
]  # fmt: skip


@pytest.mark.parametrize(("sender", "subject", "text"), NOTICES)
def test_notice_of_a_program_is_stopped(sender: str, subject: str, text: str) -> None:
    verdict = judged(text, subject, sender)
    assert (verdict.kind, verdict.is_lead) == ("notification", False), verdict.code


NEWSLETTERS = [
    "Big sale this week! 20% off, shop now: https://shop.example/a https://shop.example/b https://shop.example/c\n\nYou are receiving this email because you subscribed.\nUnsubscribe: https://shop.example/u",
    "Unsere Angebote der Woche: jetzt bestellen https://shop.example/a\n\nSie erhalten diese E-Mail, weil Sie unseren Newsletter abonniert haben. Newsletter abbestellen: https://shop.example/u",
    "Nos offres: cliquez ici https://shop.example/a\nVous recevez cet e-mail car vous êtes inscrit. Se désabonner: https://shop.example/u",
    "Ofertas: haga clic https://shop.example/a\nRecibe este correo porque se suscribió. Darse de baja: https://shop.example/u",
]  # fmt: skip


NEWSLETTERS += [
    "Chers amis,\nnos nouveautés du mois.\n\nSi vous ne souhaitez plus recevoir nos e-mails, cliquez ici.",
    "Hola, novedades del mes.\n\nPara darse de baja haga clic aquí.",
    "Nowości miesiąca.\n\nAby wypisać się z listy, kliknij tutaj.",
]  # fmt: skip


@pytest.mark.parametrize("local", ["billing", "news", "orders", "leads", "messages", "info", "support", "office"])
def test_a_question_from_a_shared_mailbox_is_a_lead(local: str) -> None:
    assert judged("What do you charge for 3 licences?", "Enquiry", f"{local}@client.example").is_lead


@pytest.mark.parametrize("subject", ["Accepted: Demo", "Zugesagt: Demo", "Refusé : Démo", "Canceled: Demo"])
def test_an_answer_to_an_invitation_is_stopped_and_an_invitation_is_none(subject: str) -> None:
    part = 'Content-Type: text/calendar; method=REPLY; name="invite.ics"\n\nBEGIN:VCALENDAR\nEND:VCALENDAR\n'
    text = f"--B\nContent-Type: text/plain\n\nShall we meet?\n--B\n{part}\n--B--"
    assert judged(text, subject, Content_Type="multipart/mixed; boundary=B").code == "meeting_answer"
    assert judged(text, "Invitation: Demo", Content_Type="multipart/mixed; boundary=B").is_lead


@pytest.mark.parametrize("text", NEWSLETTERS)
def test_newsletter_without_list_headers_is_stopped_by_several_signs(text: str) -> None:
    assert judged(text, "News", "Shop <hello@shop.example>").kind == "newsletter"


def test_list_mail_without_headers_is_known_by_its_footer() -> None:
    text = "Does anyone know?\n\n-- \nUsers' Group: users@lists.example\nhttp://lists.example/mailman/listinfo/users for (un)subscription information.\nList maintainer: owner@lists.example"
    assert judged(text, "[users] Question").kind == "list"


def test_challenge_and_read_receipt_are_stopped() -> None:
    text = "Your message is being held. To prove that you are human, please click https://check.example/x"
    assert judged(text, "Re: Your offer", In_Reply_To="<a@b>").code == "challenge"
    text = "Your message\n\n  To: Jane\n  Subject: Offer\n\nwas read on 2 Nov 2026 09:14."
    assert judged(text, "Read: Offer").code == "read_receipt"


def test_mail_that_names_nobody_is_empty_but_one_with_a_number_is_not() -> None:
    assert judged("Hi", sender="").code == "empty"
    assert judged("Please call +49 30 1234567", sender="").is_lead
    assert judge_mail(parse_mail(b""), OURS).code == "empty"


@pytest.mark.skipif(not (SHARED / "labels.jsonl").is_file(), reason="the labelled mails are not there")
def test_on_the_labelled_mails_no_lead_is_stopped_and_every_bounce_is() -> None:
    labels = [json.loads(line) for line in (SHARED / "labels.jsonl").read_text(encoding="utf-8").splitlines()]
    verdicts = {label["file"]: judge_mail(parse_mail((SHARED / label["file"]).read_bytes()), MailOptions()) for label in labels}
    wrong = [label["file"] for label in labels if label["is_lead"] and not verdicts[label["file"]].is_lead]
    passed = [
        label["file"] for label in labels
        if label["kind"] in ("bounce", "arf", "dsn_delay", "auto_reply") and verdicts[label["file"]].is_lead
    ]  # fmt: skip
    assert (wrong, passed) == ([], [])


def test_every_code_is_explained_in_the_documentation() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "mail.md").read_text(encoding="utf-8")
    assert [code for code, (_, reason) in REASONS.items() if f"| `{code}` |" not in page or reason not in page] == []
