"""What stands around the words for a lead's fields: who is meant, which of several, and what is no lead field at all."""

from __future__ import annotations

SEVERAL: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (
        "title|titel|titre|título|titulo|titolo|tytuł|titul",
        ("person.job_title", "person.salutation"),
        "it is either a form of address or a job title",
    ),
    (
        """
        contact|kontakt|contacto|contatto|contato|kontakte|contacts|kontaktdaten|contact details|contact info
        contact information|контакт|контакты|連絡先|ご連絡先|联系方式|聯絡方式
        """,
        ("person.full_name", "person.email", "person.phone"),
        "it may hold a name, an e-mail address or a phone number",
    ),
    (
        """
        address|adresse|anschrift|dirección|direccion|indirizzo|endereço|morada|adres|adress|adresa|adresă
        adres zamieszkania|your address|full address|complete address|address formatted|osoite|cím|adrese|aadress|adresas
        διεύθυνση|адрес|адреса|住所|ご住所|所在地|地址|주소|العنوان|כתובת|पता|ที่อยู่|địa chỉ|alamat|naslov
        """,
        ("address.street", "person.email"),
        "it may be a postal or an e-mail address",
    ),
    (
        """
        customer name|client name|customer|client|kunde|kundenname|kundename|cliente|nom du client|nombre del cliente
        nome cliente|klant|klantnaam|klient|kund|kundnamn|kundenavn|zákazník|お客様名|客户名称|客户|客戶名稱|고객명|lead
        prospect|account|konto|kontoname|user name full
        """,
        ("person.full_name", "company.name"),
        "it may be a person or a company",
    ),
    (
        """
        source|quelle|fuente|origen|fonte|origine|bron|źródło|källa|kilde|zdroj|来源|來源|ソース|источник
        """,
        ("touch.lead_source", "touch.utm_source"),
        "it may be the lead source or the utm_source of the visit",
    ),
    (
        "url|link",
        ("company.website", "touch.page_url"),
        "it may be the company's website or the page of the form",
    ),
    (
        """
        description|beschreibung|descripción|descrizione|descrição|beschrijving|opis|beskrivning|beskrivelse|popis|描述
        説明|설명|описание
        """,
        ("touch.message",),
        "it may describe anything",
    ),
    (
        """
        service|services|services of interest|service interested in|dienstleistung|leistung|servicio|servicios|servizio
        serviço|dienst|usługa|tjänst|サービス|服务
        """,
        ("interest.product", "person.department"),
        "it may be a product or a department",
    ),
    (
        """
        interest|interests|area of interest topics|interessen|interesse|intérêt|interés|interesses
        """,
        ("interest.product", "interest.need"),
        "it may be a product or a need",
    ),
    (
        "kraj",
        ("address.country", "address.region"),
        "it is a country in Polish and a region in Czech",
    ),
    (
        "所属|소속 부서",
        ("company.name", "person.department"),
        "it may be a company or a department",
    ),
    (
        "referrer",
        ("touch.referrer",),
        "it may be the page before the form's, or somebody who recommends",
    ),
    (
        "by",
        ("address.city",),
        "it is a city in Danish and Norwegian only",
    ),
    (
        """
        location|standort|ubicación|lieu|luogo|localização|locatie|lokalizacja|plats|sted navn|local
        """,
        ("address.city", "address.region"),
        "it may be a city, a region or a place of work",
    ),
    (
        """
        partner|firma oder name|name firma|name company|company or name|name or company|name organisation|name unternehmen
        """,
        ("person.full_name", "company.name"),
        "it may be a person or a company",
    ),
    (
        "number|nummer|numero|número|nr|numer|号码|番号|번호",
        ("person.phone",),
        "it may be any number",
    ),
)
"""Words that several lead fields go by: their paths, the likeliest first, and why it is not sure."""

