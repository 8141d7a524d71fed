import csv
import time

import numpy as np
import pytest

from gancore.errors import UserError
from textgan.data.corpus import load_corpus
from textgan.data.dedup import group_near_duplicates
from textgan.data.normalize import normalize
from textgan.data.readers.options import ReadOptions
from textgan.data.split import split
from textgan.data.tokenizer import detokenize, tokenize


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("Tom &amp;amp; Jerry&#39;s  day", "Tom & Jerry's day"),
        ("“Yes”, it’s – fine…", '"Yes", it\'s - fine...'),
        ("see https://example.com/x?y=1 there", "see there"),
        ("a\x00b\u200bc\ufeff\td", "a b c d"),
        ("wait.......what ?", "wait... what?"),
        ("Stop.Now", "Stop. Now"),
        ("e\u0301", "é"),
    ],
)
def test_normalize(raw, cleaned):
    assert normalize(raw) == cleaned
    assert normalize(cleaned) == cleaned


def test_normalize_is_idempotent():
    random = np.random.default_rng(0)
    alphabet = [*"aB1.,!?:;()\"'- \n\t&#*…", "...", "www.", "[deleted]"]
    for _ in range(5000):
        text = "".join(random.choice(alphabet, random.integers(1, 20)))
        assert normalize(normalize(text)) == normalize(text)


def test_normalize_takes_linear_time():
    start = time.monotonic()
    for piece in (" ", ".", "a.", ". ", "?!", "\n,"):
        normalize("a" + piece * 100_000 + "b")
    assert time.monotonic() - start < 5


def test_many_copies_of_a_joke_are_one_group():
    copies = [
        [*tokenize("The very same joke again"), "!" * i] for i in range(30)
    ]
    assert len(group_near_duplicates([*copies, ["other"]])) == 2


def texts(*lines):
    return [tokenize(line) for line in lines]


def test_near_duplicates_ignore_punctuation_and_case():
    groups = group_near_duplicates(
        texts(
            "Why did the purple penguin cross the frozen lake? To skate.",
            "My dog ate the homework I never did.",
            "why did the purple penguin cross a frozen lake - to skate",
            "Why did the accountant cross his fingers twice? For luck.",
        )
    )
    assert groups == [[0, 2], [1], [3]]


def test_short_and_empty_texts_are_not_near_duplicates():
    lines = texts("Ha.", "", "Ho ho.", "Hi", "?", "ha ha", "ha")
    groups = [[0, 6], [1], [2], [3], [4], [5]]
    assert group_near_duplicates(lines) == groups
    assert group_near_duplicates(texts("", "?")) == [[0], [1]]


def numbered(count):
    return texts(
        *(f"word{i} tells joke{i} about thing{i}" for i in range(count))
    )


def test_split_is_90_to_10_and_depends_only_on_the_seed():
    lines = numbered(1028)
    train, valid = split(lines, 0.1, seed=1)
    # As printed by the original script.
    assert (len(train), len(valid)) == (925, 103)
    assert split(lines, 0.1, seed=1) == (train, valid)
    assert split(lines, 0.1, seed=2) != (train, valid)
    assert sorted(train + valid) == list(range(1028))


