"""Build backend: setuptools, and one `.pth` file more in the wheel.

The line in that file arms the hooks by which plaso's tools learn about the package
(telegram_forensics/autoload.py). setuptools has no way to put a file into the root of
site-packages, and none that works for `pip install -e .` as well; so the finished wheel
is written anew with the file and its RECORD entry. `pip uninstall` removes it like any
other file of the package.
"""

from __future__ import annotations

import base64
import hashlib
import os
import zipfile

from setuptools import build_meta
from setuptools.build_meta import *  # noqa: F403

PTH_NAME = "telegram_forensics.pth"
# Must never stop an interpreter from starting: a half-removed package is no reason.
PTH_LINE = (
    "import sys; exec('try:\\n import telegram_forensics.autoload\\n"
    " telegram_forensics.autoload.arm()\\nexcept ImportError:\\n pass')\n"
)


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """See PEP 517."""
    name = build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)
    _add_pth(os.path.join(wheel_directory, name))
    return name


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    """See PEP 660."""
    name = build_meta.build_editable(
        wheel_directory, config_settings, metadata_directory
    )
    _add_pth(os.path.join(wheel_directory, name))
    return name


def _add_pth(path):
    data = PTH_LINE.encode("ascii")
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
    entry = f"{PTH_NAME},sha256={digest.decode('ascii')},{len(data)}\n"
    temporary = f"{path}.tmp"
    with (
        zipfile.ZipFile(path) as old,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for item in old.infolist():
            content = old.read(item)
            if item.filename.endswith(".dist-info/RECORD"):
                # RECORD comes last in a wheel, after everything that it lists.
                new.writestr(_like(item, PTH_NAME), data)
                content = entry.encode("ascii") + content
            new.writestr(item, content, zipfile.ZIP_DEFLATED)
    os.replace(temporary, path)


def _like(item, name):
    info = zipfile.ZipInfo(name, item.date_time)
    info.external_attr = 0o644 << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    return info
