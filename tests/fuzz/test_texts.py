"""Untrusted texts: their files, processing, and files of word vectors."""

import csv
import io
import json
import types
import unicodedata

import numpy as np
import pytest
from hypothesis import strategies as st

from gancore.errors import UserError
from textgan.data.corpus import load_corpus
from textgan.data.normalize import normalize
from textgan.data.readers.options import ReadOptions
from textgan.data.readers.text_file import TEXT_FILES, read_texts
from textgan.data.token_levels import LEVELS
from textgan.data.tokenizer import GAP, GLUE, detokenize, tokenize
from textgan.data.vocabulary import SPECIAL, Vocabulary
from textgan.data.word_vectors import load_word_vectors

TABLE = 'ID,Joke\n1,"A ""cat"", said he\nto you."\n2,So / so\n3,Ω é 👍🏽\n'
GOOD = {
    ".csv": [TABLE.encode(), TABLE.encode("utf-16"), b"\xef\xbb\xbftext\na\n"],
    ".tsv": [TABLE.replace(",", "\t").encode(), b"a\tcaption\r\n1\tb\r\n"],
    ".txt": [b"A cat.\r\nA dog.\n\nA \xf0\x9f\x91\x8d\n", b"\xffab\0c\n"],
    ".jsonl": [
        b'{"joke": "a cat", "n": 1}\n{"joke": "\\ud800 b"}\n"c"\nnull\n',
        b'{"text": [NaN, 1e999], "body": {"a": ""}}\n\n{"text": "d"}\n',
    ],
    ".json": [b'["a cat", {"joke": "b", "joke": "c"}, null, 1]', b"[]"],
}
ODD = (
    b'""', b',"', b"\t", b"\r", b"\\ud800", b"[" * 3000, b'{"a":' * 2000,
    b"9" * 5000, b"Infinity", b"a" * 140_000, b"\xff\xfe", b"\xfe\xff",
    b"\xe2\x80\xa8", b"&#x110000;", b"&#0;", b"http://a", b"\x1a", b"Joke,",
)  # fmt: skip
ENCODINGS = (
    *["auto"] * 40, *["utf-8"] * 20,
    "UTF8", "utf_16", "utf-32", "utf-7", "latin-1", "cp1252",
    "ascii", "cp037", "shift_jis", "gb18030", "iso2022_jp_2", "idna",
    "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "rot13",
    "base64", "hex", "zlib", "none-such", "", " ", "a\0b", "\ud800", "é",
    "utf-8-sig", "mbcs", "utf-16-le", "hz", "big5hkscs", "cp65001",
)  # fmt: skip
COLUMNS = (None, None, None, "joke", "n", "JOKE", "", "\ud800", "\0")

# Letters of many scripts and forms, punctuation, and non-letters.
PIECES = (
    *"aB1.,!?;:%)]}/([{$#\"'*-&+<~_ \n\t`´“”«…–日ひカé\u0301👍🏽\u200dİıßŉǆﬁაԱ",
    *"\0\x1f\u200b\u2028\ufeff\ud800\U0010ffff\u0e33\u3099\u1100",
    GLUE, GAP, "said", "e.g.", "U.S.", "3:15", "don't", "&amp;", "&lt", "&#38;",
    "&amp;amp;", "...", ". .", "--", "http://x", "www.", "[deleted]", "CAT",
    " , ", "ab.C", "<s>", "</s>", "<unk>",
)  # fmt: skip


def any_text(chance):
    """Generates a text of the pieces, of any characters, or of both."""
    share = chance.choice((0.0, 0.05, 1.0))
    largest = chance.choice((0x7F, 0x24F, 0xFFFF, 0x10FFFF))
    return "".join(
        chr(chance.randint(0, largest))
        if chance.random() < share
        else chance.choice(PIECES)
        for _ in range(chance.randrange(20))
    )


def few_texts(chance):
    """Generates texts, some of them near-duplicates."""
    texts = [any_text(chance) for _ in range(chance.randint(1, 4))]
    return [*texts, chance.choice(texts) + any_text(chance)]


