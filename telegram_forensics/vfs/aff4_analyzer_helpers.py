"""Analyzer helpers that tell AFF4 volumes from other ZIP files.

They have no format specification: a signature relative to the end of the file would
collide with that of UDIF and break the scan of every file.
"""

from typing import Any

from dfvfs.analyzer import analyzer_helper
from dfvfs.lib import definitions

from telegram_forensics.vfs import type_indicators

_KIND_LOGICAL = "logical"
_SIGNATURE = b"PK\x03\x04"


def _Classify(file_object: Any) -> str | None:
    """Determines the kind of AFF4 volume of a file-like object.

    Args:
      file_object (FileIO): file-like object.

    Returns:
      str: kind of volume or None if it is no AFF4 volume.
    """
    try:
        file_object.seek(0)
        if file_object.read(len(_SIGNATURE)) != _SIGNATURE:
            return None

        # Every process that uses dfVFS loads this module, few ever see a ZIP file.
        from telegram_forensics.aff4 import classify
        from telegram_forensics.aff4 import source

        kind = classify.classify(source.FileSource(file_object, "source"))
    except OSError:
        return None

    return kind.value if kind else None


class AFF4AnalyzerHelper(analyzer_helper.AnalyzerHelper):
    """AFF4 analyzer helper: physical images and encrypted volumes."""

    FORMAT_CATEGORIES = frozenset(
        [
            definitions.FORMAT_CATEGORY_STORAGE_MEDIA_IMAGE,
            definitions.FORMAT_CATEGORY_VOLUME_SYSTEM,
        ]
    )

    TYPE_INDICATOR = type_indicators.TYPE_INDICATOR_AFF4

    def AnalyzeFileObject(self, file_object: Any) -> str | None:
        """Determines if a file-like object is an AFF4 image.

        Args:
          file_object (FileIO): file-like object.

        Returns:
          str: type indicator or None if it is none.
        """
        kind = _Classify(file_object)
        if kind is None or kind == _KIND_LOGICAL:
            return None

        return self.TYPE_INDICATOR


class AFF4LAnalyzerHelper(analyzer_helper.AnalyzerHelper):
    """AFF4L analyzer helper: logical images."""

    FORMAT_CATEGORIES = frozenset([definitions.FORMAT_CATEGORY_FILE_SYSTEM])

    TYPE_INDICATOR = type_indicators.TYPE_INDICATOR_AFF4L

    def AnalyzeFileObject(self, file_object: Any) -> str | None:
        """Determines if a file-like object is a logical AFF4 image.

        Args:
          file_object (FileIO): file-like object.

        Returns:
          str: type indicator or None if it is none.
        """
        if _Classify(file_object) == _KIND_LOGICAL:
            return self.TYPE_INDICATOR

        return None
