import pytest

from gancore.errors import UserError
from textgan import Generator, Vocabulary
from textgan.data.word_vectors import load_word_vectors

VOCABULARY = Vocabulary.build([["a", "Monday", "a", "cat", "U.S.", "zzz"]], 100)
# Words alphabetically behind "a", by what the vocabulary spells them.
GLOVE = """\
the 9 9 9
a 1 2 3
monday 7 7 7
Monday 4 5 6
CAT 8 8 8
. . . 0 0 0
u.s. 0.5 -1e-3 2
"""


def load(tmp_path, text):
    path = tmp_path / "vectors.txt"
    path.write_text(text, encoding="utf-8")
    embedding = Generator(len(VOCABULARY), 3, 4).embedding
    load_word_vectors(embedding, path, VOCABULARY)
    return dict(
        zip(
            VOCABULARY.words, embedding.embeddings.numpy().tolist(), strict=True
        )
    )


def test_words_get_their_vectors_and_missing_ones_are_logged(tmp_path, capsys):
    vectors = load(tmp_path, GLOVE)
    assert vectors["a"] == [1, 2, 3]
    assert vectors["Monday"] == [4, 5, 6]
    assert vectors["U.S."] == pytest.approx([0.5, -0.001, 2])
    message = capsys.readouterr().err
    # "CAT" is not used for the word "cat".
    assert (
        "lacks 2 of 9 words, which are initialized at random: cat, zzz"
        in message
    )
    assert vectors["zzz"] != vectors["cat"]


@pytest.mark.parametrize("first", ["7 3\n", ""])
def test_word2vec_and_glove_are_equivalent(tmp_path, first):
    assert load(tmp_path, first + GLOVE)["a"] == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a 1 2\n", "line 1 .* no word with 3 numbers"),
        ("a 1 2 3 4\n", "line 1 .* --embedding_dim"),
        ("5 4\na 1 2 3 4\n", "line 2 .* --embedding_dim"),
        ("a 1 2 3\ncat 1 2\n", "line 2"),
        ("a 1 2 3\ncat 1 2 3 4\n", "line 2 .* too many"),
        ("a 1 1e300 3\n", "no finite numbers"),
        ("a 1 3e38 3\ncat 1 -3e38 3\n", "line 1 .* no finite numbers below"),
        ("a 1 x 3\n", "other than numbers"),
        ("a 1 nan 3\n", "no finite numbers"),
        ("dog 1 2 3\n", "none of the 9 words"),
        ("", "none of the 9 words"),
    ],
)
def test_a_malformed_file_raises(tmp_path, text, words):
    with pytest.raises(UserError, match=words):
        load(tmp_path, text)


def test_a_binary_or_missing_file_raises(tmp_path):
    path = tmp_path / "vectors.bin"
    embedding = Generator(len(VOCABULARY), 3, 4).embedding
    with pytest.raises(UserError, match="cannot read"):
        load_word_vectors(embedding, path, VOCABULARY)
    path.write_bytes(b"3 2\na \xff\xfe\x00\x01")
    with pytest.raises(UserError, match="no text file"):
        load_word_vectors(embedding, path, VOCABULARY)
