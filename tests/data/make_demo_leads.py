"""Writes src/ori_campaigns/data/demo_leads.csv: 1,000 invented contacts, as untidy as real files are.

    python tests/data/make_demo_leads.py

Everything follows from the position of a record, nothing from chance: 72 records (every fourteenth) cannot be
called, six each of the twelve kinds below; the other 928 are good numbers in nine spellings.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

TARGET = Path(__file__).resolve().parents[2] / "src" / "ori_campaigns" / "data" / "demo_leads.csv"
HEADER = ("phone_number", "customer_name", "amount_due", "due_date", "city", "language", "notes")
RECORDS = 1_000

NBSP, NARROW_NBSP, HYPHEN, NB_HYPHEN, EN_DASH = "\u00a0", "\u202f", "\u2010", "\u2011", "\u2013"
ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
GIVEN = (
    "Asha", "Ravi", "Meena", "Kofi", "Zoë", "Fatima", "Mei", "José", "मोहन", "Anil", "Søren", "Priya", "Ngozi", "Łucja",
    "Karthik", "Leilani", "Siobhán", "Hiroshi", "Amara",
)  # fmt: skip
FAMILY = (
    "Sharma", "Iyer", "Mensah", "Müller", "Al Farsi", "Nair", "O'Brien", "García Vega", "D'Souza", "Tanaka", "Reddy",
    "Kowalska", "Okafor", "Kaur", "Lindqvist", "Kealoha", "Chen", "Fernandes", "देशपांडे", "Haddad", "van der Berg", "Das",
    "Rossi",
)  # fmt: skip
AMOUNTS = ("1.50", "2499.00", "0", "1,250.00", "", "00875.10", "18000", "₹ 999", "349.90", "12.5", "7", " 64.00 ")
CITIES = ("Mumbai", "Chennai", "Köln", "दिल्ली", "São Paulo", "Bengaluru", "", "Dubai", "Pune, Camp", "Singapore")
LANGUAGES = ("en-IN", "hi-IN", "ta-IN", "", "ar-AE", "en-GB", "kn-IN", "mr-IN")
NOTES = (
    "",
    "Prefers evenings, after six",
    'Asked for the "gold" plan',
    "007",
    "First line\nsecond line, with a comma",
    "Yes",
    " ",
    'Said: "not today, maybe ""tomorrow"""',
    "=1+1 was typed here",
    "Paragraph one.\n\nParagraph two.",
    "1.50",
    "TRUE",
    "Tab\there",
    "Speaks हिन्दी and English 🙂",
    "2026-07-01",
    "null",
    "-",
)


def digits(index: int) -> str:
    """The number of a record: an invented block, spread so that neighbours differ."""
    return f"9198000{(index * 7_919 + 12_345) % 100_000:05d}"


def spelled(index: int, style: int) -> str:
    number = digits(index)
    country, block, rest = number[:2], number[2:7], number[7:]
    return (
        number,
        f"+{number}",
        f"+{country} {block} {rest}",
        f"{country}-{block}-{rest}",
        f"+{country}{NBSP}{block}{NBSP}{rest}",
        f"+{country}{HYPHEN}{block}{HYPHEN}{rest}",
        f"  {number} ",
        f"+{country} {block}-{rest}",
        f"{country}{NARROW_NBSP}{block}{NB_HYPHEN}{rest}",
    )[style % 9]


def unusable(index: int, kind: int) -> str:
    number = digits(index)
    earlier = index - 3  # a good record: the bad ones are fourteen apart
    return (
        "",
        "N/A",
        "9.198E+11",
        number[:6],
        f"+{number}1234",
        number.translate(ARABIC_DIGITS),
        spelled(earlier, earlier + 1),
        "   ",
        "not provided",
        f"{number[:2]}{EN_DASH}{number[2:7]}{EN_DASH}{number[7:]}",
        number.replace("0", "O", 1),
        spelled(earlier, earlier + 4),
    )[kind % 12]


def record(index: int) -> tuple[str, ...]:
    bad = index % 14 == 5
    return (
        unusable(index, index // 14) if bad else spelled(index, index),
        f"{GIVEN[index % len(GIVEN)]} {FAMILY[index * 5 % len(FAMILY)]}" if index % 53 else "",
        AMOUNTS[index % len(AMOUNTS)],
        f"2026-{7 + index % 4:02d}-{1 + index * 3 % 28:02d}" if index % 10 else "",
        CITIES[index % len(CITIES)],
        LANGUAGES[index % len(LANGUAGES)],
        NOTES[index % len(NOTES)],
    )


def demo_leads() -> bytes:
    """The file, with the byte order mark that spreadsheets write."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(record(index) for index in range(RECORDS))
    return text.getvalue().encode("utf-8-sig")


if __name__ == "__main__":
    TARGET.write_bytes(demo_leads())
