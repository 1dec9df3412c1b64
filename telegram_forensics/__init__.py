"""telegram_forensics: Telegram evidence for plaso and dfVFS.

Importing this package is deliberately cheap: the autoload hook imports it at the start
of every Python process of the environment (see `telegram_forensics.autoload`).
"""

__version__ = "1.0.0"