def caseless(text):
    """Removes case, and compatibility forms that depend on it."""
    return unicodedata.normalize("NFKD", text.upper()).upper()


def office_files():
    """Returns an Excel and a Parquet file, if their packages are there."""
    openpyxl = pytest.importorskip("openpyxl", reason="needs openpyxl")
    pa = pytest.importorskip("pyarrow", reason="needs pyarrow")
    import pyarrow.parquet

    book = openpyxl.Workbook()
    for row in [("ID", "Joke"), (1, 'A "cat", said he'), (2.5, None)]:
        book.active.append(row)
    excel, parquet = io.BytesIO(), io.BytesIO()
    book.save(excel)
    table = pa.table({"n": [1, 2], "text": ["A cat", None], "b": [b"a", b"b"]})
    pyarrow.parquet.write_table(table, parquet)
    return {".xlsx": [excel.getvalue()], ".parquet": [parquet.getvalue()]}


def test_files_of_texts(fuzz, damaged, tmp_path):
    files = GOOD | office_files()
    kinds = {kind: damaged(good, odd=ODD) for kind, good in files.items()}
    assert set(kinds) == TEXT_FILES

    def check(case):
        kind, data, column, encoding = case
        path = tmp_path / f"texts{kind}"
        path.write_bytes(data)
        try:
            columns = () if column is None else (column,)
            options = ReadOptions(columns=columns, encoding=encoding)
            for row, text in read_texts(path, options):
                assert row >= 1
                assert isinstance(text, str)
                assert unicodedata.normalize(
                    "NFC", normalize(text)
                ) == normalize(text)
        except UserError as error:
            assert len(str(error).splitlines()) == 1

    fuzz(
        check,
        st.one_of(
            st.tuples(
                st.just(kind),
                data,
                st.sampled_from(COLUMNS),
                st.sampled_from(ENCODINGS),
            )
            for kind, data in kinds.items()
        ),
    )


def test_files_of_csv_and_json_round_trip(fuzz, made, tmp_path):
    """Against the writers of Python's csv and json."""

    def check(case):
        kind, texts = case
        texts = [t.encode(errors="ignore").decode() for t in texts]
        path = tmp_path / f"texts{kind}"
        with path.open("w", encoding="utf-8", newline="") as file:
            if kind == ".json":
                json.dump(texts, file)
            elif kind == ".jsonl":
                for text in texts:
                    file.write(json.dumps({"id": 1, "joke": text}) + "\n")
            else:
                delimiter = "\t" if kind == ".tsv" else ","
                rows = csv.writer(file, delimiter=delimiter)
                rows.writerows([("id", "joke"), *((1, t) for t in texts)])
        separator = {".csv": "comma", ".tsv": "tab"}.get(kind)
        columns = () if kind == ".json" else ("joke",)
        options = ReadOptions(columns=columns, encoding="utf-8")
        if separator:
            options = ReadOptions(
                columns=("joke",),
                encoding="utf-8",
                separator=separator,
                header="yes",
            )
        assert [text for _, text in read_texts(path, options)] == texts

    def file(chance):
        kind = chance.choice([".csv", ".tsv", ".json", ".jsonl"])
        return kind, few_texts(chance)

    fuzz(check, made(file))


def test_corpora(fuzz, made, tmp_path):
    path = tmp_path / "texts.json"

    def check(case):
        texts, level, share, most, seed = case
        path.write_text(json.dumps(texts))
        try:
            corpus = load_corpus(
                path,
                level=level,
                max_words=most,
                validation_fraction=share,
                seed=seed,
            )
        except UserError as error:
            assert "usable texts" in str(error)
            return
        assert corpus.train
        assert corpus.facts()["train"] + len(corpus.valid) <= len(texts)
        assert corpus.longest <= most
        assert all(all(tokens) for tokens in corpus.train + corpus.valid)
        vocabulary = Vocabulary.build(corpus.train, 50, level=level)
        for tokens in corpus.train + corpus.valid:
            vocabulary.decode(vocabulary.row(tokens))

    def corpus(chance):
        return (
            few_texts(chance),
            chance.choice(["word", "char"]),
            chance.choice([0.0, 0.1, 0.5, 0.9]),
            chance.choice([1, 3, 70]),
            chance.randrange(2**32),
        )

    fuzz(check, made(corpus))


