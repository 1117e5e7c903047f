"""Files: CSV and other tables, business cards, mails and ADF documents that lie in a folder or are imported by hand."""

from __future__ import annotations

from connectors.base import Spec
from connectors.csvfile.config import CsvFileConfig

SPEC = Spec(name="csvfile", title="Files (CSV, Excel, vCard, mail)", source_config=CsvFileConfig, recognizes=True)
