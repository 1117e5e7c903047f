"""What people and programs call the fields of a lead: words over columns and beside form fields, by lead field.

Each text holds words divided by `|`. Case, accents, spaces and punctuation do not matter (see core/labels/meaning.py), so a word
stands here once. Words that are no lead field, or somebody else's, are here too, so that they are not guessed.
"""

from __future__ import annotations

FIRST = """
first name|fname|given name|given names|forename|first|christian name|name first|first names|preferred first name
legal first name|Vorname|Vornamen|Rufname|prénom|prénoms|votre prénom|nombre de pila|primer nombre|nombres|nombre propio
nome di battesimo|voornaam|voornamen|roepnaam|primeiro nome|nome próprio|imię|imiona|förnamn|tilltalsnamn|fornavn
křestní jméno|křestní|meno|krstné meno|etunimi|keresztnév|utónév|prenume|ime|vardas|vārds|eesnimi|isim|adı|adınız
μικρό όνομα|下の名前|名|ファーストネーム|имя отчество|ім'я
الاسم الأول|الاسم الاول|שם פרטי|ชื่อจริง|प्रथम नाम|पहला नाम|nama depan|собствено име
"""

LAST = """
last name|lname|surname|family name|last|name last|second name family|last names|family names|legal last name|Nachname
Nachnamen|Familienname|Zuname|Hausname|nom de famille|nom d'usage|nom patronymique|apellido|apellidos|primer apellido
cognome|cognomi|achternaam|familienaam|sobrenome|apelido|apelidos|último nome|nome de família|nazwisko|efternamn|efternavn
etternavn|slektsnavn|familjenamn|příjmení|priezvisko|sukunimi|vezetéknév|családnév|nume de familie|prezime|priimek|pavardė
uzvārds|perekonnanimi|soyad|soyadı|soyadınız|soy isim|επώνυμο|επίθετο|фамилия|прізвище|姓|苗字|ラストネーム|성
اسم العائلة|اللقب|שם משפחה|นามสกุล|उपनाम|nama belakang|фамилно име
"""

FULL_NAME = """
full name|complete name|first and last name|contact person|contact name|person name|names full|name of contact|real name
display name|contact full name|formatted name|name and surname|name surname|surname name|person to contact
point of contact|poc|lead name|attendee|prospect name|vollständiger Name|Kontaktperson|Ansprechpartner|Ansprechperson
Ansprechpartnerin|Ansprechpartner/in|Name des Ansprechpartners|Kontaktname|Name der Kontaktperson|Vor-/Nachname
nom complet|nom et prénom|nom & prénom|nom prénom|prénom nom|nom du contact|personne de contact|interlocuteur
caller|caller name|name of caller|anrufer|anruferin|name des anrufers|anrufername|appelant|interessent|interessentin
invitee|invitee name|guest|guest name|gast
nombre completo|nombre y apellidos|nombre y apellido|apellidos y nombre|persona de contacto|nombre del contacto
nombre de contacto|nome completo|nome e cognome|cognome e nome|nominativo|persona di riferimento|referente
persona di contatto|nome e sobrenome|nome e apelido|pessoa de contato|pessoa de contacto|nome do contato|nome do contacto
volledige naam|voor- en achternaam|contactpersoon|naam contactpersoon|imię i nazwisko|osoba kontaktowa|osoba do kontaktu
fullständigt namn|för- och efternamn|kontaktperson|fulde navn|fuldt navn|fullt navn|for- og efternavn|for- og etternavn
jméno a příjmení|celé jméno|kontaktní osoba|meno a priezvisko|celé meno|koko nimi|teljes név|kapcsolattartó|nume complet
nume și prenume|ime i prezime|ime in priimek|ad soyad|adı soyadı|adınız soyadınız|isim soyisim|ονοματεπώνυμο|фио
имя и фамилия|фамилия имя|фамилия имя отчество|контактное лицо|піб|氏名|お名前|御名前|ご氏名|御氏名|ご担当者名|ご担当者
担当者名|担当者|ご担当者様|担当者氏名|ご担当者様名|フルネーム|代表者名|姓名|您的姓名|联系人|联系人姓名|聯絡人|聯絡人姓名
称呼|真实姓名|성함|성명|담당자|담당자명|이름 성|الاسم الكامل|שם מלא|họ và tên|họ tên|nama lengkap|पूरा नाम|ชื่อ-นามสกุล
"""

NAME = """
name|your name|Name|Ihr Name|Dein Name|nom|votre nom|nombre|su nombre|tu nombre|nome|il tuo nome|o seu nome|seu nome|naam
uw naam|je naam|namn|ditt namn|navn|dit navn|ditt navn|nazwa|jméno|vaše jméno|nimi|név|nume|имя|ваше имя|ім'я та прізвище
όνομα|isminiz|名前|名称 您|您的名字|名字|名稱|이름|이름을|الاسم|שם|nama|नाम|ชื่อ|namn och efternamn|názov|vārds uzvārds
име|име и фамилия
"""
"""Words for a name that mean all of it alone, and the other half beside a column for the first or the last name."""

