"""Filters texts with slurs, profanity or sensitive topics, by word lists."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from typing import Any

from gancore.errors import RuntimeFailure

# Sensitive topics that lists of slurs lack: groups of people, their misery, and
# sex; and slurs missing in the library's list. A star matches any ending.
_PEOPLE_GROUPS = (
    "african africans african.american* arab* asian* aboriginal* blonde "
    "blondes ethiopia* gypsy gypsies indians jew jews jewish mexican* "
    "muslim* islam* pakistani* polack* catholic* mormon* amish refugee* "
    "immigrant* redneck* feminis* lesbian* gay gays homosexual* bisexual* "
    "transgender* transsexual* tranny midget* dwarf dwarves cripple* retard* "
    "autis* anorexi* bulimi* dyslexi* epilep* amputee* wheelchair* "
    "paralympi* homeless down.syndrome fat.girl* fat.chick* ugly.girl* "
    "ugly.women fag fags chink chinks gook* jap japs wop wops honky honkies "
    "dyke dykes kraut*"
)
_SENSITIVE_TOPICS = (
    "hitler nazi* holocaust auschwitz gas.chamber* anne.frank slave slaves "
    "slavery kkk lynch* terroris* isis bomber* 9/11 twin.towers rape* rapis* "
    "raping molest* pedo* paedo* priest* altar.boy* suicid* kill.myself "
    "hang.myself kill.yourself dead.bab* dead.kid* abort* miscarriage* fetus "
    "cancer chemo* hiv ebola genocide* helen.keller abuse* orphan* starving "
    "school.shoot* massacre* concentration.camp*"
)
_SEXUAL_TERMS = (
    "sex sexy sexual* sexist prostitut* hooker* stripper* whore* brothel* "
    "virgin virgins virginity penis* vagina* boob boobs breasts nipple* tits "
    "testic* condom* erect* orgas* masturbat* viagra porn* naked nude* horny "
    "threesome* foreplay blow.job* hand.job* rectal rectum anal anus sperm "
    "semen tampon* menstrua* gynecolog* underage strip.club* incest* "
    "bestial*"
)
_PHRASES = (
    r"(?:black|white|colou?red|brown|yellow)[ -]"
    r"(?:people|persons?|m[ae]n|wom[ae]n|guys?|kids?|girls?|boys?|bab(?:y|ies)|"
    r"dads?|fathers?|moms?|mothers?|families|family|friends?|folks?|dudes?|"
    r"chicks?|lad(?:y|ies)|jokes?|lives|neighbou?rs?|community)"
    r"|blacks|whites|like i like my|dishwasher"
)

_WORD = re.compile(r"[\w$@!]*[\w$@]")
_LEETSPEAK = str.maketrans("013457$@!", "oieastsai")
_ENDINGS = ("s", "es", "ed", "ing", "z")
# Number of consecutive rejected texts after which filtering stops.
_MAX_REJECTS = 500


def filter_profanity(
    numbered: Iterable[tuple[int, str]],
) -> Iterator[tuple[int, str]]:
    """Yields the numbered texts that are clean.

    Args:
        numbered: Pairs of number and text.

    Raises:
        RuntimeFailure: If very many consecutive texts are rejected.
    """
    rejected = 0
    for number, text in numbered:
        if is_clean(text):
            rejected = 0
            yield number, text
            continue
        rejected += 1
        if rejected == _MAX_REJECTS:
            raise RuntimeFailure(
                f"{rejected} consecutive jokes were rejected as not clean; try "
                "another prompt"
            )


def is_clean(text: str) -> bool:
    """Checks that a text has no slurs, profanity or sensitive topics.

    Slurs and profanity are found by a library's English list, topics by the
    lists above. Lists match words, not meanings: both false positives and
    false negatives occur.
    """
    return not _sensitive().search(text) and not _profanity().is_profane(
        " ".join([text, *_plain_forms(text)])
    )


def _plain_forms(text: str) -> Iterator[str]:
    """Yields the words without leetspeak, and their stems."""
    for word in _WORD.findall(text.lower()):
        word = word.translate(_LEETSPEAK)
        yield word
        for ending in _ENDINGS:
            if word.endswith(ending):
                stem = word.removesuffix(ending)
                yield stem
                # As in "stopping" and "ponies".
                if len(stem) > 2 and stem[-1] == stem[-2]:
                    yield stem[:-1]
                if stem.endswith("i"):
                    yield f"{stem[:-1]}y"


@functools.cache
def _sensitive() -> re.Pattern[str]:
    words = " ".join((_PEOPLE_GROUPS, _SENSITIVE_TOPICS, _SEXUAL_TERMS)).split()
    endings = (
        re.escape(word).replace(r"\.", "[ -]").replace(r"\*", r"\w*")
        for word in words
    )
    joined = "|".join((*endings, _PHRASES))
    return re.compile(rf"\b(?:{joined})\b", re.IGNORECASE)


@functools.cache
def _profanity() -> Any:
    from glin_profanity import Filter

    return Filter({"languages": ["english"]})
