"""`python -m ori_campaigns`."""

from __future__ import annotations

import sys

from ori_campaigns.cli import main

if __name__ == "__main__":
    sys.exit(main())
