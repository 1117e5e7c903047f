"""The words by which a signature is read: closings, job titles, legal forms, institutions, labels of numbers."""

# ruff: noqa: E501 -- lists of words are easier to read and extend as text

from __future__ import annotations

import re


def _any_of(text: str) -> str:
    """An alternation of the words of a text, the longest first; `_` stands for a space within one."""
    words = sorted({word.replace("_", " ") for word in text.split()}, key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in words)


CLOSING = re.compile(
    r"^\W*(?:"
    + _any_of(
        """
        best_regards kind_regards warm_regards with_kind_regards with_best_regards kindest_regards many_regards regards best rgds brgds br kr
        sincerely sincerely_yours yours_sincerely yours_faithfully yours_truly yours faithfully respectfully cordially cheers thanks
        many_thanks thank_you thanks_a_lot thanks_in_advance thank_you_in_advance thx ta all_the_best best_wishes with_best_wishes
        take_care looking_forward_to_hearing_from_you
        mit_freundlichen_grüßen mit_freundlichen_grüssen mit_freundlichen_gruessen mit_freundlichem_gruß mit_freundlichem_gruss
        freundliche_grüße freundliche_grüsse freundliche_gruesse freundlichen_gruß beste_grüße beste_grüsse beste_gruesse viele_grüße
        viele_grüsse viele_gruesse liebe_grüße liebe_grüsse herzliche_grüße herzliche_grüsse schöne_grüße schöne_grüsse
        mit_besten_grüßen mit_besten_grüssen mit_herzlichen_grüßen grüße grüsse gruß gruss hochachtungsvoll mfg lg vg vielen_dank danke
        danke_und_gruß danke_im_voraus besten_dank
        cordialement bien_cordialement très_cordialement sincères_salutations salutations_distinguées meilleures_salutations
        bien_à_vous amicalement merci merci_d'avance merci_beaucoup cdlt bonne_journée
        saludos un_saludo saludos_cordiales un_cordial_saludo atentamente cordialmente muchas_gracias gracias
        cordiali_saluti distinti_saluti saluti un_saluto cari_saluti grazie grazie_mille
        atenciosamente cumprimentos melhores_cumprimentos com_os_melhores_cumprimentos obrigado obrigada muito_obrigado abraços att
        met_vriendelijke_groet met_vriendelijke_groeten vriendelijke_groeten vriendelijke_groet groeten groet mvg hartelijke_groet
        med_vänlig_hälsning med_vänliga_hälsningar vänliga_hälsningar vänligen hälsningar mvh tack
        med_venlig_hilsen venlig_hilsen med_venlige_hilsner bedste_hilsner de_bedste_hilsner hilsen tak vh med_vennlig_hilsen vennlig_hilsen takk
        ystävällisin_terveisin terveisin parhain_terveisin kiitos yst_terv
        z_poważaniem pozdrawiam serdecznie_pozdrawiam z_wyrazami_szacunku dziękuję
        s_pozdravem s_přátelským_pozdravem děkuji hezký_den s_úctou
        üdvözlettel tisztelettel köszönöm cu_stimă cu_respect mulțumesc
        с_уважением с_наилучшими_пожеланиями спасибо з_повагою saygılarımla iyi_çalışmalar teşekkürler με_εκτίμηση
        此致 敬礼 谢谢 祝好 敬具 よろしくお願いいたします よろしくお願いします 宜しくお願い致します 감사합니다
        """
    )
    + r")(?=$|[\s,.!:;–-])",
    re.IGNORECASE,
)
"""The beginning of a line that closes a letter."""

