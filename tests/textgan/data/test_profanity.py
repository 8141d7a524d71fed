import pytest

from textgan.data.profanity import is_clean


@pytest.mark.parametrize(
    "text",
    [
        "Why did the cat cross the road? To get some black coffee.",
        "A man from Essex lost his sextant and a set of colored pencils.",
        "What has four wheels and flies? A garbage truck.",
        "My white cat bombards the blacksmith.",
        "He passes a butter dish to 404 bassists of Scunthorpe.",
        "For a period of time she lived in Virginia.",
        "",
    ],
)
def test_harmless_texts_are_clean(text):
    assert is_clean(text)


@pytest.mark.parametrize(
    "text",
    [
        "What a shitty day.",
        "HITLER walks into a bar.",
        "Why did the blonde climb the ladder?",
        "Two black-men and two White People meet.",
        "He told me to hang myself, and 9/11 jokes.",
        "The masturbating monkey",
        "a School Shooting",
        # Inflected and disguised.
        "Two fucked up whores",
        "Those assholes!",
        "a sh1tty day",
    ],
)
def test_profanity_and_sensitive_topics_are_not_clean(text):
    assert not is_clean(text)