EMAIL = """
email|mail|e-mail address|mail address|email id|electronic mail|email contact|emailaddr|email addr|eml|email value
E-Mail-Adresse|Mailadresse|E-Mail Anschrift|Mail-Adresse|elektronische Adresse|Adresse email|courriel|adresse courriel|mél
adresse mél|adresse électronique|adresse mail|courrier électronique|correo|correo electrónico|dirección de correo
dirección de correo electrónico|dirección de email|correo-e|mail de contacto|posta elettronica|indirizzo email
indirizzo mail|indirizzo di posta elettronica|indirizzo e-mail|casella di posta|endereço de email|endereço email
correio eletrónico|correio eletrônico|endereço eletrônico|e-mailadres|mailadres|emailadres|elektronische post|adres email
adres e-mail|adres mailowy|poczta elektroniczna|poczta|e-post|epostadress|mejl|mejladress|mailadress|epostadresse
emailadresse|elektronická pošta|emailová adresa|mailová adresa|e-mailová adresa|sähköposti|sähköpostiosoite|e-mail cím
emailcím|e-posta|e-posta adresi|eposta adresiniz|adresă de email|adresa de email|elektronička pošta|e-pošta
ηλεκτρονικό ταχυδρομείο|ηλεκτρονική διεύθυνση|электронная почта|электронный адрес|эл. почта|почта|имейл
адрес электронной почты|електронна пошта|メールアドレス|メール|eメール|eメールアドレス|ご連絡先メールアドレス|電子メール
電子メールアドレス|邮箱|电子邮件|电子邮箱|邮件|邮箱地址|电子邮件地址|電子郵件|電郵|信箱|電子信箱|이메일|이메일 주소|메일
البريد الإلكتروني|البريد الالكتروني|ایمیل|דואל|אימייל|דואר אלקטרוני|ईमेल|อีเมล|thư điện tử|surel|alamat email
địa chỉ email|ел. пошта|електронна поща|ел. поща|el. paštas|elektroninis paštas|e-pasts|e-posti aadress
"""

PHONE = """
phone|phone number|telephone|telephone number|tel|tel number|phone no|telephone no|tel no|contact number|contact phone
phonenumber|phone value|landline|landline number|call back number|callback number|daytime phone|daytime telephone
evening phone|ph|phone #|tel #|ph no|contact no|number to call|direct dial|direct line|phone ext|best phone number
day phone|switchboard|Telefon|Telefonnummer|Telefon-Nr|Tel-Nr|Rufnummer|Festnetz|Festnetznummer|Telefon Nr|Durchwahl
Rückrufnummer|Telefonnummer für Rückfragen|téléphone|numéro de téléphone|n° de téléphone|no de téléphone|téléphone fixe
tél|fixe|numéro de tél|teléfono|número de teléfono|número telefónico|teléfono de contacto|teléfono fijo|teléfono contacto
telefono|numero di telefono|recapito telefonico|numero telefonico|telefono fisso|recapito|telefone|número de telefone
telefone de contato|telefone de contacto|telefone fixo|contato telefônico|telefoon|telefoonnummer|telefoonnr|tel nr
telefonu|numer telefonu|nr telefonu|telefon kontaktowy|telefon stacjonarny|numer kontaktowy|telefonnr|telefon nummer|tlf
tlfnr|tlf nr|telefonní číslo|telefónne číslo|puhelin|puhelinnumero|puh|telefonszám|număr de telefon|nr de telefon
telefonski broj|broj telefona|telefonska številka|telefono numeris|tālrunis|telefon numarası|telefonunuz|τηλέφωνο
τηλέφωνο επικοινωνίας|телефон|номер телефона|контактный телефон|номер телефону|電話|電話番号|お電話番号|お電話
ご連絡先電話番号|連絡先電話番号|tel番号|电话|电话号码|联系电话|電話號碼|聯絡電話|固定电话|座机|전화|전화번호|연락처
رقم الهاتف|الهاتف|تلفن|טלפון|מספר טלפון|फ़ोन|फोन नंबर|โทรศัพท์|เบอร์โทรศัพท์|số điện thoại|điện thoại|nomor telepon
telepon|no telp|telefonas|tel. numeris|телефонен номер|телефон за връзка
"""

