"""English words of the report."""

from __future__ import annotations

from typing import Final

ENGLISH: Final[dict[str, str]] = {
    "title": "Telegram: who could have written it",
    "title.case": "Case {name}",
    "made_by": "Report of telegram_forensics {version}, format {schema}",
    "times": "All times are in UTC and in the time zone of the case, {zone}.",
    "times.utc": "All times are in UTC.",
    "none": "none",
    "unknown": "not recorded",
    "yes": "yes",
    "no": "no",
    "english_only": "in English, as the rule has it",
    "cut": "[cut: {shown} of {all} characters are shown]",
    "more": "{n} more are not shown here; they are in the JSON report.",
    "more.page": "{n} more are not shown on this page.",
    "contents": "Contents",
    # First page.
    "answer.title": "Answer in short",
    "answer.pointing": "Findings that point beyond the account's owner: {n}.",
    "answer.no_person": (
        "None of them names a person. A session, a computer and a remote-control "
        "number are machines, and a data set may have been copied."
    ),
    "answer.nothing": (
        "Nothing in the evidence examined points beyond the account's owner."
    ),
    "answer.excludes_nothing": (
        "That excludes nothing: somebody else may have written from a session that "
        "left no trace here, at this computer in person, or at a time for which a "
        "log is missing."
    ),
    "answer.empty": (
        "The files hold no record of Telegram or remote control that this report "
        "uses. That is no evidence that there was none: see which sources were "
        "searched."
    ),
    "problems.title": "Problems with what was given",
    "question.title": "What was asked",
    "question.none": (
        "No case file was given. The report therefore does not know which messages "
        "are disputed, whose device an image is, or which sessions and "
        "remote-control partners the owner admits. What depends on it is not stated."
    ),
    "question.period": "Disputed period",
    "question.from": "from",
    "question.to": "until",
    "question.messages": "Disputed messages",
    "question.message": "account {account}, chat {chat}, message {message}",
    "question.any": "any",
    "question.chats": "Disputed chats",
    "question.devices": "Devices",
    "question.admitted_sessions": "Sessions that the owner admits",
    "question.admitted_remote": "Remote-control partners that the owner admits",
    "question.no_disputed": (
        "The case file names no disputed messages, chats or period."
    ),
    "question.not_applied": (
        "No disputed period was given, so rule TF-203 (logins in the period) was not "
        "applied, and TF-202 takes sessions that were active after the last login "
        "that a seized device shows."
    ),
    "question.offset": "clock off by {seconds} s",
    "question.controlled": "may have been under remote control",
    "accounts.title": "Accounts and their sessions",
    "accounts.none": "No account was found.",
    "accounts.unknown": "account not recorded",
    "accounts.count": (
        "Sessions known: {n}. Key material in the images: {keys}. Without a key in "
        "any image: {others}."
    ),
    "accounts.explain": (
        "A session is one login of one client. It is known by its key (16 hex "
        "digits), or only by what a list or a notice says."
    ),
    "sure.title": "How sure it is",
    "sure.explain": "Each finding has the grade of its weakest necessary link.",
    "sure.A": (
        "key material or a stored trace in the seized data itself; logs of programs "
        "are such traces: whoever administers the computer can change them"
    ),
    "sure.B": (
        "recorded by Telegram's server and stored by a client: notices, lists of "
        "authorizations"
    ),
    "sure.C": (
        "asserted by a client, or held in a file that is made to be handed on and "
        "carries no mark of a change: names of devices and applications, exports"
    ),
    "sure.counts": (
        "findings that point beyond the owner: {pointing}; neutral facts: {neutral}"
    ),
    "open.title": "What is not excluded",
    "open.general": (
        "The report tells data sets and sessions apart, not hands at a keyboard."
    ),
    "open.missing_log": (
        "A log that is missing or does not cover the time is never read as “no "
        "remote control”."
    ),
    "open.no_trace": (
        "A message without a local trace was sent from another session, or its "
        "history was loaded anew, or the trace is gone: an edit or sending by the "
        "system's share sheet can leave none. The absence does not tell which."
    ),
    "decide.title": "What would decide",
    "decide.none": (
        "No finding points beyond the owner; nothing has to be decided by it. "
        "Records of the provider about sessions and addresses answer most open "
        "questions."
    ),
    "coverage.title": "What was searched",
    "coverage.none": (
        "The files hold no list of the sources that were looked for. A source that "
        "this report does not show was not shown to be absent."
    ),
    "coverage.counts": (
        "Sources: {n}. Read: {parsed}. Not read, absent or not looked for: {others}."
    ),
    "disputed.title": "Disputed messages",
    "disputed.count": "Disputed messages that were found: {n}.",
    # Picture.
    "picture.title": "Picture",
    "picture.whole": "The whole time",
    "picture.detail_period": "The disputed period",
    "picture.detail_finding": "The time of a finding, {rule}",
    "picture.detail_busy": "Where most of the messages that were sent lie",
    "picture.empty": "No record has a time that could be drawn.",
    "picture.explain": (
        "A message stands in the lane of the session in whose storage it was found, "
        "which need not be the session that sent it. Several signs that would lie on "
        "each other are drawn as one, larger the more there are."
    ),
    "picture.outside": (
        "Records whose time lies before Telegram existed or after 2099, not drawn: {n}."
    ),
    "picture.description": (
        "Lanes of sessions over time, from {start} to {end}. Groups (images): "
        "{groups}, lanes: {lanes}. The tables behind hold the same facts."
    ),
    "picture.no_image": "Sessions that lie in no image",
    "picture.session": "session {identifier}",
    "picture.no_session": "no session named: {store}",
    "picture.account": "account {identifier}",
    "picture.partner": "partner {partner}",
    "picture.export_found": "data export found",
    "picture.open_end": "end not recorded",
    "picture.several": (
        "{n} records (removed, recovered or overwritten: {gone}), {start} – {end}"
    ),
    "picture.several_windows": "remote-control sessions, close to each other: {n}",
    "picture.message": "chat {chat}, message {message}",
    "picture.no_times": "no time is recorded",
    "picture.hidden_lanes": "Further sessions, in the table only: {n}",
    "zoom.in": "Larger",
    "zoom.out": "Smaller",
    "zoom.reset": "Fit",
    "filter.label": "Show only entries with",
    "legend.title": "Legend",
    "legend.this_installation": (
        "outgoing, composed by the data set that holds it (a stored trace proves it)"
    ),
    "legend.no_local_trace": (
        "outgoing, no trace of composition in the data set that holds it: another "
        "session, or history loaded anew"
    ),
    "legend.not_determinable": (
        "outgoing, from a source that keeps no traces of composition"
    ),
    "legend.not_applicable": "outgoing, but scheduled, automatic or written by a bot",
    "legend.origin_not_stored": "outgoing, origin not recorded",
    "legend.received": "received",
    "legend.direction_unknown": "not recorded whether outgoing",
    "legend.gone": (
        "removed, recovered or overwritten record (the shape tells the origin, the "
        "cross this); a small cross: some of several"
    ),
    "legend.created": "login of the session",
    "legend.active": "last activity that is recorded",
    "legend.ended": "end of the session",
    "legend.life": "the session is recorded between these times",
    "legend.open": "beginning or end is not recorded",
    "legend.input": "incoming remote control with input rights, successful",
    "legend.other": (
        "other remote connection: view only, file transfer, outgoing or not known"
    ),
    "legend.admitted": "the same, by a partner that the owner admits",
    "legend.disputed": "disputed period",
    "legend.logins": "login or login attempt that was reported",
    "legend.codes": "login code that arrived",
    "legend.changes": "end of a session, two-step verification or number changed",
    "legend.exports": "data export requested or found",
    "legend.clocks": "clock set back, or times out of order",
    "legend.presence": "client started, device unlocked or in use",
    "legend.programs": "remote control program without a log ran",
    "row.remote": "remote control",
    "row.life": "login to last activity",
    "row.this_installation": "sent, composed here",
    "row.no_local_trace": "sent, no trace here",
    "row.not_determinable": "sent, not determinable",
    "row.not_applicable": "sent, not by hand",
    "row.origin_not_stored": "sent, origin not recorded",
    "row.received": "received",
    "row.direction_unknown": "direction not recorded",
    "row.logins": "logins reported",
    "row.codes": "login codes",
    "row.changes": "changes reported",
    "row.exports": "data exports",
    "row.clocks": "clock set back",
    "row.presence": "use of the device",
    "row.programs": "remote programs",
    # Tables.
    "sessions.title": "Sessions",
    "sessions.none": "No session was found.",
    "session.account": "Account",
    "session.client": "Client",
    "session.device": "Device",
    "session.created": "Login",
    "session.active": "Last activity",
    "session.ended": "End",
    "session.grade": "Grade",
    "session.stores": "Data sets that hold the key",
    "session.records": "Records",
    "record.place": "Place",
    "record.basis": "Stored fact",
    "record.address": "Address, place",
    "record.state": "State",
    "record.current": "current",
    "match.key": "key material",
    "match.matched": "key, with a row of a list that fits it",
    "match.unmatched": "fits no key in the images",
    "match.ambiguous": "fits several keys: {keys}",
    "findings.title": "Findings",
    "findings.pointing": "Findings that point beyond the owner (TF-1xx, TF-2xx)",
    "findings.neutral": "Neutral facts",
    "findings.none": "There is none.",
    "finding.time": "Time",
    "finding.account": "Account",
    "finding.sessions": "Sessions",
    "finding.messages": "Messages",
    "finding.evidence": "Evidence",
    "finding.supports": "Supports",
    "finding.contradicts": "Contradicts",
    "finding.not_excluded": "Not excluded",
    "finding.would_decide": "Would decide",
    "finding.statement": "Statement",
    "finding.grade": "Grade {grade}",
    "message.words": "chat {chat} ({kind}), message {message}",
    "dossier.title": "Disputed message {n}",
    "dossier.none": "The case file names no disputed message that was found.",
    "dossier.not_found": (
        "Named in the case file and found in no source: {message}. A message that is "
        "missing may have been deleted, or lies in a source that was not read."
    ),
    "dossier.differ": "The texts of the copies differ.",
    "dossier.one_text": "All copies that have a text have the same one.",
    "dossier.source": "Source",
    "dossier.found_in": "Found in the storage of session",
    "dossier.sent": "Sent",
    "dossier.edited": "Edited",
    "dossier.text": "Text",
    "dossier.no_text": "no text",
    "dossier.media": "media: {kind}",
    "dossier.service": "service action: {action}",
    "dossier.origin": "Origin",
    "dossier.state": "State of the record",
    "dossier.snapshot": "earlier version ({snapshot})",
    "dossier.sessions": "Sessions of the account at that time",
    "dossier.possible": "not excluded by its times",
    "dossier.excluded_before": "excluded: logged in later, at {time}",
    "dossier.excluded_after": "excluded: ended before, at {time}",
    "dossier.no_time": (
        "The time of sending is not recorded, so no session is excluded."
    ),
    "dossier.windows": "Remote control at that time",
    "dossier.no_windows": (
        "No recorded connection covers the time. A log that is missing or does not "
        "reach so far shows none."
    ),
    "dossier.window": (
        "{image}: {tool}, {direction}, partner {partner}, {start} – {end}"
    ),
    "dossier.input.yes": "with input rights",
    "dossier.input.no": "without input rights (view, files or chat)",
    "dossier.input.unknown": "input rights not recorded",
    "dossier.success.no": "not successful",
    "dossier.success.unknown": "success not recorded",
    "dossier.admitted": "partner admitted by the owner",
    "dossier.presence": "Signs of use within five minutes",
    "dossier.no_presence": "None is recorded.",
    "dossier.in_findings": "Findings that name it",
    "says.this_installation": (
        "A stored trace shows that the data set composed the message. A data set is "
        "not a person, and a copy carries its traces along."
    ),
    "says.no_local_trace": (
        "The data set holds no trace that it composed the message. It cannot say "
        "which session did."
    ),
    "says.not_determinable": (
        "The source keeps no traces of composition; it can say nothing about who wrote."
    ),
    "says.not_applicable": (
        "Sent by schedule, automatically or by a bot; traces of composition are not "
        "expected."
    ),
    "says.origin_not_stored": "The source says nothing about the origin.",
    "says.received": "Received; the source says nothing about the sender's device.",
    "says.direction_unknown": "The source does not record whether it was outgoing.",
    "sources.title": "Sources and their state",
    "sources.none": "The files hold no list of sources that were looked for.",
    "sources.name": "Source",
    "sources.image": "Image",
    "sources.state": "State",
    "sources.first": "Covers from",
    "sources.last": "until",
    "sources.gaps": "Gaps",
    "source.parsed": "read",
    "source.locked": "locked: no passcode fits",
    "source.unparsable": "cannot be read: damaged or an unknown version",
    "source.absent": "absent",
    "source.not_collected": "not collected: the image does not hold the place",
    "source.parser_not_run": "not looked for: its parser was not run",
    "inputs.title": "Files that the report rests on",
    "inputs.name": "File",
    "inputs.sha256": "SHA-256",
    "inputs.none": "No file is named.",
    "images.title": "Images",
    "images.name": "Image",
    "images.known": "What is known of it",
    "images.role": "Role, by the case file",
    "images.none": "No image is named.",
    "about.title": "How to read this report",
    "about.rules": (
        "Rules TF-0xx, TF-3xx, TF-4xx and TF-5xx state facts without a direction. "
        "Only TF-1xx and TF-2xx point beyond the owner; each needs positive evidence."
    ),
    "about.marks": (
        "Characters that cannot be seen or that turn the text around them are shown "
        "as marks with their number in Unicode, such as U+202E."
    ),
    "about.language": "",
    # Stored values.
    "role.owner_phone": "the owner's telephone",
    "role.owner_computer": "the owner's computer",
    "role.computer": "a computer",
    "role.phone": "a telephone",
    "chat_type.user": "person",
    "chat_type.bot": "bot",
    "chat_type.group": "group",
    "chat_type.supergroup": "supergroup",
    "chat_type.channel": "channel",
    "chat_type.secret": "secret chat",
    "chat_type.saved": "saved messages",
    "direction.incoming": "incoming",
    "direction.outgoing": "outgoing",
    "direction.unknown": "direction not recorded",
    "notice.new_login": "login from a new device",
    "notice.incomplete_login": "login attempt without success",
    "notice.login_code": "login code",
    "notice.login_code_sms": "login code by SMS",
    "notice.login_code_notification": "notification with a login code",
    "notice.session_terminated": "session ended",
    "notice.two_step_changed": "two-step verification changed",
    "notice.phone_changed": "phone number changed",
    "notice.data_export_requested": "data export requested",
    "presence.client_running": "client started",
    "presence.unlock": "device unlocked",
    "presence.consent": "connection allowed at the console",
    "presence.phone_activity": "telephone in use",
    "presence.remote_program_run": "remote control program ran",
    "state.overwritten": "overwritten: an earlier state of the record",
    "state.removed": "removed: the database counts the row as free",
    "state.recovered": "recovered by the parser",
    "state.current": "current",
    "known.hostname": "host name",
    "known.operating_system": "operating system",
    "known.operating_system_product": "product",
    "known.operating_system_version": "version",
    "known.time_zone": "time zone set on it",
    # Rules.
    "rule.TF-001": "Accounts",
    "means.TF-001": "A client's storage names the account.",
    "rule.TF-002": "Sessions",
    "means.TF-002": (
        "One login of one client, by its key or by what a list or notice says of it."
    ),
    "rule.TF-010": "Logins, codes and changes that Telegram reported",
    "means.TF-010": "Messages of Telegram's own account and their structured twins.",
    "rule.TF-011": "SIMs that a telephone knows",
    "means.TF-011": (
        "Who could receive a code by SMS or call: the holder of the SIM with the "
        "number, wherever the SIM was. A change of SIM is a fact, no accusation."
    ),
    "rule.TF-020": "Disputed messages and their traces",
    "means.TF-020": (
        "What each data set says of the composition of a message. A missing trace "
        "never means “another session”."
    ),
    "rule.TF-030": "Files of tdata that came to a folder at once",
    "means.TF-030": (
        "By the change journal and the times of the files: what copies, unpacked "
        "archives and restored backups have in common. It does not tell who made "
        "them, or what for."
    ),
    "rule.TF-031": "Names that tell of tdata",
    "means.TF-031": (
        "Archives of that name, and folders in lists of used items. A name says "
        "nothing of the content."
    ),
    "rule.TF-032": "Time that change journals cover",
    "means.TF-032": (
        "A change journal keeps days or weeks. What happened before its first record "
        "has no trace in it, so that a missing trace proves nothing."
    ),
    "rule.TF-101": "More messages sent than this data set composed",
    "means.TF-101": (
        "A count for a chat since the login of the data set, without service, "
        "scheduled and automatic messages. It gives a number and names the "
        "candidates; it proves no single message."
    ),
    "rule.TF-102": "Messages sent while the computer was under remote control",
    "means.TF-102": (
        "Composed by a client on the computer, or a candidate of TF-101 with a "
        "client of the account present there, while an incoming, successful "
        "connection with input rights covered the time. A partner's number is a "
        "machine, not an author."
    ),
    "rule.TF-201": "One session in several data sets",
    "means.TF-201": (
        "The same authorization key in two live data sets: a copy of one login. "
        "Shadow copies and backups of one data set count once."
    ),
    "rule.TF-202": "Active session on a device that is in no image",
    "means.TF-202": (
        "A list or notice shows a session, active in the period, whose key lies in "
        "no image. Rows that fit several keys are no finding."
    ),
    "rule.TF-203": "Login in the period from a device that is in no image",
    "means.TF-203": (
        "Telegram reported a login in the disputed period, and no key in the images "
        "was made at that time."
    ),
    "rule.TF-301": "Data export requested",
    "means.TF-301": "Telegram reported that an export was asked for.",
    "rule.TF-302": "Data export found",
    "means.TF-302": "A folder that Telegram Desktop's export makes.",
    "rule.TF-401": "Clocks",
    "means.TF-401": (
        "A clock was set back, or times are out of order; the times of that device "
        "carry less."
    ),
    "rule.TF-501": "Secret chats",
    "means.TF-501": "Their keys exist on the two devices that take part, nowhere else.",
    # Tables for spreadsheets.
    "column.rule": "rule",
    "column.points": "points beyond the owner",
    "column.grade": "grade",
    "column.statement": "statement",
    "column.account": "account",
    "column.sessions": "sessions",
    "column.start_utc": "start (UTC)",
    "column.end_utc": "end (UTC)",
    "column.start_zone": "start ({zone})",
    "column.end_zone": "end ({zone})",
    "column.messages": "messages",
    "column.evidence": "evidence",
    "column.supports": "supports",
    "column.contradicts": "contradicts",
    "column.not_excluded": "not excluded",
    "column.would_decide": "would decide",
}
