"""Type indicators of our dfVFS back-ends."""

from __future__ import annotations

from typing import Final

TYPE_INDICATOR_AFF4: Final = "AFF4"
TYPE_INDICATOR_AFF4L: Final = "AFF4L"
TYPE_INDICATOR_SQLCIPHER: Final = "SQLCIPHER"
TYPE_INDICATOR_TDATA: Final = "TDATA"

# What dfVFS keeps in sets of its own (dfvfs.lib.definitions), by name of the set.
DEFINITIONS: Final = {
    "FILE_SYSTEM_TYPE_INDICATORS": frozenset(
        {TYPE_INDICATOR_AFF4L, TYPE_INDICATOR_SQLCIPHER, TYPE_INDICATOR_TDATA}
    ),
    "STORAGE_MEDIA_IMAGE_TYPE_INDICATORS": frozenset({TYPE_INDICATOR_AFF4}),
    # A volume with several images offers them like partitions.
    "VOLUME_SYSTEM_TYPE_INDICATORS": frozenset({TYPE_INDICATOR_AFF4}),
    "TYPE_INDICATORS_WITH_ENCRYPTION_SUPPORT": frozenset({TYPE_INDICATOR_AFF4}),
}
