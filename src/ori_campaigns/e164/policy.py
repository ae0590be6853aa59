"""The policy `E164`: what libphonenumber calls a valid number, less the destinations no campaign should ring (C11)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import attrs
import phonenumbers
from phonenumbers import NumberParseException, national_significant_number, number_type, parse

from ori_campaigns.e164.refusals import CLASSES, ORDINARY, find, find_unread
from ori_campaigns.errors import InvalidDefinition, Problem
from ori_campaigns.numbers import LONGEST, Rejection, looks_scientific

if TYPE_CHECKING:
    import polars as pl

_CLASSES = tuple(sorted(CLASSES.values()))


def _region(given: str) -> str:
    return given.upper() if isinstance(given, str) and given.isascii() else given


def _classes(given: str | Iterable[str]) -> tuple[str, ...]:
    # What is no list of names is one name, which the check below refuses by what it is.
    names = given if isinstance(given, Iterable) and not isinstance(given, str) else (given,)
    return tuple(sorted({name if isinstance(name, str) else repr(name) for name in names}))


@attrs.frozen
class E164:
    """The strict policy: a number is one that libphonenumber calls valid, and its spelling is E.164 without the plus.

    `09876543210`, `9876543210` and `+91 98765-43210` are one person under `E164("IN")`. Refused on top, each with its
    reason: emergency and short numbers, always, and premium-rate and shared-cost numbers, unless they are allowed.
    A number in scientific notation is refused although libphonenumber would read it: its digits are lost. So is one of
    more than 15 digits, which E.164 does not have: libphonenumber knows a few that ring inside their country only.

    Parameters:
        region: where a number without a country code is at home, two letters of ISO 3166: `IN`, `GB`, `US`.
        allow: destination classes to let through, of `premium_rate` and `shared_cost`.

    Raises:
        InvalidDefinition: codes `unknown_region`, `unknown_destination_class`.
        MissingExtra: phonenumbers is not installed.

    Implements C11.

    >>> policy = E164("IN")
    >>> policy.clean("098000 00001"), policy.clean("+91 98000-00001")
    ('919800000001', '919800000001')
    >>> policy.clean("112"), policy.clean("98000"), policy.clean("+1 900 555 0123")
    (Rejection(reason='emergency'), Rejection(reason='too_short'), Rejection(reason='premium_rate'))
    >>> policy.name, E164("GB", allow=["shared_cost"]).name
    ('e164:IN', 'e164:GB+shared_cost')
    """

    region: str = attrs.field(converter=_region)
    allow: tuple[str, ...] = attrs.field(default=(), kw_only=True, converter=_classes)
    _accepted: frozenset[str] = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        problems = []
        if self.region not in phonenumbers.SUPPORTED_REGIONS:
            message = f"{self.region!r} is no region that libphonenumber knows."
            problems.append(
                Problem("region", "unknown_region", message, "Use the two letters of ISO 3166, such as IN, GB or US.")
            )
        for name in sorted(set(self.allow) - set(_CLASSES)):
            message = f"Numbers of the class {name!r} cannot be let through."
            hint = f"Those of {' and '.join(_CLASSES)} can."
            problems.append(Problem("allow", "unknown_destination_class", message, hint))
        if problems:
            raise InvalidDefinition(problems, what="The number policy")
        object.__setattr__(self, "_accepted", frozenset({ORDINARY, *self.allow}))

    @property
    def name(self) -> str:
        """The region and what is let through: `e164:IN`, `e164:GB+premium_rate+shared_cost`."""
        return "+".join([f"e164:{self.region}", *self.allow])

    @property
    def version(self) -> str:
        """The release of the metadata that decides, as in `phonenumbers 9.0.43`."""
        return f"phonenumbers {phonenumbers.__version__}"

    def clean(self, text: str) -> str | Rejection:
        """Return the digits of the number in E.164, or a `Rejection` with the first reason of `REASONS` that applies.

        Implements C11.
        """
        # Before libphonenumber is asked: of 9.8765432E09 it makes a number, though not the one that was meant.
        if ("e" in text or "E" in text) and looks_scientific(text):
            return Rejection("scientific_notation")
        try:
            number = parse(text, self.region)
        except NumberParseException as error:
            return Rejection(find_unread(text, self.region, error.error_type))
        found = find(text, self.region, number, number_type(number))
        if found not in self._accepted:
            return Rejection(found)
        digits = f"{number.country_code}{national_significant_number(number)}"
        return digits if len(digits) <= LONGEST else Rejection("too_long")

    def clean_column(self, written: pl.Series) -> tuple[pl.Series, pl.Series]:
        """Clean every number of a column, as `clean` would, much quicker.

        Parameters:
            written: String column, the numbers as written; a null is `blank`.

        Returns:
            Two String columns of the same length: the digits (null where there are none), and the reason code
            (null where there are digits).

        Implements C11.

        >>> import polars as pl
        >>> digits, reasons = E164("IN").clean_column(pl.Series(["098000-00001", "100"]))
        >>> digits.to_list(), reasons.to_list()
        (['919800000001', None], [None, 'emergency'])
        """
        from ori_campaigns.e164.bulk import clean_column

        return clean_column(written, self.region, accept=self._accepted, clean=self.clean)
