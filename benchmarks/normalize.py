"""How long normalizing takes: one lead of twelve fields, and each type of field on texts that have not been seen before.

    python benchmarks/normalize.py [LEADS]

The target is 150 microseconds for the lead (design: 1,500 leads a second through the whole pipeline on one core).
"""

import sys
import time
from collections.abc import Callable

from core.fields import STANDARD
from core.normalize import RawValue, fold, normalize
from core.normalize.dates import read_datetime
from core.normalize.email import read_email
from core.normalize.names import read_name, split_name
from core.normalize.numbers import read_range
from core.normalize.phone import read_phone
from core.normalize.places import read_country
from core.normalize.web import read_url


def lead(number: int) -> dict[str, RawValue]:
    """A lead of twelve fields, whose personal texts are its own."""
    texts = {
        "person.full_name": f"Dr. Anna{number} van der Weber",
        "person.email": f" Anna.Weber{number}@Acme{number % 500}.de",
        "person.phone": f"030 {2_000_000 + number}",
        "person.job_title": "Head of Sales",
        "company.name": f"Acme {number} GmbH",
        "company.website": f"www.acme{number % 500}.de/kontakt",
        "company.employees": "11 – 50",
        "address.country": "Deutschland",
        "address.postcode": "10115",
        "interest.timeframe": "Within 3 months",
        "touch.message": f"Bitte um Rückruf, Vorgang {number}.\r\nDanke",
        "touch.submitted_at": f"2026-11-21T09:{number % 60:02}:{number // 60 % 60:02}Z",
    }
    return {path: RawValue((text,), path) for path, text in texts.items()}


def measure(name: str, count: int, call: Callable[[int], object]) -> None:
    """Print the mean time of one call in microseconds, over numbers that have not been used before."""
    call(-1)
    start = time.perf_counter()
    for number in range(count):
        call(number)
    spent = time.perf_counter() - start
    print(f"{name:<28} {spent / count * 1e6:8.1f} us   {count / spent:10,.0f} /s")


def main() -> None:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    leads = [lead(number) for number in range(count)] + [lead(count)]
    measure("lead of 12 fields", count, lambda number: normalize(leads[number], STANDARD, zone="Europe/Berlin"))
    measure("e-mail", count, lambda number: read_email(f"x.y{number}@acme{number % 300}.com"))
    measure("e-mail, not ASCII", count, lambda number: read_email(f"jörg{number}@acme.com"))
    measure("phone", count, lambda number: read_phone(f"089 {3_000_000 + number}", "DE"))
    measure("phone, international", count, lambda number: read_phone(f"+44 20 7{number:07}", ""))
    measure("name", count, lambda number: read_name(f"ANNA{number} WEBER"))
    measure("full name into parts", count, lambda number: split_name(f"Prof. Dr. Max{number} von Berg"))
    measure("range", count, lambda number: read_range(f"{number} - {number + 50} employees"))
    measure(
        "date and time", count, lambda number: read_datetime(f"21.11.2026 09:{number % 60:02}:{number // 60 % 60:02}", "UTC", "")
    )
    measure("country", count, lambda number: read_country(("Germany", "UK", "France", "U.S.A.")[number % 4]))
    measure("web address", count, lambda number: read_url(f"www.acme{number % 300}.com/{number}"))
    measure("fold", count, lambda number: fold(f"Müller & Söhne {number} GmbH"))


if __name__ == "__main__":
    main()
