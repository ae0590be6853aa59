"""Numbers of every region and type, changed a little and spelled in many ways; and what libphonenumber says of each."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, NumberParseException, PhoneMetadata, PhoneNumberFormat

TYPES = (
    "general_desc premium_rate toll_free shared_cost voip personal_number pager uan voicemail fixed_line mobile"
).split()
REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
# Every kind of metadata there is: shared calling codes, local numbers that get an area code, prefixes that are
# patterns, carrier codes, mobile tokens, leading zeros, and the region of the examples.
ODD_REGIONS = (
    "IN US CA AG GB JE GG IM DE AT IT VA SM AR MX BR AU CX RU KZ BY UZ UA LT HU FI AX NO SJ CN JP KR SG TR NF MG MU SH"
).split()


class Seed(NamedTuple):
    """An example of the metadata."""

    calling_code: int
    region: str
    national: str


class Said(NamedTuple):
    """libphonenumber's verdict; a text that it cannot read is neither valid nor possible."""

    e164: str | None = None
    valid: bool = False
    possible: bool = False


def said(text: str, region: str) -> Said:
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return Said()
    return Said(
        phonenumbers.format_number(number, PhoneNumberFormat.E164),
        phonenumbers.is_valid_number(number),
        phonenumbers.is_possible_number(number),
    )


def _seeds() -> list[Seed]:
    found = []
    for calling_code, regions in COUNTRY_CODE_TO_REGION_CODE.items():
        for region in regions:
            metadata = PhoneMetadata.metadata_for_region_or_calling_code(calling_code, region)
            descriptions = (getattr(metadata, name) for name in TYPES)
            examples = {each.example_number for each in descriptions if each is not None and each.example_number}
            found += [Seed(calling_code, region, example) for example in sorted(examples)]
    return found


SEEDS = _seeds()
_INTERNATIONAL = ["00", "011", "0011", "810", "8~10", "010", "119", "001", "009", "000", "0"]
_NATIONAL = ["0", "1", "8", "06", "01", "80", "90", "044", "15", "0 15", "1001", "180020"]
_BETWEEN = [" ", "  ", "-", ".", "/", "(", ") ", "[", "]", "\u00a0", "\u2011", "\u2013", "\u200b", "\u2212"]
_BEFORE = ["(", "'", "=", " ", "\u202a", "Tel: ", "mob ", "+", "+ ", "\uff0b", "x", ";", "e", "_", "\t", "\u0966"]
_AFTER = [
    " ",
    "\n",
    "\r",
    ".",
    ":",
    "\u202c",
    "_",
    "#",
    "e",
    "a",
    "\u30fc",
    "\u00b2",
    "\u0663",
    "\t1",
    "x5",
    " ext 5",
    ";ext=7",
]


def _neighbour(national: str, random: Random) -> str:
    """Change nothing, or one digit, or all after some; take one away, add one, or make up another number."""
    at, digit = random.randrange(len(national)), random.choice("0123456789")
    made_up = "".join(random.choice("0123456789") for _ in range(random.randrange(1, 19)))
    return random.choices(
        [
            national,
            national[:at] + digit + national[at + 1 :],
            national[:at] + national[at + 1 :],
            national[:at] + digit + national[at:],
            national[:at] + made_up[: len(national) - at],
            made_up,
        ],
        weights=[35, 30, 10, 10, 8, 7],
    )[0]


def _spelled(calling_code: int, national: str, random: Random) -> str:
    code = str(calling_code)
    text = random.choices(
        [
            f"+{code}{national}",
            f"{code}{national}",
            national,
            random.choice(_NATIONAL) + national,
            random.choice(_INTERNATIONAL) + code + national,
            code + random.choice(_NATIONAL) + national,
            f"+{code}{random.choice(_NATIONAL)}{national}",
        ],
        weights=[25, 15, 15, 15, 15, 8, 7],
    )[0]
    if random.random() < 0.4:
        text = "".join(each + (random.choice(_BETWEEN) if random.random() < 0.25 else "") for each in text)
    if random.random() < 0.06:
        text = random.choice(_BEFORE) + text
    if random.random() < 0.06:
        text += random.choice(_AFTER)
    return text


def spellings(region: str, count: int, *, abroad: int) -> list[str]:
    """Write `count` numbers, the same ones each time: half of them at home, the others in so many calling codes."""
    random = Random(f"{region} {count} {abroad}")
    home = [seed for seed in SEEDS if seed.region == region]
    codes = random.sample(sorted(COUNTRY_CODE_TO_REGION_CODE), abroad)
    away = [seed for seed in SEEDS if seed.calling_code in codes]
    seeds = [random.choice(home if place % 2 else away) for place in range(count)]
    return [_spelled(seed.calling_code, _neighbour(seed.national, random), random) for seed in seeds]
