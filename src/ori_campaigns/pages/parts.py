"""What pages are made of: badges, shares, buttons, filters; plain values that go to JSON and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

from ori_campaigns.actions import Icon, LeadsTo, Tone
from ori_campaigns.campaign import Action
from ori_campaigns.errors import InvalidDefinition, Problem
from ori_campaigns.instants import Instant, to_datetime
from ori_campaigns.listing import Rate
from ori_campaigns.pages.texts import ListTexts

LAST_CONTACT = 2**31 - 1
"""No list is longer; databases count to there in any case."""


@attrs.frozen
class Badge:
    """A word on a colour."""

    label: str
    colour: str


@attrs.frozen
class Share:
    """A share: both counts, the fraction from 0 to 1, and its text in whole percent (M2)."""

    part: int
    whole: int
    fraction: float
    text: str


def share(rate: Rate) -> Share:
    """Return a rate with its fraction and its text.

    >>> share(Rate(1, 4))
    Share(part=1, whole=4, fraction=0.25, text='25 %')
    """
    return Share(rate.part, rate.whole, rate.fraction, rate.text)


@attrs.frozen
class Labelled:
    """A text with its name, and where there is more to say, a note."""

    key: str
    label: str
    text: str
    note: str = ""


@attrs.frozen
class Confirmation:
    """What is asked before an action, and its two answers."""

    text: str
    ok: str
    cancel: str


@attrs.frozen
class ActionButton:
    """A button of a campaign (L18).

    Parameters:
        action: what it does.
        label, icon, tone: how it looks.
        leads_to: the page that follows when it succeeded.
        confirmation: what is asked first, if anything is.
    """

    action: Action
    label: str
    icon: Icon
    tone: Tone
    leads_to: LeadsTo
    confirmation: Confirmation | None = None


@attrs.frozen
class PageButton:
    """A button of the page itself."""

    key: str
    label: str
    leads_to: LeadsTo


@attrs.frozen
class Choice:
    """One choice of a filter; the value is empty where it filters nothing."""

    value: str
    label: str
    chosen: bool = False


@attrs.frozen
class PageFilter:
    """A filter at the top of a page: a text to enter, or one of several choices.

    Parameters:
        key: its name for a host.
        label: its name for a person.
        value: what is entered, or the value of what is chosen.
        choices: empty where text is entered.
        suggestions: words that may be entered, with what they are called on the page; others may be entered, too.
    """

    key: str
    label: str
    value: str = ""
    choices: tuple[Choice, ...] = ()
    suggestions: tuple[Choice, ...] = ()


def choose(key: str, label: str, value: str, choices: Mapping[str, str]) -> PageFilter:
    """Return a filter with choices, given as label by value."""
    return PageFilter(key, label, value, tuple(Choice(each, text, each == value) for each, text in choices.items()))


def said(texts: Mapping[str, str], word: str) -> str:
    """Return the text of a word; the word itself where a translation has none."""
    return texts.get(str(word), str(word))


def counted(texts: Mapping[str, str], word: str, count: int, **more: object) -> str:
    """Return a count with what is counted, in the singular where it is one.

    >>> [counted({"call_one": "{count} call", "call_other": "{count} calls"}, "call", each) for each in (0, 1, 1200)]
    ['0 calls', '1 call', '1,200 calls']
    """
    shown = f"{count:,}"
    text = texts.get(f"{word}_one" if count == 1 else f"{word}_other")
    return shown if text is None else text.format(count=shown, **more)


def named(texts: Mapping[str, str], words: Iterable[str]) -> dict[str, str]:
    """Return the text of each word, by the word."""
    return {str(word): said(texts, word) for word in words}


def shown_moment(at: Instant | None, texts: ListTexts, zone: ZoneInfo) -> str:
    """Return a time as pages write it, empty where there is none."""
    return "" if at is None else format(to_datetime(at, zone), texts.moment)


def zone_of(name: str) -> ZoneInfo:
    """Return the zone in which a page shows times.

    Raises:
        InvalidDefinition: code `unknown_timezone`.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = "Give the IANA name of one, such as Asia/Kolkata."
        problem = Problem("zone", "unknown_timezone", f"There is no time zone {name!r}.", hint)
        raise InvalidDefinition([problem], what="The page") from None


def limited(limit: int, most: int, *, name: str = "limit", least: int = 1) -> int:
    """Return the length of a page, or of a part of it.

    Raises:
        InvalidDefinition: code `bad_limit`, below the least or above the most.
    """
    if not _between(limit, least, most):
        told = f"A page has {least} to {most} rows."
        raise InvalidDefinition([Problem(name, "bad_limit", told, f"Give {name}= within that.")], what="The page")
    return limit


def placed(after: int) -> int:
    """Return the place behind which a page of contacts begins, -1 for the first page.

    Raises:
        InvalidDefinition: code `bad_cursor`.
    """
    if not _between(after, -1, LAST_CONTACT):
        hint = "Give the cursor of a page as it is, or -1 for the first page."
        raise InvalidDefinition([Problem("after", "bad_cursor", "It is no cursor of contacts.", hint)], what="The page")
    return after


def _between(number: object, least: int, most: int) -> bool:
    # What came with a request may be anything.
    return isinstance(number, int) and least <= number <= most
