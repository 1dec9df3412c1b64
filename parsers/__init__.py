"""plaso parsers and parser plugins of telegram_forensics.

Thin by rule: a decoder of `telegram_forensics.formats` turns bytes into dataclasses, a
parser here turns dataclasses into plaso event data.
"""

# plaso's parsers come first, whichever of our modules is imported: once they are in,
# the hook of telegram_forensics.autoload imports ours and must not meet half of one.
import plaso.parsers  # noqa: F401
