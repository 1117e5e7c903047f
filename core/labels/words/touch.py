"""Words for the form or visit that the lead came by, and what was written there."""

from __future__ import annotations

TOUCH_WORDS: dict[str, str] = {
    "touch.message": """
        message|message to us|comments|comment|message body|enquiry|inquiry|your enquiry|your inquiry|questions|question
        your question|how can we help|message text|how can we help you|how may we help you|how may we help
        what can we do for you|additional information|additional info|additional comments|further information
        other comments|comments questions|questions comments|questions or comments|comments or questions|notes|note
        remarks|remark|feedback|your request|request details|details of your enquiry|tell us more
        tell us about your project|tell us more about your project|project details|project description
        describe your project|anything else|anything else we should know|text|body|content|enquiry details
        message comments|comment or message|message or comment|inquiry details|leave a message|write a message
        customer comments|additional notes|customer message|how can our team help|how can our team help you
        what can we help you with|special requests|what would you like to know|what is your enquiry about
        about your project|tell us about your needs|further comments|any comments|any questions|your comments questions
        Nachricht|Mitteilung|Anliegen|Kommentar|Kommentare|Bemerkung|Bemerkungen|Anfrage|Ihre Anfrage|Frage|Fragen|Notiz
        Notizen|Hinweis|Anmerkung|Wünsche|Ihre Wünsche|Anmerkungen|Nachrichtentext|Wie können wir helfen
        Wie können wir Ihnen helfen|Ihre Mitteilung|Ihr Anliegen|weitere Informationen|Freitext|Projektbeschreibung
        Ihre Fragen|sonstiges|Bemerkungen Wünsche|Fragen und Anmerkungen|Anfragetext|Was können wir für Sie tun
        Ihre Nachricht an uns|Nachricht an uns|message libre|commentaire|commentaires|votre message|votre demande
        demande|remarque|remarques|comment pouvons-nous vous aider|informations complémentaires|précisions
        votre question|corps du message|détails|détails du projet|contenu du message|mensaje|comentario|comentarios
        consulta|pregunta|observaciones|cómo podemos ayudarle|cómo podemos ayudarte|en qué podemos ayudarle
        en qué podemos ayudarte|solicitud|notas|duda|su consulta|tu consulta|cuerpo del mensaje|información adicional
        messaggio|commento|commenti|richiesta|domanda|domande|note aggiuntive|come possiamo aiutarti
        come possiamo aiutarla|testo|testo del messaggio|osservazioni|la tua richiesta|corpo del messaggio
        informazioni aggiuntive|mensagem|comentário|comentários|dúvida|pergunta|observações|como podemos ajudar
        como podemos ajudá-lo|sua mensagem|solicitação|pedido|corpo da mensagem|bericht|uw bericht|opmerking|opmerkingen
        vraag|vragen|uw vraag|toelichting|hoe kunnen we helpen|hoe kunnen wij u helpen|waarmee kunnen wij u helpen
        aanvraag|vraag of opmerking|vragen opmerkingen|wiadomość|treść wiadomości|treść|komentarz|uwagi|zapytanie
        pytanie|jak możemy pomóc|w czym możemy pomóc|twoja wiadomość|treść zapytania|meddelande|ditt meddelande
        kommentar|fråga|förfrågan|övrigt|hur kan vi hjälpa dig|hur kan vi hjälpa till|meddelelse|besked|din besked
        spørgsmål|henvendelse|forespørgsel|melding|din melding|beskjed|spørsmål|forespørsel|hvordan kan vi hjælpe
        hvordan kan vi hjælpe dig|hvordan kan vi hjelpe|hvordan kan vi hjelpe deg|zpráva|vaše zpráva|text zprávy|dotaz
        poznámka|komentář|vzkaz|jak vám můžeme pomoci|s čím vám můžeme pomoci|správa|vaša správa|viesti|kommentti
        kysymys|lisätiedot|üzenet|megjegyzés|kérdés|mesaj|mesajul dvs|mesajınız|mesajiniz|yorum|açıklama|poruka
        sporočilo|žinutė|ziņa|sõnum|μήνυμα|σχόλια|σχόλιο|сообщение|ваше сообщение|комментарий|вопрос|текст сообщения
        примечание|повідомлення|коментар|お問い合わせ内容|お問合せ内容|問い合わせ内容|お問い合せ内容|メッセージ|内容
        ご質問|ご質問内容|備考|ご意見|ご要望|コメント|本文|お問い合わせ詳細|お問い合わせ|ご相談内容|詳細|ご質問・ご要望
        メッセージ本文|ご用件|留言|留言内容|消息|信息|备注|咨询内容|问题|需求描述|您的留言|内容描述|訊息|備註|詢問內容
        意見|메시지|문의내용|문의 내용|내용|문의사항|상담내용|비고|남기실 말씀|الرسالة|رسالة|رسالتك|הודעה|संदेश|ข้อความ
        tin nhắn|nội dung|lời nhắn|pesan
        """,
    "touch.subject": """
        subject|topic|regarding|subject line|your subject|reason for contact|reason for enquiry|enquiry type
        inquiry type|reason for contacting us|message subject|subject of enquiry|nature of enquiry|type of enquiry
        type of inquiry|reason for your enquiry|reason for inquiry|Betreff|Thema|Betreffzeile|Grund der Anfrage
        Art der Anfrage|objet|sujet|objet de la demande|sujet du message|objet du message|asunto|tema|motivo
        motivo de consulta|motivo de contacto|asunto del mensaje|oggetto|argomento|motivo della richiesta
        oggetto del messaggio|assunto|motivo do contato|onderwerp|temat|temat wiadomości|ämne|ärende|emne|předmět
        předmět zprávy|predmet|aihe|otsikko|tárgy|subiect|konu|zadeva|tema pesan|θέμα|тема|тема сообщения|тема письма
        件名|題名|タイトル 件名|お問い合わせ種別|お問い合わせ項目|主题|主題|主旨|제목|문의유형|문의 유형|الموضوع|נושא
        विषय|หัวข้อ|chủ đề|tiêu đề|subjek
        """,
    "touch.page_url": """
        page url|source url|form page|page|submitted from|form url|source page|embed url|sent from page|page link
        page address|submission page|submission url|referring page url|url of the form page|seite|seiten-url
        formularseite|url de la page|página url|url de la página|url della pagina|pagina url|url da página
        adres strony formularza|sidans url|side url|送信元ページ|送信元url|ページurl|页面地址|页面链接|페이지 url
        page title url|current url|webpage url|entry page url|_page_url|_page|conversion page
        """,
    "touch.landing_page": "landing page|landing page url|first page seen|first page|entry page|lp url|first page url",
    "touch.referrer": """
        referer|http referer|referrer url|referring url|referer url|http referrer|original referrer|referring site
        first referring site
        """,
    "touch.gclid": "google click id|google click identifier",
    "touch.form_id": "form id|formid|form number|gravity form id",
    "touch.name": """
        form name|name of form|ad form name|lead form name|form title|form|formular|formularname|name des formulars
        nom du formulaire|formulaire|nombre del formulario|formulario|nome del modulo|nome do formulário|formulário
        formulier|formuliernaam|nazwa formularza|formularz|formulärnamn|formulär|název formuláře|フォーム名|表单名称
        """,
    "touch.campaign": """
        campaign|campaign name|marketing campaign|kampagne|kampagnenname|campagne|campaña|campagna|campanha|kampania
        kampanj|kampaň|キャンペーン|キャンペーン名|广告系列|活动名称|primary campaign source|nom de la campagne
        nombre de la campaña|nome della campagna|nome da campanha
        """,
    "touch.lead_source": """
        lead source|leadsource|source of lead|leadquelle|lead-quelle|lead herkunft|source du lead|origen del lead
        fuente del lead|origine del lead|fonte lead|origem do lead|leadbron|źródło leada|リードソース|线索来源
        潜在客户来源|original source|contact source
        """,
    "touch.submitted_at": """
        submitted at|submission date|submission time|submitted on|timestamp|date submitted|submit date|submit time
        submission timestamp|submitted|time submitted|created time|created at|entry date|submitted date
        form submission date|received at|date received|zeitstempel|eingangsdatum|absendedatum|gesendet am|eingegangen am
        abgesendet am|horodateur|date de soumission|soumis le|date d'envoi|marca temporal|fecha de envío|enviado el
        informazioni cronologiche|data di invio|inviato il|carimbo de data/hora|data de envio|enviado em|tijdstempel
        ingediend op|ingezonden op|sygnatura czasowa|data wysłania|tidsstämpel|inskickat|tidsstempel|indsendt|sendt
        časová značka|odesláno|タイムスタンプ|送信日時|受付日時|提交时间|提交日期|时间戳|타임스탬프|제출일시
        отметка времени|дата отправки|submit date utc|conversion date
        """,
}
"""By lead field, in all languages together."""
