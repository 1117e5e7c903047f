"""What automatic mails say, in many languages: absences, confirmations, bounces, newsletters, notifications."""

# ruff: noqa: E501 -- lists of phrases are easier to read and extend as long lines

from __future__ import annotations

import re
from collections.abc import Iterable


def _pattern(parts: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{part})" for part in parts), re.IGNORECASE)


AUTO_SUBJECT = re.compile(
    r"\s*(?:(?!(?:re|aw|antw|sv|fwd?|wg|tr|rv)\s*:)[^:\[\]\n]{2,40}:\s+|\[[^\]]{1,40}\]\s*)?\[?(?:"
    r"auto(?:mat(?:ic|ed|ical))?[\s_-]?(?:reply|response|respon[ds]er|answer|acknowledg\w+)\b|out[\s-]of[\s-](?:the[\s-])?office\b"
    r"|ooo\b\s*(?:[:(-]|re\b)|auto:\s*re\b|vacation (?:reply|response|message|notice|auto)|away from (?:my |the )?(?:office|desk|e-?mail)"
    r"|i(?:'m| am)(?: currently)? (?:out of (?:the )?office|away|on (?:vacation|holiday|leave))"
    r"|automatische (?:antwort|e-?mail-antwort|abwesenheit\w*|mitteilung)|autom\. antwort|auto-?antwort|abwesenheits\w+"
    r"|(?:ich bin )?nicht im (?:büro|haus)|abwesen(?:d|heit)\b|außer haus\b|urlaubs(?:abwesenheit|vertretung|nachricht|notiz)"
    r"|[^:?\n]{2,60}? (?:is (?:currently )?(?:out of (?:the )?office|away|on (?:vacation|leave))|ist (?:zur ?zeit |derzeit )?(?:nicht im (?:büro|haus)|au(?:ß|ss)er haus|abwesend|im urlaub)|est (?:actuellement )?absente?(?: du bureau)?|está fuera de la oficina|è fuori (?:sede|ufficio))"
    r"|absence(?=\s?:)|réponse automatique|reponse automatique|absence du bureau|absent(?:e)? du bureau|message d[e'’]\s?absence|notification d[e'’]\s?absence"
    r"|respuesta autom[aá]tica|fuera de (?:la )?oficina|mensaje de ausencia|ausencia temporal|ausente de la oficina"
    r"|risposta automatica|fuori (?:sede|ufficio)|assenza (?:dall|dal)|assente dall"
    r"|automatisch antwoord|automatische beantwoording|afwezigheids\w*|afwezig\b|niet aanwezig|buiten kantoor"
    r"|resposta autom[aá]tica|fora do escrit[oó]rio|aus[eê]ncia tempor[aá]ria|mensagem de aus[eê]ncia"
    r"|automatyczna odpowiedź|odpowiedź automatyczna|autoodpowiedź|poza biurem|nieobecność"
    r"|autosvar|automatiskt svar|automatisk svar|fr[aå]nvaro\w*|fravær\w*|ikke (?:på|til stede på) kontor|automaattinen vastaus|poissa(?:olo)?\b"
    r"|automatická odpověď|mimo kancelář|automatická odpoveď|automatikus válasz|házon kívül|răspuns automat|raspuns automat"
    r"|автоматический ответ|автоответ\w*|автоматична відповідь|отсутствие в офисе|otomatik yanıt|ofis dışında|αυτόματη απάντηση"
    r"|自動応答|自動返信|不在通知|自动(?:回复|答复)|自動(?:回覆|回復)|자동\s?(?:응답|회신)|부재중|תשובה אוטומטית|رد تلقائي|автоматичен отговор|автоматски одговор|automatski odgovor|samodejni odgovor|automātisk\w+ atbilde|automatinis atsakymas|automaatvastus|automaatne vastus|resposta automàtica|trả lời tự động|(?:การ)?ตอบ(?:กลับ)?อัตโนมัติ|balasan otomatis|jawapan automatik|پاسخ خودکار"
    r")",
    re.IGNORECASE,
)
"""Subjects that automatic answers begin with. `Re: Automatic reply` is a person who answers one."""

AUTO_SUBJECT_GOES_ON = re.compile(
    r"\s*[.!]?\s*\Z|[\w ]{0,20}[:：!(\[\]–—-]|\s*(?:auto\w*|from|von|de|for|für|until|bis|re)\b", re.IGNORECASE
)
"""What follows in such a subject; in "Auto reply feature" something else does."""

