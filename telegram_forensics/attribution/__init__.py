"""Who, from which session, on which device, and how sure: ledger, rules, findings.

Pure: works on plain records (`records`), knows nothing of plaso. `ledger` merges what
many sources say of one session, the modules `rules_*` state findings, `case` holds what
the examiner knows. Nothing here guesses: what is not stored is None, and a finding that
points beyond the owner needs positive evidence.
"""
