"""Loading a text generator, and the command `generate`."""

import h5py
import pytest

from gancore.errors import RuntimeFailure, UserError
from gancore.saving.model_io import read_metadata, save_h5
from srgan import Generator as Upscaler
from textgan import Discriminator, Generator, TextGenerator, Vocabulary, load
from textgan.__main__ import COMMANDS
from textgan.commands.generate import GenerateOptions, run
from textgan.data.profanity import is_clean
from textgan.inference.load import find_weights
from textgan.inference.samplers import Greedy, TopP

WORDS = [f"w{i}" for i in range(20)]


def save(path, words=WORDS, network=None, **facts):
    vocabulary = Vocabulary.build([words], size=100)
    network = network or Generator(len(vocabulary), 4, 6)
    about = {"package": "textgan", "vocabulary": vocabulary.words, **facts}
    save_h5(network, path, about)
    return vocabulary, network


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.h5"
    save(path)
    return str(path)


def generate(**options):
    return run(GenerateOptions(**options))


def test_a_saved_generator_generates_the_same(tmp_path):
    path = tmp_path / "model.h5"
    vocabulary, network = save(path)
    expected = list(
        TextGenerator(network, vocabulary, TopP()).generate_stream(range(5))
    )
    assert (
        list(load(path, sampler=TopP()).generate_stream(range(5))) == expected
    )


def test_the_number_seeds_the_latent_code(tmp_path):
    path = tmp_path / "model.h5"
    vocabulary = Vocabulary.build([WORDS], size=100)
    network = Generator(len(vocabulary), 4, 6, latent_dim=8)
    # A large kernel, so that the code determines the text.
    network.start.kernel.assign(9.0 * network.start.kernel)
    save(path, network=network)
    text_generator = load(path, sampler=Greedy(), max_length=6)
    jokes = list(text_generator.generate_stream(range(20)))
    assert list(
        load(path, sampler=Greedy(), max_length=6).generate_stream([3, 7])
    ) == [
        jokes[3],
        jokes[7],
    ]
    assert len(set(jokes)) > 3
    assert text_generator.beam_search(
        num_beams=2
    ) == text_generator.beam_search(num_beams=2)


def test_characters_are_joined_without_spaces(tmp_path):
    path = tmp_path / "model.h5"
    vocabulary = Vocabulary.build([list("Ab a")], size=100, level="char")
    save_h5(
        Generator(len(vocabulary), 4, 6),
        path,
        {"package": "textgan", "vocabulary": vocabulary.words, "level": "char"},
    )
    text_generator = load(path, max_length=30)
    assert any(
        len(joke.split(" ")[0]) > 1
        for joke in text_generator.generate_stream(range(9))
    )


def test_other_files_are_refused_in_one_sentence(tmp_path):
    path = tmp_path / "file.h5"
    save_h5(Upscaler(2, 1, 2), path, {"package": "srgan"})
    with pytest.raises(UserError, match="upscales images"):
        load(path)
    save_h5(Upscaler(2, 1, 2), path, {})
    with pytest.raises(UserError, match="no model of train_textgan"):
        load(path)
    save(path, network=Discriminator(24, 4, filters=2))
    with pytest.raises(UserError, match="is it a discriminator"):
        load(path)
    save(path, network=Generator(99, 4, 6))
    with pytest.raises(UserError, match="24 words and a network of 99"):
        load(path)
    save(path, level="syllable")
    with pytest.raises(UserError, match="no vocabulary"):
        load(path)
    with h5py.File(path, "r+") as file:
        del file.attrs["provenance"]
    with pytest.raises(UserError, match="no model of train_textgan"):
        load(path)
    with pytest.raises(UserError, match="there is no model"):
        load(tmp_path / "absent.h5")


