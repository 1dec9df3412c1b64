"""Pure, read-only, chunk-level reader of AFF4 images. Imports neither plaso nor dfVFS.

Specification: formats/aff4.md. `volume_set` opens physical images as seekable streams,
`logical` arranges the files of logical ones. Nothing is ever made up: a range that
cannot be read raises `Aff4Error`, which names the segment and the offset.
"""
