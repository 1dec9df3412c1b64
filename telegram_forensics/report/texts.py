"""Words of the report in several languages: everything that is ours.

What evidence says is never translated. Statements of rules come in English from the
rules; `rule_texts` has them in other languages where they are known there.
"""

from __future__ import annotations

from typing import Final

from telegram_forensics.report import rule_texts, texts_appendix
from telegram_forensics.report.texts_en import ENGLISH
from telegram_forensics.report.texts_uk import UKRAINIAN

LANGUAGES: Final = {
    "en": ENGLISH | texts_appendix.ENGLISH,
    "uk": UKRAINIAN | texts_appendix.UKRAINIAN,
}


class Texts:
    """The words of one language.

    Attributes:
        language: code of it.
    """

    def __init__(self, language: str = "en") -> None:
        if language not in LANGUAGES:
            raise ValueError(
                f"no language {language!r}: one of {', '.join(sorted(LANGUAGES))}"
            )
        self.language = language
        self._words = LANGUAGES[language]

    def __call__(self, key: str, **values: object) -> str:
        """A text with its values filled in.

        Raises:
            KeyError: if there is no such text.
        """
        words = self._words[key]
        return words.format(**values) if values else words

    def choice(self, prefix: str, value: str | None) -> str:
        """Word for a stored value; the value itself if there is none."""
        return self._words.get(f"{prefix}.{value}", value or "")

    def has(self, key: str) -> bool:
        """True if there is such a text."""
        return key in self._words

    def words(self, text: str) -> tuple[str, bool]:
        """A text of a rule in this language.

        Returns:
            The text, and False if it stays English for want of a translation.
        """
        if self.language == "en" or not text:
            return text, True
        translated = rule_texts.translate(text)
        return (text, False) if translated is None else (translated, True)
