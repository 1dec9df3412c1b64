"""State of secret chats in Postbox (t13).

Specification: formats/apple_postbox.md section 13. Secret chats are bound to the
device: what goes out was composed on this installation. Keys are not handed on, only
their fingerprints.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from telegram_forensics.formats.postbox_coding import PostboxObject, walk

_ROLES: Final = {0: "creator", 1: "participant"}
_STATES: Final = {
    0: "terminated",
    1: "handshake",
    2: "basic layer",
    3: "sequence-based layer",
}
KEY_SIZE: Final = 256
_MASK_64: Final = 0xFFFFFFFFFFFFFFFF


@dataclass(slots=True)
class SecretKey:
    """A key of a secret chat, without the key.

    Attributes:
        fingerprint: 16 hex digits.
        uses: how often it was used, None if not stored.
        is_whole: the key itself is stored in full.
    """

    fingerprint: str | None
    uses: int | None = None
    is_whole: bool = False


@dataclass(slots=True)
class SecretState:
    """State of a secret chat.

    Attributes:
        role: `creator` or `participant`.
        state: how far the chat got.
        timer: seconds after which messages destroy themselves.
        keys: keys of the chat.
        incoming, outgoing: numbers of the operations that were exchanged.
    """

    role: str | None = None
    state: str | None = None
    timer: int | None = None
    keys: list[SecretKey] = field(default_factory=list)
    incoming: int | None = None
    outgoing: int | None = None

    @property
    def has_key(self) -> bool:
        """True if a key is there, so that messages were read and written here."""
        return any(key.is_whole for key in self.keys)


def read_secret_state(value: PostboxObject) -> SecretState | None:
    """Value of t13; None if the chat is no secret one."""
    if value.name != "SecretChatState":
        return None
    found = SecretState()
    role = value.integer("r")
    found.role = None if role is None else _ROLES.get(role, f"role {role}")
    timer = value.integer("a")
    found.timer = timer if timer is not None and timer > 0 else None
    embedded = value.object("s")
    if embedded is not None:
        kind = embedded.integer("r")
        found.state = None if kind is None else _STATES.get(kind, f"state {kind}")
        for item in walk(embedded):
            if item.name == "SecretChatSequenceBasedLayerState":
                found.incoming, found.outgoing = item.integer("bi"), item.integer("bo")
                break
    keychain = value.object("k")
    for item in keychain.objects("k") if keychain is not None else ():
        fingerprint = item.integer("f")
        key = item.data("k")
        found.keys.append(
            SecretKey(
                None if fingerprint is None else f"{fingerprint & _MASK_64:016x}",
                item.integer("u"),
                key is not None and len(key) == KEY_SIZE,
            )
        )
    return found
