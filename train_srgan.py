"""Trains the SRGAN on pictures, saves it, and shows what it enlarges.

python train_srgan.py --scale 4
python train_srgan.py --scale 2 --dataset my_photos/
"""

from __future__ import annotations

from pathlib import Path

import srgan
from adversarial import runtime
from adversarial.command_line import parse
from adversarial.files import make_run_folder
from adversarial.messages import note, plain_errors
from srgan.config import Config

LEADING = ("loss", "discrim_loss", "gen_loss", "psnr")


def main(config: Config) -> None:
    from srgan.folders import find_pictures, smallest_side

    # === Data ===
    name = Path(config.dataset).resolve().name
    print(f"Training on dataset {name}...", flush=True)
    pictures = find_pictures(
        config.dataset,
        config.data_dir,
        scale=config.scale,
        smallest=config.patch_size,
        validation_fraction=config.validation_fraction,
        seed=config.seed,
    )
    runtime.start(config.seed)
    folder = make_run_folder(Path(config.runs_dir), "srgan", name, config)

    from adversarial.callbacks import watchers
    from adversarial.checkpoint import describe, export_h5
    from srgan.data import make_patches, make_validation
    from srgan.evaluation import bicubic_psnr
    from srgan.figure import draw_comparison
    from srgan.stages import plan_stages

    scale, size = config.scale, config.batch_size
    train = make_patches(
        pictures.train,
        pictures.low,
        scale=scale,
        patch_size=config.patch_size,
        batch_size=size,
        steps=config.steps_per_epoch,
        seed=config.seed,
    )
    held_out = pictures.valid
    if not held_out:
        note("no image is held out: the figure shows training images")
    shown = make_validation(
        held_out or pictures.train,
        pictures.low,
        scale=scale,
        size=config.validation_size,
        batch_size=size,
    )
    valid = shown if held_out else None
    print(
        f"Dataset contains {len(pictures.train)} images (train set), each with "
        f"a minimum size of {smallest_side(pictures.train.values())} pixels, "
        f"enlarged x{scale} from patches of {config.patch_size // scale} "
        f"pixels to {config.patch_size}"
    )
    print("Number of batches in training set =", config.steps_per_epoch)
    print("Number of batches in validation set =", -(-len(held_out) // size))
    if valid:
        print(f"Validation PSNR of bicubic: {bicubic_psnr(valid, scale):.4f}")

    # === Models ===
    gan = srgan.GAN(
        srgan.Generator(
            scale, config.blocks, config.filters, config.batch_norm
        ),
        srgan.Discriminator(config.discriminator_width),
        ema_decay=config.ema_decay,
    )

    # === Training: pixels, then the judge as well ===
    history = {}
    for stage in plan_stages(config):
        print(f"Stage: {stage.name}")
        gan.compile(
            stage.g_optimizer,
            stage.d_optimizer,
            adversarial_weight=stage.adversarial_weight,
        )
        with runtime.plain_tensorflow_errors():
            history = gan.fit(
                train,
                validation_data=valid,
                epochs=stage.epochs,
                verbose=0,
                shuffle=False,  # the dataset shuffles itself
                callbacks=watchers(LEADING, folder / "log.csv"),
            ).history

    # === Results ===
    data = {
        "name": name,
        "train": len(pictures.train),
        "valid": len(held_out),
    }
    about = describe("srgan", config, data, history, scale=scale)
    export_h5(gan.averaged, folder / "model.h5", about)
    if config.adversarial_epochs:
        export_h5(gan.discriminator, folder / "discriminator.h5", about)
    print(f"Model saved to {folder / 'model.h5'}")
    figure = folder / "figures" / "comparison.png"
    figure.parent.mkdir()
    draw_comparison(gan.averaged, shown, scale, figure)
    print(f"Comparison saved to {figure}")


if __name__ == "__main__":
    with plain_errors("train_srgan.py"):
        main(parse(Config, __doc__.splitlines()[0]))
