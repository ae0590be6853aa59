"""Lead files: read a CSV of contacts, and know what became of every record in it.

Importing this package imports polars; `import ori_campaigns` does not.
"""

from ori_campaigns.ingest.leads import Leads
from ori_campaigns.ingest.limits import Limits
from ori_campaigns.ingest.reader import read_leads
from ori_campaigns.ingest.report import REASONS, Summary

__all__ = ["REASONS", "Leads", "Limits", "Summary", "read_leads"]
