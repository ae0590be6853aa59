"""Phone numbers: one cleaning rule, and a value that never shows the whole number by accident."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import attrs

from ori_campaigns.errors import InvalidDefinition, Problem

# Unicode's White_Space property, written out: str.isspace() and the regex classes of other engines
# disagree on the edges, and a rule that is proved equal to a vectorised twin needs one spelling.
WHITESPACE = (
    "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
HYPHENS = "-\u2010\u2011"
SHORTEST = 8
LONGEST = 15

_DROPPED = str.maketrans("", "", "+" + WHITESPACE + HYPHENS)
_DIGITS = frozenset("0123456789")


@attrs.frozen(repr=False, order=True)
class PhoneNumber:
    """A cleaned phone number; `repr`, `str`, logs and errors show only its last two digits.

    `reveal()` gives the digits; nothing else does.

    >>> PhoneNumber("919800000001")
    PhoneNumber('••••••••••01')
    """

    _digits: str

    def reveal(self) -> str:
        """Return all digits, for the dialler and for reports that must name the person."""
        return self._digits

    def __str__(self) -> str:
        return masked(self._digits)

    def __repr__(self) -> str:
        return f"PhoneNumber({masked(self._digits)!r})"


def masked(digits: str) -> str:
    """Hide all but the last two characters of a number.

    >>> masked("919800000001")
    '••••••••••01'
    """
    return "•" * max(len(digits) - 2, 0) + digits[-2:]


class NumberPolicy(Protocol):
    """How a written number becomes the one spelling of a person. One policy per store."""

    @property
    def name(self) -> str:
        """A stable name, kept with the store and with every ingest report."""
        ...

    def clean(self, text: str) -> str | Rejection:
        """Return the digits, or why there are none."""
        ...


@attrs.frozen
class Rejection:
    """Why a written number is not one: a stable reason code (C2)."""

    reason: str


@attrs.frozen
class DigitsPolicy:
    """The default policy: strip `+`, white space and hyphens, then 8 to 15 ASCII digits (C2).

    >>> DigitsPolicy().clean("+91 98765-43210")
    '919876543210'
    >>> DigitsPolicy().clean("12345")
    Rejection(reason='too_short')
    """

    name: str = attrs.field(default="digits", init=False)

    def clean(self, text: str) -> str | Rejection:
        """Return the cleaned digits, or a `Rejection` with one of the reasons of C2."""
        digits = text.translate(_DROPPED)
        if not digits:
            return Rejection("blank" if not text.translate(_WHITE) else "not_digits")
        if not _DIGITS.issuperset(digits):
            return Rejection("scientific_notation" if _looks_scientific(text) else "not_digits")
        if len(digits) < SHORTEST:
            return Rejection("too_short")
        if len(digits) > LONGEST:
            return Rejection("too_long")
        return digits


_WHITE = str.maketrans("", "", WHITESPACE)


def _looks_scientific(text: str) -> bool:
    """Whether a spreadsheet turned the number into something like 9.19877E+11 or 1E10."""
    bare = text.translate(_WHITE)
    mantissa, separator, exponent = bare.upper().partition("E")
    if not separator:
        return False
    exponent = exponent[1:] if exponent[:1] in {"+", "-"} else exponent
    whole, _, fraction = mantissa.replace(",", ".").lstrip("+-").partition(".")
    return bool(exponent) and _DIGITS.issuperset(exponent) and bool(whole) and _DIGITS.issuperset(whole + fraction)


DIGITS = DigitsPolicy()


def parse_number(text: str | PhoneNumber, *, path: str = "number") -> PhoneNumber:
    """Read one number under the default policy.

    Raises:
        InvalidDefinition: code `bad_number`, with the reason, the number masked.

    >>> parse_number("+91 11 4000 1000").reveal()
    '911140001000'
    """
    if isinstance(text, PhoneNumber):
        # Made by hand, it may hold anything.
        if DIGITS.clean(text.reveal()) == text.reveal():
            return text
        text = text.reveal()
    if not isinstance(text, str):
        message = f"A {type(text).__name__} is not a phone number."
        hint = "Give it as text, so that leading zeros are kept."
        raise InvalidDefinition([Problem(path, "bad_number", message, hint)], what="The number")
    cleaned = DIGITS.clean(text)
    if isinstance(cleaned, Rejection):
        raise InvalidDefinition(
            [
                Problem(
                    path,
                    "bad_number",
                    f"{masked(text)!r} is not a phone number ({cleaned.reason.replace('_', ' ')}).",
                    "A number has 8 to 15 digits; +, spaces and hyphens are fine.",
                )
            ],
            what="The number",
        )
    return PhoneNumber(cleaned)


def parse_numbers(numbers: str | PhoneNumber | Iterable[str | PhoneNumber]) -> tuple[PhoneNumber, ...]:
    """Read several numbers, or one; a number given twice counts once, at its first place.

    Raises:
        InvalidDefinition: code `bad_number`, naming the place of the first that is none.

    >>> [number.reveal() for number in parse_numbers(["+91 11 4000 1000", "911140001000"])]
    ['911140001000']
    """
    if isinstance(numbers, str | PhoneNumber):
        numbers = (numbers,)
    return tuple(dict.fromkeys(parse_number(number, path=f"numbers[{i}]") for i, number in enumerate(numbers)))
