#!/usr/bin/env python3
"""Trains the TextGAN on jokes, saves it and generates one.

python train_textgan.py --batch_size=64 --dataset=kaggle_jokes
python train_textgan.py --dataset my_texts.csv --text_column caption

The recipe is in textgan/commands/train.py; `python -m textgan train` and, once
installed, `textgan train` run the same.
"""

from __future__ import annotations

import sys

from gancore.cli.dispatch import run_program
from textgan.__main__ import SCRIPTS

if __name__ == "__main__":
    sys.exit(run_program("train_textgan.py", SCRIPTS["train_textgan.py"]))
