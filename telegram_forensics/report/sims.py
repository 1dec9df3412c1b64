"""SIMs that a telephone knows: Android's list by our plugin, iOS's by the stock one.

Of iOS's list plaso gives the telephone number, the label's identifier and the last use,
not the number of the card.
"""

from __future__ import annotations

from typing import Any, Final

from telegram_forensics.attribution.records import Place, SimRecord

_ANDROID: Final = "android:sim:subscription"
_IOS: Final = "ios:sim:info"
DATA_TYPES: Final = frozenset({_ANDROID, _IOS})


def read(place: Place, values: dict[str, Any]) -> SimRecord | None:
    """SIM of a row of event data; None if it names none."""
    get = values.get
    if values["data_type"] == _IOS:
        time = get("last_used_time")
        record = SimRecord(
            place,
            None,
            _text(get("phone_number")),
            kind=_text(get("sim_type")),
            display_name=_text(get("label_identifier")),
            last_used=float(time)
            if isinstance(time, int | float) and not isinstance(time, bool) and time
            else None,
        )
        named = record.number or record.display_name
    else:
        slot = get("sim_slot")
        embedded = get("is_embedded")
        record = SimRecord(
            place,
            _text(get("icc_identifier")),
            _text(get("phone_number"))
            or _text(get("phone_number_of_carrier"))
            or _text(get("phone_number_of_network")),
            _text(get("carrier_name")),
            _text(get("subscription_name")),
            slot if isinstance(slot, int) and not isinstance(slot, bool) else None,
            "eSIM" if embedded else None,
            state=_text(get("record_state")),
        )
        named = record.icc_id or record.number or record.carrier
    return record if named else None


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) and str(value).strip() else None
