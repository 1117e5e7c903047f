"""How mail programs of many languages introduce what they quote, forward or append. Words in lower case."""

from __future__ import annotations

WROTE = (
    "wrote", "writes", "said", "says", "has written", "schrieb", "schrieben sie", "schrieben", "geschrieben", "a écrit",
    "a ecrit", "écrivait", "nous a dit", "escribió", "escribio", "ha escrito", "ha scritto", "scrive", "scriveva",
    "schreef", "geschreven", "het volgende geschreven", "escreveu", "escreveu o seguinte", "napisał(a)", "napisał",
    "napisała", "napisał/a", "pisze", "pisał(a)", "skrev", "skrev följande", "følgende", "kirjoitti", "napsal(a)",
    "napsal", "napsala", "napísal(a)", "napísal", "napísala", "írta", "ezt írta", "a scris", "написал(а)", "написал",
    "написала", "написал:а", "пишет", "писал", "писал(а)", "сообщил", "написав", "написала", "написав(ла)", "пише",
    "написа", "yazdı", "şunları yazdı", "şunu yazdı", "έγραψε", "写道", "寫道", "写到", "さんは書きました", "書きました",
    "のメッセージ", "님이 작성", "작성", "썼습니다", "כתב", "כתבה", "מאת", "كتب", "كتبت", "đã viết", "menulis",
    "เขียนว่า", "เขียน", "napisao je", "napisala je", "je napisal", "je napisal/a", "kirjutas", "rašė", "rakstīja",
    "va escriure", "idatzi du", "skrifaði",
)  # fmt: skip
"""Verbs of attribution lines: "On ... somebody wrote:"."""

OPENERS = (
    "on", "at", "in message", "in article", "in a message", "am", "le", "el", "il", "op", "w dniu", "dnia", "den", "dne",
    "dňa", "em", "no dia", "a", "в", "у", "на", "la", "på", "pe", "tarihinde", "στις", "在", "vào", "pada", "dana", "mo.",
    "di.", "mi.", "do.", "fr.", "sa.", "so.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim.", "man.", "tir.",
    "tirs.", "ons.", "tor.", "tors.", "fre.", "lør.", "søn.", "ma", "ti", "ke", "to", "pe", "su",
)  # fmt: skip
"""Words that an attribution may begin with; a digit may, too."""

ORIGINAL = (
    "original message", "original mail", "original email", "reply message", "originalnachricht", "original-nachricht",
    "ursprüngliche nachricht", "ursprüngliche mail", "ursprüngliche e-mail", "message d'origine", "message d’origine",
    "message original", "message initial", "mensaje original", "mensaje de origen", "messaggio originale",
    "messaggio original", "oorspronkelijk bericht", "origineel bericht", "wiadomość oryginalna", "oryginalna wiadomość",
    "wiadomość pierwotna", "ursprungligt meddelande", "originalmeddelande", "oprindelig meddelelse", "oprindelig besked",
    "opprinnelig melding", "alkuperäinen viesti", "původní zpráva", "původní e-mail", "pôvodná správa", "eredeti üzenet",
    "mesaj original", "mesajul original", "исходное сообщение", "исходное письмо", "оригинальное сообщение",
    "оригінальне повідомлення", "оригинално съобщение", "mensagem original", "orijinal mesaj", "özgün ileti",
    "αρχικό μήνυμα", "元のメッセージ", "元のメール", "原始邮件", "原始郵件", "原邮件", "원본 메시지", "원본 메일",
    "הודעה מקורית", "الرسالة الأصلية", "izvorna poruka", "izvirno sporočilo", "thư gốc", "pesan asli",
    "missatge original",
)  # fmt: skip