ABSENCE = _pattern([
    r"\b(?:i(?:'m|’m| am)?|we(?:'re| are)?|will be|currently|am) (?:\w+ ){0,2}?(?:out of (?:the |my )?office|away from (?:the |my )?(?:office|desk|e-?mail)|out of town|on (?:\w+ )?(?:leave|vacation|holidays?)|travell?ing)\b",
    r"\b(?:i(?:'m|’m| am)|will be) away (?:until|till|from|through|for|today|this|on|and|at)\b", r"^\W*(?:out of (?:the )?office|on (?:annual |sick )?leave|on (?:vacation|holidays?))\b", r"\bi(?:'m| am) (?:currently )?not (?:in (?:the )?office|available|reachable)\b",
    r"\bi(?:['’]m| am|['’]ll be| will be) (?:\w+ ){0,2}(?:off (?:sick|work|until|today|till)|sick|unavailable|offline|out of the country)\b|\bi (?:have|['’]ve)(?: now| recently)? (?:left|moved on|retired)\b|\bi(?: only|['’]m only in)? work(?:ing)? (?:part[- ]?time|only|mon|tue|wed|thu|fri)|\bi(?:['’]m| am) next in\b|mailbox will (?:soon )?be (?:closed|deleted|deactivated)",
    r"\b(?:bin|sind) (?:\w+ )?erst (?:wieder )?(?:am|ab) .{0,30}wieder|\b(?:bin|ist) (?:\w+ )?(?:krank|erkrankt|krankgeschrieben)\b|\b(?:bin|ist) (?:\w+ )?ausgeschieden|\bje ne (?:travaille|fais) plus|\b(?:n['’]est|ne suis) plus (?:en poste|joignable)|\b(?:sono|sarò) (?:\w+ )?in (?:maternità|paternità|malattia|congedo|permesso)|\bnon lavoro più|\bik werk (?:niet|alleen)|\b(?:jag|jeg) (?:är|er|har) (?:sjuk|syk|syg|barsel\w*|foreldrepermisjon|föräldraledig)",
    r"\b(?:offices?|business|company|shop) (?:is|are|will be|remains?) (?:currently )?closed\b", r"\bi(?:'m|’m| am) out (?:today|tomorrow|this|until|till|all|for|from)\b", r"\bi (?:no longer|don't|do not) work (?:at|for|here)\b|no longer (?:with|employed|working|in this role|responsible)\b|has left (?:the|our) (?:company|organi[sz]ation)",
    r"\b(?:(?:ich )?bin|befinde mich|werde|sind|ist|bis \S+|derzeit|aktuell|momentan|leider)\b.{0,60}?(?:nicht im (?:büro|hause?)|außer haus|ausser haus|abwesend|im urlaub|in urlaub|nicht erreichbar|in elternzeit|im mutterschutz|auf (?:dienst|geschäfts)reise|nicht (?:am|an meinem) (?:arbeits)?platz)",
    r"\b(?:büro|praxis|geschäft|betrieb) (?:ist|bleibt).{0,40}geschlossen|\bbleib\w+ (?:\w+ )?(?:büro|praxis|geschäft|betrieb)\b.{0,40}geschlossen", r"\bhaben .{0,40}(?:betriebs(?:ferien|urlaub)|geschlossen)|ihre (?:nachricht|e-?mail|mail)s? (?:wird|werden) (?:\w+ ){0,3}nicht (?:\w+ )?(?:weitergeleitet|gelesen|bearbeitet)", r"nicht mehr (?:für|bei|im unternehmen).{0,40}(?:tätig|beschäftigt|unternehmen)|(?:unternehmen|firma) verlassen",
    r"\bje (?:suis|serai) (?:actuellement |absente? |en )*(?:absente?|en (?:congés?|vacances|déplacement|arrêt)|hors (?:du|de mon) bureau|indisponible)", r"\bactuellement (?:absente?|en congés?|en vacances|en déplacement|en arrêt)", r"\bnos bureaux (?:sont|seront) fermés|(?:société|entreprise|agence|cabinet|bureau|magasin) (?:est|sera) (?:actuellement )?fermée?",
    r"\b(?:estoy|estaré|me encuentro|estamos)\b.{0,40}?(?:fuera de (?:la |mi )?oficina|de vacaciones|ausente|de baja|no disponible)", r"no estar[eé] (?:disponible|en la oficina)|ya no (?:trabajo|trabaja)",
    r"\b(?:sono|sarò|saremo|siamo)\b.{0,40}?(?:fuori (?:sede|ufficio)|in ferie|assente|assenti|in vacanza|non (?:sono )?raggiungibile)", r"\bl['’]ufficio (?:è|sarà|rimarrà) chiuso|gli uffici (?:sono|saranno) chiusi",
    r"\b(?:ik ben|wij zijn|ben ik|momenteel)\b.{0,50}?(?:afwezig|niet (?:op kantoor|aanwezig|bereikbaar)|met (?:vakantie|verlof)|op vakantie|buiten kantoor)", r"\bons kantoor is gesloten|niet meer werkzaam",
    r"\b(?:estou|estarei|encontro-me|estamos)\b.{0,40}?(?:fora do escrit[oó]rio|de f[eé]rias|em f[eé]rias|ausente|de licença|indispon[ií]vel)",
    r"\b(?:jestem|będę|przebywam|jestem obecnie)\b.{0,40}?(?:poza biurem|nieobecn\w+|na urlopie|urlopie|niedostępn\w+)", r"nie (?:ma|będzie) mnie w biurze",
    r"\bjag (?:är|har|kommer)\b.{0,40}?(?:inte på kontoret|på semester|semester|tjänstledig|föräldraledig|bortrest|frånvarande|ledig)",
    r"\bjeg (?:er|har|holder)\b.{0,40}?(?:ikke (?:på kontoret|til ?stede)|på ferie|ferie|ute av kontoret|ude af kontoret|bortrejst|fraværende|permisjon|barsel)",
    r"\bolen\b.{0,40}?(?:poissa|lomalla|vuosilomalla|matkoilla|tavoittamattomissa)", r"\b(?:jsem|budu|nejsem)\b.{0,40}?(?:mimo kancelář|na dovolené|nepřítom\w+|nedostupn\w+|v kanceláři)|čerpám dovolenou",
    r"\b(?:som|budem|nie som)\b.{0,40}?(?:mimo kancelári\w+|na dovolenke|neprítomn\w+)", r"(?:irodán|házon) kívül|szabadságon (?:vagyok|leszek)|nem (?:vagyok|leszek) (?:az irodában|elérhető)",
    r"\b(?:sunt|voi fi|mă aflu)\b.{0,40}?(?:în concediu|in concediu|plecat\w*|absent\w*)", r"(?:я )?(?:нахожусь|буду|сейчас|в настоящее время).{0,40}?(?:в отпуске|в командировке|отсутств\w+|вне офиса|не в офисе)|меня нет в офисе|\b(?:в отпуске|в командировке|в декрете|на больничном)(?: (?:до|с)\b|,|\.|$)",
    r"(?:я )?(?:перебуваю|буду|зараз).{0,40}?(?:у відпустці|у відрядженні|відсутн\w+)", r"(?:izinde|tatilde|ofis dışında|şirket dışında|yıllık izinde)\w*", r"βρίσκομαι (?:εκτός γραφείου|σε άδεια)|είμαι σε άδεια|θα (?:απουσιάζω|λείπω)",
    r"(?:不在に(?:して|し)|休暇(?:中|を(?:いただ|頂|取得))|外出(?:中|して)|出張中|出張(?:して|のため)|お休みをいただ|夏季休業|冬季休業)", r"(?:(?:正|现|目前|我)在?(?:休假|出差|度假)|休假中|出差(?:中|期间)|不在(?:办公室|辦公室)|外出(?:期间|中)|(?:暂时|目前)(?:不在|无法)|年假)", r"(?:휴가\s?중|출장\s?중|부재\s?중|자리를 비우)", r"מחוץ למשרד|בחופשה|خارج المكتب|في إجازة|در مرخصی",
    r"\b(?:в отпуск(?:а)? съм|(?:съм|сме|ще бъда|намирам се)\b.{0,30}?(?:в отпуск\w*|извън офиса|отсъств\w+))|на годишњем одмору|на одмору сам", r"\bna (?:godišnjem|dopustu|bolovanju|porodiljskom)\b|\b(?:nisam|nismo) u (?:uredu|kancelariji)\b|\b(?:sem|bom) odsot\w+|\bodsutn?[ai]? (?:sam|do)\b", r"\b(?:atostogauju|atostogose|nesu biure)\b|\b(?:esmu|būšu) (?:atvaļinājumā|prombūtnē)|\b(?:olen|viibin) (?:\w+ )?(?:puhkusel|kontorist (?:eemal|väljas)|lähetuses)",
    r"\b(?:sóc|estic|seré|estaré)\b.{0,30}?(?:fora de l['’]oficina|de vacances|absent)", r"(?:đang|sẽ) (?:nghỉ phép|vắng mặt|đi công tác)|không có mặt (?:tại|ở) văn phòng|(?:ลา(?:พักร้อน|หยุด|ป่วย|พัก)|ไม่อยู่(?:ที่)?(?:สำนักงาน|ออฟฟิศ))|\b(?:sedang|saya) (?:cuti|bercuti)\b|tidak (?:berada )?di (?:kantor|pejabat)",
])  # fmt: skip
"""Sentences that say that somebody is away."""

AWAY = _pattern([
    r"\b(?:i(?:['’]m| am)|we(?:['’]re| are)|currently|will be) (?:\w+ ){0,2}(?:out|away|off|offline|travell?ing|closed|at (?:a|an|the) (?:\w+ )?(?:conference|fair|show|event|training|off-?site)|on (?:(?:my|a|an|the|\w+) )?(?:sabbatical|leave|vacation|holidays?|pto|jury duty|training|course|honeymoon|secondment))\b|\b(?:ooo|stepped away|back (?:at my desk|in the office)|sabbatical|jury duty|i(?: have)? retired|has (?:left|retired)|not checking (?:this|my|e-?mail)|limited (?:access|connectivity))",
    r"\b(?:\w*urlaub|betriebsferien|arbeite[nt]? nicht mehr|nicht (?:im dienst|zu erreichen)|erkrankt|krank(?:geschrieben)?|elternzeit|mutterschutz|dienstreise|geschäftsreise|fortbildung|abwesen(?:d|heit)|teilzeit|nicht im (?:büro|hause?)|außer haus|(?:eingeschränkt|nicht|schlecht) erreichbar|nicht mehr (?:verwendet|genutzt|gültig|aktiv|tätig))\b",
    r"\ben mon absence\b|\ben (?:formation|réunion|congés?|vacances|déplacement|arrêt|télétravail)\b|\bcongé (?:maternité|parental|maladie)|\b(?:bureau|agence|société|cabinet|magasin)x?\b.{0,20}\bfermée?s?\b|\babsente?\b|\bne seront pas lus",
    r"\b(?:de viaje|de vacaciones|de baja|de permiso|fuera de la oficina|ausente)\b|\b(?:oficinas?|empresa)\b.{0,30}\bcerrad[ao]s?\b|\bya no (?:trabaj|form)\w+", r"\b(?:in ferie|assente|fuori (?:sede|ufficio)|in trasferta|in maternità|in malattia|non (?:sono|sarò|è) in ufficio)\b|\buffic(?:io|i)\b.{0,40}\bchius[oi]\b|\bnon lavor\w+ più",
    r"\b(?:de férias|em férias|(?:de|em) licença|ausente|fora do escritório|em viagem)\b", r"\b(?:met (?:verlof|vakantie|zwangerschapsverlof)|afwezig|op vakantie|buiten kantoor|niet aanwezig|(?:ben|is) er (?:even|nu|momenteel|vandaag) niet)\b|\bkantoor\b.{0,30}\bgesloten\b",
    r"\b(?:semester|föräldraledig|tjänstledig|sjukskriven|bortrest|på (?:tjänste)?resa|holder (?:\w+ )?(?:ferie|fri)|har fri|är ledig|på ferie|ferieavvikling|sykemeldt|sygemeldt|barselsorlov|permisjon)\b", r"\b(?:lomalla|vuosilomalla|poissa|matkoilla|sairauslomalla|vanhempainvapaalla)\b",
    r"\b(?:urlopie|zwolnieniu|nieobecn\w+|delegacji|poza biurem)\b", r"\b(?:dovolené|dovolenou|dovolenke|mimo kancelář|nepřítom\w+|nemocensk\w+|mateřsk\w+)\b", r"\b(?:szabadságon|szabadság|betegállomány\w*|zárva tart|távol vagyok|szülési)\b", r"\b(?:concediu|plecat\w*|deplasare|închis)\b",
    r"\b(?:отпуск\w*|командировк\w+|больничн\w+|декрет\w*|не работаю|вне офиса|отъезде|отсутств\w+|відпуст\w+|відрядженн\w+|лікарнян\w+)\b", r"\b(?:izinde\w*|izinli\w*|tatil\w*|ofis(?:te)? (?:dışında\w*|değilim)|seyahatte\w*|raporlu\w*)\b", r"\b(?:άδεια|εκτός γραφείου|απουσιάζω|λείπω)\b",
    r"出張中|休業|休暇|不在|外出中|休みを", r"休(?:产假|年假|假)|产假|出差|不在办公|放假", r"휴직|휴가|출장|부재|병가", r"إجازة|خارج المكتب|خارج البلاد", r"חופשה|חופשת", r"\bcuti\b|nghỉ phép|vắng mặt|công tác|ลาพัก|ลาคลอด|ลาป่วย",
])  # fmt: skip
"""Words of absences, in any sentence: not enough alone."""

