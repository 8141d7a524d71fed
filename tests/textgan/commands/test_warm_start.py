import numpy as np
import pytest

from gancore.errors import UserError
from gancore.saving.model_io import save_h5
from textgan import Config, Generator, Vocabulary
from textgan.commands.warm_start import initialize_generator
from textgan.data.dataset import make_batches
from textgan.models.build import build_gan
from textgan.training.stages import plan_stages

TEXTS = [["a", "cat", "sat"], ["a", "dog", "ran"]]
OTHER = [["a", "cat", "ran", "away"]]
SMALL = {"embedding_dim": 4, "units": 6, "discriminator_embedding_dim": 4}


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.h5"
    vocabulary = Vocabulary.build(TEXTS, 100)
    about = {"package": "textgan", "vocabulary": vocabulary.words}
    save_h5(Generator(len(vocabulary), 4, 6), path, about)
    return str(path)


def test_a_generator_starts_from_a_model_with_its_vocabulary(model, caplog):
    config = Config(init_from=model, **SMALL)
    first, vocabulary = initialize_generator(config, OTHER)
    assert vocabulary.words == Vocabulary.build(TEXTS, 100).words
    # One of the four words is unknown.
    message = caplog.text
    assert "9 words" in message and "25.0 %" in message
    ids = np.array([[2, *vocabulary.encode(["a", "cat"])]])
    again, _ = initialize_generator(config, OTHER)
    np.testing.assert_array_equal(first(ids), again(ids))
    fresh, _ = initialize_generator(Config(**SMALL), TEXTS)
    assert np.abs(fresh(ids) - first(ids)).max() > 1e-5
    # So does the EMA generator, which is saved.
    ema_generator = build_gan(config, first).ema_generator
    np.testing.assert_array_equal(first(ids), ema_generator(ids))


def test_other_sizes_or_levels_are_refused(model):
    sizes = "--embedding_dim 4 --units 6 --latent_dim 0"
    with pytest.raises(UserError, match=sizes):
        initialize_generator(Config(init_from=model, units=8), TEXTS)
    with pytest.raises(UserError, match="of --token_level word"):
        initialize_generator(Config(init_from=model, token_level="char"), TEXTS)
    foreign = [["some", "other", "words", "a"]]
    with pytest.raises(UserError, match="lacks too many words"):
        initialize_generator(Config(init_from=model), foreign)
    with pytest.raises(UserError, match="exclude each other"):
        Config(init_from=model, embeddings="glove.txt")


@pytest.mark.parametrize("trained", [True, False])
def test_word_vectors_are_trained_or_frozen(tmp_path, trained):
    path = tmp_path / "glove.txt"
    path.write_text("a 1 2 3 4\ncat 5 6 7 8\ndog 4 3 2 1\n")
    config = Config(embeddings=str(path), train_embeddings=trained, **SMALL)
    generator, vocabulary = initialize_generator(config, TEXTS)
    gan = build_gan(config, generator)
    (cat,) = vocabulary.encode(["cat"])
    before = gan.generator.embedding.embeddings.numpy()
    assert before[cat].tolist() == [5, 6, 7, 8]
    stage = plan_stages(config, 1)[0]
    gan.compile(
        stage.g_optimizer,
        stage.d_optimizer,
        objective=stage.objective,
        stage=stage.name,
    )
    batches = make_batches(TEXTS, vocabulary, 2, shuffle_seed=1)
    kernel = gan.generator.projection.kernel.numpy()
    gan.fit(batches, epochs=3, verbose=0, shuffle=False)
    for network in (gan.generator, gan.ema_generator):
        after = network.embedding.embeddings.numpy()
        assert (np.abs(after - before).max() > 1e-4) == trained
    assert np.abs(gan.generator.projection.kernel - kernel).max() > 1e-4
