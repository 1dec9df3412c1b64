"""Pure, read-only, chunk-level reader of AFF4 images. Imports neither plaso nor dfVFS.

Specification: formats/aff4.md. Physical images (`volume_set.open_images`) are seekable
byte streams, logical images (`logical`) trees of files. Nothing is ever made up: a range
that cannot be read raises `Aff4Error`, which names the segment and the offset.
"""
