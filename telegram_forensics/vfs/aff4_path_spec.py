"""Path specifications of AFF4 images."""

from typing import Any

from dfvfs.path import location_path_spec
from dfvfs.path import path_spec

from telegram_forensics.vfs import type_indicators


class AFF4PathSpec(path_spec.PathSpec):
    """AFF4 path specification: the byte stream of an image.

    Attributes:
      location (str): None for the one image of a volume (of a volume with several
          images, of a logical and of an encrypted one: the volume itself, decrypted),
          "/" for the list of several images, "/image2" for one of them.
    """

    TYPE_INDICATOR = type_indicators.TYPE_INDICATOR_AFF4

    def __init__(
        self, location: str | None = None, parent: Any = None, **kwargs: Any
    ) -> None:
        """Initializes a path specification.

        Args:
          location (Optional[str]): location.
          parent (Optional[PathSpec]): parent path specification.

        Raises:
          ValueError: when parent is not set.
        """
        if not parent:
            raise ValueError("Missing parent value.")

        super().__init__(parent=parent, **kwargs)
        # Path specification properties are stored only if the attribute exists.
        if location is not None:
            self.location = location

    @property
    def comparable(self) -> str:
        """str: comparable representation of the path specification."""
        location = getattr(self, "location", None)
        if location is None:
            return self._GetComparable()

        return self._GetComparable(sub_comparable_string=f"location: {location:s}")


class AFF4LPathSpec(location_path_spec.LocationPathSpec):
    """AFF4L path specification: a file in a logical image.

    Attributes:
      data_stream (str): name of the alternate data stream or extended attribute; not
          set for the content of the file itself.
    """

    TYPE_INDICATOR = type_indicators.TYPE_INDICATOR_AFF4L

    def __init__(
        self,
        data_stream: str | None = None,
        location: str | None = None,
        parent: Any = None,
        **kwargs: Any,
    ) -> None:
        """Initializes a path specification.

        Args:
          data_stream (Optional[str]): data stream name, where None indicates the
              content of the file itself.
          location (Optional[str]): location.
          parent (Optional[PathSpec]): parent path specification.

        Raises:
          ValueError: when parent is not set.
        """
        if not parent:
            raise ValueError("Missing parent value.")

        super().__init__(location=location, parent=parent, **kwargs)
        if data_stream is not None:
            self.data_stream = data_stream

    @property
    def comparable(self) -> str:
        """str: comparable representation of the path specification."""
        string_parts = [f"location: {self.location:s}"]
        data_stream = getattr(self, "data_stream", None)
        if data_stream:
            string_parts.append(f"data stream: {data_stream:s}")

        return self._GetComparable(sub_comparable_string=", ".join(string_parts))
