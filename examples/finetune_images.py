"""Fine-tunes the pretrained x4 SR model on images of your own.

python examples/finetune_images.py my_images/ my_model.h5
"""

import sys
from pathlib import Path

import keras

import srgan
from gancore.saving.model_io import save_h5
from srgan.data.dataset import make_training_dataset, make_validation_dataset
from srgan.data.sources import find_dataset
from srgan.models.warm_start import warm_start

SCALE, PATCH = 4, 96
source, target = sys.argv[1], Path(sys.argv[2])

# === Data: HR patches, and LR ones by MATLAB's bicubic ===
images = find_dataset(
    source, None, scale=SCALE, min_size=PATCH, validation_fraction=0.1, seed=1
)
mapping = srgan.MappingNetwork(SCALE)
train = make_training_dataset(
    images.train,
    images.lr,
    mapping=mapping,
    patch_size=PATCH,
    batch_size=8,
    steps=20,
    seed=1,
)
valid = make_validation_dataset(
    images.valid,
    images.lr,
    mapping=mapping,
    size=PATCH,
    multiple_of=SCALE,
    batch_size=8,
)

# === Training: pixel loss, no discriminator ===
generator = srgan.Generator(SCALE, blocks=12, filters=48, compact=True)
warm_start(generator, srgan.load("compact-x4"))
gan = srgan.GAN(generator, srgan.Discriminator(), ema_decay=0.9)
gan.compile(
    keras.optimizers.Adam(1e-4),
    keras.optimizers.Adam(1e-4),
    objective=srgan.LossConfig(perceptual_weight=0.0, adversarial_weight=0.0),
)
gan.fit(train, validation_data=valid, epochs=2, verbose=2)

# === Results ===
save_h5(gan.ema_generator, target, {"package": "srgan", "scale": SCALE})
print("Saved to", target)
