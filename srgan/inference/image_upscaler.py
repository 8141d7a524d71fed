"""Upscales and fine-tunes on images of any kind."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, ClassVar, Self

import keras
import numpy as np
from PIL import Image

from gancore.saving.presets import save_preset
from srgan.data.finetuning import Images, pairs_of
from srgan.data.mapping_network import MappingNetwork
from srgan.inference.load import PRETRAINED, load, noise_channels, scale_of
from srgan.inference.self_ensemble import check_self_ensemble
from srgan.inference.tiled_upscaler import MEMORY
from srgan.inference.upscale import upscale
from srgan.losses.pixel import pixel_loss
from srgan.metrics.psnr_ssim import psnr


class ImageUpscaler:
    """Upscales arrays, Pillow images and files, and is fine-tuned on images.

    `model` is the Keras model, which maps RGB batches in 0..255.

    Args:
        model: An SR model, as of `srgan.load`, a `Generator`, or the
            `ema_generator` of a trained `GAN`.
        memory: As for `srgan.upscale`.
        tile_size: As for `srgan.upscale`.
        seed: Seeds the noise of a model with a noise input; 0 or more.
        self_ensemble: As for `srgan.upscale`. `from_preset` refuses it for
            models trained against a discriminator.
        keep_mean: As for `srgan.upscale`; of `from_preset` by default with
            pretrained weights.

    Attributes:
        presets: Names of the weights that `from_preset` loads.
        scale: Upscaling factor.

    Raises:
        UserError: If the model is no SR model.

    Examples:
        >>> upscaler = ImageUpscaler.from_preset("compact-x2")
        >>> upscaler.upscale(np.full((6, 9, 3), 200, np.uint8)).shape
        (12, 18, 3)
    """

    presets: ClassVar[tuple[str, ...]] = tuple(PRETRAINED)

    def __init__(
        self,
        model: keras.Model,
        *,
        memory: int | str = MEMORY,
        tile_size: int | None = None,
        seed: int = 0,
        self_ensemble: bool = False,
        keep_mean: bool = False,
    ) -> None:
        self.model = model
        self.scale = scale_of(model)
        self.memory = memory
        self.tile_size = tile_size
        self.seed = seed
        self.self_ensemble = self_ensemble
        self.keep_mean = keep_mean

    @classmethod
    def from_preset(
        cls, preset: str | Path, *, denoise: float | None = None, **kwargs: Any
    ) -> Self:
        """Loads an SR model.

        Args:
            preset: One of `presets`; a folder of `save_to_preset` or of a
                run of `train_srgan.py`; an `.h5` file of either, or of any
                Keras model of built-in layers that upscales RGB in 0..255;
                or `hf://OWNER/NAME` on the Hugging Face Hub.
            denoise: As for `srgan.load`.
            **kwargs: Arguments of the class.

        Raises:
            ValueError: If there is no such preset.
            UserError: If it holds no SR model.
        """
        if kwargs.get("self_ensemble"):
            check_self_ensemble(preset)
        kwargs.setdefault("keep_mean", preset in PRETRAINED)
        return cls(load(preset, denoise=denoise), **kwargs)

    def upscale(self, images: Any) -> Any:
        """Upscales one image or several, tile by tile.

        Gray and alpha are treated as by `srgan.upscale`.

        Args:
            images: An array as for `srgan.upscale`, where other floats are
                taken as float32 and other integers, in 0..255, as uint8; a
                batch of such images, of shape
                `(batch, height, width, channels)`; a Pillow image; the path of
                an image file; or a list of these, of any sizes.

        Returns:
            The like: an array, a Pillow image (also for a
            path), or a list.

        Raises:
            ValueError: If it is none of these.
            UnreadableImage: If a file cannot be read.
        """
        if isinstance(images, list | tuple):
            return [self.upscale(image) for image in images]
        if isinstance(images, str | Path | Image.Image):
            return self._run(images)
        pixels = np.asarray(images)
        if pixels.ndim == 4:
            if not len(pixels):
                raise ValueError("the batch has no image")
            pixels = _supported(pixels)
            return np.stack([self._run(image) for image in pixels])
        return self._run(_supported(pixels))

    def compile(self, optimizer: Any = "adam", **kwargs: Any) -> None:
        """Configures `fit`; without it, that uses Adam and the pixel loss.

        Args:
            optimizer: Optimizer, its name or its config.
            **kwargs: Arguments of `keras.Model.compile`. By default the loss
                is the mean absolute error of images in 0..1, and the metric
                is PSNR in dB on the Y channel.
        """
        kwargs.setdefault("loss", _pixel_loss)
        metric = functools.partial(_psnr, border=self.scale)
        kwargs.setdefault(
            "metrics", [keras.metrics.MeanMetricWrapper(metric, name="psnr")]
        )
        self.model.compile(optimizer, **kwargs)

    def fit(
        self,
        images: Images,
        *,
        epochs: int = 1,
        batch_size: int = 8,
        validation_split: float = 0.0,
        validation_data: Images | None = None,
        patch_size: int = 96,
        steps_per_epoch: int | None = None,
        degradation: str = "clean",
        seed: int = 0,
        **kwargs: Any,
    ) -> keras.callbacks.History:
        """Fine-tunes the model on HR images, with the pixel loss.

        LR images are made by downscaling; random patches are cut, rotated and
        flipped.

        Args:
            images: A folder, a list of paths or of RGB arrays in 0..255, a
                `tf.data.Dataset` of arrays, or one of batches of LR and HR
                images.
            epochs: Number of epochs.
            batch_size: Patches per batch.
            validation_split: Share of the images, the last ones, to validate
                on.
            validation_data: Images to validate on, in place of a split.
            patch_size: Height and width of HR patches, in pixels; less if an
                image is smaller.
            steps_per_epoch: Batches per epoch. Defaults to 16 patches of each
                image.
            degradation: How LR images are made, as for `MappingNetwork`. Only
                `clean` for arrays.
            seed: Seeds the patches.
            **kwargs: Further arguments of `keras.Model.fit`, such as
                `callbacks` and `verbose`.

        Returns:
            `History`: `loss` and `psnr`, and both of the validation set as
            `val_...`.

        Raises:
            ValueError: If there is no usable image, an argument is invalid,
                or the model has a noise input.
        """
        if noise_channels(self.model):
            raise ValueError(
                "a model with a noise input has no pixel loss of its own; "
                "train it with srgan.GAN"
            )
        train, valid = pairs_of(
            images,
            validation_data,
            mapping=MappingNetwork(self.scale, degradation),
            patch_size=patch_size,
            batch_size=batch_size,
            steps=steps_per_epoch,
            validation_split=validation_split,
            seed=seed,
        )
        if not self.model.compiled:
            self.compile(keras.optimizers.Adam(1e-4))
        kwargs.setdefault("shuffle", False)  # The data are shuffled.
        return self.model.fit(
            train, validation_data=valid, epochs=epochs, **kwargs
        )

    def save_to_preset(
        self, folder: str | Path, *, overwrite: bool = False
    ) -> None:
        """Saves the model for `from_preset`.

        Args:
            folder: Folder for `model.h5`, which every Keras from 2.15 on
                loads, and `config.json`.
            overwrite: Replaces these files in a folder that is not empty.

        Raises:
            ValueError: If the folder is not empty, without `overwrite`.
            RuntimeFailure: If a weight is not finite, or the disk is full.
        """
        metadata = {"package": "srgan", "scale": self.scale}
        save_preset(Path(folder), self.model, metadata, overwrite=overwrite)

    def _run(self, image: Any) -> Any:
        return upscale(
            image,
            self.model,
            memory=self.memory,
            tile_size=self.tile_size,
            seed=self.seed,
            self_ensemble=self.self_ensemble,
            keep_mean=self.keep_mean,
        )


def _supported(pixels: np.ndarray) -> np.ndarray:
    """Converts a dtype that `srgan.upscale` does not take, without loss."""
    if pixels.dtype.kind == "f":
        return pixels.astype(np.float32)
    if pixels.dtype.kind not in "iu" or pixels.dtype in (np.uint8, np.uint16):
        return pixels
    if pixels.size and not 0 <= pixels.min() <= pixels.max() <= 255:
        raise ValueError(
            f"the image has {pixels.dtype} values from {pixels.min()} to "
            f"{pixels.max()}; expected 0..255"
        )
    return pixels.astype(np.uint8)


def _pixel_loss(hr: Any, sr: Any) -> Any:
    return pixel_loss(sr, hr)


def _psnr(hr: Any, sr: Any, border: int) -> Any:
    return psnr(sr, hr, border)
