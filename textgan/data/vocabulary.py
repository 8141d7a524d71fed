"""The vocabulary: tokens to ids and back."""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from gancore.errors import UserError
from textgan.data.token_levels import LEVELS

PAD, UNKNOWN, START, END = 0, 1, 2, 3
SPECIAL = ("<pad>", "<unk>", "<s>", "</s>")
# Lookup key of a token: case-insensitive, case-sensitive.
_KEYS: tuple[Callable[[str], str], ...] = (str.lower, str)


class Vocabulary:
    """Maps tokens to ids and back.

    Words are looked up case-insensitively; each has its most frequent spelling
    within a sentence, so that "Monday" and "I" are decoded with a capital.
    Characters are case-sensitive.

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
        """Builds a vocabulary of the most frequent words of tokenized texts.

        Args:
            texts: Tokenized texts, case kept.
            size: Maximum number of words, special ones not counted.
            min_count: Less frequent words are dropped.
            level: Token level of the texts.

        Returns:
            A vocabulary sorted by descending frequency, ties alphabetically.

        Raises:
            UserError: If no word is frequent enough.
        """
        key_of = _KEYS[LEVELS[level].cased]
        # Counts of each spelling, in total and at the start of a sentence.
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
            # Capitals at the start of a sentence are not counted.
            weight = count - (starting[token] if token != key else 0)
            spellings.setdefault(key, Counter())[token] = weight
        ranked = sorted(counts, key=lambda key: (-counts[key], key))
        kept = [key for key in ranked if counts[key] >= min_count][:size]
        if not kept:
            raise UserError(f"no word occurs {min_count} times (--min_count)")
        words = (_usual_spelling(key, spellings[key]) for key in kept)
        return cls([*SPECIAL, *words], level)

    def __len__(self) -> int:
        return len(self.words)

    def row(self, tokens: Sequence[str]) -> list[int]:
        """Returns the ids of a text: `START`, its tokens, `END`."""
        return [START, *self.encode(tokens), END]

    def encode(self, tokens: Iterable[str]) -> list[int]:
        """Returns the id of each token; `UNKNOWN` if out of vocabulary."""
        return [self._ids.get(self._key(token), UNKNOWN) for token in tokens]

    def ids_to_tokens(self, ids: Iterable[int]) -> list[str]:
        """Returns the tokens of ids up to `END`, without special ones.

        Raises:
            IndexError: If an id is outside the vocabulary.
        """
        until_end = itertools.takewhile(lambda i: i != END, ids)
        return [self.words[i] for i in until_end if i >= len(SPECIAL)]

    def decode(self, ids: Iterable[int]) -> str:
        """Decodes ids into a text, up to the first `END`."""
        return LEVELS[self.level].join(self.ids_to_tokens(ids))


@functools.lru_cache(2**18)
def _starts_sentence(previous: str) -> bool:
    """Returns whether a sentence may start after a token."""
    return not previous[-1].isalnum() and previous != ","


def _usual_spelling(key: str, spellings: Counter[str]) -> str:
    """Returns the most frequent spelling; lower case if tied."""
    best = max(spellings.values())
    return key if spellings[key] == best else max(spellings, key=spellings.get)  # type: ignore[arg-type]