MOBILE = """
mobile|mobile phone|mobile number|mobile no|mobile phone number|cell|cell phone|cellphone|cell phone number|cell number
cellular|cell no|cellular phone|mobile telephone|mobile tel|whatsapp|whatsapp number|whatsapp no|sms number|text number
mob|mob no|hand phone|handphone|Handy|Handynummer|Mobil|Mobilnummer|Mobiltelefon|Mobilfunk|Mobilfunknummer|Mobil-Nr
Handy-Nr|Mobilrufnummer|Natel|portable|téléphone portable|tel portable|téléphone mobile|mobile portable|numéro de portable
numéro de mobile|gsm|n° de portable|móvil|teléfono móvil|celular|teléfono celular|número de celular|número de móvil
número móvil|cellulare|telefono cellulare|numero di cellulare|numero cellulare|telemóvel|telefone celular
número de telemóvel|telefone móvel|mobiel|mobiele telefoon|mobiel nummer|gsm-nummer|mobiele nummer|telefon komórkowy
komórka|tel kom|numer komórkowy|numer telefonu komórkowego|mobiltelefonnummer|mobilnr|mobiltlf|mobil nr|mobilní telefon
mobilní|mobil telefon|mobilný telefón|matkapuhelin|matkapuhelinnumero|kännykkä|mobilszám|telefon mobil|mobitel
cep telefonu|cep tel|cep telefonu numarası|gsm no|κινητό|κινητό τηλέφωνο|мобильный|мобильный телефон|моб телефон|сотовый
номер мобильного телефона|мобільний|携帯|携帯電話|携帯番号|携帯電話番号|手机|手机号|手机号码|移动电话|手機|手機號碼
行動電話|휴대폰|휴대전화|핸드폰|휴대폰 번호|휴대폰번호|휴대전화번호|الجوال|رقم الجوال|الموبايل|נייד|טלפון נייד|मोबाइल
मोबाइल नंबर|มือถือ|di động|nomor hp|no hp
"""

COMPANY = """
address company
company|company name|organization|organisation|organization name|organisation name|business name|firm|firm name|employer
corporation|name of company|name of organization|name of organisation|company organization|employer name|institution
name of the company|company legal name|legal company name|account name|current company|company account
which company do you work for|what company do you work for|where do you work|what company are you with
company you work for|name of business|associated company|primary company|work company|trading name
business or organisation|organization company|legal entity name|workplace|place of work|current employer|company current
Firma|Firmenname|Unternehmen|Name des Unternehmens|Unternehmensname|Betrieb|Organisation|Name der Firma|Arbeitgeber
Institution|Firma Institution|Firmenbezeichnung|Gesellschaft|Einrichtung|société|entreprise|raison sociale
nom de l'entreprise|nom de la société|nom entreprise|nom société|organisme|établissement|employeur|empresa|compañía
nombre de la empresa|nombre empresa|razón social|organización|institución|nombre de la compañía|azienda|società
nome azienda|ragione sociale|ditta|nome dell'azienda|organizzazione|nome della società|impresa|ente|nome da empresa
organização|nome empresa|razão social|companhia|instituição|bedrijf|bedrijfsnaam|organisatie|naam bedrijf|naam organisatie
onderneming|bedrijf organisatie|werkgever|bedrijfsnaam organisatie|nazwa firmy|przedsiębiorstwo|organizacja
nazwa przedsiębiorstwa|instytucja|företag|företagsnamn|företagets namn|organisation företag|bolag|virksomhed
virksomhedsnavn|firmanavn|firmanamn|bedrift|bedriftsnavn|selskap|selskab|společnost|název firmy|název společnosti
organizace|spoločnosť|názov firmy|yritys|yrityksen nimi|cég|cégnév|cég neve|vállalat|companie|nume companie|nume firmă
denumire firmă|tvrtka|naziv tvrtke|podjetje|įmonė|uzņēmums|şirket|şirket adı|firma adı|kurum|kuruluş|εταιρεία|επωνυμία
όνομα εταιρείας|компания|название компании|организация|фирма|компанія|назва компанії|предприятие|会社|会社名|御社名|貴社名
企業名|企業・団体名|法人名|勤務先|勤務先名|所属企業|団体名|貴社名 団体名|会社名 団体名|ご所属|所属先|組織名|学校名|公司
公司名称|公司名|企业|企业名称|单位|单位名称|工作单位|公司名稱|機構|企業名稱|회사|회사명|기업명|기관명|소속|업체명|الشركة
اسم الشركة|חברה|שם החברה|शركة|कंपनी|कंपनी का नाम|บริษัท|ชื่อบริษัท|công ty|tên công ty|perusahaan|nama perusahaan
"""

