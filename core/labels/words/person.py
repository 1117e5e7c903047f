"""Words for who the lead is and how they are reached."""

from __future__ import annotations

NAME = """
name|your name|Name|Ihr Name|Dein Name|nom|votre nom|nombre|su nombre|tu nombre|nome|il tuo nome|o seu nome|seu nome
naam|uw naam|je naam|namn|ditt namn|navn|dit navn|ditt navn|nazwa|jméno|vaše jméno|nimi|név|nume|имя|ваше имя
ім'я та прізвище|όνομα|isminiz|名前|名称 您|您的名字|名字|名稱|이름|이름을|الاسم|שם|nama|नाम|ชื่อ|namn och efternamn
názov|vārds uzvārds|име|име и фамилия
"""
"""Words for a name that mean all of it alone, and the other half beside a column for the first or the last name."""

PERSON_WORDS: dict[str, str] = {
    "person.first_name": """
        first name|fname|given name|given names|forename|first|christian name|name first|first names
        preferred first name|legal first name|Vorname|Vornamen|Rufname|prénom|prénoms|votre prénom|nombre de pila
        primer nombre|nombres|nombre propio|nome di battesimo|voornaam|voornamen|roepnaam|primeiro nome|nome próprio
        imię|imiona|förnamn|tilltalsnamn|fornavn|křestní jméno|křestní|meno|krstné meno|etunimi|keresztnév|utónév
        prenume|ime|vardas|vārds|eesnimi|isim|adı|adınız|μικρό όνομα|下の名前|名|ファーストネーム|имя отчество|ім'я
        الاسم الأول|الاسم الاول|שם פרטי|ชื่อจริง|प्रथम नाम|पहला नाम|nama depan|собствено име
        """,
    "person.last_name": """
        last name|lname|surname|family name|last|name last|second name family|last names|family names|legal last name
        Nachname|Nachnamen|Familienname|Zuname|Hausname|nom de famille|nom d'usage|nom patronymique|apellido|apellidos
        primer apellido|cognome|cognomi|achternaam|familienaam|sobrenome|apelido|apelidos|último nome|nome de família
        nazwisko|efternamn|efternavn|etternavn|slektsnavn|familjenamn|příjmení|priezvisko|sukunimi|vezetéknév|családnév
        nume de familie|prezime|priimek|pavardė|uzvārds|perekonnanimi|soyad|soyadı|soyadınız|soy isim|επώνυμο|επίθετο
        фамилия|прізвище|姓|苗字|ラストネーム|성|اسم العائلة|اللقب|שם משפחה|นามสกุล|उपनाम|nama belakang|фамилно име
        """,
    "person.full_name": """
        full name|complete name|first and last name|contact person|contact name|person name|names full|name of contact
        real name|display name|contact full name|formatted name|name and surname|name surname|surname name
        person to contact|point of contact|poc|lead name|attendee|prospect name|vollständiger Name|Kontaktperson
        Ansprechpartner|Ansprechperson|Ansprechpartnerin|Ansprechpartner/in|Name des Ansprechpartners|Kontaktname
        Name der Kontaktperson|Vor-/Nachname|nom complet|nom et prénom|nom & prénom|nom prénom|prénom nom|nom du contact
        personne de contact|interlocuteur|caller|caller name|name of caller|anrufer|anruferin|name des anrufers
        anrufername|appelant|interessent|interessentin|invitee|invitee name|guest|guest name|gast|nombre completo
        nombre y apellidos|nombre y apellido|apellidos y nombre|persona de contacto|nombre del contacto
        nombre de contacto|nome completo|nome e cognome|cognome e nome|nominativo|persona di riferimento|referente
        persona di contatto|nome e sobrenome|nome e apelido|pessoa de contato|pessoa de contacto|nome do contato
        nome do contacto|volledige naam|voor- en achternaam|contactpersoon|naam contactpersoon|imię i nazwisko
        osoba kontaktowa|osoba do kontaktu|fullständigt namn|för- och efternamn|kontaktperson|fulde navn|fuldt navn
        fullt navn|for- og efternavn|for- og etternavn|jméno a příjmení|celé jméno|kontaktní osoba|meno a priezvisko
        celé meno|koko nimi|teljes név|kapcsolattartó|nume complet|nume și prenume|ime i prezime|ime in priimek|ad soyad
        adı soyadı|adınız soyadınız|isim soyisim|ονοματεπώνυμο|фио|имя и фамилия|фамилия имя|фамилия имя отчество
        контактное лицо|піб|氏名|お名前|御名前|ご氏名|御氏名|ご担当者名|ご担当者|担当者名|担当者|ご担当者様|担当者氏名
        ご担当者様名|フルネーム|代表者名|姓名|您的姓名|联系人|联系人姓名|聯絡人|聯絡人姓名|称呼|真实姓名|성함|성명
        담당자|담당자명|이름 성|الاسم الكامل|שם מלא|họ và tên|họ tên|nama lengkap|पूरा नाम|ชื่อ-นามสกุล
        """,
    "person.email": """
        email|mail|e-mail address|mail address|email id|electronic mail|email contact|emailaddr|email addr|eml
        email value|E-Mail-Adresse|Mailadresse|E-Mail Anschrift|Mail-Adresse|elektronische Adresse|Adresse email
        courriel|adresse courriel|mél|adresse mél|adresse électronique|adresse mail|courrier électronique|correo
        correo electrónico|dirección de correo|dirección de correo electrónico|dirección de email|correo-e
        mail de contacto|posta elettronica|indirizzo email|indirizzo mail|indirizzo di posta elettronica
        indirizzo e-mail|casella di posta|endereço de email|endereço email|correio eletrónico|correio eletrônico
        endereço eletrônico|e-mailadres|mailadres|emailadres|elektronische post|adres email|adres e-mail|adres mailowy
        poczta elektroniczna|poczta|e-post|epostadress|mejl|mejladress|mailadress|epostadresse|emailadresse
        elektronická pošta|emailová adresa|mailová adresa|e-mailová adresa|sähköposti|sähköpostiosoite|e-mail cím
        emailcím|e-posta|e-posta adresi|eposta adresiniz|adresă de email|adresa de email|elektronička pošta|e-pošta
        ηλεκτρονικό ταχυδρομείο|ηλεκτρονική διεύθυνση|электронная почта|электронный адрес|эл. почта|почта|имейл
        адрес электронной почты|електронна пошта|メールアドレス|メール|eメール|eメールアドレス|ご連絡先メールアドレス
        電子メール|電子メールアドレス|邮箱|电子邮件|电子邮箱|邮件|邮箱地址|电子邮件地址|電子郵件|電郵|信箱|電子信箱
        이메일|이메일 주소|메일|البريد الإلكتروني|البريد الالكتروني|ایمیل|דואל|אימייל|דואר אלקטרוני|ईमेल|อีเมล
        thư điện tử|surel|alamat email|địa chỉ email|ел. пошта|електронна поща|ел. поща|el. paštas|elektroninis paštas
        e-pasts|e-posti aadress
        """,
    "person.phone": """
        phone|phone number|telephone|telephone number|tel|tel number|phone no|telephone no|tel no|contact number
        contact phone|phonenumber|phone value|landline|landline number|call back number|callback number|daytime phone
        daytime telephone|evening phone|ph|phone #|tel #|ph no|contact no|number to call|direct dial|direct line
        phone ext|best phone number|day phone|switchboard|Telefon|Telefonnummer|Telefon-Nr|Tel-Nr|Rufnummer|Festnetz
        Festnetznummer|Telefon Nr|Durchwahl|Rückrufnummer|Telefonnummer für Rückfragen|téléphone|numéro de téléphone
        n° de téléphone|no de téléphone|téléphone fixe|tél|fixe|numéro de tél|teléfono|número de teléfono
        número telefónico|teléfono de contacto|teléfono fijo|teléfono contacto|telefono|numero di telefono
        recapito telefonico|numero telefonico|telefono fisso|recapito|telefone|número de telefone|telefone de contato
        telefone de contacto|telefone fixo|contato telefônico|telefoon|telefoonnummer|telefoonnr|tel nr|telefonu
        numer telefonu|nr telefonu|telefon kontaktowy|telefon stacjonarny|numer kontaktowy|telefonnr|telefon nummer|tlf
        tlfnr|tlf nr|telefonní číslo|telefónne číslo|puhelin|puhelinnumero|puh|telefonszám|număr de telefon
        nr de telefon|telefonski broj|broj telefona|telefonska številka|telefono numeris|tālrunis|telefon numarası
        telefonunuz|τηλέφωνο|τηλέφωνο επικοινωνίας|телефон|номер телефона|контактный телефон|номер телефону|電話
        電話番号|お電話番号|お電話|ご連絡先電話番号|連絡先電話番号|tel番号|电话|电话号码|联系电话|電話號碼|聯絡電話
        固定电话|座机|전화|전화번호|연락처|رقم الهاتف|الهاتف|تلفن|טלפון|מספר טלפון|फ़ोन|फोन नंबर|โทรศัพท์|เบอร์โทรศัพท์
        số điện thoại|điện thoại|nomor telepon|telepon|no telp|telefonas|tel. numeris|телефонен номер|телефон за връзка
        """,
    "person.mobile": """
        mobile|mobile phone|mobile number|mobile no|mobile phone number|cell|cell phone|cellphone|cell phone number
        cell number|cellular|cell no|cellular phone|mobile telephone|mobile tel|whatsapp|whatsapp number|whatsapp no
        sms number|text number|mob|mob no|hand phone|handphone|Handy|Handynummer|Mobil|Mobilnummer|Mobiltelefon
        Mobilfunk|Mobilfunknummer|Mobil-Nr|Handy-Nr|Mobilrufnummer|Natel|portable|téléphone portable|tel portable
        téléphone mobile|mobile portable|numéro de portable|numéro de mobile|gsm|n° de portable|móvil|teléfono móvil
        celular|teléfono celular|número de celular|número de móvil|número móvil|cellulare|telefono cellulare
        numero di cellulare|numero cellulare|telemóvel|telefone celular|número de telemóvel|telefone móvel|mobiel
        mobiele telefoon|mobiel nummer|gsm-nummer|mobiele nummer|telefon komórkowy|komórka|tel kom|numer komórkowy
        numer telefonu komórkowego|mobiltelefonnummer|mobilnr|mobiltlf|mobil nr|mobilní telefon|mobilní|mobil telefon
        mobilný telefón|matkapuhelin|matkapuhelinnumero|kännykkä|mobilszám|telefon mobil|mobitel|cep telefonu|cep tel
        cep telefonu numarası|gsm no|κινητό|κινητό τηλέφωνο|мобильный|мобильный телефон|моб телефон|сотовый
        номер мобильного телефона|мобільний|携帯|携帯電話|携帯番号|携帯電話番号|手机|手机号|手机号码|移动电话|手機
        手機號碼|行動電話|휴대폰|휴대전화|핸드폰|휴대폰 번호|휴대폰번호|휴대전화번호|الجوال|رقم الجوال|الموبايل|נייד
        טלפון נייד|मोबाइल|मोबाइल नंबर|มือถือ|di động|nomor hp|no hp
        """,
    "person.job_title": """
        job title|jobtitle|position|job position|role|job role|your role|occupation|profession|job|position title
        designation|title job|professional title|job title role|business title|job title position|title position
        title role|current position|position held|organization title|Funktion|Position|Berufsbezeichnung|Jobtitel
        Job-Titel|Jobbezeichnung|Stellenbezeichnung|Beruf|Tätigkeit|Stellung|Rolle|Position im Unternehmen|Ihre Rolle
        Funktion im Unternehmen|Dienststellung|fonction|poste|intitulé du poste|métier|rôle|poste occupé|titre du poste
        votre fonction|cargo|puesto|puesto de trabajo|rol|profesión|ocupación|posición|ruolo|posizione|mansione
        qualifica|professione|ruolo aziendale|funzione|posizione lavorativa|função|profissão|posição|functie
        functietitel|beroep|rol in organisatie|functienaam|stanowisko|funkcja|zawód|stanowisko pracy|befattning|yrke
        yrkestitel|roll|stilling|stillingsbetegnelse|jobtitel|yrkestittel|rolle|pozice|pracovní pozice|funkce|profese
        pozícia|asema|tehtävänimike|titteli|ammatti|beosztás|munkakör|pozíció|funcție|funcția|poziție|pozicija|pareigos
        amats|unvan|ünvan|pozisyon|görev|meslek|θέση|θέση εργασίας|ιδιότητα|должность|профессия|посада|роль|役職|役職名
        お役職|職位|職種|肩書|肩書き|ご役職|职位|职务|岗位|职称|職稱|職務|직책|직급|직위|직함|المسمى الوظيفي|الوظيفة
        תפקיד|पद|ตำแหน่ง|chức vụ|chức danh|jabatan
        """,
    "person.department": """
        department|dept|division|business unit|department name|organization department|team department
        job function department|Abteilung|Bereich|Fachbereich|département service|service département|departamento
        área departamento|reparto|dipartimento|ufficio reparto|afdeling|dział|wydział|avdelning|afdeling navn|avdeling
        oddělení|oddelenie|osasto|részleg|osztály|departament|odjel|oddelek|departman|bölüm|birim|τμήμα|отдел
        подразделение|відділ|部署|部署名|所属部署|部門|部门|所属部门|부서|부서명|القسم|מחלקה|แผนก|phòng ban|departemen
        """,
    "person.salutation": """
        salutation|honorific|name prefix|prefix|courtesy title|mr ms|mr mrs|mr mrs ms|form of address|title salutation
        name title|title prefix|Anrede|Briefanrede|Anrede/Titel|civilité|civilite|tratamiento|trato|appellativo
        titolo di cortesia|tratamento|pronome de tratamento|aanhef|aanspreektitel|zwrot grzecznościowy
        tilltalsnamn titel|tilltal|tiltale|oslovení|oslovenie|puhuttelu|megszólítás|formulă de adresare|hitap|προσφώνηση
        обращение|敬称|称谓|稱謂|敬稱|호칭|dhr mevr|herr frau|dhr/mevr
        """,
    "person.middle_name": """
        middle name|middle|middle initial|additional name|name middle|second given name|middle names|second first name
        zweiter Vorname|weitere Vornamen|deuxième prénom|segundo nombre|secondo nome|segundo nome|nome do meio
        tweede voornaam|tussenvoegsel|drugie imię|mellannamn|mellomnavn|mellemnavn|prostřední jméno|отчество|по батькові
        ミドルネーム
        """,
    "person.name_suffix": "name suffix|suffix|generational suffix|Namenszusatz|sufijo|suffisso|suffixe",
    "person.language": """
        language|preferred language|locale|language preference|contact language|spoken language|lang|language code
        Sprache|bevorzugte Sprache|Korrespondenzsprache|langue|langue préférée|idioma|idioma preferido|lengua|lingua
        lingua preferita|língua|taal|voorkeurstaal|język|preferowany język|språk|sprog|jazyk|kieli|nyelv|limbă|limba
        jezik|kalba|valoda|dil|γλώσσα|язык|мова|言語|ご希望の言語|语言|語言|언어|اللغة|שפה|भाषा|ภาษา|ngôn ngữ|bahasa
        """,
    "person.website": """
        personal website|personal web page|blog|own website|portfolio|personal site|private Webseite|site personnel
        personal url
        """,
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
}
"""By lead field, in all languages together."""
