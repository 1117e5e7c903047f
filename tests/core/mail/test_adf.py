"""ADF documents: prospects read as far as they go."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.mail.adf import is_adf, prospect_texts, read_adf, read_prospects

FULL = """<?xml version="1.0" encoding="UTF-8"?>
<?ADF VERSION="1.0"?>
<!DOCTYPE adf [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<adf><prospect status="new">
 <id sequence="1" source="Portal">L-77</id>
 <requestdate>2026-11-3T8:47:50-08:0</requestdate>
 <vehicle interest="buy" status="used"><year>2024</year><make>Example</make><model>Roadster</model></vehicle>
 <vehicle interest="trade-in"><year>2001</year><make>Old</make><model>Car</model></vehicle>
 <customer>
  <contact><name part="first">Anna</name><name part="middle">Maria</name><name part="last">Weber</name>
   <email>anna@acme.example</email><phone type="fax">030 99</phone><phone type="cellphone">+49 171 5550123</phone>
   <phone type="voice" time="day">030 5550123</phone><phone type="voice" time="evening">030 5550124</phone>
   <address><street line="2">Hof</street><street line="1">Hauptstr. 1</street><city>Berlin</city>
    <regioncode>BE</regioncode><postalcode>10115</postalcode><country>DE</country></address></contact>
  <comments><![CDATA[Best price? <b>Please</b> &x;]]></comments>
 </customer>
 <vendor><vendorname>Example Motors</vendorname>
  <contact><name part="full">Sales Desk</name><email>sales@motors.example</email></contact></vendor>
 <provider><name part="full">Lead Portal</name><email>help@portal.example</email></provider>
</prospect></adf>"""
SHORT = "<adf><prospect><customer><contact><name part='full'>{}</name><email>{}</email></contact></customer></prospect></adf>"


def test_the_customer_is_the_lead_and_everything_else_keeps_its_own_name():
    names = read_adf(FULL)
    assert names is not None
    assert {name: text for name, text in names.items() if not name.startswith("adf.")} == {
        "person.first_name": "Anna", "person.middle_name": "Maria", "person.last_name": "Weber",
        "person.email": "anna@acme.example", "person.mobile": "+49 171 5550123",
        "person.phone": "030 5550123", "person.phones": "030 5550124",
        "address.street": "Hauptstr. 1, Hof", "address.city": "Berlin", "address.region": "BE", "address.postcode": "10115",
        "address.country": "DE", "interest.product": "2024 Example Roadster", "touch.message": "Best price? <b>Please</b> &x;",
        "touch.submitted_at": "2026-11-03T08:47:50-08:00", "submission_id": "Portal:L-77",
    }  # fmt: skip
    assert names["adf.vehicle.make"] == ("Example", "Old")
    assert names["adf.vendor.contact.email"] == "sales@motors.example"
    assert names["adf.provider.name"] == "Lead Portal"
    assert names["adf.customer.contact.phone.fax"] == "030 99"


def test_no_entity_is_ever_replaced_and_nothing_is_fetched():
    names = read_adf(FULL.replace("<![CDATA[", "").replace("]]>", "").replace("<b>Please</b>", ""))
    assert names is not None
    assert "root:" not in str(names)
    assert "&x;" in names["touch.message"]


def test_broken_documents_are_read_as_far_as_they_go():
    broken = (
        FULL.replace("</adf>", "").replace("</prospect>", "").replace("</vendor>", "").replace('<?xml version="1.0"', "<?xml")
    )
    names = read_adf("Dear team, a new lead:\n\n" + broken)
    assert names is not None
    assert names["person.email"] == "anna@acme.example"


def test_a_document_that_was_escaped_for_html_is_read():
    escaped = FULL.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert is_adf(escaped)
    names = read_adf(escaped)
    assert names is not None
    assert names["person.last_name"] == "Weber"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_bytes_are_read_in_their_encoding(encoding: str):
    text = '<?xml version="1.0" encoding="ISO-8859-1"?>' + SHORT.format("Jürgen Weiß", "j@acme.example")
    names = read_adf(text.encode(encoding))
    assert names is not None
    assert names["person.full_name"] == "Jürgen Weiß"


def test_of_several_prospects_none_is_lost():
    two = SHORT.format("Anna Weber", "anna@acme.example") + SHORT.format("Bert Bee", "bert@acme.example")
    assert [names["person.full_name"] for names in read_prospects(two)] == ["Anna Weber", "Bert Bee"]
    names = read_adf(two)
    assert names is not None
    assert names["person.email"] == "anna@acme.example"
    assert names["adf.prospect.2.person.email"] == "bert@acme.example"
    assert len(list(prospect_texts(two))) == 2


def test_a_sequence_number_alone_does_not_make_two_prospects_one():
    ids = [
        read_adf(SHORT.format(name, f"{name}@acme.example").replace("<customer>", '<id sequence="1" source="Portal"/><customer>'))
        for name in ("anna", "bert", "anna")
    ]
    told = [names["submission_id"] for names in ids if names is not None]
    assert told[0] == told[2] != told[1]


def test_a_business_name_is_the_company():
    names = read_adf(
        SHORT.format("Anna", "a@b.example").replace("<email>", '<name part="full" type="business">Acme</name><email>')
    )
    assert names is not None
    assert (names["company.name"], names["person.full_name"]) == ("Acme", "Anna")


@pytest.mark.parametrize(
    "text", ["", "<html><body>Hi</body></html>", "<adf></adf>", "<adf><prospect><vendor/></prospect></adf>", "prospect adf"]
)
def test_what_names_no_customer_is_none(text: str):
    assert read_adf(text) is None


@pytest.mark.parametrize(
    "hostile",
    [
        "<adf><prospect>" * 100_000,
        "<adf><prospect><customer>" + "<" * 500_000,
        "<adf " * 300_000,
        "<adf><prospect><!--" * 100_000,
        "<adf><prospect><![CDATA[" * 80_000,
        "<!DOCTYPE [" * 200_000 + "<adf><prospect>",
        "&lt;adf" * 200_000,
        "<adf><prospect>" + "<a b='" * 200_000,
    ],
)
def test_hostile_documents_take_no_long_time(hostile: str):
    started = time.perf_counter()
    read_adf(hostile)
    assert time.perf_counter() - started < 3


@given(st.text(alphabet="<>/adfprosectu ='\"&;![]-", max_size=200))
def test_any_text_is_read_without_complaint(text: str):
    read_adf("<adf><prospect>" + text)