_TITLE_WORDS = """
    ceo cto cfo coo cio cmo ciso cro cpo cso vp svp evp avp president vice-president director directors head manager managers leader lead
    chief officer founder co-founder cofounder owner partner principal chairman chairwoman chair secretary treasurer executive exec
    engineer engineers developer programmer architect analyst consultant specialist administrator admin sysadmin coordinator
    co-ordinator assistant associate supervisor technician scientist researcher professor lecturer fellow instructor teacher
    student designer editor writer journalist author accountant buyer planner strategist advisor adviser representative agent
    attorney lawyer counsel paralegal physician nurse pharmacist librarian operator webmaster hostmaster postmaster
    liaison trainer recruiter controller auditor inspector estimator merchandiser trader broker underwriter evangelist
    intern trainee apprentice rep superintendent dean provost registrar curator producer photographer translator
    geschäftsführer geschäftsführerin geschäftsführung geschäftsleitung geschäftsführender inhaber inhaberin leiter leiterin prokurist prokuristin vorstand
    vorständin abteilungsleiter abteilungsleiterin teamleiter teamleiterin projektleiter projektleiterin vertriebsleiter vertriebsleiterin
    einkaufsleiter einkaufsleiterin betriebsleiter werksleiter produktionsleiter bereichsleiter bereichsleiterin niederlassungsleiter
    marketingleiter marketingleiterin personalleiter personalleiterin referent referentin sachbearbeiter sachbearbeiterin
    mitarbeiter mitarbeiterin berater beraterin entwickler entwicklerin ingenieur ingenieurin einkäufer einkäuferin
    assistentin assistenz sekretärin sekretariat kaufmann kauffrau buchhalter buchhalterin techniker technikerin
    architektin vertriebsbeauftragter außendienst beauftragter beauftragte rechtsanwalt rechtsanwältin steuerberater meister
    direktor direktorin disponent disponentin koordinator koordinatorin geschäftsstellenleiter geschäftsstellenleiterin
    directeur directrice gérant gérante président présidente responsable chef cheffe chargé chargée ingénieur ingénieure
    développeur développeuse conseiller conseillère consultante assistante comptable technicien technicienne acheteur acheteuse
    adjoint adjointe dirigeant fondateur fondatrice commercial commerciale secrétaire gestionnaire
    directora gerente jefe jefa encargado encargada ingeniero ingeniera desarrollador desarrolladora presidente presidenta
    socio socia consultor consultora asesor asesora asistente técnico técnica comercial coordinador coordinadora abogado abogada
    fundador fundadora administrador administradora comprador propietario
    direttore direttrice titolare amministratore amministratrice ingegnere sviluppatore consulente assistente segretaria tecnico
    impiegato impiegata fondatore socio architetto acquisti
    diretor diretora engenheiro engenheira desenvolvedor coordenador coordenadora sócio sócia chefe analista advogado advogada
    directeur eigenaar eigenaresse zaakvoerder adviseur medewerker medewerkster inkoper verkoper hoofd oprichter bedrijfsleider ontwikkelaar
    accountmanager projectleider teamleider vestigingsleider beheerder
    vd direktör chef säljare ägare ingenjör utvecklare projektledare inköpare säljchef försäljningschef grundare verkställande konsult
    platschef ekonomichef it-chef marknadschef
    direktør administrerende salgschef sælger indehaver udvikler projektleder indkøber konsulent medarbejder ingeniør daglig leder
    salgssjef selger prosjektleder markedssjef avdelingsleder innehaver
    toimitusjohtaja johtaja päällikkö myyntipäällikkö projektipäällikkö insinööri kehittäjä yrittäjä asiantuntija myyjä
    prezes dyrektor kierownik specjalista inżynier właściciel asystent asystentka handlowiec programista doradca księgowa konsultant
    ředitel ředitelka jednatel jednatelka vedoucí manažer manažerka obchodník technik vývojář majitel majitelka asistentka
    riaditeľ konateľ igazgató ügyvezető vezető mérnök fejlesztő
    директор менеджер инженер руководитель начальник специалист разработчик главный генеральный бухгалтер консультант
    müdür müdürü mühendis uzman genel_müdür kurucu direktörü
    διευθυντής υπεύθυνος
"""

_TITLE_ENDINGS = (
    "sjef|chef|leiter(?:in)?|leder|direktor(?:in)?|manager(?:in)?|ingenieur(?:in)?|berater(?:in)?|referent(?:in)?|entwickler(?:in)?|assistent(?:in)?|"
    "päällikkö|johtaja|ansvarig|ansvarlig|medewerker|leider|adviseur|techniker(?:in)?|meister(?:in)?|beauftragte[r]?|verantwortliche[r]?|ingenjör|ingeniør|"
    "konsulent|konsult|händler(?:in)?|koordinator(?:in)?|inhaber(?:in)?|führer(?:in)?|sekretär(?:in)?|planer(?:in)?|verkäufer(?:in)?|vertreter(?:in)?"
)
"""What job titles of the Germanic and Finnish languages end with, where they are one word: `Innkjøpssjef`."""

TITLE_WORD = re.compile(
    rf"(?<![\w@.])(?:{_any_of(_TITLE_WORDS)})(?![\w@])|(?<![@.])\b[^\W\d_]{{2,30}}(?:{_TITLE_ENDINGS})(?![\w@])", re.IGNORECASE
)
TITLE_IN_CJK = re.compile(
    "(?:代表取締役|取締役|社長|部長|課長|係長|主任|担当|マネージャー|エンジニア|ディレクター|営業|经理|總經理|经理|總監|总监|总裁|工程师|工程師|主管|主任|董事|대표이사|이사|부장|과장|차장|팀장|대리|매니저)\\s*$"
)
"""East Asian titles; they stand at the end of a cell."""