def test_texts_round_trip_except_for_capitals(fuzz, made):
    def check(raw):
        text = normalize(raw)
        assert normalize(text) == text
        tokens = tokenize(text)
        assert all(token and not token.isspace() for token in tokens)
        assert caseless(detokenize(tokens)) == caseless(text)
        characters = LEVELS["char"].split(text)
        assert LEVELS["char"].join(characters) == text

    fuzz(check, made(any_text))


def test_any_tokens_can_be_detokenized(fuzz, made):
    """A generator may generate its words in any order."""

    def check(tokens):
        text = detokenize(tokens)
        kept = "".join(t for t in tokens if t not in {GLUE, GAP})
        assert caseless(text.replace(" ", "")) == caseless(
            kept.replace(" ", "")
        )

    def tokens(chance):
        pieces = [chance.choice(PIECES) for _ in range(chance.randrange(12))]
        return [*pieces, any_text(chance) or "a"]

    fuzz(check, made(tokens))


def test_vocabularies(fuzz, made):
    """Known words are decoded from their ids, in some spelling."""

    def check(case):
        texts, level = case
        split = [LEVELS[level].split(normalize(text)) for text in texts]
        try:
            vocabulary = Vocabulary.build(split, 1000, level=level)
        except UserError:
            assert not any(split)
            return
        assert tuple(vocabulary.words[:4]) == SPECIAL
        for tokens in split:
            known = vocabulary.ids_to_tokens(vocabulary.row(tokens))
            assert [w.lower() for w in known] == [t.lower() for t in tokens]
            if level == "char":
                assert known == tokens

    fuzz(
        check,
        made(lambda chance: (few_texts(chance), chance.choice(tuple(LEVELS)))),
    )


def test_files_of_word_vectors(fuzz, damaged, tmp_path):
    words = [*SPECIAL, "the", "Cat", "e\u0301", GLUE, "new york"]
    vocabularies = [Vocabulary(words), Vocabulary([*SPECIAL, "a", "A"], "char")]
    path = tmp_path / "vectors.txt"
    good = [
        b"2 3\nthe 0.1 -2 3e-3\ncat 1 2 3\n",
        b"the 1 2 3\nNew York 1 2 3\nnew york 4 5 6\nA 1 1 1\na 0 0 0\n",
        b"e\xcc\x81 .5 +1 -0\r\nthe 1e38 -1e38 3.4e38\nCat 3e38 3e38 3e38",
        b"the 9e8 -9e8 1\nCat -9e8 9e8 -0.0\n",
    ]
    odd = (
        b"nan", b"inf", b"-", b" ", b"1e400", b"\xc2\xa0", b"1_0", b"0x1",
        "１２".encode(), b"9" * 5000, b"\xe2\x80\xa8", b" 1", b"1j",
        b"<s> 1 2 3\n", b"True", b"3.4e38",
    )  # fmt: skip

    def check(case):
        data, vocabulary = case
        path.write_bytes(data)
        matrix = []
        table = types.SimpleNamespace(assign=matrix.append)
        embedding = types.SimpleNamespace(output_dim=3, embeddings=table)
        try:
            load_word_vectors(embedding, path, vocabulary)
        except UserError:
            assert not matrix
            return
        assert matrix[0].shape == (len(vocabulary), 3)
        assert np.isfinite(matrix[0].astype(np.float32)).all()

    fuzz(
        check, st.tuples(damaged(good, odd=odd), st.sampled_from(vocabularies))
    )


def test_the_table_has_a_line_break_in_a_field():
    """Checks the test data above."""
    rows = list(csv.reader(io.StringIO(TABLE)))
    assert rows[1] == ["1", 'A "cat", said he\nto you.']