JOB_TITLE = """
job title|jobtitle|position|job position|role|job role|your role|occupation|profession|job|position title|designation
title job|professional title|job title role|business title|job title position|title position|title role|current position
position held|organization title|Funktion|Position|Berufsbezeichnung|Jobtitel|Job-Titel|Jobbezeichnung|Stellenbezeichnung
Beruf|Tätigkeit|Stellung|Rolle|Position im Unternehmen|Ihre Rolle|Funktion im Unternehmen|Dienststellung|fonction|poste
intitulé du poste|métier|rôle|poste occupé|titre du poste|votre fonction|cargo|puesto|puesto de trabajo|rol|profesión
ocupación|posición|ruolo|posizione|mansione|qualifica|professione|ruolo aziendale|funzione|posizione lavorativa|função
profissão|posição|functie|functietitel|beroep|rol in organisatie|functienaam|stanowisko|funkcja|zawód|stanowisko pracy
befattning|yrke|yrkestitel|roll|stilling|stillingsbetegnelse|jobtitel|yrkestittel|rolle|pozice|pracovní pozice|funkce
profese|pozícia|asema|tehtävänimike|titteli|ammatti|beosztás|munkakör|pozíció|funcție|funcția|poziție|pozicija|pareigos
amats|unvan|ünvan|pozisyon|görev|meslek|θέση|θέση εργασίας|ιδιότητα|должность|профессия|посада|роль|役職|役職名|お役職
職位|職種|肩書|肩書き|ご役職|职位|职务|岗位|职称|職稱|職務|직책|직급|직위|직함|المسمى الوظيفي|الوظيفة|תפקיד|पद|ตำแหน่ง
chức vụ|chức danh|jabatan
"""

MESSAGE = """
message|message to us|comments|comment|message body|enquiry|inquiry|your enquiry|your inquiry|questions|question
your question|how can we help|message text|how can we help you|how may we help you|how may we help|what can we do for you
additional information|additional info|additional comments|further information|other comments|comments questions
questions comments|questions or comments|comments or questions|notes|note|remarks|remark|feedback|your request
request details|details of your enquiry|tell us more|tell us about your project|tell us more about your project
project details|project description|describe your project|anything else|anything else we should know|text|body|content
enquiry details|message comments|comment or message|message or comment|inquiry details|leave a message|write a message
customer comments|additional notes|customer message|how can our team help|how can our team help you
what can we help you with|special requests|what would you like to know|what is your enquiry about|about your project
tell us about your needs|further comments|any comments|any questions|your comments questions|Nachricht|Mitteilung|Anliegen
Kommentar|Kommentare|Bemerkung|Bemerkungen|Anfrage|Ihre Anfrage|Frage|Fragen|Notiz|Notizen|Hinweis|Anmerkung|Wünsche
Ihre Wünsche|Anmerkungen|Nachrichtentext|Wie können wir helfen|Wie können wir Ihnen helfen|Ihre Mitteilung|Ihr Anliegen
weitere Informationen|Freitext|Projektbeschreibung|Ihre Fragen|sonstiges|Bemerkungen Wünsche|Fragen und Anmerkungen
Anfragetext|Was können wir für Sie tun|Ihre Nachricht an uns|Nachricht an uns|message libre|commentaire|commentaires
votre message|votre demande|demande|remarque|remarques|comment pouvons-nous vous aider|informations complémentaires
précisions|votre question|corps du message|détails|détails du projet|contenu du message|mensaje|comentario|comentarios
consulta|pregunta|observaciones|cómo podemos ayudarle|cómo podemos ayudarte|en qué podemos ayudarle
en qué podemos ayudarte|solicitud|notas|duda|su consulta|tu consulta|cuerpo del mensaje|información adicional|messaggio
commento|commenti|richiesta|domanda|domande|note aggiuntive|come possiamo aiutarti|come possiamo aiutarla|testo
testo del messaggio|osservazioni|la tua richiesta|corpo del messaggio|informazioni aggiuntive|mensagem|comentário
comentários|dúvida|pergunta|observações|como podemos ajudar|como podemos ajudá-lo|sua mensagem|solicitação|pedido
corpo da mensagem|bericht|uw bericht|opmerking|opmerkingen|vraag|vragen|uw vraag|toelichting|hoe kunnen we helpen
hoe kunnen wij u helpen|waarmee kunnen wij u helpen|aanvraag|vraag of opmerking|vragen opmerkingen|wiadomość
treść wiadomości|treść|komentarz|uwagi|zapytanie|pytanie|jak możemy pomóc|w czym możemy pomóc|twoja wiadomość
treść zapytania|meddelande|ditt meddelande|kommentar|fråga|förfrågan|övrigt|hur kan vi hjälpa dig|hur kan vi hjälpa till
meddelelse|besked|din besked|spørgsmål|henvendelse|forespørgsel|melding|din melding|beskjed|spørsmål|forespørsel
hvordan kan vi hjælpe|hvordan kan vi hjælpe dig|hvordan kan vi hjelpe|hvordan kan vi hjelpe deg|zpráva|vaše zpráva
text zprávy|dotaz|poznámka|komentář|vzkaz|jak vám můžeme pomoci|s čím vám můžeme pomoci|správa|vaša správa|viesti
kommentti|kysymys|lisätiedot|üzenet|megjegyzés|kérdés|mesaj|mesajul dvs|mesajınız|mesajiniz|yorum|açıklama|poruka
sporočilo|žinutė|ziņa|sõnum|μήνυμα|σχόλια|σχόλιο|сообщение|ваше сообщение|комментарий|вопрос|текст сообщения|примечание
повідомлення|коментар|お問い合わせ内容|お問合せ内容|問い合わせ内容|お問い合せ内容|メッセージ|内容|ご質問|ご質問内容|備考
ご意見|ご要望|コメント|本文|お問い合わせ詳細|お問い合わせ|ご相談内容|詳細|ご質問・ご要望|メッセージ本文|ご用件|留言
留言内容|消息|信息|备注|咨询内容|问题|需求描述|您的留言|内容描述|訊息|備註|詢問內容|意見|메시지|문의내용|문의 내용|내용
문의사항|상담내용|비고|남기실 말씀|الرسالة|رسالة|رسالتك|הודעה|संदेश|ข้อความ|tin nhắn|nội dung|lời nhắn|pesan
"""

