"""Lead files: read a CSV of contacts, and know what became of every record in it.

Importing this package imports polars; `import ori_campaigns` does not.
"""

from ori_campaigns.ingest.fixes import advice
from ori_campaigns.ingest.leads import Leads
from ori_campaigns.ingest.limits import Limits
from ori_campaigns.ingest.reader import Progress, read_leads
from ori_campaigns.ingest.report import REASONS, Format, Summary

__all__ = ["REASONS", "Format", "Leads", "Limits", "Progress", "Summary", "advice", "read_leads"]
