"""A phrase in the languages that Siteward speaks."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

Lang: TypeAlias = Literal["en", "zh_CN"]
LANGUAGES: Final[tuple[Lang, ...]] = get_args(Lang)


@dataclass(frozen=True, slots=True)
class Words:
    """One phrase in English and in Chinese (as the trade writes it)."""

    en: str
    zh: str

    def of(self, lang: Lang) -> str:
        """Return the phrase in one language."""
        return self.zh if lang == "zh_CN" else self.en