def test_characters_are_split_as_words_are(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text("\n".join(" ".join(line) for line in numbered(30)))
    words, characters = (load_corpus(path, level=n) for n in ("word", "char"))
    assert words.longest == characters.longest == 5
    for one, two in zip(words.valid, characters.valid, strict=True):
        assert detokenize(one) == "W" + "".join(two)[1:]


def test_near_duplicates_are_on_the_same_side():
    for seed in range(10):
        lines = numbered(40)
        lines += [[*line, "again"] for line in lines[:20]]
        train, valid = split(lines, 0.3, seed)
        for line in lines[:20]:
            again = lines.index([*line, "again"])
            assert (lines.index(line) in train) == (again in train)
        assert valid


def templated(count):
    """Texts of one template: each is like the next, and all are joined."""
    names = [f"name{i}" for i in range(count + 7)]
    return [
        tokenize(f"{' '.join(names[i : i + 8])} walks in") for i in range(count)
    ]


def test_a_split_of_templated_texts_says_why_it_is_small(capsys):
    lines = numbered(10) + templated(90)
    # A tenth is 10 texts, which is all that is not one group.
    train, valid = split(lines, 0.1, seed=1)
    assert (valid, train) == (list(range(10)), list(range(10, 100)))
    assert capsys.readouterr().err == ""
    train, valid = split(lines, 0.3, seed=1)
    assert (valid, train) == (list(range(10)), list(range(10, 100)))
    assert (
        "has 10 texts, not the 30 asked for: near-duplicates stay together, "
        "and 90 of the 100 texts are one group" in capsys.readouterr().err
    )
    train, valid = split(lines, 0.3, seed=1, how="random")
    assert len(valid) == 30
    assert sorted(train + valid) == list(range(100))
    assert capsys.readouterr().err == ""


def test_dropped_rows_are_counted_and_listed(tmp_path, capsys):
    path = tmp_path / "jokes.csv"
    rows = ["fine one", "", "12 34", "[deleted]", "fine one", "a b c d e f"]
    with path.open("w", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerows([("ID", "Joke"), *enumerate(rows, 1)])
        file.write("7,another\n8,a,b\n")
        file.write("9,see https://example.com and www.example.com/a\n")
    loaded = load_corpus(path, max_words=5)
    assert sorted(loaded.train + loaded.valid) == [
        ["another"],
        ["fine", "one"],
        ["see", "and"],
    ]
    # 3 + 1 + 2 + 1 + 1 + 1 rows are all 9.
    assert loaded.files == (
        {
            "file": str(path),
            "format": "separated by commas",
            "columns": ["Joke"],
            "rows": 9,
            "texts": 3,
            "left_out": {
                "blank": 1,
                "without text": 2,
                "duplicate": 1,
                "longer than 5 words": 1,
                "with too many fields": 1,
            },
            "urls_removed": 2,
        },
    )
    message = capsys.readouterr().err
    for part in (
        "1 blank (row 2)",
        "2 without text (rows 3, 4)",
        "1 duplicate (row 5)",
        "1 longer than 5 words (row 6)",
        "1 with too many fields (row 8)",
        'column "Joke" of 2, 3 texts, first: "fine one"; left out 6 of 9 rows:',
        "; removed 2 URLs from 1 of the texts",
    ):
        assert part in message


def test_a_corpus_without_texts_raises(tmp_path):
    path = tmp_path / "jokes.txt"
    path.write_text("\n\n...\n")
    with pytest.raises(
        UserError, match=r"holds 0 usable texts.*left out 3 of 3 rows: 2 blank"
    ):
        load_corpus(path)


def test_texts_that_are_all_too_long_say_which_flag_helps(tmp_path):
    path = tmp_path / "tales.txt"
    path.write_text("\n".join("word " * 600 + str(i) for i in range(160)))
    with pytest.raises(
        UserError,
        match=r"0 usable texts.*left out 160 of 160 rows: 160 longer than 70 "
        r"words \(rows 1, 2, 3 ...\)\); see --max_words",
    ):
        load_corpus(path)
    corpus = load_corpus(path, max_words=700)
    assert len(corpus.train) + len(corpus.valid) == 160
    assert corpus.longest == 601


def test_real_jokes_round_trip(outside):
    path = outside("data/text/jokes/shortjokes.csv")
    with path.open(encoding="utf-8", newline="") as file:
        jokes = [normalize(row["Joke"]) for row in csv.DictReader(file)]
    same = [
        detokenize(tokenize(joke)).lower() == joke.lower() for joke in jokes
    ]
    assert all(same)


def test_extra_datasets_are_training_texts_only(tmp_path, capsys):
    own = [
        f"own joke number {'i' * n} about {'x' * n} cats" for n in range(1, 21)
    ]
    more = [f"other {'o' * n} tale of {'y' * n} dogs" for n in range(1, 41)]
    # The other file repeats each text with another comma.
    repeats = [text.replace(" about", ", about") for text in own]
    (tmp_path / "own.txt").write_text("\n".join(own))
    (tmp_path / "more.txt").write_text("\n".join([*more, *repeats]))
    corpus = load_corpus(
        tmp_path / "own.txt",
        more=[tmp_path / "more.txt"],
        validation_fraction=0.25,
    )
    valid = {" ".join(text) for text in corpus.valid}
    train = {" ".join(text) for text in corpus.train}
    assert len(valid) == 5
    assert valid < set(own)
    assert set(more) < train
    bare = {text.replace(" ,", "") for text in train}
    assert not bare & valid
    assert len(train) == 15 + 40 + 15
    assert [file["texts"] for file in corpus.files] == [20, 55]
    assert corpus.files[1]["left_out"] == {
        "near-duplicates of a validation text": 5
    }
    message = capsys.readouterr().err
    assert "20 texts" in message
    assert "left out 5 of 60 rows: 5 near-duplicates of a valid" in message


def test_flags_have_to_apply_to_one_of_the_files(tmp_path):
    (tmp_path / "a.txt").write_text("one text\nanother one\n")
    (tmp_path / "b.csv").write_text("id,x\n1,some text\n")
    files = tmp_path / "a.txt", tmp_path / "b.csv"
    options = ReadOptions(columns=("x",))
    with pytest.raises(UserError, match="--text_column does not apply"):
        load_corpus(files[0], options=options)
    corpus = load_corpus(files[0], more=files[1:], options=options)
    assert len(corpus.train) + len(corpus.valid) == 3


def test_profane_texts_are_dropped_and_counted(tmp_path, capsys):
    path = tmp_path / "texts.txt"
    path.write_text("a shitty old joke\na very good joke\nanother good one\n")
    corpus = load_corpus(path, filter_profanity=True, validation_fraction=0.0)
    assert [" ".join(text) for text in corpus.train] == [
        "a very good joke",
        "another good one",
    ]
    assert "1 not clean (row 1)" in capsys.readouterr().err
    assert len(load_corpus(path, validation_fraction=0.0).train) == 3


def test_nested_entities_take_linear_time():
    start = time.process_time()
    normalize("&" + "amp;" * 50_000)
    assert time.process_time() - start < 5
    assert normalize("&amp;amp;lt;") == "<"