FUNCTION_WORD = re.compile(
    r"\b(?:"
    + _any_of(
        """
        marketing sales vertrieb verkauf ventas vendite vente ventes verkoop försäljning salg myynti sprzedaż engineering operations
        finance finanzen it ict edv hr personal research r&d development entwicklung produktion production einkauf purchasing procurement
        support service services systems system network networks security communications communication information international europe emea
        apac dach americas africa asia global region regional north south east west germany deutschland france uk usa ireland
        technology technologies technical quality qualität logistics logistik supply chain customer customers client clients product products
        revenue growth demand generation partnerships partnership account accounts brand communications success enablement
        business digital data software hardware infrastructure administration legal compliance strategy innovation
        """
    )
    + r")\b",
    re.IGNORECASE,
)
"""Words that say what somebody heads, and so go on with a title after a comma."""

LEGAL_FORM = re.compile(
    r"(?:(?<=[\s,.])|(?<=\)))(?:"
    r"g?GmbH(?:\s*&\s*Co\.?\s*(?:KGaA|KG|OHG))?|mbH|UG(?:\s*\(haftungsbeschränkt\))?|AG(?:\s*&\s*Co\.?\s*KG(?:aA)?)?|KGaA|KG|OHG|GbR|e\.\s?K\.|e\.\s?U\.|e\.\s?V\.|eG|PartG(?:\s*mbB)?|Ges\.?m\.?b\.?H\.?|SE"
    r"|Ltd\.?|Limited|PLC|plc|LLP|LLC|L\.L\.C\.|Inc\.?|Incorporated|Corp\.?|Corporation|Co\.,?\s*Ltd\.?|Company|L\.?P\.|Pty\.?(?:\s*Ltd\.?)?|\(Pty\)\s*Ltd\.?|Pte\.?(?:\s*Ltd\.?)?|Pvt\.?(?:\s*Ltd\.?)?|Private\s+Limited|Sdn\.?\s*Bhd\.?|Bhd\.?|CIC|DAC"
    r"|S\.A\.S\.?|SAS|SASU|SARL|S\.?[aà]\.?r\.?l\.?|EURL|S\.A\.(?:\s*de\s*C\.V\.)?|SA|S\.L\.U?\.?|SLU?|S\.C\.|S\.p\.A\.?|SpA|S\.r\.l\.?s?\.?|Srls?|S\.n\.c\.|S\.a\.s\.|Ltda\.?|EIRELI|Lda\.?|S\.A\.P\.I\."
    r"|B\.V\.B\.A\.|BVBA|B\.V\.|BV|N\.V\.|NV|V\.?O\.?F\.?|CVBA"
    r"|AB|Aktiebolag|HB|ApS|A/S|I/S|K/S|AS|ASA|Oyj?|Tmi|ehf\.?|hf\."
    r"|Sp\.\s*z\s*o\.?\s*o\.?|Sp\.\s*[jk]\.|s\.r\.o\.?|spol\.\s*s\s*r\.\s*o\.|a\.s\.|Kft\.?|Zrt\.?|Bt\.?|Nyrt\.?|d\.o\.o\.?|d\.d\.|S\.R\.L\.|SRL|OÜ|UAB|SIA|EOOD|OOD|A\.Ş\.|Ltd\.\s*Şti\.|Α\.Ε\.|ООО|ЗАО|ОАО|ПАО|АО|ТОВ"
    r"|K\.K\.|KK|G\.K\.|Co\.(?!\s*[A-Z])|& Co|& Sons|& Partners|& Associates|Group|Holdings?|Gruppe"
    r")(?![\w-])"
)
"""What a company's name ends with; case counts, because `as`, `se` and `ab` are words."""

LEGAL_LEAD = re.compile(r"^(?:ООО|ЗАО|ОАО|ПАО|АО|ТОВ|PT\.?|UAB|SIA|OÜ|Firma|Fa\.)\s+[«\"„]?\S")
LEGAL_IN_CJK = re.compile("株式会社|有限会社|合同会社|有限公司|股份有限公司|주식회사|㈜|\\(주\\)")

INSTITUTION = re.compile(
    r"\b(?:nhs\s+(?:foundation\s+)?trust|universit(?:y|ies|ät|aet|é|à|y)|universidade?|universiteit|universitet|universitat|uniwersytet|univerzita|univ\.|yliopisto|egyetem|university"
    r"|hochschule|fachhochschule|college|institute\s+of|institute|institut|instituto|istituto|polytechni\w+|politecnico|politechnika|école|escuela|scuola|akademie|academy"
    r"|foundation|stiftung|fondation|fundación|fondazione|association|verband|society|council|ministry|ministerium|ministère|ministerio"
    r"|hospital|klinikum|krankenhaus|clinic|bank|sparkasse|volksbank|church|museum|laboratory|laboratories|labs|consulting|solutions|technologies|systems|industries|networks|software|enterprises|partners|studios?|agency|agentur|ventures|logistics|logistik|consultants|engineering\s+ltd)\b"
    r"|大学|大學|研究所|대학교|университет|институт",
    re.IGNORECASE,
)
"""Words of which one makes a short line of names the name of an institution or a firm."""

