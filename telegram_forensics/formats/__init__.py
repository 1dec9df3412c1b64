"""Pure decoders: bytes in, dataclasses out. Nothing here imports plaso or dfVFS."""