RETURN = _pattern([
    r"\b(?:until|till|through|up to|returning|return(?:ing)? (?:on|to)|back (?:on|in|at)|be back|re-?open\w*|resumes?|from .{1,40} (?:to|until|through))\b", r"\b(?:bis|ab dem|wieder (?:da|im|erreichbar|zurück)|zurück)\b|vom .{1,30} bis",
    r"jusqu['’]?(?:au|à)|de retour|mon retour|du \d.{0,30} au", r"\bhasta|de regreso|mi regreso|volver[eé]|del \d.{0,30} al", r"\bfino (?:al|a)|rientr\w+|sarò di nuovo|dal \d.{0,30} al", r"\btot (?:en met|\w+)|terug|vanaf|tot \d|\bweer (?:op|aan|bereikbaar|aanwezig)",
    r"\baté\b|de volta|regress\w+|retorn\w+", r"\bdo (?:dnia )?\d|powró\w+|wrócę|od \d", r"\btill och med|tillbaka|åter|t\.?o\.?m", r"\btil (?:og med)?|tilbage|tilbake", r"\basti\b|palaan|takaisin", r"\bdo \d|vrátím|zpět|späť|vrátim", r"\d.{0,12}-?ig\b|vissza",
    r"până (?:la|pe)|revin", r"\bдо \d|\bс \d|вернусь|возвращ\w+|повернусь|до \w+", r"kadar|dön\w+|\bsampai\b", r"έως|μέχρι|επιστρ\w+", r"まで|戻り|より.*まで|至|返回|回来|回到|까지|복귀|\d{1,2}[./]\d{1,2}",
])  # fmt: skip
"""Until when."""

DEPUTY = _pattern([
    r"\b(?:in (?:urgent|case of)|for urgent|if (?:it(?:'s| is) )?urgent|urgent (?:matters|cases|requests|enquiries|inquiries|issues)|in my absence|while i(?:'m| am) away|immediate assistance|(?:limited|spotty|intermittent|restricted|no|little) (?:internet |e-?mail )?access|anything (?:urgent|time[- ]sensitive)|reach out to|contact \S+ instead|(?:once|when|after) (?:i|we)(?:['’](?:m|re)| am| are| get) back|address has changed|colleagues? .{0,40}(?:happy|glad) to help|(?:responses?|replies) (?:will|may) be (?:delayed|slow\w*)|if (?:your|the) (?:matter|request|enquiry) is urgent|slow to respond|may not (?:be able to )?respond|(?:please|kindly) contact|as soon as (?:i|we) (?:return|am back|can|possible)|(?:upon|on|when|after) (?:my |i )return|will (?:respond|reply|answer|get back|be answered)|not be (?:read|forwarded|monitored)|direct (?:all |any |your )?(?:inquir|enquir|question|mail|request)\w*|update your (?:records|address)|please (?:use|write to|(?:re)?send (?:your|all|any))|being (?:reviewed|processed|handled) by|(?:agent|representative|member of our team|team member|one of our \w+) will|to add (?:additional )?comments|will pick up)",
    r"(?:(?:eingeschränkt|begrenzt|sporadisch)\w* (?:zugriff|erreichbar|zugang)|in dringenden|dringende\w* (?:fälle|angelegenheiten|anfragen)|in meiner abwesenheit|vertret\w+|ansprechpartner(?:in)? ist|wenden sie sich|nach meiner rückkehr|nicht (?:\w+ )?(?:weitergeleitet|gelesen)|bitte (?:nutzen|verwenden|schreiben) sie|bearbeiten wir (?:danach|anschließend|im anschluss)|(?:werde|melde|antworte) .{0,60}(?:rückkehr|zurück|beantworten|melden))",
    r"(?:accès (?:limité|restreint)|en cas d['’]urgence|pour toute urgence|en mon absence|dès mon retour|à mon retour|(?:veuillez contacter|contactez)\b|vous adresser à|merci d['’](?:adresser|envoyer|écrire)|de façon irrégulière|vous pouvez contacter)", r"(?:acceso limitado|en caso de urgencia|para (?:asuntos|cualquier) urg\w+|a mi regreso|contact[ae]r? (?:con|a)|en mi ausencia|escriba a\b|responderé)",
    r"(?:accesso limitato|in caso di urgenz\w+|per (?:urgenze|necessità)|al mio rientro|contatt(?:are|ate|i)\b|in mia assenza)", r"(?:voor dringende|in dringende|(?:bij|voor) spoed|bij dringende|terecht bij|neem dan contact|contact op(?:nemen)?|tijdens mijn afwezigheid|bij terugkomst|na mijn)",
    r"(?:em caso de urg[eê]ncia|assuntos urgentes|contac?tar?|entre em contato|ao regressar|no meu regresso|quando (?:voltar|regressar))", r"(?:w (?:pilnych|nagłych)|w sprawach pilnych|proszę o kontakt|po powrocie|kontaktować|zastępuje)", r"(?:vid brådskande|brådskande ärenden|kontakta|i min frånvaro|när jag (?:är )?(?:kommer )?tillbaka|åter)",
    r"(?:ved haste\w*|hastesager|kontakt(?:e)?|i mit fravær|i mitt fravær|når jeg er tilba\w+)", r"(?:kiireellis\w+|ota yhteyttä|palattuani)", r"(?:v (?:naléhavých|urgentních|neodkladných)|v případě|kontaktujte|obraťte se|po (?:mém )?návratu|v naliehavých)", r"(?:sürgős|keresse|forduljon)", r"(?:în cazuri urgente|urgențe|contactați)",
    r"(?:доступ .{0,30}ограничен|пишите на|по срочным|срочн\w+ вопрос\w+|обращайтесь|свяжитесь|по возвращении|терміновим)", r"(?:acil|irtibat|iletişime geç)", r"(?:για επείγοντα|επικοινωνήστε)", r"(?:お急ぎ|緊急|ご連絡ください|返信いたします|ご返信|如有(?:急事|紧急)|紧急|联系|聯絡|回复您|급한|긴급|연락|문의는)|(?:спешн\w+|обърнете се|обръщайте се|хитн\w+)|\b(?:hitn(?:e|im|ih|o)|obratite|v nujnih|obrnite se|skubi\w+|kreipki\w+|steidzam\w+|sazinieties|pöördu\w*|võtke ühendust|adreceu-vos)|(?:khẩn cấp|liên hệ|เร่งด่วน|ติดต่อ|mendesak|hubungi|للأمور العاجلة|التواصل مع|בדחיפות|פנו ל)",
])  # fmt: skip
"""Whom to ask meanwhile, and that an answer will come."""

SAYS_AUTOMATIC = _pattern([
    r"\bthis is an? (?:automat\w+|auto[- ]?generated|system[- ]generated)", r"\bautomat(?:ic|ed|ically)[- ](?:reply|response|message|notification|generated|sent|e-?mail)", r"\bauto-?(?:reply|response|responder)\b(?!\s+(?:feature|system|function|tool|software|module|solution|service|option)s?\b)", r"do not (?:reply|respond) to this (?:e-?mail|message)|please do not reply", r"(?:mailbox|inbox|address|account) is (?:not|un|no longer) ?(?:actively )?(?:monitored|attended|checked|in use|active|valid)|unattended (?:mailbox|address)|no longer in use", r"\b(?:reply|respond|write|answer) above this line|(?:please |safely |simply |just |can )ignore this (?:e-?mail|message)|if you did(?:n['’]t| not) (?:sign up|request|make|create|regist|subscri|initiate)",
    r"(?:dies(?:e[rs]?)? (?:ist eine )?(?:e-?mail|nachricht|antwort|mail)?.{0,30})?automatisch (?:generiert|erstellt|versandt|versendet|erzeugt|verschickt)\w*|automatische (?:antwort|nachricht|e-?mail|benachrichtigung|eingangsbestätigung)|bitte (?:antworten sie )?nicht auf diese",
    r"(?:réponse|message|e-?mail|courriel) (?:est )?(?:généré |envoyé )?automatique\w*|ne pas répondre", r"(?:respuesta|mensaje|correo) (?:generado |enviado )?autom[aá]tic\w+|no responda", r"(?:risposta|messaggio|e-?mail) (?:generat\w |inviat\w )?automatic\w+|non rispondere",
    r"automatisch (?:antwoord|bericht|gegenereerd\w*|verzonden)|automatische (?:reactie|ontvangstbevestiging|e-?mail)|niet op deze (?:e-?mail|mail)", r"(?:resposta|mensagem|e-?mail) (?:gerad\w |enviad\w )?autom[aá]tic\w+|não responda", r"(?:automatyczna (?:odpowiedź|wiadomość)|wygenerowan\w+ automatycznie|automatycznie wygenerowan\w+|nie odpowiada\w+ na)",
    r"(?:autosvar|automatiskt? (?:svar|meddelande|besked|genererat|sendt|skickat)|svara inte|svar ikke)", r"(?:automaattinen|automaattisesti)", r"(?:automatick\w+ (?:odpověď|zpráv\w+|generov\w+|odpoveď|správ\w+))", r"(?:automatikus (?:válasz|üzenet|értesítés))", r"(?:автоматическ\w+ (?:ответ|сообщени\w+|уведомлени\w+|отправлен\w+)|автоответ\w*|не отвечайте)", r"(?:otomatik (?:yanıt|cevap|mesaj|olarak))", r"(?:自動(?:送信|配信|返信|応答|回覆|發送)|自动(?:回复|发送|生成)|자동\s?(?:발송|응답|회신))",
])  # fmt: skip