STRONG_INSTITUTION = re.compile(
    r"\b(?:universit\w+|universidade?|uniwersytet|univerzita|yliopisto|egyetem|hochschule|fachhochschule|college|institute|polytechni\w+|politecnico|politechnika|foundation|stiftung|fondation|fundación|fondazione|klinikum|hospital|krankenhaus)\b|大学|大學|대학교|университет",
    re.IGNORECASE,
)
"""Institutions whose name needs nothing else beside it."""

DEPARTMENT = re.compile(
    r"^(?:the\s+)?(?:dept\.?|department|departement|département|departamento|dipartimento|abteilung|abt\.|referat|fachbereich|fakultät|faculty|facultad|faculté|school\s+of|division|"
    r"office\s+of|lehrstuhl|bereich|team|unit|section|avdelning|afdeling|osasto|wydział|katedra|laboratory\s+of|centre\s+for|center\s+for|group\s+for)\b|\b(?:department|division|dept\.?|abteilung|section|unit|team)$",
    re.IGNORECASE,
)

STREET = re.compile(
    r"(?:straße|strasse|str\.|weg|platz|allee|gasse|ring|damm|ufer|chaussee|steig)\s*\d+|\b\d+[a-z]?(?:[-/]\d+)?,?\s+(?:[\w'.-]+\s+){0,4}(?:street|st\.?|road|rd\.?|avenue|ave\.?|lane|ln\.?|drive|dr\.?|boulevard|blvd\.?|way|court|ct\.?|square|terrace|place|highway|parkway|close|crescent|quay|rue|bd|quai)\b"
    r"|\b(?:rue|avenue|boulevard|via|viale|piazza|corso|calle|c/|avda\.?|avenida|paseo|rua|plaza|ul\.|al\.|ulica|laan|kaai)\s+\S|(?:straat|gracht|laan|weg|plein|kade|gatan|vägen|vej|gade|gate|veien|katu|tie)\s+\d+|\b(?:street|road|suite|floor|p\.?\s?o\.?\s?box|postfach)\b",
    re.IGNORECASE,
)

FAX_WORD = r"📠|🖷|(?:tele)?fax(?:\s*(?:no|nr|number|nummer))?|facsimile|telefaks|faks[iu]?|fakss|télécopieu?r?|télécopie|telecopi(?:e|a|adora|er)|факс|φαξ|传真|傳真|ファックス|ファクス|팩스|פקס|فاكس"
MOBILE_WORD = r"📱|📲|mobiles?|mobil(?:e|telefon|nummer|funk|ní|ny)?|mob|cell(?:ulare?|phone|ulaire)?|cel(?:ular)?|handy|móvil|movil|m[óo]vel|telem[óo]vel|gsm|portable|komórk\w*|kom|mobiel|matkapuhelin|моб(?:ильный)?|whats\s?app|手机|手機|携帯|휴대폰|휴대전화|cep|κιν(?:ητό)?"
PHONE_WORD = r"📞|☎️?|✆|☏|🕿|telephone|telefone?|telefono|teléfono|téléphone|phone|phones|tel|tél|téléph|tlf|tlfn|tfn|tln|fon|ph|voice|office|work|home|direct|dd|ddi|did|direct\s+dial|direct\s+line|desk|land\s?line|festnetz|durchwahl|zentrale|main|puh(?:elin)?|телефон|тел|τηλ(?:έφωνο)?|电话|電話|전화|טלפון|هاتف|rufnummer|rückruf|dir|bureau|kantoor|buero|büro|privat|contact\s+number|sms|toll[\s-]*free"
OTHER_WORD = r"icq|aim|msn|skype|pgp|gpg|fingerprint|key\s*id|vat|ust|ust-?id\w*|uid|steuer\w*|hrb|hra|iban|bic|swift|btw|kvk|siret|siren|tva|nif|cif|cvr|orgnr|org\.?\s*nr|abn|acn|ein|nip|regon|krs|iČo|ičo|dič|reg(?:istered|istration)?\s*(?:no|number|nr)?|zip|plz|p\.?\s?o\.?\s?box|postfach|order|bestellung|ticket|case|ref(?:erence)?|invoice|rechnung|account|konto|kto|blz|room|serial|customer\s*(?:no|number)|kundennummer|licen[cs]e|cuit|rfc|cnpj|cpf|duns|isbn|issn|lic|build|version|article|pager|doc|charity"
