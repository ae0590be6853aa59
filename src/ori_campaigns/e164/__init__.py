"""The strict number policy, by libphonenumber's data: one spelling for a person, and no number that is none (C11).

Importing this package imports phonenumbers; `import ori_campaigns` does not.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING or find_spec("phonenumbers") is not None:
    from ori_campaigns.e164.policy import E164
    from ori_campaigns.e164.refusals import REASONS
else:
    REASONS = {}

    class E164:
        """What stands here while the extra `phone` is not installed: it says so."""

        def __init__(self, *_: object, **__: object) -> None:
            from ori_campaigns.errors import MissingExtra

            raise MissingExtra("The number policy E164", "phone")


__all__ = ["E164", "REASONS"]
