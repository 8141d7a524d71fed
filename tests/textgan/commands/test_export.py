import json

import numpy as np
import pytest

from gancore.export.formats import FORMATS
from gancore.saving.model_io import save_h5
from textgan import Generator, TextGenerator, Vocabulary
from textgan.commands.export import ExportOptions, run
from textgan.data.vocabulary import END, START
from textgan.inference.samplers import Greedy
from textgan.inference.step_model import max_difference, step_model

VOCABULARY = Vocabulary.build([[f"w{i}" for i in range(20)]], size=100)


def generator(latent_dim=0):
    """Builds a small generator whose tokens depend on the previous ones."""
    network = Generator(
        len(VOCABULARY), embedding_dim=6, units=5, latent_dim=latent_dim
    )
    random = np.random.default_rng(0)
    for weight in network.trainable_weights:
        weight.assign_add(random.normal(0, 3.0, weight.shape))
    return network


@pytest.fixture
def exported(tmp_path):
    """Saves a generator and exports it; returns the path of the export."""

    def run_export(network, format):
        pytest.importorskip(FORMATS[format].runtime)
        path = tmp_path / "model.h5"
        facts = {"vocabulary": VOCABULARY.words, "level": "word"}
        save_h5(network, path, {"package": "textgan", **facts})
        target = tmp_path / f"out{FORMATS[format].ending}"
        options = ExportOptions(
            model=str(path), format=format, output=str(target)
        )
        assert run(options) == 0
        return target

    return run_export


def greedy_tokens(step, metadata, units, code=None):
    """Decodes greedily, with what the JSON file states and nothing else."""
    word, tokens = metadata["start"], []
    state = [np.zeros((1, units), "float32")] * 2
    latent = {} if code is None else {"code": code}
    while len(tokens) < 12:
        out = step(
            {"word": np.array([word], "int32"), "hidden": state[0],
             "cell": state[1], **latent}
        )  # fmt: skip
        logits = out["logits"][0].copy()
        logits[metadata["never"]] = -np.inf
        if not tokens:
            logits[metadata["end"]] = -np.inf
        word = int(logits.argmax())
        if word == metadata["end"]:
            break
        tokens.append(metadata["vocabulary"][word])
        state = [out["next_hidden"], out["next_cell"]]
    return tokens


def read_metadata(target):
    path = target.with_name(target.name + ".json")
    return json.loads(path.read_text(encoding="utf-8"))


def test_onnx_generates_what_the_text_generator_does(exported):
    onnxruntime = pytest.importorskip("onnxruntime")
    network = generator()
    target = exported(network, "onnx")
    session = onnxruntime.InferenceSession(target)
    names = [output.name for output in session.get_outputs()]

    def step(inputs):
        return dict(zip(names, session.run(names, inputs), strict=True))

    tokens = greedy_tokens(step, read_metadata(target), 5)
    text_generator = TextGenerator(network, VOCABULARY, Greedy(), max_length=12)
    (ids,) = text_generator._sample([0], [[]])
    assert tokens == VOCABULARY.ids_to_tokens(ids)
    assert len(set(tokens)) > 2


def test_litert_takes_a_latent_code(exported):
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    network = generator(latent_dim=3)
    target = exported(network, "litert")
    runner = litert.Interpreter(str(target)).get_signature_runner()
    code = np.random.default_rng(0).uniform(-1, 1, (1, 3)).astype("float32")
    tokens = greedy_tokens(
        lambda inputs: runner(**inputs), read_metadata(target), 5, code
    )
    ids = [START, *VOCABULARY.encode(tokens)]
    logits = network([np.array([ids]), code]).numpy()[0]
    logits[:, [0, 1, 2]] = -np.inf
    logits[0, END] = -np.inf
    found = VOCABULARY.ids_to_tokens(logits.argmax(-1)[: len(tokens)])
    assert found == tokens


@pytest.mark.parametrize("latent_dim", [0, 3])
def test_max_difference_finds_a_lost_state(latent_dim):
    network = generator(latent_dim)
    step, _ = step_model(network)

    def with_lost_cell(inputs):
        found = step(inputs)
        return {**found, "next_cell": np.zeros_like(found["next_cell"])}

    assert max_difference(step, network) < 1e-5
    assert max_difference(with_lost_cell, network) > 1e-2


def test_a_saved_model_stores_each_weight_once(exported):
    target = exported(generator(), "saved_model")
    size = (target / "variables" / "variables.data-00000-of-00001").stat()
    weights = sum(w.size for w in generator().get_weights())
    assert size.st_size < 4 * weights + 8000
