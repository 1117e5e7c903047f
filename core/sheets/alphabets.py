"""Guess which of the old encodings a text is in, by how plausible its letters are in the languages that used it."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from math import log

_WESTERN = (
    "üäöß",
    "éèàêçôîûùëïâœ",
    "áéíóñúü",
    "ãáçéóíêâõúà",
    "àèòùìé",
    "åäöøæéü",
    "éëïèöüê",
    "íáðéóúöþýæ",
)
_CENTRAL = (
    "íáéěřýčšžůúňťďó",
    "áíéčšýžúľťňôäďóŕĺ",
    "łąęśżóćńź",
    "áéöóőüúíű",
    "ăîâșțşţ",
    "čšžćđ",
)
_BALTIC = (
    "ėšžąįųūęč",
    "āēīšūņļģķžč",
)
_TURKISH = "ıişğüöçâ"
_RUSSIAN = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфё"
_UKRAINIAN = "оаинівтерслкдмупязьбгчйхжїшюцєщґ"
_GREEK = "αοιεντσςηρπκμυλάόίέωγήώχύδθφβξζψ"
_HEBREW = "יוהלאמרתשבנכדםחפעקגןטסצזךץף"
_ARABIC = "المنيرتبوسدعفهكةقحجأشصطخزذىضغإثءظآؤئ"

_THAI = "านรอกเงมย่ลวดท้สตะิีัปบคแจหใุไผชพข์โืธูถศำซ็ภณฟญษ๊ฐฮฬฉฎฏฆฑ๋ฯๆ"

_CANDIDATES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("cp1252", _WESTERN),
    ("cp1250", _CENTRAL),
    ("iso-8859-2", _CENTRAL),
    ("cp1254", (_TURKISH,)),
    ("mac-roman", _WESTERN),
    ("cp850", _WESTERN),
    ("cp852", _CENTRAL),
    ("cp1251", (_RUSSIAN, _UKRAINIAN)),
    ("koi8-r", (_RUSSIAN,)),
    ("iso-8859-5", (_RUSSIAN,)),
    ("cp866", (_RUSSIAN,)),
    ("mac-cyrillic", (_RUSSIAN,)),
    ("iso-8859-7", (_GREEK,)),
    ("cp1253", (_GREEK,)),
    ("cp1255", (_HEBREW,)),
    ("cp1256", (_ARABIC,)),
    ("cp1257", _BALTIC),
    ("cp874", (_THAI,)),
    ("iso-8859-15", _WESTERN),
    ("koi8-u", (_UKRAINIAN,)),
    ("cp857", (_TURKISH,)),
    ("cp737", (_GREEK,)),
    ("iso-8859-6", (_ARABIC,)),
)
"""The single-byte encodings, with the letters of their languages over 127, the most frequent first."""

_WIDE = ("shift_jis", "cp932", "euc_jp", "gb18030", "big5", "euc_kr")
"""The encodings of two bytes a letter; each is tried strictly."""

_LATIN = frozenset({"cp1252", "cp1250", "iso-8859-2", "cp1254", "mac-roman", "cp850", "cp852", "cp1257", "iso-8859-15", "cp857"})
_WORD = re.compile(r"[^\W\d_]+")
_LOOKED_AT = 20_000
_FIRST_LINES = 5
_STRAY_LETTER = -6.0
_IN_WORD_SIGN = re.compile(r"(?<=[a-z])[^\x00-\x7f\w\s’‘“”–—…‑](?=[a-z])|(?<=[^\W\d_])[¹³¼¾½¿¡¦¶](?=[^\W\d_])")
_BESIDE_LATIN = re.compile(r"(?<=[a-z])[^\x00-\x7f]|[^\x00-\x7f](?=[a-z])")
_KANA = re.compile("[\u3040-\u30ff]")
_OTHER_WESTERN = ("mac-roman", "cp850")
_GAIN_OF_FEW = 2.2
_GAIN_OF_OTHERS = 0.25
"""How much likelier a letter must be, on average, before another encoding is taken than the Western default."""


def guess_alphabet(sample: bytes) -> str:
    """The likeliest of the old encodings; cp1252 where none is clearly likelier."""
    part = b"".join(line + b"\n" for line in sample.split(b"\n") if not line.isascii())[:_LOOKED_AT]
    if wide := _guess_wide(part):
        return wide
    scores = {name: _score(part, name, languages) for name, languages in _CANDIDATES}
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] > scores["cp1252"] + _GAIN_OF_OTHERS else "cp1252"


def guess_by_few_letters(sample: bytes) -> str:
    """A Mac's or a console's Western encoding, where the few letters over 127 stand in words by it and make none by cp1252."""
    part = b"\n".join(line for line in sample.split(b"\n") if not line.isascii())[:_LOOKED_AT].replace(b"\xa0", b" ")
    scores = {name: _score(part, name, _WESTERN) for name in _OTHER_WESTERN}
    best = max(scores, key=lambda name: scores[name])
    if all(character in "‘’“”–—…•€" for character in part.decode("cp1252", "replace") if ord(character) > 127):
        return ""
    text = part.decode(best, "replace")
    high = sum(ord(character) > 127 for character in text)
    is_likelier = scores[best] > _score(part, "cp1252", _WESTERN) + _GAIN_OF_FEW
    return best if is_likelier and high > 1 and len(_BESIDE_LATIN.findall(text.lower())) > 0.7 * high else ""


def by_known_words(sample: bytes, is_known: Callable[[str], bool]) -> str:
    """The old encoding in which most cells of one of the first lines are words that are known, or nothing."""
    best, most = "", 0
    for line in sample[:4096].splitlines()[:_FIRST_LINES]:
        cells = [cell for cell in re.split(rb"[,;\t|\"]+", line) if not cell.isascii()]
        for name in (*(name for name, _ in _CANDIDATES), *_WIDE):
            texts = [cell.decode(name, "replace") for cell in cells]
            known = sum(map(is_known, texts))
            if known > most and known * 2 > len(cells) and not any(map(_BESIDE_LATIN.search, texts if name in _WIDE else ())):
                best, most = name, known
    return best


def _score(part: bytes, name: str, languages: tuple[str, ...]) -> float:
    """The mean log-likelihood of the letters over 127; signs inside of words, odd capitals and unknown bytes cost."""
    text = part.decode(name, "replace")
    high = [character for character in text if ord(character) > 127]
    if not high:
        return _STRAY_LETTER
    best = max(_likelihood(high, letters, is_latin=name in _LATIN) for letters in languages)
    signs = len(_IN_WORD_SIGN.findall(text)) + text.count("\ufffd")
    return best - 4.0 * (signs + _odd_capitals(text) + _mixed_words(text, name)) / len(high)


def _likelihood(high: list[str], letters: str, *, is_latin: bool) -> float:
    return sum(_likelihood_of(letter, letters, is_latin) * count for letter, count in Counter(high).items()) / len(high)


def _likelihood_of(character: str, letters: str, is_latin: bool) -> float:
    place = letters.find(character.lower())
    if place >= 0:
        return -log(2.0 + place)
    if unicodedata.category(character) in ("Ll", "Lu", "Lo"):
        return -4.5 if is_latin else -5.0
    return -3.0 if is_latin and character in "’‘“”–—…€°§«»®™·•\xa0º²" else _STRAY_LETTER


def _odd_capitals(text: str) -> int:
    """Capitals over 127 right behind a small letter."""
    return len(re.findall(r"(?<=[a-zß-öø-ÿа-яёα-ώ])[À-ÖØ-ÞŸŽŠŒА-ЯЁΑ-Ω]", text))


def _mixed_words(text: str, name: str) -> int:
    """Words that mix Latin letters with another alphabet's, which no language does."""
    if name in _LATIN:
        return 0
    words = (word for word in _WORD.findall(text) if not word.isascii())
    return 2 * sum(1 for word in words if any(letter.isascii() for letter in word))