def test_jokes_are_printed_one_per_line(model, capsys):
    assert generate(model=model, count=70, joke=5, prompt="w1 w2") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 70
    assert all(line.startswith("W1 w2") for line in lines)
    generate(model=model, joke=7, prompt="w1 w2")
    assert capsys.readouterr().out.splitlines() == [lines[2]]


@pytest.mark.parametrize(
    "decoding",
    [
        {"temperature": 0.0},
        {"top_k": 3, "no_repeat_ngram_size": 2},
        {"num_beams": 4, "no_repeat_ngram_size": 1},
    ],
)
def test_every_decoding_strategy_generates(model, capsys, decoding):
    assert generate(model=model, count=2, **decoding) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_unclean_jokes_are_left_out(tmp_path, capsys):
    """One of two words is profane: half of the jokes of one word have it."""
    path = tmp_path / "model.h5"
    save(path, ["wtf", "dawn"])
    options = {"model": str(path), "count": 40, "temperature": 1.0}
    generate(clean=False, **options)
    assert "wtf" in capsys.readouterr().out.lower()
    generate(**options)
    lines = capsys.readouterr().out.lower().splitlines()
    assert len(lines) == 40
    assert not any("wtf" in line for line in lines)
    with pytest.raises(UserError, match="--prompt is not clean"):
        generate(prompt="wtf", **options)
    save(path, ["wtf"])
    with pytest.raises(RuntimeFailure, match="another prompt"):
        generate(**options)


@pytest.mark.parametrize(
    "options",
    [{"count": 0}, {"num_beams": 2, "count": 3}, {"temperature": -1.0}],
)
def test_wrong_options_are_refused(options):
    with pytest.raises(UserError):
        GenerateOptions(**options)


def test_the_command_is_listed():
    assert COMMANDS["generate"].module == "textgan.commands.generate"


def test_a_damaged_vocabulary_is_refused(tmp_path):
    path = tmp_path / "model.h5"
    save(path)
    with h5py.File(path, "r+") as file:
        text = file.attrs["provenance"].replace('"<pad>", ', "")
        file.attrs["provenance"] = text
    with pytest.raises(UserError, match="is damaged"):
        load(path)


def test_texts_of_a_file_are_not_generated_verbatim(model, tmp_path, capsys):
    options = {"model": model, "count": 20, "max_length": 4, "clean": False}
    assert generate(**options) == 0
    first = capsys.readouterr().out
    ended = [j for j in first.splitlines() if len(j.split()) < 4]
    (tmp_path / "known.txt").write_text("\n".join(ended))
    assert generate(**options, block_verbatim=str(tmp_path / "known.txt")) == 0
    again = capsys.readouterr().out.splitlines()
    assert len(ended) > 1
    assert not set(ended) & set(again)
    with pytest.raises(UserError, match="--num_beams is deterministic"):
        GenerateOptions(num_beams=3, temperature=0.9)


def test_the_pretrained_model_generates_jokes(capsys):
    path = find_weights("jokes")
    # The word matrix is in the file twice, for Keras without tied layers.
    assert path.stat().st_size < 18 * 2**20
    assert path.with_suffix(".md").is_file()
    assert generate(count=12, prompt="Why did the") == 0
    jokes = capsys.readouterr().out.splitlines()
    assert len(set(jokes)) > 10
    assert all(joke.startswith("Why did the ") for joke in jokes)
    assert all(map(is_clean, jokes))
    assert sum("Because" in joke or "because" in joke for joke in jokes) > 3


def test_the_card_has_the_perplexity_of_the_file():
    facts = read_metadata(find_weights("jokes"))
    card = find_weights("jokes").with_suffix(".md").read_text(encoding="utf-8")
    row = next(line for line in card.splitlines() if "Kneser-Ney" in line)
    perplexity = facts["scores"]["val_perplexity"]
    assert f"perplexity {perplexity:.1f}" in row
    ngrams = row.split("texts and words: ")[1].split(";")[0].split(", ")
    assert perplexity < min(map(float, ngrams))
