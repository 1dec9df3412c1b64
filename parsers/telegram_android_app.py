"""What files of one Telegram for Android installation need from their neighbours."""

from dfvfs.lib import errors as dfvfs_errors
from dfvfs.path import factory as dfvfs_factory

from telegram_forensics.formats import android_device
from telegram_forensics.formats import android_paths
from telegram_forensics.formats import android_preferences
from telegram_forensics.formats import android_tgnet
from telegram_forensics.formats import android_user_config
from telegram_forensics.formats.errors import FormatError

BASIS_ADDRESS = "android_address_file"
BASIS_DRAFT = "android_draft"
BASIS_LOGIN_TOKEN = "android_saved_login_token"
BASIS_PREFERENCES = "android_preferences"
BASIS_STATISTICS = "android_statistics"
BASIS_TGNET = "tgnet_perm_key"
BASIS_USER_CONFIG = "android_user_config"

TGNET_NAME = "tgnet.dat"


def FormatProblem(file_name, offset, reason):
    """Formats a warning.

    Args:
      file_name (str): name of the file.
      offset (int): byte offset in it, None if it is not about a place.
      reason (str): what is wrong.

    Returns:
      str: text of the warning.
    """
    place = "" if offset is None else f"offset 0x{offset:x}: "
    return f"{file_name:s}: {place:s}{reason:s}"


def SetAttributes(event_data, values):
    """Sets attributes of event data, those that have a value.

    Args:
      event_data (TelegramEventData): event data.
      values (dict[str, object]): values by name of the attribute.
    """
    for name, value in values.items():
        if value is not None:
            setattr(event_data, name, value)