SUBJECT = """
subject|topic|regarding|subject line|your subject|reason for contact|reason for enquiry|enquiry type|inquiry type
reason for contacting us|message subject|subject of enquiry|nature of enquiry|type of enquiry|type of inquiry
reason for your enquiry|reason for inquiry|Betreff|Thema|Betreffzeile|Grund der Anfrage|Art der Anfrage|objet|sujet
objet de la demande|sujet du message|objet du message|asunto|tema|motivo|motivo de consulta|motivo de contacto
asunto del mensaje|oggetto|argomento|motivo della richiesta|oggetto del messaggio|assunto|motivo do contato|onderwerp
temat|temat wiadomości|ämne|ärende|emne|předmět|předmět zprávy|predmet|aihe|otsikko|tárgy|subiect|konu|zadeva|tema pesan
θέμα|тема|тема сообщения|тема письма|件名|題名|タイトル 件名|お問い合わせ種別|お問い合わせ項目|主题|主題|主旨|제목
문의유형|문의 유형|الموضوع|נושא|विषय|หัวข้อ|chủ đề|tiêu đề|subjek
"""

STREET = """
street|street address|street and no|street & no
address address 1|address address1|address line 1|address line1|address 1|street 1|addr 1|address street
street name|street and number|address line|street address line 1|street line 1|mailing address|postal address|home address
business address|work address|address street address|house number and street|street number and name|address line one
address street 1|address street line 1|residential address|Straße|Straße und Hausnummer|Straße Hausnummer|Straße Nr|Str
Straße/Nr|Postanschrift|Anschrift Straße|Straße + Hausnummer|Strasse & Nr|Adresszeile 1|Straße 1|rue|adresse postale
adresse ligne 1|numéro et rue|n° et rue|voie|adresse 1|calle|calle y número|dirección postal|domicilio|dirección 1
dirección línea 1|via|indirizzo postale|via e numero civico|via/piazza|rua|logradouro|endereço 1|straat
straat en huisnummer|straatnaam|straat + huisnummer|adresregel 1|postadres|ulica|ulica i numer|ulica i nr domu|gata
gatuadress|gatadress|postadress|utdelningsadress|gade|vej|vejnavn|gadenavn|gate|gateadresse|veiadresse|ulice|ulice a číslo
ulice a č p|katuosoite|lähiosoite|utca|utca házszám|stradă|strada|sokak|cadde|οδός|улица|улица и дом|вулиця|番地
町名・番地|丁目番地|街道|街道地址|详细地址|街道名|도로명주소|상세주소|الشارع|רחוב|สถานที่
"""

CITY = """
city|town|city town|town city|locality|address city|city name|suburb|municipality|city or town|town or city
place of residence|Ort|Stadt|Wohnort|Stadt/Ort|Ortschaft|Gemeinde|ville|commune|localité|ciudad|localidad|localidade|población
municipio|città|comune|località|paese città|cidade|município|plaats|woonplaats|stad|gemeente|vestigingsplaats|miasto
miejscowość|postort|bynavn|poststed|sted|město|obec|mesto|kaupunki|postitoimipaikka|paikkakunta|város|település|oraș
localitate|grad|miestas|pilsēta|linn|şehir|ilçe|πόλη|град|населено място|населений пункт
город|місто|市区町村|市町村|市区郡|都市|城市|所在城市|도시|시 군 구
المدينة|עיר|शहर|เมือง|thành phố|kota
"""

POSTCODE = """
postcode|postal code|post code|zip|zip code|zip postal code|zip postcode|postal zip code|zip postal|address zip
address postal code|zip 4|postalcode|eircode|pincode|pin code|address zip postal code|address postcode|zip or postal code
PLZ|Postleitzahl|code postal|cp|código postal|c p|cap|codice postale|codice di avviamento postale|cep|código postal cep
kod pocztowy|postnummer|postnr|postnr.|psč|poštovní směrovací číslo|postinumero|irányítószám|irsz|cod poștal
poštanski broj|poštna številka|pašto kodas|pasta indekss|posta kodu|ταχυδρομικός κώδικας|τκ|почтовый индекс|индекс
поштовий індекс|郵便番号|邮编|邮政编码|郵遞區號|우편번호|الرمز البريدي|מיקוד|पिन कोड|รหัสไปรษณีย์|mã bưu điện|kode pos
"""

