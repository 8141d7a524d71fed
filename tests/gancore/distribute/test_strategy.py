import json
import subprocess
import sys

import pytest

from gancore.distribute.strategy import make_strategy
from gancore.errors import UserError

# Two logical CPUs, set before TensorFlow runs an operation; then the same
# training with one replica and with two.
SETUP = """
import json, sys
import keras, numpy as np, tensorflow as tf
(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(
    cpu, [tf.config.LogicalDeviceConfiguration()] * 2
)
from gancore.distribute.datasets import distributed_data
from gancore.distribute.strategy import make_strategy

def run(name, make, batches):
    strategy = make_strategy(name)
    keras.utils.set_random_seed(3)
    with strategy.scope():
        gan = make()
    data = distributed_data(strategy, lambda: batches, batches)
    history = gan.fit(**data, epochs=3, verbose=0, shuffle=False).history
    networks = (gan.generator, gan.discriminator, gan.ema_generator)
    weights = [w for net in networks for w in net.get_weights()]
    return strategy.num_replicas_in_sync, history, weights

def compare(make, batches):
    (one, history, weights), (two, others, theirs) = (
        run(name, make, batches) for name in ("none", "auto")
    )
    assert (one, two) == (1, 2)
    gaps = [np.abs(a - b).max() for a, b in zip(weights, theirs, strict=True)]
    print(json.dumps([history, others, float(max(gaps))]))
"""
TEXTS = """
import textgan
from textgan.losses.adversarial import GeneratedBatch
ids = np.random.default_rng(0).integers(4, 12, (7, 9)).astype("int32")
ids[:, 0], ids[:, -1] = 2, 3
ids[2, 5:], ids[2, 4] = 0, 3
batches = tf.data.Dataset.from_tensor_slices(ids).batch(4)

def make():
    gan = textgan.GAN(
        textgan.Generator(12, 6, 8, dropout=0.0),
        textgan.Discriminator(12, 6, filters=4, dropout=0.0),
    )
    # Seeds differ between replicas, so texts are generated without noise.
    gan._generate = lambda generator, count: GeneratedBatch(
        tf.nn.softmax(generator(own[0])), None
    )
    step, test = gan.train_step, gan.test_step
    own = [None]
    def with_own(run):
        def stepped(ids):
            own[0] = ids[:, :-1]
            return run(ids)
        return stepped
    gan.train_step, gan.test_step = with_own(step), with_own(test)
    gan.compile(
        keras.optimizers.SGD(0.5, global_clipnorm=CLIP),
        keras.optimizers.SGD(0.5, global_clipnorm=CLIP),
        objective=textgan.LossConfig(
            adversarial_loss=LOSS, adversarial_weight=2.0,
            adversarial_length=8, mmd_weight=1.0,
        ),
        stage="adversarial",
    )
    return gan

compare(make, batches)
"""
IMAGES = """
import srgan
random = np.random.default_rng(0)
low, high = (
    random.uniform(0, 255, (6, n, n, 3)).astype("float32") for n in (16, 32)
)
batches = tf.data.Dataset.from_tensor_slices((low, high)).batch(4)

def make():
    gan = srgan.GAN(
        srgan.Generator(2, 1, 6, batch_norm=True), srgan.Discriminator(0.1)
    )
    gan.compile(
        keras.optimizers.SGD(1e-2, global_clipnorm=CLIP),
        keras.optimizers.SGD(1e-2),
        objective=srgan.LossConfig(
            perceptual_weight=0.0, adversarial_weight=0.1,
            adversarial_loss=LOSS, r1_weight=0.1,
        ),
    )
    return gan

compare(make, batches)
"""


def in_fresh_process(code, root):
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=root,
    )


@pytest.mark.parametrize(
    ("code", "loss", "clip"),
    [
        (TEXTS, "feature_matching", None),
        (TEXTS, "relativistic", 0.1),
        (IMAGES, "vanilla", 1e-3),
        (IMAGES, "relativistic", None),
    ],
)
def test_two_replicas_train_as_one(code, loss, clip, root):
    constants = f"LOSS, CLIP = {loss!r}, {clip!r}\n"
    done = in_fresh_process(SETUP + constants + code, root)
    assert done.returncode == 0, done.stderr[-2000:]
    one, two, gap = json.loads(done.stdout.splitlines()[-1])
    assert one.keys() == two.keys()
    for name, values in one.items():
        assert two[name] == pytest.approx(values, rel=2e-4, abs=2e-5), name
    assert gap < 1e-4


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("", "needs the variable TF_CONFIG"),
        ("{", "TF_CONFIG is not"),
        ('{"cluster": {"worker": ["a:1"]}}', "TF_CONFIG is not"),
        (
            '{"cluster": {"worker": ["a:1"], "ps": ["b:1"]},'
            ' "task": {"type": "worker", "index": 0}}',
            "workers only",
        ),
        (
            '{"cluster": {"worker": ["a"]},'
            ' "task": {"type": "worker", "index": 0}}',
            "host:port",
        ),
        (
            '{"cluster": {"worker": ["a:1", "b:99999"]},'
            ' "task": {"type": "worker", "index": 0}}',
            "host:port",
        ),
        (
            '{"cluster": {"worker": ["a:1", ":1"]},'
            ' "task": {"type": "worker", "index": 0}}',
            "host:port",
        ),
        (
            '{"cluster": {"worker": ["a:1", "b:\\u00b2"]},'
            ' "task": {"type": "worker", "index": 0}}',
            "host:port",
        ),
        (
            '{"cluster": {"worker": ["a:1", "a:1"]},'
            ' "task": {"type": "worker", "index": 0}}',
            "host:port",
        ),
        (
            '{"cluster": {"worker": ["a:1", "b:1"]},'
            ' "task": {"type": "worker", "index": 2}}',
            "index 2, but there are 2",
        ),
    ],
)
def test_an_invalid_tf_config_is_an_error(monkeypatch, config, message):
    monkeypatch.setenv("TF_CONFIG", config)
    with pytest.raises(UserError, match=message):
        make_strategy("multi_worker")


PORT_IN_USE = """
import json, os, socket
held = socket.create_server(("", 0))
address = f"localhost:{held.getsockname()[1]}"
os.environ["TF_CONFIG"] = json.dumps({
    "cluster": {"worker": [address, "localhost:1"]},
    "task": {"type": "worker", "index": 0},
})
from gancore.errors import RuntimeFailure
from gancore.distribute.strategy import make_strategy
try:
    make_strategy("multi_worker")
except RuntimeFailure as error:
    print(error)
"""


def test_a_port_in_use_is_an_error(root):
    done = in_fresh_process(PORT_IN_USE, root)
    assert "cannot reach the others" in done.stdout, done.stderr[-2000:]


def test_a_single_worker_trains_alone(monkeypatch, capsys):
    monkeypatch.setenv(
        "TF_CONFIG",
        '{"cluster": {"worker": ["a:1"]},'
        ' "task": {"type": "worker", "index": 0}}',
    )
    assert make_strategy("multi_worker").num_replicas_in_sync == 1
    assert "trains alone" in capsys.readouterr().err


def test_mirrored_without_gpus_is_an_error(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert make_strategy("auto").num_replicas_in_sync == 1
    with pytest.raises(UserError, match="needs two GPUs or more"):
        make_strategy("mirrored")