FORWARDED = (
    "forwarded message", "forwarded mail", "forwarded email", "forwarded by", "weitergeleitete nachricht",
    "weitergeleitete mail", "weitergeleitete e-mail", "weitergeleitet von", "message transféré", "message réexpédié",
    "mensaje reenviado", "messaggio inoltrato", "doorgestuurd bericht", "mensagem encaminhada", "mensagem reencaminhada",
    "wiadomość przekazana", "przekazana wiadomość", "przesłana wiadomość", "treść przekazanej wiadomości",
    "vidarebefordrat meddelande", "vidarebefordrat mejl", "videresendt meddelelse", "videresendt besked",
    "videresendt melding", "välitetty viesti", "edelleenlähetetty viesti", "přeposlaná zpráva", "přeposlaný e-mail",
    "preposlaná správa", "továbbított üzenet", "mesaj redirecționat", "mesaj redirectionat", "пересылаемое сообщение",
    "пересланное сообщение", "пересылаемое письмо", "переслане повідомлення", "препратено съобщение", "iletilen mesaj",
    "iletilmiş mesaj", "προωθημένο μήνυμα", "転送されたメッセージ", "転送メール", "转发的邮件", "轉寄的郵件", "转发邮件",
    "轉寄郵件", "전달된 메시지", "הודעה שהועברה", "رسالة معاد توجيهها", "proslijeđena poruka", "posredovano sporočilo",
    "missatge reenviat", "thư được chuyển tiếp",
)  # fmt: skip

BEGIN_FORWARDED = (
    "begin forwarded message", "anfang der weitergeleiteten nachricht", "anfang der weitergeleiteten e-mail",
    "début du message transféré", "début du message réexpédié", "inicio del mensaje reenviado",
    "inizio messaggio inoltrato", "begin doorgestuurd bericht", "início da mensagem encaminhada",
    "início da mensagem reencaminhada", "początek przekazywanej wiadomości", "vidarebefordrat brev",
    "start på videresendt besked", "start på videresendt e-mail", "videresendt melding", "välitetty viesti alkaa",
    "začátek přeposlané zprávy", "továbbított levél kezdete", "начало переадресованного сообщения",
    "начало переадресованного письма", "iletilen ileti başlangıcı", "転送されたメッセージ", "下面是被转发的邮件",
    "以下是轉寄的郵件",
)  # fmt: skip

SENT_FROM = (
    r"[(<\[]*(?:sent|written|typed) (?:from|via|with|by|on|using) .{1,70}",
    r"\w{2,20} from (?:my )?(?:mobile|iphone|phone)", r"from my .{1,25}", r"get outlook for .{1,60}",
    r"download outlook .{1,60}", r"envoyé (?:depuis|de|à partir de|avec|via) .{1,60}", r"envoye de mon .{1,40}",
    r"von meinem .{1,60}(?: gesendet)?", r"von (?:unterwegs|samsung mobile|iphone|ipad|mobil|android).{0,20} gesendet",
    r"(?:diese )?nachricht wurde (?:von|mit) .{1,80} gesendet\.?", r"gesendet (?:von|mit|über|aus) .{1,60}",
    r"mobil gesendet.{0,30}", r"holen sie sich outlook für .{1,30}",
    r"outlook für (?:ios|android) (?:beziehen|herunterladen).{0,60}", r"inviato (?:da|dal|con|tramite) .{1,60}",
    r"scarica outlook per .{1,30}", r"send[te]? fra (?:min|mit|mi) .{1,40}",
    r"enviad[oa] (?:do|da|de|desde|a partir|com|con|pelo) .{1,60}", r"obtener outlook para .{1,30}",
    r"obter o outlook para .{1,30}", r"obtenir outlook pour .{1,30}", r"télécharger outlook pour .{1,30}",
    r"verzonden (?:met|vanaf|vanuit|via) .{1,60}", r"verstuurd (?:vanaf|met|via) .{1,60}",
    r"skickat från (?:min|mitt) .{1,40}", r"skickades från .{1,40}", r"från min .{1,30}",
    r"lähetetty .{1,40}(?:sta|stä|ltä|lta)(?:ni)?", r"wysłan[eoy] z .{1,60}", r"odesláno z .{1,50}",
    r"odoslané z .{1,50}", r"отправлено (?:с|из|от) .{1,50}", r"надіслано (?:з|із) .{1,50}",
    r"iphone'?um'?dan gönderildi", r".{1,30}(?:dan|den) gönderildi", r"iphone ?から送信", r".{0,30}から送信",
    r"從我的 ?.{1,20}傳送", r"发自我的.{1,20}", r"发自.{1,20}", r"從我的.{1,20}", r"나의 .{1,20}에서 보냄",
    r"küldve .{1,40}", r"trimis (?:de pe|din) .{1,40}", r"στάλθηκε από .{1,40}", r"nik from mobile",
    r"poslano (?:z|sa|iz) .{1,40}", r"<<.{1,30}>>", r"sent with .{1,40}", r"von outlook .{0,20}gesendet",
)  # fmt: skip
"""Whole lines that telephones and mail programs append."""