class AndroidApp:
    """Installation of Telegram for Android, or of a fork, that a file belongs to.

    Attributes:
      location (AppLocation): place of the file, None if it lies in no folder of an
          application: then its neighbours are looked for in its own folder.
    """

    # No neighbour that is read is larger than some kilobytes.
    _MAXIMUM_NEIGHBOUR_SIZE = 4 * 1024 * 1024

    def __init__(self, parser_mediator, file_entry):
        """Initializes an installation.

        Args:
          parser_mediator (ParserMediator): parser mediator.
          file_entry (dfvfs.FileEntry): file entry of a file.
        """
        super().__init__()
        self._device = None
        self._file_entry = file_entry
        self._file_system = file_entry.GetFileSystem()
        self._mediator = parser_mediator
        path = getattr(file_entry.path_spec, "location", None) or ""
        self._values = None
        self._segments = tuple(self._file_system.SplitPath(path))
        self.location = android_paths.locate(self._segments)

    @property
    def android_user(self):
        """int: number of the Android user or None if not known."""
        return self.location.android_user if self.location else None

    @property
    def client_name(self):
        """str: name of the client."""
        return android_paths.client_name(self.package)

    @property
    def package(self):
        """str: application package or None if not known."""
        return self.location.package if self.location else None

    def Apply(self, event_data, basis, slot=None):
        """Sets what every event of the installation carries.

        Args:
          event_data (TelegramEventData): event data.
          basis (str): code of the stored fact behind the attribution.
          slot (Optional[int]): account slot, None for facts of the installation.
        """
        event_data.attribution_basis = basis
        if self._values is None:
            device = self.GetDevice()
            self._values = {
                "android_user": self.android_user,
                "client_name": self.client_name,
                "client_package": self.package,
                "device_model": device.device_model,
                "device_platform": device.platform,
            }
        SetAttributes(event_data, self._values)
        if slot is not None and hasattr(event_data, "account_slot"):
            event_data.account_slot = str(slot)
        # Messages and calls have none: their own time says it all.
        if hasattr(event_data, "written_time"):
            event_data.written_time = self._file_entry.modification_time

    def GetDevice(self):
        """Retrieves what the system in the same file system says of the device.

        Returns:
          Device: device; without values if there is no system or the path does not
              show where it would be.
        """
        if self._device is None:
            root = self.location.device_root if self.location else None
            files = []
            if root is not None:
                for below in android_device.BUILD_PROPERTY_FILES:
                    data = self.ReadFile((*root, *below))
                    if data is not None:
                        files.append(android_device.read_build_properties(data))
            self._device = android_device.make_device(files)
        return self._device

    def GetSlot(self, slot):
        """Retrieves an account slot.

        Args:
          slot (int): number of the slot, None if not known: then nothing is joined.

        Returns:
          AndroidSlot: account slot.
        """
        return AndroidSlot(self, slot)

    def IsTelegram(self):
        """Determines if the file lies in the storage of Telegram or a fork.

        Returns:
          bool: True if the package is known, or files lie beside it whose names no
              other application uses.
        """
        if self.package in android_paths.CLIENT_NAMES:
            return True
        names = (TGNET_NAME, android_paths.user_config_name(0))
        if self.location is None:
            folder = self._segments[:-1]
            paths = [(*folder, name) for name in names]
        else:
            paths = [
                (*self.location.slot_folder(0), names[0]),
                (*self.location.preferences_folder(), names[1]),
            ]
        paths = [path for path in paths if path != self._segments]
        return any(self._OpenFile(path) is not None for path in paths)

    def Warn(self, offset, reason, name=None):
        """Produces a warning about the file.

        Args:
          offset (int): byte offset, None if it is not about a place.
          reason (str): what is wrong.
          name (Optional[str]): name of a neighbour that it is about instead.
        """
        name = name or self._file_entry.name
        self._mediator.ProduceWarning(FormatProblem(name, offset, reason))

    def ReadPreferences(self, name):
        """Reads a neighbouring preferences file.

        Args:
          name (str): name of the file.

        Returns:
          Preferences: its content or None if there is none that can be read. Its
              damage is reported where the file itself is parsed.
        """
        if self.location is None:
            folder = self._segments[:-1]
        else:
            folder = self.location.preferences_folder()
        found = None
        # Android keeps the backup while it writes the file, and goes back to it if the
        # file did not get complete.
        for candidate in (name, f"{name:s}.bak"):
            data = self.ReadFile((*folder, candidate))
            if not data:
                continue
            try:
                preferences = android_preferences.read_preferences(data)
            except FormatError:
                continue
            if preferences.is_complete:
                return preferences
            found = found or preferences
        return found

    def ReadSlotFile(self, slot, name):
        """Reads a file of an account slot.

        Args:
          slot (int): number of the slot.
          name (str): name of the file.

        Returns:
          bytes: its content or None if there is no such file.
        """
        # In a folder of loose copies nothing tells the slots apart.
        if self.location is None:
            return None
        return self.ReadFile((*self.location.slot_folder(slot), name))

    def ReadSibling(self, name):
        """Reads a file of the same folder.

        Args:
          name (str): name of the file.

        Returns:
          bytes: its content or None if there is no such file.
        """
        return self.ReadFile((*self._segments[:-1], name))

    def ReadFile(self, segments):
        """Reads a file of the same file system.

        Args:
          segments (tuple[str]): path segments from the root of the file system.

        Returns:
          bytes: its content or None if there is no such file.
        """
        file_entry = self._OpenFile(segments)
        if file_entry is None:
            return None
        if (file_entry.size or 0) > self._MAXIMUM_NEIGHBOUR_SIZE:
            self.Warn(None, "neighbour is too large, not read", name=segments[-1])
            return None
        try:
            file_object = file_entry.GetFileObject()
            if file_object is None or not file_entry.size:
                return b""
            file_object.seek(0)
            return file_object.read(self._MAXIMUM_NEIGHBOUR_SIZE)
        except (OSError, dfvfs_errors.Error) as exception:
            self.Warn(
                None, f"neighbour cannot be read: {exception!s}", name=segments[-1]
            )
            return None

    def _OpenFile(self, segments):
        """Opens a file entry of the same file system.

        Args:
          segments (tuple[str]): path segments from the root of the file system.

        Returns:
          dfvfs.FileEntry: file entry of a regular file or None if there is none.
        """
        path_spec = self._file_entry.path_spec
        if not getattr(path_spec, "location", None):
            return None
        properties = {"location": self._file_system.JoinPath(list(segments))}
        if path_spec.HasParent():
            properties["parent"] = path_spec.parent
        try:
            file_entry = self._file_system.GetFileEntryByPathSpec(
                dfvfs_factory.Factory.NewPathSpec(
                    path_spec.type_indicator, **properties
                )
            )
            if file_entry is None or not file_entry.IsFile():
                return None
            return file_entry if file_entry.IsAllocated() else None
        except (OSError, KeyError, dfvfs_errors.Error):
            return None