FILLERS = """
your you please enter provide what is whats the a an of my our us do we s can fill in here below for which ihr ihre ihren
ihrer dein deine deinen bitte geben eingeben sie ein der die das des dem angabe wie lautet ist votre vos ton ta tes veuillez
entrer saisir quel quelle est le la les l de du d un une su sus tu tus por favor introduzca ingrese escriba cual es el los
las del il lo i gli tuo tua suo sua inserisci inserire qual e di della dell uw je jouw het vul wat hier seu o os as da dos
insira digite teu twoj twoje twoja panstwa podaj prosze ditt din dina ange vad ar dit dine skriv indtast hvad er oppgi hva
vas vase vasi vaseho zadejte prosim required optional mandatory obligatory necessary pflichtfeld pflichtangabe erforderlich
notwendig freiwillig obligatoire facultatif requis obligatorio obligatoria opcional requerido obbligatorio facoltativo
opzionale richiesto verplicht optioneel vereist obrigatorio obrigatoria wymagane opcjonalne opcjonalnie obligatorisk
valfritt valfri valgfri valgfritt kreves paakraevet pakraevet povinne nepovinne povinny nepovinny zorunlu обязательно ваш
ваша ваше укажите введите field entry and und
"""
"""Words that say nothing of what is asked for, folded."""

FILLER_TEXTS = (
    "必須", "任意", "入力", "ご記入", "してください", "ください", "您的", "你的", "请输入", "请填写",
    "必填", "选填", "필수", "선택",
)  # fmt: skip
"""The same for languages that write without spaces: taken out wherever they stand."""

SAME_PERSON = """
contact contacts lead leads customer client person people prospect applicant attendee registrant participant respondent
subscriber visitor guest buyer purchaser requester submitter enquirer inquirer invitee signer main delegate primary first1
default current kontakt kontakts kunde kunden interessent teilnehmer besucher contacto cliente contatto contato klant klient
kund kontaktperson ansprechpartner ansprechpartners person1 user member individual student sender senders absender absenders
"""
"""Words that mean the lead itself: "attendee email", "Kunde Telefon"."""

ORDER_OF_KINDS = (
    """
primary main principal preferred best haupt
    """,
    """
work business office professional corporate company geschäft geschäftlich dienstlich büro arbeit firma firmen beruflich pro
professionnel professionnelle professionale bureau trabajo laboral oficina empresa lavoro ufficio aziendale travail zakelijk
werk służbowy firmowy firmowa służbowa trabalho comercial arbete arbets jobb arbejde firemní pracovní profesional
corporativo mailing billing invoice rechnung rechnungs facturation organization organisation 会社 勤務先 工作 公司 direct
direkt
    """,
    """
1 one i value
    """,
    """
home private personal privat private particulier personnel personnelle domicile maison personale casa privado personal
particular privé thuis prywatny domowy pessoal residencial hem privat hjem soukromý domácí 自宅 個人 私人 住宅 个人 shipping
delivery lieferung
    """,
    """
other another alternate alternative secondary additional extra weitere andere alternativ zweite autre otro altro outro
overig inny annan annen anden jiný その他 其他 second 2 two ii 3 three 4 5 6
    """,
)
"""Words that tell several phones, addresses or e-mails apart; those of an earlier line go before those of a later one."""

OTHERS_PEOPLE = """
referrer referred referee referral friend friends assistant assistants manager managers supervisor spouse owner owners rep
representative agent creator created createdby modified updated changed emergency guardian parent parents child children
reviewer approver editor author inviter inviters secretary recipient recipients vendor vendors provider dealer salesperson
salesrep assigned assignee organizer organiser host husband wife mother father reports recommended recommender witness
colleague empfehlung empfehler empfohlen werber freund freundes freundin assistent assistentin assistenz sekretariat
vorgesetzter besitzer inhaber eigentumer verantwortlicher betreuer vertreter vertrieb notfall notfallkontakt ersteller
bearbeiter parrain proprietaire assistante conjoint responsable ami urgence referente amigo asistente propietario conyuge
emergencia amico assistente proprietario responsabile emergenza eigenaar vriend noodgeval opiekun wlasciciel polecajacy
znajomy asystent agare ejer eier vlastnik asistent 紹介者 推荐人 负责人 seller consultant advisor adviser broker sdr bdr
executive ae csm instructor teacher speaker trainer doctor physician
"""
"""Words that mean somebody else: whose address it is can not be the lead's."""