REGION = """
state|province|region|county|state province|state region|state or province|province state|address state|state county
prefecture|address state province|state code|province region|county state|administrative area|state province region
state territory|us state|Bundesland|Kanton|Bezirk|Region|région|département|canton|provincia|estado|comunidad autónoma
departamento geográfico|regione|distrito|provincie|województwo|län|fylke|okres|maakunta|megye|județ|județul|županija
apskritis|νομός|область|регион|край|都道府県|省份|省|所在省份|省市|州|地区 省|시도|시 도|المنطقة|المحافظة|มณฑล จังหวัด
จังหวัด|tỉnh|provinsi
"""

COUNTRY = """
address country code
country|country region|nation|country code|country name|address country|country of residence|country or region
country territory|Land|Staat|Herkunftsland|Land/Region|Wohnsitzland|pays|pays région|pays de résidence|país|país región
país de residencia|paese|nazione|paese/regione|país de residência|land van herkomst|kraj zamieszkania|państwo|země|stát
krajina|štát|maa|ország|țară|tara|država|zemlja|šalis|valsts|riik|ülke|χώρα|страна|країна|国|国名|お住まいの国|居住国|国家
国家地区|國家|국가|나라|الدولة|البلد|מדינה|ארץ|देश|ประเทศ|quốc gia|negara
"""

COMPANY_COUNTRY = """
company country|country of company|company hq country|headquarters country|company country region|Land des Unternehmens
Firmensitz|Land der Firma|pays de l'entreprise|país de la empresa|paese dell'azienda|país da empresa
"""

SALUTATION = """
salutation|honorific|name prefix|prefix|courtesy title|mr ms|mr mrs|mr mrs ms|form of address|title salutation|name title
title prefix|Anrede|Briefanrede|Anrede/Titel|civilité|civilite|tratamiento|trato|appellativo|titolo di cortesia|tratamento
pronome de tratamento|aanhef|aanspreektitel|zwrot grzecznościowy|tilltalsnamn titel|tilltal|tiltale|oslovení|oslovenie
puhuttelu|megszólítás|formulă de adresare|hitap|προσφώνηση|обращение|敬称|称谓|稱謂|敬稱|호칭|dhr mevr|herr frau|dhr/mevr
"""

MIDDLE_NAME = """
middle name|middle|middle initial|additional name|name middle|second given name|middle names|second first name
zweiter Vorname|weitere Vornamen|deuxième prénom|segundo nombre|secondo nome|segundo nome|nome do meio|tweede voornaam
tussenvoegsel|drugie imię|mellannamn|mellomnavn|mellemnavn|prostřední jméno|отчество|по батькові|ミドルネーム
"""

NAME_SUFFIX = "name suffix|suffix|generational suffix|Namenszusatz|sufijo|suffisso|suffixe"

DEPARTMENT = """
department|dept|division|business unit|department name|organization department|team department|job function department
Abteilung|Bereich|Fachbereich|département service|service département|departamento|área departamento|reparto|dipartimento
ufficio reparto|afdeling|dział|wydział|avdelning|afdeling navn|avdeling|oddělení|oddelenie|osasto|részleg|osztály
departament|odjel|oddelek|departman|bölüm|birim|τμήμα|отдел|подразделение|відділ|部署|部署名|所属部署|部門|部门|所属部门
부서|부서명|القسم|מחלקה|แผนก|phòng ban|departemen
"""

LANGUAGE = """
language|preferred language|locale|language preference|contact language|spoken language|lang|language code|Sprache
bevorzugte Sprache|Korrespondenzsprache|langue|langue préférée|idioma|idioma preferido|lengua|lingua|lingua preferita
língua|taal|voorkeurstaal|język|preferowany język|språk|sprog|jazyk|kieli|nyelv|limbă|limba|jezik|kalba|valoda|dil|γλώσσα
язык|мова|言語|ご希望の言語|语言|語言|언어|اللغة|שפה|भाषा|ภาษา|ngôn ngữ|bahasa
"""

PERSONAL_WEBSITE = """
personal website|personal web page|blog|own website|portfolio|personal site|private Webseite|site personnel|personal url
"""

WEBSITE = """
website|web site|homepage|company website|company url|website url|web page|web address|web|www|company web site
company site|website address|business website|organization website|business home page|company homepage|site web
your website|site|website value|corporate website|Webseite|Internetseite|Internetadresse|Firmenwebseite|Webadresse
Firmenwebsite|Internet|Internetauftritt|Unternehmenswebsite|site internet|adresse web|site de l'entreprise|sitio web
página web|sitio|web de la empresa|dirección web|sito web|sito|sito internet|sito aziendale|pagina web|site da empresa
página da web|endereço web|bedrijfswebsite|webadres|strona internetowa|strona www|adres strony|witryna|webbplats|hemsida
webbsida|webbadress|hjemmeside|nettside|nettsted|nettadresse|webové stránky|web stránka|webová stránka|verkkosivu
verkkosivusto|kotisivu|kotisivut|weboldal|honlap|site-ul web|web stranica|spletna stran|svetainė|web sitesi
internet sitesi|ιστοσελίδα|ιστότοπος|сайт|веб-сайт|адрес сайта|сайт компании|ウェブサイト|ホームページ|webサイト|サイトurl
企業url|会社url|貴社url|网站|网址|公司网站|網站|網址|웹사이트|홈페이지|الموقع الإلكتروني|אתר|אתר אינטרנט|वेबसाइट|เว็บไซต์
trang web|situs web
"""

