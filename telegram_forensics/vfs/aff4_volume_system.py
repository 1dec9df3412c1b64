"""The images of an AFF4 volume as a dfVFS volume system."""

from typing import Any

from dfvfs.volume import volume_system

from telegram_forensics.vfs import type_indicators


class AFF4Volume(volume_system.Volume):
    """An image of an AFF4 volume that holds several."""

    def __init__(self, file_entry: Any) -> None:
        """Initializes a volume.

        Args:
          file_entry (AFF4FileEntry): file entry of the image.
        """
        super().__init__(file_entry.name)
        self._file_entry = file_entry

    def _Parse(self) -> None:
        """Extracts attributes and extents from the volume."""
        self._extents.append(volume_system.VolumeExtent(0, self._file_entry.size or 0))


class AFF4VolumeSystem(volume_system.VolumeSystem):
    """The images of an AFF4 volume as a volume system."""

    TYPE_INDICATOR = type_indicators.TYPE_INDICATOR_AFF4
    VOLUME_IDENTIFIER_PREFIX = "image"

    def _Parse(self) -> None:
        """Extracts sections and volumes from the volume system."""
        for sub_file_entry in self._file_system.GetRootFileEntry().sub_file_entries:
            self._AddVolume(AFF4Volume(sub_file_entry))
