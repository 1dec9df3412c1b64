"""Server configuration and data centre addresses of Telegram Desktop.

Specification: formats/telegram_desktop.md section 3.3. The MTP configuration stands in
`tdata/<HASH>/configs` (as one byte array) and in settings block 0x60; the data centre
options stand within it and, from 1.0.15 to 2.1.13, in settings block 0x4a. Nothing in
them is personal; addresses that are not Telegram's own point to a changed client or a
test set-up.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import cast

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.qds import QdsReader
from telegram_forensics.formats.tdesktop_setting_facts import SettingFact
from telegram_forensics.formats.tdesktop_settings_blocks import (
    Group,
    Place,
    read_groups,
)

CONFIG_VERSION = 1
ENVIRONMENTS = {0: "production", 1: "test"}
LATEST_DC_VERSION = 2
_LENGTH_SIZE = 4

FLAG_NAMES = {
    1: "ipv6",
    2: "media_only",
    4: "tcpo_only",
    8: "cdn",
    16: "static",
    32: "this_port_only",
    1024: "secret",
}


@dataclass(frozen=True, slots=True)
class DcAddress:
    """One address of a data centre.

    Attributes:
        dc: number of the data centre.
        flags: as stored, see `flag_names`.
        ip: IPv4 or IPv6 address; bytes outside ASCII are kept as \\xNN.
        port: TCP port.
        secret: obfuscation secret of the address, empty if none.
    """

    dc: int
    flags: int
    ip: str
    port: int
    secret: bytes = b""

    @property
    def flag_names(self) -> tuple[str, ...]:
        """Names of the known flags that are set."""
        return tuple(name for bit, name in FLAG_NAMES.items() if self.flags & bit)


@dataclass(frozen=True, slots=True)
class CdnKey:
    """RSA public key of a CDN data centre: modulus and exponent, big endian."""

    dc: int
    modulus: bytes
    exponent: bytes


@dataclass(slots=True)
class DcOptions:
    """Data centre options.

    Attributes:
        version: 0, 1 or 2, None if the data ended before it.
        addresses: the addresses, in stored order.
        cdn_keys: CDN keys (version 2).
        consumed: bytes up to the end of the last complete entry.
        issue: offset and reason if the options could not be read to their end.
    """

    version: int | None = None
    addresses: list[DcAddress] = field(default_factory=list)
    cdn_keys: list[CdnKey] = field(default_factory=list)
    consumed: int = 0
    issue: Place | None = None


@dataclass(slots=True)
class MtpConfig:
    """MTP configuration. None: the data ended before the field.

    Attributes:
        version: 1, or another number, which is not read on.
        environment: 0 production servers, 1 test servers.
        dc_options: addresses of the data centres.
        internal_links_domain: prefix of links to Telegram.
        txt_domain: host whose DNS record gives spare addresses.
        web_file_dc: data centre of web files.
        blocked_mode: 0 or 1, as stored.
        caption_length_max: characters.
        default_reaction: emoji, "" if a custom one.
        custom_reaction: custom emoji document id, 0 none. Meaningless where
            `default_reaction` is set: 4.6.5 wrote uninitialised memory there before
            the first answer of the server.
        gif_bot, venue_bot: user names of the search bots.
        values: every field that was read, by the name in the table of this module.
            Periods and delays are milliseconds, time limits seconds.
        consumed: bytes up to the end of the last complete field. More bytes without an
            issue belong to a later version.
        issue: offset and reason if the data ended within a group or was damaged;
            damage within the data centre options is in `dc_options`.
    """

    version: int | None = None
    environment: int | None = None
    dc_options: DcOptions | None = None
    internal_links_domain: str | None = None
    txt_domain: str | None = None
    web_file_dc: int | None = None
    blocked_mode: int | None = None
    caption_length_max: int | None = None
    default_reaction: str | None = None
    custom_reaction: int | None = None
    gif_bot: str | None = None
    venue_bot: str | None = None
    values: dict[str, object] = field(default_factory=dict)
    consumed: int = 0
    issue: Place | None = None


def read_config_file(data: bytes) -> MtpConfig:
    """Reads the decrypted `configs` file: one BYTES that holds the configuration.

    Offsets in the result count from the start of the configuration. Never raises.
    """
    try:
        content = QdsReader(data).bytes()
    except FormatError as error:
        # Cut off: what is there of it is kept.
        config = read_config(data[_LENGTH_SIZE:])
        config.issue = (error.offset, error.reason)
        return config
    return read_config(content)


def config_facts(config: MtpConfig) -> list[SettingFact]:
    """What a configuration says of the servers, in words."""
    facts = []
    if config.environment is not None:
        name = ENVIRONMENTS.get(config.environment, f"unknown ({config.environment})")
        facts.append(SettingFact("server_environment", name))
    if config.dc_options is not None and config.dc_options.addresses:
        words = []
        for address in config.dc_options.addresses:
            place = f"{address.ip} port {address.port}"
            flags = f" ({', '.join(address.flag_names)})" if address.flag_names else ""
            words.append(f"{address.dc}: {place}{flags}")
        facts.append(SettingFact("data_center_addresses", "; ".join(words)))
    return facts


def read_config(data: bytes) -> MtpConfig:
    """Reads an MTP configuration (section 3.3). Never raises."""
    reader = QdsReader(data)
    values, issue = read_groups(reader, (_HEAD,))
    version = cast("int | None", values.get("version"))
    if issue is None and version not in (None, CONFIG_VERSION):
        issue = (0, f"unknown version {version} of the configuration")
    if issue is None:
        more, issue = read_groups(reader, GROUPS)
        values.update(more)
    if "dc_options" in values:
        values["dc_options"] = read_dc_options(cast(bytes, values["dc_options"]))
    config = MtpConfig(values=values, consumed=reader.offset, issue=issue)
    for name in _PLAIN_FIELDS & values.keys():
        setattr(config, name, values[name])
    return config


def read_dc_options(data: bytes) -> DcOptions:
    """Reads data centre options (section 3.3), all versions. Never raises.

    A positive first number is the count of version 0, a negative one minus the
    version.
    """
    options = DcOptions()
    reader = QdsReader(data)
    if not data:
        return options
    try:
        count = reader.i32()
        version = 0 if count >= 0 else -count
        options.version = version
        if version > LATEST_DC_VERSION:
            options.issue = (0, f"unknown version {version} of the options")
            return options
        if version:
            count = reader.i32()
        options.consumed = reader.offset
        # Only as many as can stand in the data: an entry takes 16 bytes or more.
        _check_count(reader, count, 16 if version == 0 else 20)
        for _ in range(count):
            options.addresses.append(_address(reader, version))
            options.consumed = reader.offset
        if version == LATEST_DC_VERSION:
            for _ in range(reader.count(12)):
                options.cdn_keys.append(
                    CdnKey(reader.i32(), reader.bytes(), reader.bytes())
                )
                options.consumed = reader.offset
            options.consumed = reader.offset
    except FormatError as error:
        options.issue = (error.offset, error.reason)
    return options


def _check_count(reader: QdsReader, count: int, minimum_size: int) -> None:
    if count < 0 or count * minimum_size > reader.remaining:
        raise FormatError(
            reader.offset - 4,
            f"{count} addresses announced, {reader.remaining} bytes are left",
        )


def _address(reader: QdsReader, version: int) -> DcAddress:
    dc, flags, port = reader.i32(), reader.i32(), reader.i32()
    ip = reader.raw(reader.i32()).decode("ascii", errors="backslashreplace")
    secret = reader.raw(reader.i32()) if version else b""
    return DcAddress(dc, flags, ip, port, secret)


_i32 = QdsReader.i32
_str = QdsReader.string

_HEAD: Group = (("version", _i32),)
GROUPS: tuple[Group, ...] = (
    (
        ("environment", _i32),
        ("dc_options", QdsReader.bytes),
        ("chat_size_max", _i32),
        ("megagroup_size_max", _i32),
        ("forwarded_count_max", _i32),
        ("online_update_period", _i32),
        ("offline_blur_timeout", _i32),
        ("offline_idle_timeout", _i32),
        ("online_focus_timeout", _i32),
        ("online_cloud_timeout", _i32),
        ("notify_cloud_delay", _i32),
        ("notify_default_delay", _i32),
        ("unused_1", _i32),
        ("edit_time_limit", _i32),
        ("revoke_time_limit", _i32),
        ("revoke_private_time_limit", _i32),
        ("revoke_private_inbox", _i32),
        ("stickers_recent_limit", _i32),
        ("unused_2", _i32),
        ("unused_3", _i32),
        ("unused_4", _i32),
        ("internal_links_domain", _str),
        ("channels_read_media_period", _i32),
        ("call_receive_timeout", _i32),
        ("call_ring_timeout", _i32),
        ("call_connect_timeout", _i32),
        ("call_packet_timeout", _i32),
        ("web_file_dc", _i32),
        ("txt_domain", _str),
        ("unused_5", _i32),
        ("blocked_mode", _i32),
        ("caption_length_max", _i32),
    ),
    (("default_reaction", _str), ("custom_reaction", QdsReader.u64)),
    (("rating_decay", _i32),),
    (("gif_bot", _str), ("venue_bot", _str)),
)

_PLAIN_FIELDS = {attribute.name for attribute in dataclasses.fields(MtpConfig)} - {
    "values",
    "consumed",
    "issue",
}