THANKS_FOR_MAIL = _pattern([
    r"\b(?:thank you|thanks) for (?:your (?:e-?mail|message|mail|note|enquiry|inquiry|request|interest)|contacting|e-?mailing|getting in touch|reaching out|writing)", r"\b(?:vielen dank|danke|besten dank) für ihre (?:e-?mail|nachricht|mail|anfrage|mitteilung)", r"\bmerci (?:pour|de) votre (?:message|e-?mail|mail|courriel|demande)|nous vous remercions (?:de|pour) votre",
    r"\bgracias por (?:su|tu|contactar|escribir)", r"\bteşekkür\w*", r"\bringrazi\w+ per|\bgrazie per (?:la (?:sua|tua)|averci|il (?:suo|tuo))", r"\b(?:bedankt|dank) voor (?:uw|je) (?:e-?mail|bericht|mail|aanvraag)", r"\bobrigad[oa] (?:pelo|por|pela)", r"\bdziękuj\w+ za (?:wiadomość|kontakt|mail\w*|e-?mail|przesłan\w+)", r"\btack för (?:ditt|ert) (?:mail|mejl|meddelande|e-post)", r"\btakk? for (?:din|deres) (?:mail|e-?post|besked|henvendelse|melding)", r"kiitos (?:viestist|sähköpost|yhteyden)\w+", r"děkuj\w+ za (?:váš|vaš|zpráv|e-?mail)\w*", r"köszön\w+ (?:a )?(?:level|üzenet|megkeres)\w+", r"спасибо за (?:ваше|письмо|обращение)|благодарим", r"(?:メール|お問い合わせ).{0,12}ありがとうございます", r"感谢您的(?:来信|邮件|来函)|您的(?:邮件|来信)(?:已收到|我已)|메일.{0,10}감사",
])  # fmt: skip

RECEIVED = _pattern([
    r"\b(?:we|i)(?: have|['’]ve)? received your (?:e-?mail|message|request|enquiry|inquiry|ticket|submission)|your (?:e-?mail|message|request|enquiry|inquiry|ticket)\b.{0,25}? (?:has been|was) (?:received|logged|created|registered)|(?:ticket|case|request)(?: [\w-]*\d[\w-]*)? (?:has been |was |is )?(?:created|opened|received)|acknowledge (?:the receipt|that we have received|your (?:e-?mail|message|request))", r"(?:haben )?ihre (?:e-?mail|nachricht|anfrage) (?:ist (?:bei uns )?eingegangen|erhalten|wurde (?:erfasst|empfangen))|ihr anliegen .{0,40}(?:eingegangen|erfasst)|eingangsbestätigung",
    r"(?:nous avons )?bien reçu votre (?:message|demande|e-?mail)|accusé de réception", r"hemos recibido su|su (?:mensaje|solicitud) (?:ha sido|fue) recib", r"abbiamo ricevuto (?:la (?:sua|tua)|il (?:suo|tuo))|(?:la (?:sua|tua) richiesta|il (?:suo|tuo) messaggio) è stat\w (?:ricevut|registrat)\w", r"(?:hebben )?uw (?:bericht|e-?mail|aanvraag) (?:in goede orde )?ontvangen", r"recebemos (?:o seu|a sua|sua|seu)", r"otrzymaliśmy (?:twoj|państwa)", r"(?:vi har )?(?:tagit emot|mottagit|modtaget|mottatt) (?:ditt|din|deres)", r"ваш[ае]? (?:заявка|обращение|запрос|письмо) (?:принят|получен|зарегистрирован)", r"お問い合わせを(?:受け付け|受付)", r"已收到您的|您的(?:邮件|来信|信件|留言)(?:我们?)?(?:已经?|均已)收到",
])  # fmt: skip
ACKNOWLEDGES = _pattern([
    r"\b(?:e-?mail|message|enquiry|inquiry|request|query|ticket)s?(?: which| that|,)? (?:has|have|had|was|is) (?:been )?(?:successfully )?(?:received|receiving attention|in (?:our|the) queue)|\b(?:got|received) your (?:e-?mail|message|request|note|enquiry)|\b(?:message|e-?mail) (?:has )?reached us|\byour (?:case|ticket|reference|request) (?:number|id|no\.?) is\b|\b(?:opened|created|logged) a (?:ticket|case)\b",
    r"\beingang (?:ihrer|ihres|deiner)\b|\bihre? (?:e-?mail|mail|nachricht|anfrage|anliegen|schreiben)\b.{0,30}\b(?:erhalten|eingegangen|angekommen|empfangen)\b", r"\bvotre (?:demande|message|courriel|e-?mail|mail) (?:a|nous est) (?:bien )?(?:été )?(?:reçue?|prise?|enregistrée?|parvenue?)|\bavons (?:bien )?reçu votre|\bvotre (?:message|mail|demande) est bien (?:arrivé|parvenu)",
    r"\b(?:hemos|he) recibido (?:su|tu|tus|sus)\b", r"\babbiamo ricevuto\b", r"\brecebemos (?:a |o )?(?:su[ao]|seu|sua|tua|teu)\b", r"\b(?:uw|je) (?:bericht|e-?mail|mail|vraag|aanvraag)\b.{0,20}\bontvangen\b", r"\b(?:tagit emot|mottagit|mottatt|modtaget) (?:ditt|din|dit|deres|er)\b", r"\bviestisi on (?:vastaanotettu|saapunut)|olemme vastaanottaneet",
    r"\botrzymaliśmy (?:państwa|pana|pani|twoj\w+|wiadomość|zgłoszenie)", r"\b(?:obdrželi|přijali) jsme (?:vaš[iíeu]|váš)", r"\b(?:megkaptuk|megérkezett)\b", r"\bam primit (?:mesajul|solicitarea|e-?mail)", r"(?:письмо|обращение|сообщение|заявка|запрос)[^.!?]{0,20}(?:получен|принят|зарегистрирован)", r"(?:e-?posta|mesaj|talep|başvuru)\w* .{0,25}(?:ulaşmıştır|alınmıştır|alındı|ulaştı)",
    r"(?:受信|受領)(?:いたし|し)ました", r"已(?:经)?收到您|您的.{0,6}已(?:经)?收到", r"접수되었습니다|잘 받았습니다",
])  # fmt: skip
"""That something of the reader's has arrived."""
SOON = _pattern([
    r"(?:respon[ds]\w*|repl(?:y|ies)|answer\w*|in touch|get back|attend\w*|review\w*|process\w*)\b.{0,70}\b(?:within|working days?|business (?:days?|hours)|as soon as (?:possible|we can)|shortly|in due course|time permits|delayed|slow\w*)|response time|(?:responses?|replies) may take|high volumes?", r"(?:meld\w+|antwort\w*|beantwort\w+|kümmer\w+|bearbeit\w+|zurück)\b.{0,70}\b(?:schnellst\w*|so (?:schnell|bald) wie möglich|umgehend|in kürze|kürze|werktag\w*|stunden|tage|dauern)|(?:schnellst\w*|so (?:schnell|bald) wie möglich|umgehend|in kürze)\b.{0,70}(?:meld|antwort|beantwort|bearbeit|kümmer)",
    r"\berhalten\b.{0,40}\b(?:antwort|rückmeldung)", r"(?:répond\w+|revien\w+|trait\w+|contact\w+)\b.{0,60}\b(?:très vite|délais|rapidement|sous \d+|dès que possible|jours|heures)", r"(?:respond\w+|contest\w+|atend\w+|contact\w+)\b.{0,60}(?:posible|brevedad|plazo|pronto|horas|días)", r"(?:rispond\w+|ricontatt\w+|contatt\w+)\b.{0,50}(?:al più presto|quanto prima|entro|brevi)", r"(?:respond\w+|retorn\w+|contat\w+)\b.{0,50}(?:em breve|possível|brevidade|horas|dias)",
    r"(?:antwoord\w*|contact|reageren|reactie)\b.{0,50}(?:zo (?:snel|spoedig)|binnen \w+)|(?:zo (?:snel|spoedig)|binnen \w+ (?:werk)?dagen)\b.{0,50}(?:antwoord|contact|reactie|terug)", r"(?:återkom\w+|svar\w*|besvar\w*|vender tilbage|kontakt\w*)\b.{0,40}(?:så snart|snarest|hurtigst|inom|innen|inden)", r"vastaamme|palaamme", r"(?:odpowiemy|odpowiedzi\w*|skontaktujemy)\b.{0,50}(?:najszybciej|możliwie|ciągu|wkrótce)", r"(?:odpovíme|ozveme)\b.{0,40}(?:nejdříve|brzy|dnů)?", r"(?:válaszol\w+|felvesszük)",
    r"(?:vom (?:răspunde|reveni))", r"(?:ответим|свяжемся|рассмотр\w+)\b.{0,50}(?:течение|ближайш|скор)", r"en kısa sürede|dönüş yapıl", r"(?:折り返し|追って|順次).{0,20}(?:連絡|返信|回答)", r"尽快(?:回复|联系|处理|答复)|回复.{0,8}(?:延迟|不及时)", r"빠른 시일|답변 드리",
])  # fmt: skip
"""That an answer will come as soon as can be, or later than usual."""
QUESTION = re.compile(r"\b(?:you|sie|ihr|vous|usted\w*|i|we|my|our|ich|wir|je|nous)\b[^?\n]{0,90}\?(?:\s|\Z)", re.IGNORECASE)
"""A question to the reader."""
TICKET_OPENED = re.compile(
    r"\b(?:your|support) (?:ticket|case)\b.{0,30}(?:created|opened|received|logged|registered)|\b(?:ticket|case) [#\w-]*\d[\w-]* (?:has been |was )?(?:created|opened|logged)|assigned (?:ticket|case)\b",
    re.IGNORECASE,
)
PROMISE = _pattern([
    r"\bwill (?:be in touch|get back|respond|reply|contact you|answer)\b.{0,60}(?:within|shortly|soon|hours|days)", r"(?:meld\w+ (?:wir )?uns|bei ihnen (?:melden|zurück)|antworten wir).{0,60}|in kürze bei ihnen", r"(?:répondr\w+|reviendr\w+|contacter\w+).{0,40}(?:sous|délais|heures|jours|rapidement)", r"(?:responderemos|contactaremos|contestaremos).{0,40}", r"(?:risponderemo|ricontatteremo|contatteremo).{0,40}", r"(?:nemen|antwoorden) .{0,30}(?:spoedig|zo snel|contact)", r"(?:responderemos|entraremos em contato).{0,40}", r"(?:odpowiemy|skontaktujemy się).{0,40}", r"(?:återkommer|vender tilbage|tar kontakt).{0,40}", r"折り返し|担当者より", r"尽快(?:回复|联系)",
])  # fmt: skip
"""That somebody will answer: with `we have received your message` it is a confirmation."""
TICKET = re.compile(r"\b(?:ticket|case|reference|ref|request|vorgang|fall|incident)\s?s?(?:number|no\.?|nummer|id|#|nr\.?)?\s?(?:lautet|ist|is|:|#)?\s?[:#]?\s?#?[A-Z]{0,5}-?\d{3,}|##-|\[#\d+", re.IGNORECASE)  # fmt: skip

