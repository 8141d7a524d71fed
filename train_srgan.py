#!/usr/bin/env python3
"""Trains the SRGAN on images, and saves it and figures of upscaled images.

python train_srgan.py --scale 4
python train_srgan.py --scale 2 --dataset my_photos/ --preset esrgan

The recipe is in srgan/commands/train.py; `python -m srgan train` and, once
installed, `srgan train` run the same.
"""

from __future__ import annotations

import sys

from gancore.cli.dispatch import run_program
from srgan.__main__ import SCRIPTS

if __name__ == "__main__":
    sys.exit(run_program("train_srgan.py", SCRIPTS["train_srgan.py"]))
