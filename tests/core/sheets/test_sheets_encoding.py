"""Which encoding a file is in."""

from __future__ import annotations

import pytest

from core.sheets.encoding import decode_sample, find_encoding

GERMAN = "Name;Straße;Ort\nJürgen Müller;Schöne Gasse 5;Köln\nÄnne Groß;Überweg 7;Würzburg\n"
FRENCH = "Nom;Ville\nZoé Lefèvre;Orléans\nFrançois Côté;Nîmes\nHélène Garçon;Besançon\n"
SPANISH = "Nombre;Ciudad\nJosé Peña;Málaga\nMaría Núñez;Cádiz\nÍñigo Ibáñez;León\n"
CZECH = "Jméno;Město\nJiří Dvořák;Plzeň\nŽofie Růžičková;Brno\nŠtěpán Černý;Děčín\n"
POLISH = "Imię;Miasto\nŁukasz Wójcik;Łódź\nAgnieszka Dąbrowska;Gdańsk\nPaweł Żak;Częstochowa\nMaria Śliwińska;Kraków\n"
TURKISH = "Ad;Şehir\nAyşe Yılmaz;İstanbul\nMehmet Çağlar;Diyarbakır\nGülşah Işık;Eskişehir\n"
RUSSIAN = "Имя;Город\nАнна Петрова;Москва\nИван Сидоров;Казань\n"
GREEK = "Όνομα;Πόλη\nΓιώργος Παπαδόπουλος;Αθήνα\nΕλένη Νικολάου;Θεσσαλονίκη\n"
HEBREW = "שם;עיר\nדוד כהן;תל אביב\nשרה לוי;ירושלים\n"
ARABIC = "الاسم;المدينة\nمحمد علي;القاهرة\nفاطمة حسن;بغداد\n"
JAPANESE = "名前,都市\n田中太郎,東京\n鈴木花子,大阪\n佐藤さん,ナゴヤ\n"
CHINESE = "姓名,城市\n王小明,北京\n李华,上海\n张伟,广州\n"
TAIWANESE = "姓名,城市\n林美玲,臺北\n陳志明,高雄\n黃淑芬,臺中\n"
THAI = "ชื่อ,เมือง\nมานี รักไทย,ภูเก็ต\nปิติ พงษ์ดี,ขอนแก่น\n"
BALTIC = "Vardas;Miestas\nJonas Šimkus;Šilutė\nEglė Žemaitytė;Kėdainiai\nRūta Juškaitė;Mažeikiai\n"
FIRMS = [("株式会社みどり", "cp932"), ("绿色科技公司", "gb18030"), ("綠色科技公司", "big5"), ("주식회사 초록", "euc_kr")]
KOREAN = "이름,도시\n김철수,서울\n이영희,부산\n"


def _read(sample: bytes, *, is_whole: bool = True) -> str:
    return decode_sample(sample, find_encoding(sample, is_whole=is_whole), is_whole=is_whole)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]
)
def test_unicode_is_told_by_its_mark_or_by_its_shape(encoding: str) -> None:
    assert _read(GERMAN.encode(encoding)) == GERMAN


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *((text, "cp1252") for text in (GERMAN, FRENCH, SPANISH)),
        *((text, "mac-roman") for text in (GERMAN, FRENCH, SPANISH)),
        *((text, "cp850") for text in (GERMAN, FRENCH, SPANISH)),
        (CZECH, "cp1250"),
        (CZECH, "iso-8859-2"),
        (POLISH, "cp1250"),
        (POLISH, "iso-8859-2"),
        (TURKISH, "cp1254"),
        *((RUSSIAN, name) for name in ("cp1251", "koi8-r", "iso-8859-5", "cp866", "mac-cyrillic")),
        (GREEK, "iso-8859-7"),
        (GREEK, "cp1253"),
        (HEBREW, "cp1255"),
        (ARABIC, "cp1256"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        (CHINESE, "gb18030"),
        (KOREAN, "euc_kr"),
        (JAPANESE, "iso2022_jp"),
        (TAIWANESE, "big5"),
        (THAI, "cp874"),
        (BALTIC, "cp1257"),
        *((f"Name,Firm,Email\nAnn Lee,{firm},a@x.org\nBob Ray,{firm},b@x.org\n", encoding) for firm, encoding in FIRMS),
    ],
)
def test_an_old_encoding_is_guessed_from_its_letters(text: str, encoding: str) -> None:
    assert _read(text.encode(encoding)) == text


def test_a_guess_is_shown() -> None:
    assert "guessed" in find_encoding(RUSSIAN.encode("cp1251"), is_whole=True).note


