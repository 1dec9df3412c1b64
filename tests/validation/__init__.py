"""Validation report: what the readers find of evidence whose content is known.

`python -m tests.validation -o out/validation` reads evidence with a known truth through
plaso's own extraction worker, compares record by record, and writes validation.html,
validation.json and validation.md. See docs/validation.md.
"""