DOMAIN = """
company domain|company domain name|domain|domain name|Firmendomain|domaine|dominio|domínio|email domain name
website domain|ドメイン|域名
"""

EMPLOYEES = """
company size|number of employees|employees|no of employees|num employees|employee count|headcount|company headcount
numemployees|team size|size of company|how many employees|how many employees do you have|organization size
organisation size|staff count|number of staff|staff size|of employees|employee range|employees range|numberofemployees
how many employees does your company have|business size|company employees|Mitarbeiter|Mitarbeiterzahl|Anzahl Mitarbeiter
Anzahl der Mitarbeiter|Unternehmensgröße|Firmengröße|Mitarbeiteranzahl|Zahl der Mitarbeiter|Anzahl Mitarbeitende
Mitarbeitende|Beschäftigte|Anzahl Beschäftigte|taille de l'entreprise|taille entreprise|effectif|effectifs
nombre d'employés|nombre de salariés|nombre de collaborateurs|nb salariés|número de empleados|tamaño de la empresa
empleados|nº de empleados|numero di dipendenti|dipendenti|dimensione azienda|dimensioni dell'azienda|numero dipendenti
dimensione aziendale|número de funcionários|nº de funcionários|tamanho da empresa|número de colaboradores|funcionários
aantal medewerkers|aantal werknemers|bedrijfsgrootte|bedrijfsomvang|liczba pracowników|wielkość firmy|ilość pracowników
antal anställda|företagsstorlek|antal ansatte|antall ansatte|virksomhedsstørrelse|počet zaměstnanců|velikost firmy
velikost společnosti|počet zamestnancov|henkilöstömäärä|henkilöstön määrä|létszám|alkalmazottak száma|număr de angajați
broj zaposlenih|število zaposlenih|çalışan sayısı|αριθμός εργαζομένων|количество сотрудников|число сотрудников
кількість співробітників|従業員数|社員数|従業員規模|企業規模|会社規模|员工人数|员工数量|公司规模|企业规模|人数规模
員工人數|公司規模|직원수|직원 수|임직원수|사원수|회사 규모
"""

REVENUE = """
revenue|annual revenue|company revenue|yearly revenue|turnover|annual turnover|sales volume|annual sales
company annual revenue|Umsatz|Jahresumsatz|Unternehmensumsatz|chiffre d'affaires|chiffre d'affaires annuel|ca annuel
facturación|facturación anual|ingresos anuales|volumen de negocio|fatturato|fatturato annuo|ricavi|faturamento
faturamento anual|receita anual|volume de negócios|omzet|jaaromzet|przychód|roczny przychód|obrót|omsättning|årsomsättning
omsætning|årlig omsætning|omsetning|obrat|roční obrat|liikevaihto|árbevétel|cifră de afaceri|yıllık ciro|ciro
κύκλος εργασιών|выручка|годовой оборот|оборот|売上|売上高|年商|年间营业额|营业额|年收入|年營業額|매출|매출액|연매출
"""

INDUSTRY = """
industry|sector|business sector|industry sector|company industry|line of business|vertical|industry type|business type
industry vertical|Branche|Branchen|Industrie|Wirtschaftszweig|Branche/Industrie|secteur|secteur d'activité|activité
domaine d'activité|industrie|industria|rubro|sector de actividad|ramo|settore|settore di attività|settore industriale
setor|segmento|indústria|ramo de atividade|setor de atividade|bedrijfstak|branża|sektor|bransch|industri|bransje|obor
odvětví|obor podnikání|odvetvie|toimiala|iparág|ágazat|djelatnost|panoga|sektör|endüstri|κλάδος|отрасль|сфера деятельности
галузь|業種|業界|業種業態|行业|所属行业|產業|行業|업종|산업|산업분야|القطاع|תעשייה|ענף|อุตสาหกรรม|ngành nghề
industri bidang
"""

