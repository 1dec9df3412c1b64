"""dfVFS back-ends: AFF4, AFF4L (AFF4 images), TDATA (Telegram Desktop storage)."""

import importlib
import sys

# Modules of dfVFS whose import makes our hooks load a module of this package.
_HOOKED = (
    "dfvfs.path.factory",
    "dfvfs.credentials.manager",
    "dfvfs.resolver_helpers.manager",
    "dfvfs.analyzer.analyzer",
    "dfvfs.volume.factory",
)


def _is_loading_dfvfs() -> bool:
    """True while a module of dfVFS is being imported: a hook brought us here."""
    return any(
        getattr(module.__spec__, "_initializing", False)
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] == "dfvfs" and getattr(module, "__spec__", None)
    )


# Whoever imports a module of this package before dfVFS would meet the hook that
# registers its classes while that very module is half loaded. So dfVFS comes first.
if not _is_loading_dfvfs():
    for _name in _HOOKED:
        importlib.import_module(_name)