ASKS = _pattern([
    r"\?", r"\b(?:quot(?:e|ation)|pric(?:e|es|ing)|offer|demo|interested|brochure|catalogue?|(?<!if you )(?<!should you )need|please (?:send (?!your|all|any|e-?mail|mess)|call (?:me|my)|quote|ship|deliver|proceed)|['’]d like|would like(?! to (?:acknowledge|thank|inform|let|confirm|advise))|looking for|send (?:me|us)|order of|buy|purchase)\b", r"\b(?:angebot|preis\w*|interess\w+|benötig\w+|brauchen|bestell\w+|möchte[n]?|prospekt|schicken sie|senden sie)\b", r"\b(?:devis|tarif\w*|prix|intéress\w+|souhait\w+|besoin)\b", r"\b(?:presupuesto|precios?|cotización|interesad\w+|necesit\w+|quisiera)\b", r"\b(?:preventivo|prezz\w+|interessat\w+|vorrei|vorremmo)\b", r"\b(?:offerte|prijs\w*|geïnteresseerd|graag ontvangen)\b", r"\b(?:orçamento|preço\w*|interessad\w+|gostaria)\b", r"\b(?:ofert[aęy]|cen[ay]|wycen\w+|zainteresowan\w+)\b", r"\b(?:offert|pris(?:en|er|et|erne|list\w*)?|tilbud)\b", r"\b(?:цен[аыу]|предложени\w+|интерес\w+|стоимост\w+)\b", r"見積|価格|报价|价格|견적|가격",
])  # fmt: skip
"""What somebody says who wants something: then "out of office until Monday" is an aside."""

AGREES = _pattern([
    r"\b(?:we|i)(?:['’]ll| will| do)? (?:accept|agree|approve|take|order|confirm)\b|\bgo ahead\b|\bproceed\b|\bcount (?:me|us) in\b|\bsigned contract\b", r"\b(?:nehmen wir|wir nehmen|einverstanden|bestellen|freischalten|akzeptieren)\b", r"\b(?:accept(?:ons|e)|l['’]acceptons|d['’]accord|livrez|commandons)\b", r"\b(?:acept(?:o|amos)|confirm(?:o|amos)|aprobamos|aprovamos|manden|aceitamos)\b", r"\b(?:accett(?:o|iamo)|conferm(?:o|iamo))\b", r"\bakkoord\b", r"\b(?:accepterar|accepterer|aksepterer|godkänner|godtar)\b", r"\b(?:akceptuj\w+|zgadzam\w*|zamawiam\w*)\b", r"\b(?:соглас(?:ен|на|ны)|заказываем|погоджуємос\w+)\b", r"同意|承認|注文",
])  # fmt: skip
"""What somebody says who answers an offer: no program does."""

CHALLENGE = _pattern([
    r"(?:confirm|verify) (?:that )?you(?:r e-?mail| are| sent)?.{0,60}(?:human|deliver|message|sender|spam)", r"(?:challenge[- ]response|sender (?:verification|confirmation)|spam ?arrest|boxbe|bluebottle|tmda|please (?:confirm|reply to).{0,40}(?:deliver|release) )", r"your (?:e-?mail|message)\b.{0,60}(?:is|was|has been) (?:being )?(?:held|waitlisted|quarantined|placed on hold|waiting).{0,120}(?:confirm|verif|approv|click|reply)", r"to (?:prove|verify).{0,30}(?:human|not (?:a )?(?:spam|robot))", r"only (?:accept|allow|receive)?.{0,40}(?:from )?(?:senders|people|addresses) (?:that )?(?:i|we) have approved|add (?:yourself|you) to (?:my|the) (?:list of )?(?:approved|allowed|white)", r"to release your (?:e-?mail|message)|your (?:e-?mail )?address (?:was|is) not (?:recogni[sz]ed|on (?:my|our|the))",
    r"(?:bestätigen|verifizieren) sie.{0,60}(?:absender|zustell|mensch|spam)", r"ihre (?:e-?mail|nachricht) wurde (?:zurückgehalten|in quarantäne)", r"(?:para que|afin que|pour que|affinché|damit|zodat) (?:a sua|sua|su|votre|il suo|il tuo|ihre|deine|uw) (?:mensagem|mensaje|correo|message|mail|messaggio|nachricht|e-?mail|bericht)\b.{0,60}(?:encaminhad|entregue|entregad|llegue|parvienne|délivr|remis|distribu|consegnat|recapitat|zugestellt|ankommt|bezorgd|afgeleverd)",
])  # fmt: skip
READ_RECEIPT = re.compile(r"\s*(?:read|return receipt|read receipt|gelesen|lesebestätigung|lu|leído|letto|gelezen|lida|przeczytano|läst|lest|læst|прочитано|přečteno|not read|ungelesen gelöscht|received|deleted without reading|delivery receipt|zustellbestätigung|confirmation de lecture|conferma di lettura)\s*(?::|\(displayed\)| - )", re.IGNORECASE)  # fmt: skip
RECEIPT_TEXT = re.compile(r"(?:your message|ihre nachricht|votre message|su mensaje|il (?:tuo|suo) messaggio|uw bericht)[\s\S]{0,400}?(?:was (?:read|displayed|opened|deleted)|wurde (?:gelesen|am .{0,40}gelesen|angezeigt)|a été (?:lu|ouvert)|fue leído|è stato letto|is gelezen)|this is a (?:return|read) receipt", re.IGNORECASE)  # fmt: skip

