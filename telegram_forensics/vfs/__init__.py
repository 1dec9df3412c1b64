"""dfVFS back-ends: TDATA (decrypted Telegram Desktop storage)."""
