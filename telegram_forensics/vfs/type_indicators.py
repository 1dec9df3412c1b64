"""Type indicators of our dfVFS back-ends."""

from __future__ import annotations

from typing import Final

TYPE_INDICATOR_TDATA: Final = "TDATA"

FILE_SYSTEMS: Final = frozenset({TYPE_INDICATOR_TDATA})