BOUNCE_SUBJECT = re.compile(
    r"\s*(?:\[[^\]]{1,40}\]\s*|\*+\s*|\w{1,12}:\s+(?=undeliver|returned))?(?:undeliver\w+|non-?deliver\w+|not deliver\w+|undelivered|delivery (?:status|failure|failed|notification|report|has failed|problem|error|delay\w*)|returned (?:e-?)?mail|return(?:ed)? to sender|failure (?:notice|delivery)|failed (?:mail|delivery)"
    r"|mail (?:delivery|could not|not delivered|system error|failure|undeliverable|returned)|message (?:delivery|undeliverable|could not|not delivered|blocked|delayed|status|rejected|returned)|(?:e-?mail|your (?:e-?mail|message)).{0,30}(?:could not be delivered|not delivered|undeliverable|rejected|returned|bounced)|warning:? (?:could not|message)|error sending|address not found|recipient (?:address )?(?:rejected|unknown)|mailbox (?:full|unavailable|not found)|user unknown|bounced? (?:mail|message|e-?mail)|message you sent (?:was |has been )?blocked|notice: mail delivery|rejected (?:mail|posting|e-?mail)|your message (?:was|could) ?n['’o]+t (?:be )?delivered|considered unsolicited|mdaemon|nondeliverable|deferred|delayed mail"
    r"|unzustellbar\w*|nicht zustellbar|zustellung (?:fehlgeschlagen|der nachricht|verzögert)|(?:mail|nachricht).{0,30}(?:nicht zugestellt|konnte nicht)|zustellfehler|fehlgeschlagene zustellung|zurückgesandt|rückläufer|échec (?:de la )?(?:remise|livraison|d['’]envoi)|non (?:remis|distribu|délivr)\w*|message non|retour à l['’]expéditeur|no (?:se )?(?:entregad|ha podido|pudo|puede entregar|se pudo)\w*|impossible de (?:remettre|distribuer|livrer)|error de (?:entrega|envío)|devuelto|mensaje no|mancat[ao] (?:consegna|recapito)|non (?:recapitat|consegnat|recapitabil)\w+|impossibile (?:recapitare|consegnare)|onbestelbaar|niet (?:afgeleverd|bezorgd|bestelbaar)|kan niet (?:worden )?(?:afgeleverd|bezorgd)|não (?:entregue|foi possível|é possível entregar)|falha (?:na|de) entrega|nie(?:dostarcz|doręcz)\w+|zwrot|kan(?:de)? inte levereras|olevererbar\w*|ikke leveret|kunne ikke leveres|ikke levert|ei voitu toimittaa|nedoruč\w+|kézbesíthetetlen|nelivrat|недоставлен\w+|не доставлен\w+|не удалось доставить|teslim edilemedi|αποτυχία παράδοσης|配信(?:不能|エラー|できません)|未配信|送信できません|退信|无法(?:投递|送达)|投递失败|無法投遞|배달(?:되지| ?실패)|전송 실패)",
    re.IGNORECASE,
)  # fmt: skip
BOUNCE_TEXT = _pattern([
    r"(?:could|can|was|were|did) ?n[o']t (?:be )?(?:deliver|sent to|reach)\w*", r"\b[45]\d\d[ -]#?[45]\.\d{1,3}\.\d{1,3}\b", r"user unknown|unknown user|no such (?:user|recipient|mailbox|address)|recipient (?:address )?rejected|mailbox (?:is full|full|unavailable|not found|quota)|over ?quota|unrouteable|unroutable|(?:host|domain)(?: name)? (?:unknown|not found)|unknown (?:host|domain)|(?:mailbox|inbox|account)(?: \S+@\S+)? is full|relates to a message you sent|e-?mail address you entered|has been blocked|fehler bei der nachrichtenzustellung|échec de la remise|error (?:al|en la) entreg\w+|does ?n[o']t exist|address rejected|account (?:is |has been )?disabled|invalid (?:recipient|mailbox)", r"permanent (?:error|failure)|fatal error|delivery (?:has )?failed|delivery to the following|failed permanently|undeliverable|returned to sender|giving up|retry time(?:out)? exceeded|delayed? (?:for|delivery)",
    r"this (?:is the|message was created) (?:mail system|automatically by mail delivery|qmail-send|postfix|email security)|mail delivery (?:system|subsystem|software)|reporting-mta|final-recipient|diagnostic-code|remote[- ](?:mta|host said|server returned)|transcript of session|generating server|original message (?:headers|follows)|below this line is a copy|copy of (?:the|your) message|<<< \d{3}|rcpt to", r"nicht (?:zugestellt|zustellbar)|empfänger .{0,30}(?:unbekannt|nicht gefunden|nicht erreicht)|(?:did|has) not reach(?:ed)? (?:some|the|all|its|one)|(?:was|been|is) blocked by|delivery status notification|unzustellbar|postfach .{0,20}(?:voll|nicht)|n['’](?:a|ont) pas (?:pu |été |être )*(?:remis|distribu|délivr)\w*|no (?:se )?(?:ha )?(?:podido|pudo|puede) (?:ser )?entreg\w+|(?:dirección|direccion|indirizzo|adresse|endereço)\b.{0,40}(?:no existe|non esiste|n['’]existe pas|não existe|existiert nicht)|kann nicht zugestellt|non (?:è stato )?(?:possibile )?(?:recapit|consegn)\w+|kon niet worden (?:afgeleverd|bezorgd)|não (?:foi )?(?:possível )?entreg\w+|nie (?:została|mogła).{0,20}dostarcz\w+|не (?:может быть|было|удалось) достав\w+|配信(?:できません|されません|できなかった)|送信できませんでした|无法(?:送达|投递)|未能送达|投递失败|宛先不明|ユーザー不明|メールを(?:送信|お届け)でき",
])  # fmt: skip

UNSUBSCRIBE = _pattern([
    r"unsubscri\w+|opt[- ]?out|stop (?:watching|following) (?:this|click|the)|(?:be )?remov(?:ed?|al) (?:\w+ ){0,4}(?:from|instructions|list)|to be removed|(?:leave|quit) (?:this|our|the) (?:\w+ )?list|(?:manage|update|change) (?:your )?(?:e-?mail |subscription |communication |notification )+(?:preferences|settings)|subscription (?:preferences|options)|(?:no longer|do not|don't) (?:wish|want) to receive|stop receiving|\bremove\b.{0,20}\bsubject\b|never (?:be )?(?:mail|contact)\w* (?:you )?again",
    r"abmelde\w*|abbestell\w+|newsletter (?:ab|aus)\w+|(?:keine|nicht mehr).{0,30}(?:e-?mails|newsletter|werbung).{0,20}(?:erhalten|mehr)|austragen", r"désabonn\w+|désinscri\w+|ne plus recevoir", r"darse? de baja|cancelar (?:la |tu |su )?suscripción|no recibir más", r"disiscriv\w+|cancella(?:rsi|zione|ti)|annulla.{0,10}iscrizione|non ricevere più", r"uitschrijven|afmelden", r"cancelar (?:a )?(?:inscrição|assinatura|subscrição)|descadastr\w+|remover.{0,20}lista", r"wypis\w+|rezygnac\w+|zrezygnować", r"avregistrera|avsluta prenumeration|avprenumerera|afmeld\w*|avmeld\w*|frameld\w*", r"odhlás\w+", r"leiratkoz\w+", r"dezabon\w+", r"отписа\w+|відписа\w+", r"abonelikten", r"配信停止|退会|登録解除|退订|取消訂閱|取消订阅|수신\s?거부|수신거부",
])  # fmt: skip
WHY_RECEIVED = _pattern([
    r"(?:you (?:are|'re|have)? ?receiv\w+|you received|this (?:e-?mail|message|mailing|newsletter) (?:was|is|has been) (?:sent|being sent|intended)).{0,80}(?:because|as a|since|to .{0,60}@|subscri|registered|member)|you(?:'ve| have)? (?:signed up|opted|subscribed|registered)|sent to:? \S+@", r"sie erhalten diese[nr]? (?:e-?mail|newsletter|nachricht|mail)|(?:wurde|ist) an \S+@\S+ (?:gesendet|gerichtet|verschickt)", r"vous (?:recevez|avez reçu) (?:ce|cet|cette)", r"(?:recibe|recibes|está recibiendo|has recibido) este", r"(?:ricevi|hai ricevuto|riceve|ricevete) quest", r"(?:u|je) ontvangt deze|deze (?:e-?mail|nieuwsbrief) (?:is|wordt) verzonden", r"você (?:está recebendo|recebeu) est", r"otrzymujesz|otrzymał\w+ tę", r"du (?:får|har fått|modtager|mottar) d", r"вы получили это", r"このメールは.{0,40}(?:送信|配信|お送り)|您收到(?:这|此|本)",
])  # fmt: skip
BROWSER_VIEW = _pattern([
    r"(?:view|read|see|open|having trouble|can(?:'|no)t (?:see|view|read)).{0,50}(?:in (?:your|a|the) (?:web )?browser|online|web (?:page|version)|this (?:e-?mail|newsletter|message))|web version|trouble (?:viewing|reading)", r"(?:im browser|online|webversion).{0,30}(?:ansehen|anzeigen|öffnen|lesen|betrachten)|onlineversion|webansicht|nicht (?:richtig|korrekt) (?:dargestellt|angezeigt)", r"(?:version en ligne|voir (?:ce|cet).{0,30}navigateur|visualiser)", r"ver (?:este|en).{0,30}navegador|versión (?:online|web)", r"visualizza.{0,30}(?:browser|online)|versione (?:web|online)", r"bekijk.{0,30}(?:browser|online)|webversie", r"ver (?:no|este).{0,20}navegador", r"(?:w przeglądarce|wersja online)", r"(?:i (?:din )?webbläsare|webbversion|i browser\w*)", r"в браузере",
])  # fmt: skip
PROMOTES = _pattern([
    r"\bnewsletter\b|mailing list|\be-?zine\b|press release|special offer|limited[- ]time|act now|click here|order now|buy now|shop now|\bsale\b|\d+ ?% off|save (?:up to )?(?:\$|€|£)?\d+|free shipping|best deals?|guarantee\w*|no obligation|money back|risk[- ]free|earn \$|make money|work from home|lowest (?:rates|price)|refinanc\w+|viagra|casino|lottery|winner|congratulations|100% free|subscribe\b|©|copyright (?:\(c\)|\d{4})|all rights reserved|advertis\w+|sponsor\w*", r"rabatt|angebot(?:e)? der woche|jetzt (?:bestellen|kaufen|sichern|entdecken)|hier klicken|impressum|gutschein", r"cliquez ici|offre (?:spéciale|limitée)|profitez|promo\w*", r"haga clic|oferta especial|descuento", r"clicca qui|offerta speciale|sconto", r"klik hier|korting|aanbieding", r"clique aqui|desconto|promoç\w+", r"kliknij|promocj\w+", r"klicka här|erbjudande|tilbud", r"скидк\w+|акци[яи]",
])  # fmt: skip
AD_SUBJECT = re.compile(r"\s*(?:\[?adv\]?\s*[:\]]|\(adv\)|adv\b|anzeige:|werbung:|\[ad\])|newsletter|digest\b|\b(?:vol|issue|ausgabe|no)\.? ?#?\d+\b|\d+ ?% (?:off|rabatt)|weekly (?:update|news|roundup)|\bnews (?:alert|update)|headlines|press release", re.IGNORECASE)  # fmt: skip

