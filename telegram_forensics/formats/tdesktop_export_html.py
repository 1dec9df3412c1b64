"""Reader of the human-readable (HTML) export of Telegram Desktop, page by page.

Message pages (`messages.html`, `messages2.html`, ...), the lists of sessions, web
sessions, contacts, frequent contacts, chats, profile pictures and stories, and the
index `export_results.html`. The markup is read by `tdesktop_export_markup`.

What HTML does not say: ids of senders and chats, times of edits, of service messages
(only their day) and UTC. Since 3.7.6 a zone stands behind each time of a message, but
it is the zone's standard offset all year while the time follows daylight saving: times
stay local, the label rides along.

A page never begins with a `joined` message (the exporter forgets the sender at each new
page), so pages can be read on their own; if one does, its sender is not known.

References:
    Telegram Desktop, Telegram/SourceFiles/export/output/export_output_html.cpp;
    formats/telegram_desktop.md, section 5.6
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from telegram_forensics.formats.errors import Issue
from telegram_forensics.formats.tdesktop_export_html_messages import (
    PageMessages,
    local_path,
    read_stamp,
)
from telegram_forensics.formats.tdesktop_export_markup import Block, Node, PageBlocks
from telegram_forensics.formats.tdesktop_export_records import (
    Account,
    Chat,
    Contact,
    ExportSummary,
    ExportTime,
    FrequentContact,
    ProfilePicture,
    Record,
    Session,
    Story,
    WebSession,
    missing_reason,
)

HEAD_SIZE: Final = 1024
MAXIMUM_ISSUES: Final = 200

_TITLE: Final = b"<title>Exported Data</title>"
_DATE_TIME: Final = re.compile(r"\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d", re.ASCII)
_USER_ID: Final = re.compile(r"ID: (\d{1,19})", re.ASCII)
_COUNT: Final = re.compile(r"(\d+|No) (outgoing )?messages?")
_FAMILIES: Final = {
    1: "iOS",
    2: "Android",
    3: "macOS",
    4: "Web",
    5: "Telegram Desktop",
    6: "Windows Phone",
}


class Page(enum.Enum):
    """Kinds of pages."""

    INDEX = "export_results"
    MESSAGES = "messages"
    CHATS = "chats"
    CONTACTS = "contacts"
    FREQUENT = "frequent"
    SESSIONS = "sessions"
    WEB_SESSIONS = "web_sessions"
    PICTURES = "profile_pictures"
    STORIES = "stories"


def parse_page_name(name: str) -> tuple[Page, int] | None:
    """What the name of a file stands for.

    Returns:
        Kind and number (from 1) of the page, None if no page has such a name.
    """
    stem, dot, extension = name.lower().rpartition(".")
    if not dot or extension not in ("html", "htm"):
        return None
    match = re.fullmatch(r"messages([1-9]\d{0,5})?", stem)
    if match:
        return Page.MESSAGES, int(match[1] or 1)
    for page in Page:
        if stem == page.value and page is not Page.MESSAGES:
            return page, 1
    return None


def check_head(head: bytes) -> bool:
    """Tells from the first bytes of a file whether it is a page of an export."""
    return _TITLE in head[:HEAD_SIZE] and b"style.css" in head[:HEAD_SIZE]


class HtmlPage:
    """A page of an export.

    Attributes:
        page: kind of the page.
        summary: what was found; complete once `records` is exhausted.
        issues: what is wrong with the page.
        title: heading of the page; that of a message page is the name of the chat.
        is_single_chat: a message page without a way back to a list of chats.
        sections: sections of the index with the number of their entries.
        has_next: a further message page follows.
    """

    def __init__(self, file_object: BinaryIO, page: Page) -> None:
        self.page = page
        self.summary = ExportSummary()
        self.issues: list[Issue] = []
        self.title: str | None = None
        self.is_single_chat = False
        self.sections: dict[str, int] = {}
        self.has_next = False
        self._blocks = PageBlocks(file_object)
        self._is_left = False
        self._about_count = 0
        self._position = 0

    def records(self, chat: Chat | None = None) -> Iterator[Record]:
        """Reads the page.

        Args:
            chat: chat that the messages of a message page belong to; by default one is
                made from the page's heading.

        Yields:
            Records in the order of the page; a message page gives messages only.
        """
        chat = chat or Chat(0)
        messages = PageMessages(chat)
        for block in self._blocks.blocks():
            if block.is_truncated:
                self._issue(f"{block.name} {self._position + 1} is damaged or too long")
            if block.name == "header":
                self._read_header(block.node, chat)
            elif block.name == "message" and self.page is Page.MESSAGES:
                message = messages.read(block.node, self._position + 1)
                if message is not None:
                    self._position += 1
                    message.is_doubtful = block.is_truncated
                    chat.message_count += 1
                    if message.date is not None:
                        chat.first_date = chat.first_date or message.date
                        chat.last_date = message.date
                    yield self._count(message)
            elif block.name == "pagination":
                self.has_next = (block.node.text or "").startswith("Next")
            elif block.name == "about" and self.page is Page.CHATS:
                # A second explanation introduces the chats that were left.
                self._about_count += 1
                self._is_left = self._about_count > 1
            else:
                yield from self._read_list(block)
        self.summary.is_complete = not self._blocks.is_cut_off
        if self._blocks.is_cut_off:
            self._issue("the page ends in the middle", self._blocks.size)
            chat.is_complete = False

    def _read_header(self, node: Node, chat: Chat) -> None:
        heading = node.find("text", "bold")
        self.title = heading.text if heading else None
        if self.page is Page.MESSAGES:
            chat.name = chat.name or self.title
            link = node.find("block_link")
            self.is_single_chat = link is None

    def _read_list(self, block: Block) -> Iterator[Record]:
        if block.name == "personal" and self.page is Page.INDEX:
            yield self._count(read_account(block.node))
        elif block.name == "section" and self.page is Page.INDEX:
            self._read_section(block.node)
        elif block.name == "entry":
            self._position += 1
            entry = _Entry(block.node, self._position)
            record: Record | None = None
            if self.page is Page.SESSIONS:
                record = entry.session()
            elif self.page is Page.WEB_SESSIONS:
                record = entry.web_session()
            elif self.page is Page.CONTACTS:
                record = entry.contact()
            elif self.page is Page.FREQUENT:
                record = entry.frequent_contact()
            elif self.page is Page.CHATS:
                record = entry.chat(self._is_left)
            elif self.page is Page.PICTURES:
                record = entry.picture()
            elif self.page is Page.STORIES:
                record = entry.story()
            if record is not None:
                yield self._count(record)

    def _read_section(self, node: Node) -> None:
        label = node.find("label")
        counter = node.find("counter")
        name = next(
            (item for item in node.classes if item not in ("section", "block_link")),
            label.text if label else None,
        )
        count = counter.text if counter else None
        if name:
            self.summary.parts.append(name)
            if count and count.isdecimal():
                self.sections[name] = int(count[:9])

    def _count(self, record: Record) -> Record:
        name = type(record).__name__
        counts = self.summary.counts
        counts[name] = counts.get(name, 0) + 1
        return record

    def _issue(self, reason: str, offset: int | None = None) -> None:
        if len(self.issues) < MAXIMUM_ISSUES:
            self.issues.append(Issue("", offset, reason))


def read_account(node: Node) -> Account:
    """Reads the personal information of the index."""
    values = {}
    for row in node.walk():
        if "row" in row.classes:
            label, value = row.first("label"), row.first("value")
            if label is not None and value is not None and label.text:
                values[label.text] = value.text
    return Account(
        1,
        first_name=values.get("First name"),
        last_name=values.get("Last name"),
        phone_number=values.get("Phone number"),
        username=values.get("Username"),
        bio=values.get("Bio"),
    )


def read_date(text: str | None) -> ExportTime | None:
    """Reads a date and time without zone: local time of the exporting machine."""
    match = _DATE_TIME.search(text or "")
    return read_stamp(match.group()) if match else None


class _Entry:
    """An entry of a list page."""

    def __init__(self, node: Node, position: int) -> None:
        self._node = node
        self._position = position
        self._name = self._text("name")
        self._subname = self._text("subname")
        self._info = self._text("info")
        self._details = [
            item.text or "" for item in node.walk() if "details_entry" in item.classes
        ]

    def session(self) -> Session:
        """Of the list of sessions."""
        ip, _, place = self._detail(0).partition("–")
        # "<model>, <platform> <system version>"; a model may hold a comma itself.
        model, _, platform = (self._subname or "").rpartition(", ")
        return Session(
            self._position,
            last_active=self._date("Last active:"),
            created=self._date("Created:"),
            ip=ip.strip() or None,
            region=place.strip() or None,
            application_name=None if self._name == "Unknown" else self._name,
            device_model=model or None,
            platform=platform.strip() or None,
            application_family=_FAMILIES.get(self._colour() or 0),
        )

    def web_session(self) -> WebSession:
        """Of the list of web sessions."""
        ip, _, region = self._detail(0).partition("–")
        platform, _, browser = (self._subname or "").partition(", ")
        return WebSession(
            self._position,
            last_active=self._date("Last active:"),
            created=self._date("Created:"),
            ip=ip.strip() or None,
            region=region.strip() or None,
            bot_username=(self._info or "").removeprefix("@") or None,
            domain_name=None if self._name == "Unknown" else self._name,
            browser=browser or None,
            platform=platform or None,
        )

    def contact(self) -> Contact:
        """Of the list of contacts. First and last name cannot be told apart."""
        user_id = None
        for node in self._node.walk():
            match = _USER_ID.search(node.attributes.get("title", ""))
            if match:
                user_id = int(match[1])
        name = None if self._name == "Deleted Account" else self._name
        return Contact(
            self._position,
            user_id,
            first_name=name,
            phone_number=self._detail(0) or None,
            date=read_date(self._info),
        )

    def frequent_contact(self) -> FrequentContact:
        """Of the list of frequent contacts."""
        return FrequentContact(
            self._position,
            category=(self._info or "").replace(" ", "_") or None,
            name=None if self._name == "Deleted Account" else self._name,
            rating=self._detail(0).removeprefix("Rating:").strip() or None,
        )

    def chat(self, is_left: bool) -> Chat:
        """Of the list of chats."""
        chat = Chat(self._position, self._info, name=self._name, is_left=is_left)
        match = _COUNT.search(self._detail(0))
        if match:
            chat.message_count = 0 if match[1] == "No" else int(match[1][:9])
            chat.only_own = match[2] is not None
        path = local_path(self._node.attributes.get("href"))
        if path is not None:
            chat.folder = path.rpartition("/")[0] or None
        return chat

    def picture(self) -> ProfilePicture:
        """Of the list of profile pictures."""
        path = local_path(self._node.attributes.get("href"))
        missing = None if path else missing_reason(self._detail(0))
        return ProfilePicture(self._position, read_date(self._info), path, missing)

    def story(self) -> Story:
        """Of the list of stories."""
        story = Story(self._position, read_date(self._info))
        story.expires = self._date("Expiring:")
        story.pinned = "Saved to Profile" in self._details
        text = self._node.find("text")
        story.text = text.raw if text is not None else None
        for node in (self._node, *self._node.walk()):
            story.path = story.path or local_path(node.attributes.get("href"))
        if story.path is None:
            story.missing = missing_reason(self._detail(-1))
        return story

    def _text(self, name: str) -> str | None:
        node = self._node.find(name)
        return node.text if node is not None else None

    def _detail(self, index: int) -> str:
        return self._details[index] if self._details else ""

    def _date(self, label: str) -> ExportTime | None:
        for detail in self._details:
            if detail.startswith(label):
                return read_date(detail)
        return None

    def _colour(self) -> int | None:
        node = self._node.find("userpic")
        for name in node.classes if node is not None else ():
            if name.removeprefix("userpic").isdecimal():
                return int(name.removeprefix("userpic")[:2])
        return None
