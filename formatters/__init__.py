"""plaso formatter definitions (YAML) of telegram_forensics."""