NOTICE_SUBJECT = _pattern([
    r"\b(?:your )?(?:receipt|invoice|order (?:confirmation|#|no|number|status|shipped)|payment (?:received|confirmation|failed|receipt|of)|received a payment|domain .{1,60} (?:expires|will expire|expired)|backup job|certificate expir\w+|billing statement|statement (?:is )?ready|subscription (?:renewal|confirm\w*)|shipping (?:confirmation|notification)|delivery update|your order|booking confirmation|reservation confirmed|ticket confirmation|password (?:reset|changed)|reset your password|verify your (?:e-?mail|account|device|identity)|you['’]ve got money|sent you (?:money|files|a file|a payment)|tracking number|ship notification|new event:|message from km_|scan(?:ned)? (?:document|image|from)|quarantine(?:d)? (?:summary|report|digest|notification|messages?)|(?:messages?|e-?mails?) (?:held )?in quarantine|spam notification|spam (?:digest|quarantine)|verification code|security (?:alert|code|notice)|new (?:sign-?in|login|device)|account (?:activity|statement|notification)|login attempt|one-time (?:password|code)|welcome to|activate your account|confirm your (?:e-?mail|account|subscription|registration))\b",
    r"\b(?:rechnung|bestellbestätigung|auftragsbestätigung|ihre bestellung|zahlung erhalten|eine zahlung|zahlungs(?:eingang|bestätigung|erinnerung)|versandbestätigung|passwort|kontoauszug|buchungsbestätigung|sicherheitswarnung|bestätigungscode)\b", r"\b(?:reçu|facture|confirmation de (?:commande|paiement)|votre commande|mot de passe)\b", r"\b(?:recibo|factura|confirmación de (?:pedido|pago)|su pedido|contraseña)\b", r"\b(?:ricevuta|fattura|conferma (?:d['’]ordine|ordine|pagamento)|password)\b", r"\b(?:factuur|bestelbevestiging|betalingsbevestiging|wachtwoord)\b", r"\b(?:fatura|confirmação de (?:pedido|pagamento)|senha)\b", r"\b(?:faktura|potwierdzenie (?:zamówienia|płatności)|hasło)\b", r"\b(?:kvitto|kvittering|ordrebekræftelse|orderbekräftelse|ordrebekreftelse|lösenord)\b", r"領収書|請求書|注文確認|发票|订单确认",
    r"\[(?:jira|github|gitlab|bugzilla|jenkins|trac|redmine|nagios|cron|svn|cvs|commit)\b|\bbuild (?:failed|succeeded|fixed|#\d+|\S+ (?:failed|passed))|\b(?:passed|failed|broken|fixed): \S+/\S+|\bpipeline (?:failed|passed|#\d+)|\bpull request\b|\bmerge request\b|\bcommitted\b|\bcron <|\bnagios\b|\*\* (?:problem|recovery)|\b(?:disk|cpu|memory) usage|\bbackup (?:completed|failed|successful|report)|\blogwatch\b|\bmonitor(?:ing)? (?:alert|is (?:up|down))|\b(?:up|down) alert|\balert:|\bbug \d{3,}\b|\bpatch\b.{0,20}\bqueue\b|\brss\b|\bfeed (?:update|digest)",
    r"\b(?:commented on|mentioned you|replied to your|liked your|tagged you|invited you|sent you a (?:message|friend request|connection)|wants to (?:connect|be friends)|friend request|connection request|new follower|is now following|followed you|shared (?:a|an|with you)|endorsed you|viewed your profile|you have \d+ (?:new|unread)|new notifications?|assigned to you|status (?:update|changed))\b", r"\b(?:accepted|declined|tentative|updated invitation|invitation|canceled event|abgesagt|zugesagt|einladung): ",
])  # fmt: skip
NO_REPLY = re.compile(r"[._+-]notifications?$|(?:^|[._+-])(?:no|do-?not|don-?t|not?|ne-?pas|nicht|non|sin)[._-]?(?:re?pl(?:y|ies)|respond|answer|antworten|repondre|rispondere|respuesta)|^(?:notifications?|notify|notifier|alerts?|updates?|news|newsletters?|mailings?|info-?mail|marketing|digest|rss|rssfeeds?|feeds?|builds?|jenkins|ci|cron|root|system|automat\w*|auto-?confirm|billing|invoices?|receipts?|orders?|shipping|noc|monitoring|nagios|voicemail|asterisk|pbx|e?-?fax|logwatch|backups?|veeam|jira|confluence|bugzilla|gitlab|redmine|sentry|zabbix|icinga|munin|quarantine|scanner|copier|scan|tracking|hudson|dse|dmarc\w*|tlsrpt|security-?alerts?|account-?update|service-?notifications?|robot|bot|bounces?|mailer|promo\w*|offers?|deals?|campaigns?|editor|subscri\w+|members?hip|announce\w*)(?:[._+-].*)?$", re.IGNORECASE)  # fmt: skip
HOW_TO_LEAVE = re.compile(
    r"(?:to (?:unsubscribe|opt[- ]?out|be removed|stop receiving)|(?:no longer|do not|don['’]t) (?:wish|want) to (?:receive|get)|unsubscribe (?:here|at|by|from this|:)"
    r"|(?:newsletter|e-?mails?|nachrichten) (?:mehr |künftig |länger )*(?:erhalten|beziehen|bekommen) (?:möchten|wollen)|(?:newsletter )?(?:abmelden|abbestellen):?"
    r"|(?:ne (?:souhaitez|voulez|désirez) plus|pour (?:vous )?(?:désabonner|désinscrire|ne plus)|vous désinscrire)|(?:para|si desea|si no desea)[^.]{0,30}(?:darse? de baja|recibir)|(?:per|se)[^.]{0,40}(?:disiscriver|cancellar|ricevere più)"
    r"|(?:om|wilt u|als u)[^.]{0,40}(?:uit te schrijven|afmelden|uitschrijven|ontvangen)|(?:para|se não)[^.]{0,40}(?:cancelar|descadastrar|remover|receber)|(?:aby|jeśli)[^.]{0,40}(?:wypisać|zrezygnować|otrzymywać)|(?:för att|hvis du|om du|for at)[^.]{0,40}(?:avregistrer|avsluta|afmeld|avmeld|framtida))"
    r"[^?]{0,90}?(?:https?://|www\.|\bclick|\bklick|cliqu|\bclic\b|clicca|klik|\bhere\b|\bhier\b|\bici\b|aqu[ií]\b|\btutaj\b|\bhär\b|\bher\b|\breply\b|\S@\S)[^?]*\Z",
    re.IGNORECASE,
)
"""How to leave, told to the reader, with nothing asked behind it: the last words of a mail to many."""

