"""plaso parsers and parser plugins of telegram_forensics.

Thin by rule: a decoder of `telegram_forensics.formats` turns bytes into dataclasses, a
parser here turns dataclasses into plaso event data.
"""
