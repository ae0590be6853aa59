"""What follows when calls of a stretch end: the engine's own answer, asked once for all that are alike."""

from __future__ import annotations

from typing import NamedTuple

from ori_campaigns.contact import ContactStatus
from ori_campaigns.instants import Instant
from ori_campaigns.retry import CaseFields, Terms, answer, case_of
from ori_campaigns.stores.memory.rows import Codes
from ori_campaigns.stores.memory.runs import CODE


class Follow(NamedTuple):
    """The name of the rule that answered, where the contact goes, and both as the store codes them."""

    rule: str
    status: ContactStatus
    rule_code: int
    status_code: int


class Follows:
    """The answers of `retry` (R1 to R10) under one campaign's terms.

    Parameters:
        terms: the campaign's, as they are during the stretch.
        codes: the store's numbers for names.
    """

    def __init__(self, terms: Terms, codes: Codes) -> None:
        self._terms, self._codes = terms, codes
        self._coded: dict[tuple[str, ContactStatus], Follow] = {}
        self._after_silence: dict[tuple[str, str, int, bool], Follow] = {}

    def after_silence(
        self,
        now: Instant,
        disposition: str,
        detail: str,
        attempts: int,
        excluded: bool,  # noqa: FBT001 - a fact of the contact, asked by place for every call
    ) -> Follow:
        """Return what follows where nobody has spoken in this budget; no more than this can make a difference."""
        alike = (disposition, detail, attempts, excluded)
        known = self._after_silence.get(alike)
        if known is None:
            case = case_of(
                self._terms,
                now,
                disposition=disposition,
                detail=detail,
                connected=False,
                talk=0,
                attempts=attempts,
                last_connected=-1,
                excluded=excluded,
            )
            known = self._after_silence[alike] = self.after(case)
        return known

    def after(self, case: CaseFields) -> Follow:
        """Return what follows in a case, as `retry.case_of` tells it."""
        answered = answer(case, self._terms)
        coded = self._coded.get(answered)
        if coded is None:
            rule, status = answered
            coded = self._coded[answered] = Follow(rule, status, self._codes.code(rule), CODE[status])
        return coded