TRANSACTION = _pattern([
    r"transaction (?:id|number|date)|transaktions(?:code|nummer)|order (?:number|no|id|#|summary|total)|(?:receipt|invoice|booking|reservation) (?:number|no|id|#)|\b(?:sub)?total\b|amount (?:due|paid|charged)?|shipping (?:address|method)|payment (?:method|of)|tracking (?:number|id)|due date|bestellnummer|rechnungs(?:nummer|betrag)|gesamtbetrag|numéro de commande|montant|número de pedido|importe|numero d['’]ordine|ordernummer|numer zamówienia",
    r"[€$£]\s?\d|\d\s?(?:€|EUR|USD|GBP|zł)\b",
])  # fmt: skip
NOTICE_TEXT = _pattern([
    r"(?:verification|security|one-time|login|confirmation) code|new (?:web )?(?:sign-?in|log-?in|browser|device)\b|signed in\b|your (?:package|parcel|shipment) (?:has )?(?:been )?(?:shipped|arrives?|is)|transaction id|download link|scan(?:ned)? attached|new event has been scheduled|has been scheduled|quarantined messages?|accept:? https?://|statement is (?:ready|available|now)",
    r"(?:sicherheits|bestätigungs)code|ihr paket|ihre sendung|steht (?:zum download )?bereit|wird (?:ihrem konto )?abgebucht",
])  # fmt: skip
SITE_NOTICE = re.compile(
    r"\s*\[[^\]]{1,60}\]\s*(?:new user registration|please moderate|comment:|new comment|trackback|pingback|password (?:changed|reset)|your site (?:has|was|is)|some plugins|background update|login details|(?:notice of )?(?:e-?mail|password) change|neue benutzerregistrierung|bitte moderieren|passwort)"
    r"|.{0,40}(?:plugins?|wordpress) .{0,40}(?:been )?(?:automatically )?updated",
    re.IGNORECASE,
)
"""What a site tells its keeper, beside what its forms send."""

VOICE_OR_FAX = re.compile(
    r"\bvoice ?(?:mail|message)\b.{0,30}(?:from|in mailbox|received)|new (?:voice ?mail|voice message|message \d+ in mailbox|fax)\b|missed call|(?:e-?fax|fax) (?:message |received |transmission |empfang\w* )*(?:from|von|de)\b|\bfax eingegangen|neue (?:sprach|voicemail-?)nachricht|verpasster anruf|appel manqué|nouveau message vocal|llamada perdida",
    re.IGNORECASE,
)
VOICE_OR_FAX_TEXT = re.compile(
    r"you (?:have|received|have received|were just left|just got)\b.{0,40}(?:voice|fax|message|call)|\b(?:duration|length|dauer|pages?|seiten|caller|anrufer|mailbox)\b",
    re.IGNORECASE,
)
MEETING_ANSWER = re.compile(
    r"\s*(?:accepted|declined|tentative(?:ly accepted)?|cancel+ed(?: event)?|new time proposed|zugesagt|angenommen|abgelehnt|abgesagt|mit vorbehalt(?: zugesagt)?|accepté|refusé|annulé|provisoire|aceptad[ao]|rechazad[ao]|cancelad[ao]|accettat[ao]|rifiutat[ao]|annullat[ao]|geaccepteerd|geweigerd|geannuleerd|aceite|aceito|recusad[ao]|zaakceptowan[oey]|odrzucon[oey]|odwołan[oey]|accepterat|accepterad|avböjt|avvisat|accepteret|afvist|akseptert|avslått|hyväksytty|přijato|odmítnuto|принято|отклонено|承諾|辞退)\s?(?:[:：]|\()",
    re.IGNORECASE,
)
MEETING_TEXT = re.compile(
    r"\bhas (?:accepted|declined|tentatively accepted|cancel+ed) (?:this|your|the) (?:invitation|meeting|event|appointment)"
    r"|hat (?:diese|ihre|die|den) (?:einladung|besprechung|termin)\w* (?:angenommen|abgelehnt|zugesagt|abgesagt)"
    r"|a (?:accepté|refusé|décliné|annulé) (?:cette|votre|l['’]) ?(?:invitation|réunion)|ha (?:aceptado|rechazado|cancelado) (?:esta|tu|su|la) (?:invitación|reunión)"
    r"|ha (?:accettato|rifiutato|annullato) (?:questo|il tuo|l['’]) ?(?:invito|evento)",
    re.IGNORECASE,
)
SPAM_SUBJECT = re.compile(r"\s*(?:\*{2,}\s*(?:possible |probable )?spam\s*\*{2,}|\[\**\s*(?:possible |suspected |probable )?spam\s*\**\]|\{spam\??\})", re.IGNORECASE)  # fmt: skip
ROLE = re.compile(r"(?:news|marketing|info-?mail|billing|invoices?|receipts?|orders?|shipping|noc|system|editor|members?hip|offers?|deals?|promo|updates?|campaigns?)\Z", re.IGNORECASE)  # fmt: skip
"""Mailboxes that programs write from, and people too."""

LIST_FOOTER = re.compile(r"/(?:mailman|listinfo|mailinglist|mailman3)/|/listinfo|mailing list\b.{0,80}\n.{0,10}(?:https?://|[\w.+-]{1,60}@)|(?:[\w.+=]{1,40}-(?:unsubscribe|request|help|leave)@\w)|yahoogroups\.|groups\.google\.com/|to unsubscribe from this (?:list|group)|list (?:maintainer|owner|admin\w*):|for \(un\)subscription|majordomo@|listserv@|sympa@", re.IGNORECASE)  # fmt: skip
LIST_SENDER = re.compile(
    r"(?:^|<)(?:owner-|sentto-|listserv|majordom|sympa)|-(?:admin|owner|request|outgoing|return-\d+-[^@]*|bounces)@|-return-\d+-",
    re.IGNORECASE,
)
LIST_SUBJECT = re.compile(r"\s*(?:(?:re|aw|fwd?|antw|sv|vs|odp)\s*:\s*)*\[[\w .:+#/-]{2,40}\]", re.IGNORECASE)
REPLY_SUBJECT = re.compile(r"\s*(?:re|aw|antw|antwort|sv|vs|odp|r|res|rif|ynt|ре|отв|回复|回覆|答复|返信|답장)\s*(?:\[\d+\])?\s*[:：]", re.IGNORECASE)  # fmt: skip

CLICK = re.compile(r"http|\bclick\b|empty (?:e-?mail|message)|reply to this|klicken|cliquez", re.IGNORECASE)

DAEMON = re.compile(r"(?:mailer-?daemon|mail-?daemon|daemon|postmaster|mdaemon|mailerdaemon|mail-?delivery(?:-\w+)?|bounces?|[\w.+-]{1,60}-bounces?|double-bounce|microsoftexchange\w{10,})(?:[+._=-].*)?\Z", re.IGNORECASE)  # fmt: skip

DAEMON_NAME = re.compile(r"mail ?(?:delivery|er)[ -]?(?:sub)?(?:system|daemon|service)|mailer[- ]daemon|internet mail delivery", re.IGNORECASE)  # fmt: skip

AUTO_REPLY_HEADERS = (
    "x-autoreply", "x-autorespond", "x-autoreply-from", "x-autoreply-domain", "x-mail-autoreply", "x-autoresponder", "x-auto-reply",
    "x-apple-action", "x-vacation", "x-fc-machinegenerated", "autoresponse", "x-autogenerated", "x-away",
)  # fmt: skip

LIST_HEADERS = ("list-id", "list-post", "mailing-list", "x-mailing-list", "x-beenthere", "x-mailman-version", "x-listname", "x-list", "x-ml-name", "x-mlserver", "list-subscribe", "list-archive", "x-sympa-to", "x-listmember", "x-yahoo-profile", "x-egroups-return", "x-google-group-id", "x-ezmlm")  # fmt: skip

BULK_HEADERS = ("x-campaign", "x-campaignid", "x-campaign-id", "x-mailchimp-id", "x-mc-user", "feedback-id", "x-csa-complaints", "x-mailgun-tag", "x-newsletter", "x-mailing-id", "x-mailingid", "x-bulkmail", "x-job", "x-sfmc-stack", "x-ses-outgoing", "x-report-abuse", "x-report-abuse-to", "x-mailer-recptid", "x-rpcampaign", "x-mailer-lid", "x-mailer-sid")  # fmt: skip

BULK_MAILER = re.compile(r"phplist|mailchimp|accucast|listmanager|sendy|cleverreach|mailjet|campaign|lyris|e-?messenger|bulk|aspmail|dynamailer|l-soft|unitymail|groupmail|constant ?contact|exacttarget|sendinblue|brevo|rapidmail|newsletter", re.IGNORECASE)  # fmt: skip

RECEIPT = re.compile(r"\b(?:receipt|invoice|rechnung|quittung|facture|reçu|factura|recibo|ricevuta|fattura|factuur|faktura|payment|order confirmation|bestellbestätigung|password|passwort|verification code)\b", re.IGNORECASE)  # fmt: skip