PRODUCT = """
product|product of interest|product interest|interested in|products of interest|product name
which product are you interested in|products|i am interested in|i'm interested in|product interested in
which products are you interested in|product or service|product service|what are you interested in|product type
area of interest|product interests|vehicle of interest|solution of interest|Produkt|Produkte|Produktinteresse|Interesse an
Gewünschtes Produkt|Interessiert an|Ich interessiere mich für|produit|produits|produit souhaité|produit concerné
intéressé par|producto|productos|producto de interés|interesado en|prodotto|prodotti|prodotto di interesse|interessato a
produto|produtos|produto de interesse|interesse em|producten|interesse in|geïnteresseerd in|produkty|produkt interesse
interesuje mnie|produkter|intresserad av|interesseret i|interessert i|zájem o|výrobek|tuote|tuotteet|termék|termékek
produs|produse|proizvod|izdelek|ürün|προϊόν|продукт|товар|интересующий продукт|製品名|製品|商品名|商品|ご希望の製品
ご興味のある製品|产品|产品名称|感兴趣的产品|產品|제품|상품|관심 제품|제품명
"""

BUDGET = """
budget|estimated budget|project budget|budget range|your budget|what is your budget|approximate budget|planned budget
budget amount|Projektbudget|Budgetrahmen|geplantes Budget|budget estimé|budget du projet|presupuesto|presupuesto estimado
budget previsto|orçamento|orçamento estimado|begroting|budżet|rozpočet|budjetti|költségvetés|költségkeret|buget|proračun
bütçe|προϋπολογισμός|бюджет|予算|ご予算|预算|預算|예산
"""

TIMEFRAME = """
timeframe|time frame|purchase timeframe|purchasing timeframe|buying timeframe|timeline|project timeline
when do you plan to buy|purchase timeline|when are you looking to start|when do you want to start|Zeitrahmen|Kaufzeitraum
Zeithorizont|délai|échéance|plazo|tempistica|tempistiche|prazo|tijdsbestek|termijn|harmonogram|tidsram|tidsramme
časový rámec|сроки|導入時期|導入予定時期|購入時期|购买时间|도입시기|도입 시기
"""

TOUCH: dict[str, str] = {
    "touch.page_url": """
        page url|source url|form page|page|submitted from|form url|source page|embed url|sent from page|page link
        page address|submission page|submission url|referring page url|url of the form page|seite|seiten-url|formularseite
        url de la page|página url|url de la página|url della pagina|pagina url|url da página|adres strony formularza
        sidans url|side url|送信元ページ|送信元url|ページurl|页面地址|页面链接|페이지 url|page title url|current url
        webpage url|entry page url|_page_url|_page|conversion page
        """,
    "touch.landing_page": "landing page|landing page url|first page seen|first page|entry page|lp url|first page url",
    "touch.referrer": """
        referer|http referer|referrer url|referring url|referer url|http referrer|original referrer|referring site
        first referring site
        """,
    "touch.gclid": "google click id|google click identifier",
    "touch.form_id": "form id|formid|form number|gravity form id",
    "touch.name": """
        form name|name of form|ad form name|lead form name
        form title|form|formular|formularname|name des formulars|nom du formulaire|formulaire
        nombre del formulario|formulario|nome del modulo|nome do formulário|formulário|formulier|formuliernaam
        nazwa formularza|formularz|formulärnamn|formulär|název formuláře|フォーム名|表单名称
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
"""The words of what belongs to a touch."""

FIELD_WORDS: dict[str, str] = {
    "person.first_name": FIRST,
    "person.last_name": LAST,
    "person.full_name": FULL_NAME,
    "person.email": EMAIL,
    "person.phone": PHONE,
    "person.mobile": MOBILE,
    "person.job_title": JOB_TITLE,
    "person.department": DEPARTMENT,
    "person.salutation": SALUTATION,
    "person.middle_name": MIDDLE_NAME,
    "person.name_suffix": NAME_SUFFIX,
    "person.language": LANGUAGE,
    "person.website": PERSONAL_WEBSITE,
    "company.name": COMPANY,
    "company.website": WEBSITE,
    "company.domain": DOMAIN,
    "company.employees": EMPLOYEES,
    "company.revenue": REVENUE,
    "company.industry": INDUSTRY,
    "company.country": COMPANY_COUNTRY,
    "address.street": STREET,
    "address.city": CITY,
    "address.postcode": POSTCODE,
    "address.region": REGION,
    "address.country": COUNTRY,
    "interest.product": PRODUCT,
    "interest.budget": BUDGET,
    "interest.timeframe": TIMEFRAME,
    "touch.message": MESSAGE,
    "touch.subject": SUBJECT,
    **TOUCH,
    "person.phone_extension": """
        phone extension|extension|ext|Durchwahl Nebenstelle|Nebenstelle|poste téléphonique|interno|内線
        """,
    "person.emails": """
        emails|email addresses|all emails|additional email addresses|additional emails|other emails|email aliases
        """,
    "person.phones": """
        phones|phone numbers|all phones|additional phone numbers|other phones|company main phone|company phone
        company phone number
        """,
    "interest.need": """
        need|needs|requirement|requirements|your needs|your requirements|Bedarf|Anforderungen|besoin|besoins|necesidades
        esigenze|behoefte
        """,
}
"""The words of each lead field, in all languages together."""