def test_few_letters_are_taken_as_western_and_that_is_said() -> None:
    found = find_encoding("Name;Ort\nJörg;Köln\n".encode("cp1252"), is_whole=True)
    assert found.name == "cp1252"
    assert "default" in found.note


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_letter_that_is_cut_at_the_samples_end_does_not_change_the_encoding(cut: int) -> None:
    sample = "Name\n李李李李".encode()[:-cut]
    assert find_encoding(sample, is_whole=False).name == "utf-8"


def test_lines_of_two_encodings_are_each_read_by_their_own() -> None:
    sample = "Jürgen;Köln\n".encode() + "Özil;Zürich\n".encode("cp1252")
    assert _read(sample) == "Jürgen;Köln\nÖzil;Zürich\n"


def test_curly_quotes_of_excel_are_no_other_alphabet() -> None:
    text = "note\n“More” – it’s ‘fine’…\n“Yes” – isn’t it…\n"
    assert _read(text.encode("cp1252")) == text


def test_a_mark_of_utf8_before_western_text_is_not_believed() -> None:
    assert _read(b"\xef\xbb\xbf" + "Name;Ort\nJörg;Köln\n".encode("cp1252")) == "Name;Ort\nJörg;Köln\n"


def test_nuls_are_left_out() -> None:
    assert _read(b"a\x00,b\n1,\x002\n") == "a,b\n1,2\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Imię;Nazwisko\nEwa;Lis\n", "cp1250"),
        ("Prénom;Société\nLuc;Nord\n", "mac-roman"),
        ("Vorname;Straße\nUwe;Weg 2\n", "cp850"),
        ("名前,会社\n森,緑\n", "cp932"),
        ("姓名,公司\n林,绿\n", "gb18030"),
    ],
)
def test_a_few_letters_are_told_by_the_columns_names_that_they_make(text: str, encoding: str) -> None:
    assert _read(text.encode(encoding)) == text


def test_few_letters_in_lines_that_end_in_cr_are_a_macs() -> None:
    assert _read("name,town\rJörg,Köln\r".encode("mac-roman")) == "name,town\rJörg,Köln\r"


def test_accents_within_latin_words_are_no_east_asian_letters() -> None:
    text = "nom,ville\n" + "Bâtard,Hôtel\nNoël,Garçonnet\n" * 3
    assert _read(text.encode("cp1252")) == text


@pytest.mark.parametrize("name", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "row",
    ["上海贸易公司\t上官婉儿\t需要报价单，请尽快联系", "ชื่อ\tนามสกุล\tเบอร์โทรศัพท์", "ஊர்\tபெயர்\tசிவா", "Ċek\tAnn\tann@lee.example"],
)
def test_utf16_without_a_mark_is_told_where_most_letters_have_no_zero_and_some_hold_the_byte_of_a_line_end(
    row: str, name: str
) -> None:
    assert find_encoding(f"{row}\r\n{row}\r\n".encode(name), is_whole=True).name == name


def test_text_with_a_nul_in_each_line_is_no_utf16() -> None:
    assert find_encoding(b"an\x00,b\n" * 300, is_whole=True).name == "utf-8"


@pytest.mark.parametrize("name", ["mac-roman", "cp850"])
def test_a_few_letters_in_words_that_no_western_windows_wrote_are_a_macs_or_a_consoles(name: str) -> None:
    text = "Naam;Plaats\nCafé Daniël;Orléans\nChloë Smit;Utrecht\n"
    assert find_encoding(text.encode(name), is_whole=True).name == name


@pytest.mark.parametrize(
    "text",
    [
        "don’t stop, it’s fine",
        "“Hello” – 100 €",
        "Nom\u00a0: x\u00a0! y",
        "20 °C – 30 °C",
        "L’été, Zoë",
        "Müller",
        "§ 5, ©2026",
        "Señor Ñandú",
    ],
)
def test_a_few_signs_and_letters_of_windows_stay_what_they_are(text: str) -> None:
    assert find_encoding(f"a,b\n{text},1\n".encode("cp1252"), is_whole=True).name == "cp1252"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ім'я;Прізвище\nОлена;Їжакевич\nЄвген;Ярошенко\nАндрій;Шевчук\n", "koi8-u"),
        ("Adı;Soyadı\nAyşe;Yıldız\nOğuz;Çağlar\nŞükrü;Işık\nGüneş;İnşaat\n", "cp857"),
        ("Όνομα;Επώνυμο\nΓιώργος;Παπαδόπουλος\nΜαρία;Νικολάου\nΚώστας;Χατζής\n", "cp737"),
        ("الاسم;الشركة\nمحمد العلي;شركة النور للتجارة\nيوسف الخطيب;مؤسسة الشرق\n", "iso-8859-6"),
    ],
)
def test_the_encodings_of_old_consoles_are_guessed_from_their_letters(text: str, name: str) -> None:
    assert find_encoding(text.encode(name), is_whole=True).name == name
