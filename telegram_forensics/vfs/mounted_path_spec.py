"""Base of path specifications of what is mounted on a single encrypted file."""

from typing import Any

from dfvfs.path import location_path_spec


class MountedPathSpec(location_path_spec.LocationPathSpec):
    """Path specification of a decrypted file; the parent is the encrypted one.

    Attributes:
      identifier (object): which key or candidate opens it, None if not known.
      location (str): location.
    """

    def __init__(
        self,
        identifier: Any = None,
        location: str | None = None,
        parent: Any = None,
        **kwargs: Any,
    ) -> None:
        """Initializes a path specification.

        Args:
          identifier (Optional[object]): which key or candidate opens it.
          location (Optional[str]): location.
          parent (Optional[PathSpec]): path specification of the encrypted file.

        Raises:
          ValueError: when parent is not set.
        """
        if not parent:
            raise ValueError("Missing parent value.")

        super().__init__(location=location, parent=parent, **kwargs)
        # Path specification properties are stored only if the attribute exists.
        if identifier is not None:
            self.identifier = identifier

    @property
    def comparable(self) -> str:
        """str: comparable representation of the path specification."""
        parts = [f"location: {self.location:s}"]
        identifier = getattr(self, "identifier", None)
        if identifier is not None:
            parts.append(f"identifier: {identifier!s}")

        return self._GetComparable(sub_comparable_string=", ".join(parts))
