"""Uses an `.h5` of either GAN with Keras alone, from version 2.15 on.

python examples/use_h5.py srgan/weights/compact-x4.h5 photo.png photo_x4.png
python examples/use_h5.py textgan/weights/jokes.h5
"""

import json
import sys

import h5py
import keras
import numpy as np
from PIL import Image


def upscale(path, source, target):
    """Upscales an image file, as a whole."""
    model = keras.models.load_model(path, compile=False)
    image = np.asarray(Image.open(source).convert("RGB"), "float32")
    image = model.predict(image[None], verbose=0)[0]
    Image.fromarray(np.clip(np.round(image), 0, 255).astype("uint8")).save(
        target
    )


def generate(path, temperature=0.7, max_length=40):
    """Prints a text, sampled word by word."""
    model = keras.models.load_model(path, compile=False)
    with h5py.File(path) as file:
        words = json.loads(file.attrs["provenance"])["vocabulary"]
    pad, unknown, start, end = range(4)
    random, ids = np.random.default_rng(), [start]
    while ids[-1] != end and len(ids) < max_length:
        logits = model.predict_on_batch(np.array([ids]))[0, -1]
        logits = logits.astype("float64") / temperature
        logits[[pad, unknown, start]] = -np.inf
        p = np.exp(logits - logits.max())
        ids.append(int(random.choice(len(p), p=p / p.sum())))
    print(" ".join(words[i] for i in ids[1:] if i != end))


if len(sys.argv) == 4:
    upscale(*sys.argv[1:])
else:
    generate(sys.argv[1])
