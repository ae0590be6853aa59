"""Phone numbers: one cleaning rule, and a value that never shows the whole number by accident."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    """How a written number becomes the one spelling of a person. One policy per store.

    A policy whose answers depend on data may also have a `version`, text that names the release of that data; another
    release may answer otherwise for a few numbers. It is told with a report and never compared. "" stands for none.
    """

    @property
    def name(self) -> str:
        """A stable name, kept with the store and with every ingest report; two that answer differently have two."""
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
    version: str = attrs.field(default="", init=False)

    def clean(self, text: str) -> str | Rejection:
        """Return the cleaned digits, or a `Rejection` with one of the reasons of C2."""
        digits = text.translate(_DROPPED)
        if not digits:
            return Rejection("blank" if not text.translate(_WHITE) else "not_digits")
        if not _DIGITS.issuperset(digits):
            return Rejection("scientific_notation" if looks_scientific(text) else "not_digits")
        if len(digits) < SHORTEST:
            return Rejection("too_short")
        if len(digits) > LONGEST:
            return Rejection("too_long")
        return digits


_WHITE = str.maketrans("", "", WHITESPACE)


def looks_scientific(text: str) -> bool:
    """Say whether a spreadsheet turned the number into something like 9.19877E+11 or 1E10 (C2).

    >>> looks_scientific("9.19877E+11"), looks_scientific("919877000000")
    (True, False)
    """
    bare = text.translate(_WHITE)
    mantissa, separator, exponent = bare.upper().partition("E")
    if not separator:
        return False
    exponent = exponent[1:] if exponent[:1] in {"+", "-"} else exponent
    whole, _, fraction = mantissa.replace(",", ".").lstrip("+-").partition(".")
    return bool(exponent) and _DIGITS.issuperset(exponent) and bool(whole) and _DIGITS.issuperset(whole + fraction)


DIGITS = DigitsPolicy()


def parse_number(text: str | PhoneNumber, *, path: str = "number", policy: NumberPolicy = DIGITS) -> PhoneNumber:
    """Read one number.

    Parameters:
        text: as written, or a `PhoneNumber`: that one is clean already, whatever the policy.
        path: where it stands, for the error.
        policy: the cleaning rule.

    Raises:
        InvalidDefinition: code `bad_number`, with the reason, the number masked.

    >>> parse_number("+91 11 4000 1000").reveal()
    '911140001000'
    """
    if isinstance(text, PhoneNumber):
        # Made by hand, it may hold anything; so its shape is looked at. It is not read again: a policy that reads the
        # numbers of a region might take a foreign one, which has no plus any more, for one of its own.
        digits = text.reveal()
        if DIGITS.clean(digits) == digits or policy.clean(f"+{digits}") == digits:
            return text
        text = digits
    if not isinstance(text, str):
        message = f"A {type(text).__name__} is not a phone number."
        hint = "Give it as text, so that leading zeros are kept."
        raise InvalidDefinition([Problem(path, "bad_number", message, hint)], what="The number")
    cleaned = policy.clean(text)
    if isinstance(cleaned, Rejection):
        message = f"{masked(text)!r} is not a phone number ({cleaned.reason.replace('_', ' ')})."
        hint = "A number has 8 to 15 digits; +, spaces and hyphens are fine."
        if policy.name != DIGITS.name:
            hint = f"Write it as the number policy {policy.name!r} takes it."
        raise InvalidDefinition([Problem(path, "bad_number", message, hint)], what="The number")
    return PhoneNumber(cleaned)


def parse_numbers(
    numbers: str | PhoneNumber | Iterable[str | PhoneNumber], *, policy: NumberPolicy = DIGITS
) -> tuple[PhoneNumber, ...]:
    """Read several numbers, or one; a number given twice counts once, at its first place.

    Parameters:
        numbers: each as for `parse_number`.
        policy: the cleaning rule.

    Raises:
        InvalidDefinition: code `bad_number`, naming the place of the first that is none.

    >>> [number.reveal() for number in parse_numbers(["+91 11 4000 1000", "911140001000"])]
    ['911140001000']
    """
    if isinstance(numbers, str | PhoneNumber):
        numbers = (numbers,)
    read = (parse_number(number, path=f"numbers[{i}]", policy=policy) for i, number in enumerate(numbers))
    return tuple(dict.fromkeys(read))


def require_policy(found: str, wanted: str, *, what: str, whose: str, hint: str) -> None:
    """Refuse what is of another number policy: one person would be two numbers (C11).

    Parameters:
        found: the name of its policy.
        wanted: the name of the policy it should be of.
        what, whose: what is refused, and what it does not go with.
        hint: what to do.

    Raises:
        InvalidDefinition: code `other_number_policy`.

    >>> require_policy("digits", "digits", what="The upload", whose="the service", hint="")
    """
    if found != wanted:
        message = f"It is of the number policy {found!r}, {whose} is of {wanted!r}."
        raise InvalidDefinition([Problem("policy", "other_number_policy", message, hint)], what=what)


def list_problems(numbers: Sequence[str]) -> tuple[Problem, ...]:
    """Return what is wrong with the numbers of a list that did not come from `read_leads`.

    Codes: `bad_number` for what is not 1 to 15 ASCII digits, `repeated_number`.

    >>> list_problems(["919800000001", "919800000002"])
    ()
    >>> [problem.code for problem in list_problems(["+91 98000-00001"])]
    ['bad_number']
    """
    found = []
    digits = "".join(numbers)
    if not (digits.isascii() and digits.isdecimal()) or not all(0 < len(number) <= LONGEST for number in numbers):
        message = "The list holds texts that are no cleaned numbers."
        found.append(Problem("contacts", "bad_number", message, "Make it by read_leads, or by Leads.of."))
    if len(set(numbers)) < len(numbers):
        message = "The list holds a number more than once."
        found.append(Problem("contacts", "repeated_number", message, "Make it by read_leads, which keeps the first."))
    return tuple(found)
