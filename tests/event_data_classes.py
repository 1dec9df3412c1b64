"""All event data classes, by the modules that hold them."""

from telegram_forensics.parsers import (
    biome_event_data,
    client_trace_event_data,
    device_event_data,
    event_data,
    message_event_data,
    remote_access_event_data,
    sim_event_data,
    storage_event_data,
    web_event_data,
)

MODULES = (
    biome_event_data,
    client_trace_event_data,
    device_event_data,
    event_data,
    message_event_data,
    remote_access_event_data,
    sim_event_data,
    storage_event_data,
    web_event_data,
)

EVENT_DATA_CLASSES = tuple(
    data_class for module in MODULES for data_class in module.EVENT_DATA_CLASSES
)
