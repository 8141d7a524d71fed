"""Fine-tunes the pretrained text generator on texts of your own.

python examples/finetune_texts.py my_texts.csv my_model.h5
"""

import sys
from pathlib import Path

import keras

import textgan
from gancore.saving.model_io import save_h5
from textgan.data.corpus import load_corpus
from textgan.data.dataset import make_batches

source, target = map(Path, sys.argv[1:])

# === Data ===
pretrained = textgan.load("jokes")
vocabulary = pretrained.vocabulary
corpus = load_corpus(source)  # CSV, TSV, TXT, JSON or JSON lines
train = make_batches(corpus.train, vocabulary, batch_size=32, shuffle_seed=1)
valid = make_batches(corpus.valid, vocabulary, batch_size=32)

# === Training: maximum likelihood, no discriminator ===
discriminator = textgan.Discriminator(len(vocabulary))
gan = textgan.GAN(pretrained.generator, discriminator, ema_decay=0.9)
gan.compile(
    keras.optimizers.Adam(1e-3),
    keras.optimizers.Adam(1e-3),
    objective=textgan.LossConfig(),
    stage="mle",
)
gan.fit(train, validation_data=valid, epochs=2, verbose=2)

# === Results ===
metadata = {
    "package": "textgan",
    "vocabulary": vocabulary.words,
    "level": vocabulary.level,
}
save_h5(gan.ema_generator, target, metadata)
for text in textgan.load(target).generate(count=3):
    print(text)