NOT_FIELDS = """
dsgvo einwilligung|datenschutz einwilligung|einwilligung dsgvo|dsgvo zustimmung|dsgvo|rgpd|datenschutzerklärung akzeptiert
fax|fax number|telefax|telefaxnummer|faxnummer|fax no|télécopie|télécopieur|número de fax|numero di fax|faks|ファックス
ファックス番号|fax番号|传真|傳真|팩스|факс|business fax|home fax|other fax|work fax|company fax|pager|telex|isdn
radio phone|car phone|tty tdd phone|callback|assistant phone|user agent|useragent|browser|remote ip|ip|ip address
ip adresse|client ip|user ip|sender ip|adresse ip|dirección ip|indirizzo ip|ip-adres|remote address|remote addr|powered by
credit|device|device type|operating system|os|screen resolution|http user agent|user|date|time|datum|uhrzeit|zeit|heure
fecha|hora|ora|datetime|date time|data i godzina|godzina|tid|tidspunkt|dato|日付|時刻|日期|时间|дата|время|id|uid|uuid
record id|lead id|contact id|user id|customer id|entry id|submission id|response id|ticket id|kundennummer|customer number
nr kol|reference|reference number|ref|object id|account id|network id|respondent id|response number|serial|serial number
token|hash|row|row number|lead owner|contact owner|account owner|owner|record owner|besitzer|inhaber|zuständig|betreuer
propietario|propriétaire|created by|modified by|last modified by|assigned to|sales rep|salesperson|sales owner|owner alias
owner email|owner name|lead owner alias|owner id|record type|status|lead status|contact status|account status|email status
marketing status|lifecycle stage|stage|rating|lead rating|lead score|score|member rating|hubspot score|priority|type
contact type|lead type|customer type|category|kategorie|categoría|categoria|catégorie|tags|tag|labels|list|list name|lists
group|groups|group membership|segment|folder|notes type|visibility|sensitivity|private|mileage|keywords|user 1|user 2
user 3|user 4|billing information|directory server|government id number|hobby|anniversary|birthday|birth date
date of birth|dob|geburtsdatum|geburtstag|date de naissance|fecha de nacimiento|data di nascita|geboortedatum
data de nascimento|data urodzenia|födelsedatum|fødselsdato|datum narození|生年月日|生日|出生日期|생년월일|дата рождения
birth year|age|alter|âge|edad|età|年齢|年龄|gender|sex|geschlecht|sexe|genre|sexo|sesso|genere|geslacht|płeć|kön|køn|kjønn
pohlaví|性別|性别|성별|пол|nickname|spitzname|username|user name|login|login name|benutzername|nutzername|password
passwort|screen name|file as|short name|maiden name|geburtsname|nom de jeune fille|initials|initialen|yomi name|given yomi
surname yomi|company yomi|given name yomi|family name yomi|additional name yomi|name yomi|organization name phonetic
organization yomi name|phonetic first name|phonetic last name|phonetic middle name|first name phonetic|last name phonetic
furigana|フリガナ|ふりがな|お名前フリガナ|カナ|セイ|メイ|氏名フリガナ|氏名カナ|姓カナ|名カナ|姓フリガナ|名フリガナ|せい
めい|拼音|家庭|assistant|assistant name|assistants name|assistants phone|assistant's name|assistant's phone|manager
manager name|manager's name|managers name|spouse|spouse name|spouse's name|children|referred by|referrer name
referrer email|referral|referral name|referral email|emergency contact|emergency contact name|emergency phone|next of kin
reports to|reporting manager|campaign id|campaign group|campaign group name|campaign group id|campaign status
campaign type|ad id|ad name|ad|ad set|ad set id|ad set name|adset id|adset name|adset|adgroup|adgroup id|adgroup name
ad group|ad group name|creative|creative id|creative name|platform|is organic|organic|event name|event|event id|event type
product id|product code|project name|project|page name|page id|file name|filename|image|image url|photo|list id|brand name
brand|domain status|host name|hostname|server name|template name|workflow name|tag name|group name|segment name|team name
deal name|opportunity name|ticket name|task name|product owner|partner name|vendor name|dealer name|school name
course name|street type|email type|phone type|address type|website type|organization type|relation type|event value
email display name|email 2 display name|email 3 display name|e-mail 2 type|e-mail 3 type|email label|phone label
address label|website label|im type|im service|im value|relation value|custom field|custom field value|custom field type
po box|address po box|postfach|business address po box|home address po box|address extended|address line 2|address 2
address line 3|address 3|street 2|street 3|street address line 2|street address 2|address line2|adresszusatz|adresse 2
complément d'adresse|adresse ligne 2|dirección 2|adresregel 2|apartment|apt|suite|unit|floor|building|hausnummer
house number|huisnummer|numero civico|numéro de rue|huisnummer toevoeging|nr domu|建物名|マンション名|latitude|longitude
lat|lng|lon|geo|time zone|timezone|zeitzone|utc offset|company address|company id|company owner|company phone type
company type|company status|account type|account number|account source|vat|vat id|vat number|ust-idnr|ust id|tax id
tax number|steuernummer|nif|cif|dni|rfc|cpf|cnpj|siret|siren|partita iva|p iva|codice fiscale|btw nummer|nip|regon|pesel
kvk|kvk nummer|org nr|organisationsnummer|cvr|ico|ičo|dič|tva|n° tva|iban|bic|bank|price|amount|preis|betrag|quantity
menge|qty|currency|total|year|month|day|jahr|monat|week|count|anzahl|value|wert|index|no.|lfd nr|position number|seniority
job function|job level|job category|education|degree|university|skills|consent|marketing consent|gdpr|gdpr consent
gdpr agreement|terms|terms accepted|accept terms|terms and conditions|i agree|i accept|agree|privacy|privacy policy
newsletter|subscribe|subscription|opt in|optin|email opt in|email opt out|email opted out|opt out|do not call|do not email
do not contact|unsubscribed|unsubscribed from all email|optin time|optin ip|confirm time|confirm ip
marketing contact status|einwilligung|zustimmung|datenschutz|datenschutzerklärung|agb|newsletter anmeldung|acepto
aceptación|j'accepte|accetto|aceito|consentimento|consentement|consentimiento|consenso|akkoord|toestemming|zgoda|samtycke
samtykke|souhlas|同意|個人情報の取り扱い|个人信息|has opted out of email|confirm email|confirm email address
email confirmation|repeat email|verify email|email again|re-enter email|email wiederholen|email bestätigen
confirmation email|confirmer email|confirmar correo|conferma email|メールアドレス確認用|メールアドレス確認|email bounced
email bounced reason|email bounced date|email sent|last contacted|last activity date|last activity|last modified date
last modified|last updated|updated at|modified at|changed|create date|created date|created on|created|date created
date added|added|added on|erstellt am|erstellt|angelegt am|geändert am|changed at|last changed|connected on|cleaned at
closed date|close date|conversion rate|start date|start date utc|end date|start time|end time|duration|last login
first seen|last seen|leid|euid|twitter|twitter handle|linkedin|linkedin profile|linkedin url|linkedin profile url
linkedin company page|facebook|facebook page|instagram|xing|xing profile|skype|skype id|youtube|tiktok|github
facebook profile|social media|im address|im|icq|aim|msn|jabber|wechat|line|微信|qq|captcha|recaptcha|g recaptcha response
honeypot|spam|is spam|spam score|is test|test|nonce|wp nonce|action|submit|csrf token|how did you hear about us
how did you find us|how did you hear|how did you hear about|where did you hear about us|wie haben sie von uns erfahren
wie sind sie auf uns aufmerksam geworden|comment avez-vous entendu parler de nous|comment nous avez-vous connu
cómo nos conoció|cómo nos has conocido|come ci hai conosciuto|como nos conheceu|hoe heeft u ons gevonden|attachment
attachments|file|upload|anhang|datei|signature|unterschrift|resume|cv|lebenslauf|cover letter|customer type name
marital status|nationality|nationalität|nationalité|citizenship|religion|income|salary|gehalt|business fax number
post title|post id|post url|site title|blog name|site name|marketing contact|original source drill down 1|gclid value
converted|is converted|rank|preferred contact method|best time to call|best time|contact method
preferred method of contact|how should we contact you|callback time|appointment date|appointment time|preferred date
wunschtermin|termin|preferred time|check in|check out|number of people|number of guests
"""
"""Words over what is no field of a lead: kept under its own name, never guessed at."""