class AndroidSlot:
    """Account slot: its login and its session, as far as its files are there.

    Attributes:
      app (AndroidApp): installation.
      config (UserConfig): preferences of the slot or None if there are none.
      network (NetworkState): network state of the slot or None if there is none.
      slot (int): number of the slot, None if not known.
    """

    def __init__(self, app, slot):
        """Initializes an account slot.

        Args:
          app (AndroidApp): installation.
          slot (int): number of the slot, None if not known.
        """
        super().__init__()
        self.app = app
        self.slot = slot
        self.config = None if slot is None else self._ReadConfig()
        self.network = None if slot is None else self._ReadNetwork()

    @property
    def person(self):
        """Person: who is logged in or None if nobody is, or not known."""
        return self.config.person if self.config else None

    def Apply(self, event_data, basis):
        """Sets what every event of the slot carries.

        Args:
          event_data (TelegramEventData): event data.
          basis (str): code of the stored fact behind the attribution.
        """
        self.app.Apply(event_data, basis, self.slot)
        self.ApplyPerson(event_data, self.person)
        if self.network is not None:
            self.ApplyNetwork(event_data, self.network)

    @classmethod
    def ApplyNetwork(cls, event_data, network):
        """Sets the session of an event.

        Args:
          event_data (TelegramEventData): event data.
          network (NetworkState): network state.
        """
        values = {"installation_identifier": network.installation_identifier}
        if network.session_identifier is not None:
            values["session_identifier"] = network.session_identifier
            values["session_data_center"] = network.current_datacenter
        SetAttributes(event_data, values)

    @classmethod
    def ApplyPerson(cls, event_data, person):
        """Sets the account of an event.

        Args:
          event_data (TelegramEventData): event data.
          person (Person): account or None if not known.
        """
        if person is not None:
            values = {
                "account_identifier": str(person.identifier),
                "account_name": person.name,
                "account_phone": person.phone,
                "account_username": person.username,
            }
            SetAttributes(event_data, values)

    def _ReadConfig(self):
        """Reads the preferences of the slot.

        Returns:
          UserConfig: preferences or None if there are none.
        """
        name = android_paths.user_config_name(self.slot)
        preferences = self.app.ReadPreferences(name)
        if preferences is None:
            return None
        return android_user_config.read_user_config(preferences, self.slot)

    def _ReadNetwork(self):
        """Reads the network state of the slot.

        Returns:
          NetworkState: network state or None if there is none.
        """
        for name in (TGNET_NAME, f"{TGNET_NAME:s}.bak"):
            data = self.app.ReadSlotFile(self.slot, name)
            if not data:
                continue
            try:
                network = android_tgnet.read_tgnet(data)
            except FormatError:
                continue
            if network.current_datacenter is not None:
                return network
        if self.slot == 0:
            preferences = self.app.ReadPreferences("dataconfig.xml")
            if preferences and "datacenters" in preferences.entries:
                return android_tgnet.read_data_config(preferences.values())
        return None
