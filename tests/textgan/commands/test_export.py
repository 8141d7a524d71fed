import json

import numpy as np
import pytest

from gancore.export.formats import FORMATS
from gancore.saving.model_io import save_h5
from textgan import Generator, TextGenerator, Vocabulary
from textgan.commands.export import ExportOptions, run
from textgan.data.vocabulary import END, START
from textgan.inference.samplers import Greedy
from textgan.inference.step_model import difference, step_model

VOCABULARY = Vocabulary.build([[f"w{i}" for i in range(20)]], size=100)


def generator(latent_dim=0):
    """Makes a small generator whose words follow each other by weight."""
    made = Generator(
        len(VOCABULARY), embedding_dim=6, units=5, latent_dim=latent_dim
    )
    random = np.random.default_rng(0)
    for weight in made.trainable_weights:
        weight.assign_add(random.normal(0, 3.0, weight.shape))
    return made


@pytest.fixture
def exported(tmp_path):
    """Saves a generator, calls the command, and gives its target."""

    def make(network, format):
        pytest.importorskip(FORMATS[format].runtime)
        path = tmp_path / "model.h5"
        facts = {"vocabulary": VOCABULARY.words, "level": "word"}
        save_h5(network, path, {"package": "textgan", **facts})
        target = tmp_path / f"out{FORMATS[format].ending}"
        options = ExportOptions(model=str(path), format=format, to=str(target))
        assert run(options) == 0
        return target

    return make


def beam_search_texts(step, about, units, code=None):
    """Writes the likeliest text as a stranger would, from the JSON file."""
    word, text = about["start"], []
    state = [np.zeros((1, units), "float32")] * 2
    more = {} if code is None else {"code": code}
    while len(text) < 12:
        out = step(
            {"word": np.array([word], "int32"), "hidden": state[0],
             "cell": state[1], **more}
        )  # fmt: skip
        logits = out["logits"][0].copy()
        logits[about["never"]] = -np.inf
        if not text:
            logits[about["end"]] = -np.inf
        word = int(logits.argmax())
        if word == about["end"]:
            break
        text.append(about["vocabulary"][word])
        state = [out["next_hidden"], out["next_cell"]]
    return text


def about(target):
    path = target.with_name(target.name + ".json")
    return json.loads(path.read_text(encoding="utf-8"))


def test_onnx_writes_what_the_text_generator_does(exported):
    onnxruntime = pytest.importorskip("onnxruntime")
    network = generator()
    target = exported(network, "onnx")
    session = onnxruntime.InferenceSession(target)
    names = [output.name for output in session.get_outputs()]

    def step(inputs):
        return dict(zip(names, session.run(names, inputs), strict=True))

    text = beam_search_texts(step, about(target), 5)
    text_generator = TextGenerator(network, VOCABULARY, Greedy(), max_length=12)
    (ids,) = text_generator._write([0], [])
    assert text == VOCABULARY.ids_to_tokens(ids)
    assert len(set(text)) > 2


def test_litert_takes_a_latent_code(exported):
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    network = generator(latent_dim=3)
    target = exported(network, "litert")
    runner = litert.Interpreter(str(target)).get_signature_runner()
    code = np.random.default_rng(0).uniform(-1, 1, (1, 3)).astype("float32")
    text = beam_search_texts(
        lambda inputs: runner(**inputs), about(target), 5, code
    )
    ids = [START, *VOCABULARY.encode(text)]
    logits = network([np.array([ids]), code]).numpy()[0]
    logits[:, [0, 1, 2]] = -np.inf
    logits[0, END] = -np.inf
    found = VOCABULARY.ids_to_tokens(logits.argmax(-1)[: len(text)])
    assert found == text


@pytest.mark.parametrize("latent_dim", [0, 3])
def test_the_trial_sees_a_state_that_is_lost(latent_dim):
    network = generator(latent_dim)
    step, _ = step_model(network)

    def forgetful(inputs):
        found = step(inputs)
        return {**found, "next_cell": np.zeros_like(found["next_cell"])}

    assert difference(step, network) < 1e-5
    assert difference(forgetful, network) > 1e-2


def test_a_saved_model_holds_each_weight_once(exported):
    target = exported(generator(), "saved_model")
    size = (target / "variables" / "variables.data-00000-of-00001").stat()
    weights = sum(w.size for w in generator().get_weights())
    assert size.st_size < 4 * weights + 8000
