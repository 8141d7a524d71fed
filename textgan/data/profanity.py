"""Tells texts that hold slurs, profanity, or a joke at the cost of others."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from typing import Any

from gancore.errors import RuntimeFailure

# What no list of slurs has, and what half of all unkind jokes are about: whole
# groups of people, their misery, and sex; and slurs the library's list lacks.
# A star stands for any ending.
_PEOPLES = (
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
_MISERY = (
    "hitler nazi* holocaust auschwitz gas.chamber* anne.frank slave slaves "
    "slavery kkk lynch* terroris* isis bomber* 9/11 twin.towers rape* rapis* "
    "raping molest* pedo* paedo* priest* altar.boy* suicid* kill.myself "
    "hang.myself kill.yourself dead.bab* dead.kid* abort* miscarriage* fetus "
    "cancer chemo* hiv ebola genocide* helen.keller abuse* orphan* starving "
    "school.shoot* massacre* concentration.camp*"
)
_SEX = (
    "sex sexy sexual* sexist prostitut* hooker* stripper* whore* brothel* "
    "virgin virgins virginity penis* vagina* boob boobs breasts nipple* tits "
    "testic* condom* erect* orgas* masturbat* viagra porn* naked nude* horny "
    "threesome* foreplay blow.job* hand.job* rectal rectum anal anus sperm "
    "semen tampon* menstrua* gynecolog* underage strip.club* incest* "
    "bestial*"
)
_GROUPS = (
    r"(?:black|white|colou?red|brown|yellow)[ -]"
    r"(?:people|persons?|m[ae]n|wom[ae]n|guys?|kids?|girls?|boys?|bab(?:y|ies)|"
    r"dads?|fathers?|moms?|mothers?|families|family|friends?|folks?|dudes?|"
    r"chicks?|lad(?:y|ies)|jokes?|lives|neighbou?rs?|community)"
    r"|blacks|whites|like i like my|dishwasher"
)

_WORD = re.compile(r"[\w$@!]*[\w$@]")
_DISGUISE = str.maketrans("013457$@!", "oieastsai")
_ENDINGS = ("s", "es", "ed", "ing", "z")
# So many unclean texts one after another, and there will be no clean one.
_PATIENCE = 500


def filter_profanity(
    numbered: Iterable[tuple[int, str]],
) -> Iterator[tuple[int, str]]:
    """Leaves out the texts that are not clean, numbers and all.

    Raises:
        FailedWork: If very many follow each other.
    """
    refused = 0
    for number, text in numbered:
        if is_clean(text):
            refused = 0
            yield number, text
            continue
        refused += 1
        if refused == _PATIENCE:
            raise RuntimeFailure(
                f"{refused} jokes one after another are not clean; try another "
                "prompt"
            )


def is_clean(text: str) -> bool:
    """Tells whether a text is free of slurs, profanity and unkind topics.

    The first two by a library's English list, the last by one of words that
    name groups of people, their misery, and sex. Lists know words, not
    meanings: what is cruel in other words passes, and kind texts with such a
    word do not.
    """
    return not _unkind().search(text) and not _profanity().is_profane(
        " ".join([text, *_plain_forms(text)])
    )


def _plain_forms(text: str) -> Iterator[str]:
    """Gives words as a list may have them: without endings and disguise."""
    for word in _WORD.findall(text.lower()):
        word = word.translate(_DISGUISE)
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
def _unkind() -> re.Pattern[str]:
    words = " ".join((_PEOPLES, _MISERY, _SEX)).split()
    endings = (
        re.escape(word).replace(r"\.", "[ -]").replace(r"\*", r"\w*")
        for word in words
    )
    joined = "|".join((*endings, _GROUPS))
    return re.compile(rf"\b(?:{joined})\b", re.IGNORECASE)


@functools.cache
def _profanity() -> Any:
    from glin_profanity import Filter

    return Filter({"languages": ["english"]})
