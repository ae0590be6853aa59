"""Texts of a lead file as they may be shown: digits hidden, hidden characters visible, not too long."""

from __future__ import annotations

import re
import unicodedata

MASK = "\N{BULLET}"
_SHOWN_DIGITS = 2
_LEAST_OF_A_NUMBER = 7
# Date, then perhaps a time; anything else with so many digits may be a phone number.
_DATE = re.compile(
    r"(?:(?:19|20)\d\d-[01]?\d-[0-3]?\d|[0-3]?\d([-/.])[0-3]?\d\1(?:19|20)\d\d)(?:[T ][0-2]\d:[0-5]\d(?::[0-5]\d)?Z?)?",
    re.ASCII,
)
_ESCAPED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
# Joiners belong to the scripts and emoji that they are in; outside a number they are no fault.
_JOINERS = frozenset("\u200c\u200d")
_INVISIBLE = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"})


def hidden(text: str) -> str:
    """Hide all digits of a text but the last two, of whatever script they are; all else stays where it is.

    >>> hidden("(98000) 00001"), hidden("9.198E+11"), hidden("N/A")
    ('(•••••) •••01', '•.•••E+11', 'N/A')
    """
    digits = sum(map(_is_digit, text))
    shown: list[str] = []
    for character in text:
        if _is_digit(character):
            digits -= 1
            shown.append(MASK if digits >= _SHOWN_DIGITS else character)
        else:
            shown.append(character)
    return "".join(shown)


def harmless_value(text: str) -> str:
    """Hide the digits of a text that may have a phone number in it: one of seven digits or more that is no date.

    >>> harmless_value("2026-08-04"), harmless_value("1,250.00"), harmless_value("call 98000 00001")
    ('2026-08-04', '1,250.00', 'call ••••• •••01')
    """
    if sum(map(_is_digit, text)) < _LEAST_OF_A_NUMBER or _DATE.fullmatch(text.strip()):
        return text
    return hidden(text)


def visible(text: str, *, number: bool = False) -> str:
    r"""Show what cannot be seen: it may be what is wrong, and it could steer a terminal.

    Parameters:
        number: whether the text should be a number, in which no invisible character has a place.

    >>> visible("9\u200b8\n"), visible("a\x07"), visible("91\u202c", number=True)
    ('9<U+200B>8\\n', 'a<U+0007>', '91<U+202C>')
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        _ESCAPED.get(each) or f"<U+{ord(each):04X}>"
        if is_invisible(each) and (number or each not in _JOINERS)
        else each
        for each in text
    )


def is_invisible(character: str) -> bool:
    """Whether a character takes no room of its own: a control or format character, a line or paragraph separator.

    >>> is_invisible("\N{ZERO WIDTH SPACE}"), is_invisible(" ")
    (True, False)
    """
    return unicodedata.category(character) in _INVISIBLE


def clipped(text: str, most: int, more: str = "...") -> str:
    """Cut a text that has more than `most` characters, and say so.

    >>> clipped("Prefers evenings", 10), clipped("short", 10)
    ('Prefers...', 'short')
    """
    return text if len(text) <= most else text[: most - len(more)].rstrip() + more


def kind_of(text: str) -> frozenset[str]:
    """Return which characters a written number has that are no plain digits; all letters are one kind.

    >>> kind_of("(98000) 00001") == kind_of("(080) 4000 1000"), kind_of("N/A") == kind_of("none/given")
    (True, True)
    """
    return frozenset("a" if each.isalpha() else each for each in text if not "0" <= each <= "9" and each != " ")


def _is_digit(character: str) -> bool:
    # Also digits of other scripts, raised or circled ones: who can read them can dial them.
    return character.isnumeric()
