"""File input/output (IO) object of AFF4 images."""

import logging
import re
from typing import Any

from dfvfs.lib import errors

from telegram_forensics.aff4 import classify
from telegram_forensics.aff4 import errors as aff4_errors
from telegram_forensics.vfs import aff4_support
from telegram_forensics.vfs import stream_file_io

logger = logging.getLogger("telegram_forensics")

IMAGE_LOCATION_RE = re.compile(r"/image([1-9][0-9]*)")


class AFF4File(stream_file_io.StreamFile):
    """File input/output (IO) object of an AFF4 image.

    An encrypted volume whose password is not known opens as locked, as dfVFS's source
    scanner expects; reading it raises an error that says what is needed.
    """

    def __init__(self, resolver_context: Any, path_spec: Any) -> None:
        """Initializes a file input/output (IO) object.

        Args:
          resolver_context (Context): resolver context.
          path_spec (PathSpec): a path specification.
        """
        super().__init__(resolver_context, path_spec)
        self._is_locked = False
        self._password: Any = None

    @property
    def is_locked(self) -> bool:
        """bool: True if the volume is encrypted and the password is not known."""
        if self._is_locked and self._password != aff4_support.password_of(
            self._path_spec
        ):
            # dfVFS may hand out this object again after the next password was set.
            self._Open()

        return self._is_locked

    def _Open(self) -> None:
        """Opens the file input/output (IO) object defined by path specification.

        Raises:
          OSError: if the image cannot be opened.
          PathSpecError: if the path specification is incorrect.
        """
        self._is_locked = False
        volumes = aff4_support.open_volumes(self._path_spec, self._resolver_context)
        source = volumes.volumes[0].source
        kind = classify.kind_of(volumes)
        if kind is classify.Kind.ENCRYPTED:
            self._password = aff4_support.password_of(self._path_spec)
            try:
                source = aff4_support.decrypt_volumes(volumes, self._path_spec)
            except aff4_errors.EncryptedVolumeError as exception:
                self._is_locked = True
                self._closed_reason = str(exception)
                if self._password is not None:
                    # dfVFS asks again or gives up; either way it does not say why.
                    logger.warning("%s", self._closed_reason)
                return

            volumes = aff4_support.inner_volumes(source)
            kind = classify.kind_of(volumes)

        location = getattr(self._path_spec, "location", None)
        if location is None:
            if kind is classify.Kind.IMAGE:
                urns = volumes.image_urns()
                if not urns:
                    raise OSError(f"{volumes.name:s}: no readable image in this volume")
                self._SetStream(volumes.open_image(urns[0]).stream)
            else:
                # The volume itself: what is in it is found by the next scan.
                self._SetStream(source)
            return

        match = IMAGE_LOCATION_RE.fullmatch(location)
        urns = volumes.image_urns()
        if not match or int(match[1]) > len(urns):
            raise errors.PathSpecError(f"No image at location: {location:s}")
        self._SetStream(volumes.open_image(urns[int(match[1]) - 1]).stream)