def _guess_wide(part: bytes) -> str:
    """An East Asian encoding: the text decodes strictly, to that language's letters, and they hardly stand within Latin words."""
    best, most = "", 0.6
    for name in _WIDE:
        try:
            text = part[: part.rfind(b"\n") + 1 or None].decode(name)
        except UnicodeDecodeError:
            continue
        share = _asian_share(text, name)
        if share > most + 0.02:
            best, most = name, share
    return best


def _asian_share(text: str, name: str) -> float:
    """How much of the text over 127 is what this encoding's language is mostly written in."""
    high = [character for character in text if ord(character) > 127]
    if len(_BESIDE_LATIN.findall(text)) > 0.3 * len(high):
        return 0.0
    # Japanese has kana; without any of them it may as well be Chinese.
    points = 0.0 if name == "gb18030" or _KANA.search(text) else -0.03 * len(high)
    for character in high:
        if "\u3040" <= character <= "\u30ff":
            points += 1.0 if name in ("shift_jis", "cp932", "euc_jp") else 0.3
        elif "\uac00" <= character <= "\ud7a3":
            points += 1.0 if name == "euc_kr" else 0.2
        elif "\u4e00" <= character <= "\u9fff":
            # Common characters stand in the first level of each standard, and in a narrow range of its lead bytes.
            points += 0.9 if _is_common(character, name) else 0.3
        elif "\uff61" <= character <= "\uff9f":
            # Too few points to be taken alone: the lines of many other encodings decode to these.
            points += 0.55 if name in ("shift_jis", "cp932") else 0.0
        elif "\u3000" <= character <= "\u303f" or "\uff00" <= character <= "\uff5f":
            points += 0.8
    return points / len(high) if high else 0.0


def _is_common(character: str, name: str) -> bool:
    lead = character.encode(name, "replace")[0]
    first, last = {
        "gb18030": (0xB0, 0xD7),
        "big5": (0xA4, 0xC6),
        "euc_jp": (0xB0, 0xCF),
        "shift_jis": (0x88, 0x97),
        "cp932": (0x88, 0x97),
    }.get(name, (0xFF, 0xFF))
    return first <= lead <= last
