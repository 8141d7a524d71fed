"""Text to ids and back: which words a generator knows, and their spelling."""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from gancore.errors import UserError
from textgan.data.token_levels import LEVELS

PAD, UNKNOWN, START, END = 0, 1, 2, 3
SPECIAL = ("<pad>", "<unk>", "<s>", "</s>")
# By what a token is looked up, without case and with it.
_KEYS: tuple[Callable[[str], str], ...] = (str.lower, str)


class Vocabulary:
    """The words a generator knows, each in its usual spelling.

    Words are looked up without case; each keeps the spelling it has most
    often inside a sentence, so that "Monday" and "I" come back capitalised.
    Characters are taken as they are.

    Args:
        words: Spellings in order of their ids, the four `SPECIAL` ones first.
        level: `word`, or `char` if the words are characters.

    Raises:
        ValueError: If the special words are not the first four.

    Examples:
        >>> texts = [["On", "Monday", "I", "left"], ["I", "left", "again"]]
        >>> vocabulary = Vocabulary.build(texts, size=3)
        >>> vocabulary.words[4:]
        ['I', 'left', 'again']
        >>> vocabulary.row(["i", "never", "left"])
        [2, 4, 1, 5, 3]
    """

    def __init__(self, words: Sequence[str], level: str = "word") -> None:
        if tuple(words[: len(SPECIAL)]) != SPECIAL:
            raise ValueError(f"a vocabulary begins with {SPECIAL}")
        self.words = list(words)
        self.level = level
        self._key = _KEYS[LEVELS[level].cased]
        self._ids = {self._key(word): i for i, word in enumerate(self.words)}

    @classmethod
    def build(
        cls,
        texts: Iterable[Sequence[str]],
        size: int,
        min_count: int = 1,
        level: str = "word",
    ) -> Vocabulary:
        """Collects the most frequent words of tokenised texts.

        Args:
            texts: Tokenised texts, case kept.
            size: Most words kept, special ones not counted.
            min_count: Words seen less often are left out.
            level: How the texts were split.

        Returns:
            A vocabulary in order of falling frequency, ties alphabetically.

        Raises:
            UserError: If no word is frequent enough.
        """
        key_of = _KEYS[LEVELS[level].cased]
        # Each spelling in all, and at the start of a sentence.
        seen: Counter[str] = Counter()
        starting: Counter[str] = Counter()
        for tokens in texts:
            seen.update(tokens)
            starts = map(_starts_sentence, (".", *tokens[:-1]))
            starting.update(itertools.compress(tokens, starts))
        counts: Counter[str] = Counter()
        spellings: dict[str, Counter[str]] = {}
        for token, count in seen.items():
            key = key_of(token)
            counts[key] += count
            # A capital at the start of a sentence tells nothing.
            weight = count - (starting[token] if token != key else 0)
            spellings.setdefault(key, Counter())[token] = weight
        ranked = sorted(counts, key=lambda key: (-counts[key], key))
        kept = [key for key in ranked if counts[key] >= min_count][:size]
        if not kept:
            raise UserError(f"no word occurs {min_count} times (--min_count)")
        words = (_usual(key, spellings[key]) for key in kept)
        return cls([*SPECIAL, *words], level)

    def __len__(self) -> int:
        return len(self.words)

    def row(self, tokens: Sequence[str]) -> list[int]:
        """Gives the ids of a whole text: `START`, its words, `END`."""
        return [START, *self.encode(tokens), END]

    def encode(self, tokens: Iterable[str]) -> list[int]:
        """Gives the id of each token; `UNKNOWN` for words it does not hold."""
        return [self._ids.get(self._key(token), UNKNOWN) for token in tokens]

    def ids_to_tokens(self, ids: Iterable[int]) -> list[str]:
        """Gives the words of ids, up to the first `END`; special ones are mute.

        Raises:
            IndexError: If an id is outside the vocabulary.
        """
        until_end = itertools.takewhile(lambda i: i != END, ids)
        return [self.words[i] for i in until_end if i >= len(SPECIAL)]

    def decode(self, ids: Iterable[int]) -> str:
        """Writes ids as text, as far as `words_of` goes."""
        return LEVELS[self.level].join(self.ids_to_tokens(ids))


@functools.lru_cache(2**18)
def _starts_sentence(before: str) -> bool:
    """Tells whether a sentence may start behind a token."""
    return not before[-1].isalnum() and before != ","


def _usual(key: str, spellings: Counter[str]) -> str:
    """Picks the commonest spelling; lower case where none stands out."""
    best = max(spellings.values())
    return key if spellings[key] == best else max(spellings, key=spellings.get)  # type: ignore[arg-type]
