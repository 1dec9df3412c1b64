"""Fuzzing of every decoder: `make fuzz SECONDS=n`."""
