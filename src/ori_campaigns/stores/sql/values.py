"""Between columns and values: documents, callbacks, words from outside, ids."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ori_campaigns import codec
from ori_campaigns.campaign import Campaign
from ori_campaigns.carriers import Carrier
from ori_campaigns.contact import Callback, CallbackRequest
from ori_campaigns.numbers import PhoneNumber


class Documents:
    """Reads campaigns and carriers out of their documents, each text once.

    Rules know what they worked out for a campaign by the value itself, so the same text gives the same value.
    """

    def __init__(self) -> None:
        self._campaigns: dict[str, tuple[str, Campaign]] = {}
        self._carriers: dict[str, Carrier] = {}

    def campaign(self, campaign_id: str, text: str) -> Campaign:
        """Return a campaign."""
        known = self._campaigns.get(campaign_id)
        if known is None or known[0] != text:
            known = self._campaigns[campaign_id] = (text, codec.loads(Campaign, text))
        return known[1]

    def carrier(self, text: str) -> Carrier:
        """Return a carrier."""
        known = self._carriers.get(text)
        if known is None:
            known = self._carriers[text] = codec.loads(Carrier, text)
        return known


def callback_text(callback: Callback | None) -> str | None:
    """Write a callback, but for its state, which has a column of its own."""
    if callback is None:
        return None
    return json.dumps([callback.due, callback.sequence, callback.text, callback.reason])


def callback_of(text: str | None, state: str) -> Callback | None:
    """Read a callback.

    >>> callback_of('[5, 1, "later", ""]', "missed")
    Callback(due=5, sequence=1, text='later', reason='', state='missed')
    """
    return None if text is None else _callback(json.loads(text), state)


def _callback(fields: list[Any], state: str) -> Callback:
    due, sequence, text, reason = fields
    return Callback(due, sequence, text, reason, state)


def request_text(request: CallbackRequest | None) -> str | None:
    """Write a request to be called back."""
    if request is None:
        return None
    return json.dumps([request.at, request.text, request.reason, request.confidence])


def request_of(text: str | None) -> CallbackRequest | None:
    """Read a request to be called back."""
    return None if text is None else CallbackRequest(*json.loads(text))


def variables_of(text: str) -> Mapping[str, str]:
    """Read a contact's call variables."""
    found: dict[str, str] = {} if text == "{}" else json.loads(text)
    return found


_LONGEST_WORD = 500
"""An index takes no longer ones, and no honest word is as long."""


def word(text: str) -> str:
    r"""Make what a carrier or a bot said fit for every database: no NUL, no half of a surrogate pair, no endless text.

    >>> word("busy"), word("a\x00b\ud800")
    ('busy', 'a\\x00b\\ud800')
    """
    text = text[:_LONGEST_WORD]
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-8", "backslashreplace").decode()
    return text.replace("\x00", "\\x00")


def number_of(text: str) -> PhoneNumber:
    """Return a number from its column; for a person who was erased, the pseudonym that stands there."""
    return PhoneNumber(text)
