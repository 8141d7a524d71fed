"""Generates and fine-tunes on texts, with the tokenizer attached."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self, overload

import keras
import numpy as np
import tensorflow as tf

from gancore.saving.presets import save_preset
from textgan.data.token_levels import LEVELS
from textgan.inference import samplers
from textgan.inference.decoder import Decoder
from textgan.inference.finetuning import Texts, batches_of, perplexity, text_nll


class TextGenerator(Decoder):
    """Generates texts from prompts, and is fine-tuned on texts.

    Texts go in and come out as strings: the vocabulary and the tokenizer are
    part of it, as of a `CausalLM` of KerasHub. `generator` is the Keras model.

    Args:
        generator: A trained `Generator`.
        vocabulary: The vocabulary it was trained with.
        sampler: Chooses each token. Defaults to `TopP(0.9, 0.7)`.
        logits_processors: Applied in order to the logits before sampling.
        max_length: Longest text in tokens (words and punctuation marks, or
            characters), prompt included. Defaults to the `longest` of the
            vocabulary's token level.
        batch_size: Number of texts generated in parallel.

    Attributes:
        presets: Names of the weights that `from_preset` loads.

    Examples:
        >>> import textgan
        >>> text_generator = textgan.TextGenerator.from_preset("jokes")
        >>> first, second = text_generator.generate("Why did the", count=2)
        >>> first.startswith("Why did the")
        True
        >>> second == text_generator.generate("Why did the", seed=1)
        True
    """

    presets: ClassVar[tuple[str, ...]] = ("jokes",)

    @classmethod
    def from_preset(cls, preset: str | Path, **kwargs: Any) -> Self:
        """Loads a generator with its vocabulary.

        Args:
            preset: One of `presets`; a folder of `save_to_preset` or of a
                run of `train_textgan.py`; an `.h5` file of either; or
                `hf://OWNER/NAME` on the Hugging Face Hub.
            **kwargs: Arguments of the class, such as `sampler`.

        Raises:
            ValueError: If there is no such preset.
            UserError: If it holds no text generator.
        """
        from textgan.inference.load import load

        loaded = load(preset)
        kwargs.setdefault("max_length", loaded.max_length)
        return cls(loaded.generator, loaded.vocabulary, **kwargs)

    @overload
    def generate(  # type: ignore[overload-overlap]
        self,
        prompt: str = ...,
        count: None = ...,
        *,
        max_length: int | None = ...,
        sampler: Any = ...,
        seed: int = ...,
    ) -> str: ...

    @overload
    def generate(
        self,
        prompt: str = ...,
        count: int = ...,
        *,
        max_length: int | None = ...,
        sampler: Any = ...,
        seed: int = ...,
    ) -> list[str]: ...

    @overload
    def generate(
        self,
        prompt: Sequence[str] | np.ndarray | tf.data.Dataset,
        count: None = ...,
        *,
        max_length: int | None = ...,
        sampler: Any = ...,
        seed: int = ...,
    ) -> list[str]: ...

    def generate(
        self,
        prompt: Any = "",
        count: int | None = None,
        *,
        max_length: int | None = None,
        sampler: Any = None,
        seed: int = 0,
    ) -> str | list[str]:
        """Generates texts that start with prompts.

        Args:
            prompt: A string, a list of strings or a `tf.data.Dataset` of
                strings.
            count: Number of texts of one prompt, returned as a list; `None`
                for one text, a string.
            max_length: Longest text in tokens, prompt included, if other than
                the attribute `max_length`.
            sampler: A name, such as `"greedy"`, `"top_p"`, `"top_k"` or
                `"random"`, or a sampler, if other than the attribute.
            seed: Seeds the first text; the others have the seeds that follow.
                The same seed and prompt give the same text.

        Returns:
            A string for a string without `count`, else a list of strings in
            the order of the prompts.

        Raises:
            ValueError: If there is no such sampler, or an argument is
                invalid.
            UserError: If a prompt has `max_length` tokens or more.
        """
        if max_length is not None and max_length < 1:
            raise ValueError(f"max_length is {max_length}, not 1 or more")
        if seed < 0:
            raise ValueError(f"seed is {seed}, not 0 or more")
        # A copy shares the network and its traced step.
        decoder = copy.copy(self)
        decoder.max_length = max_length or self.max_length
        if sampler is not None:
            decoder.sampler = samplers.get(sampler)
        if isinstance(prompt, str):
            number = 1 if count is None else count
            texts = list(
                decoder.generate_stream(range(seed, seed + number), prompt)
            )
            return texts[0] if count is None else texts
        if count is not None:
            raise ValueError("count takes one prompt, given as a string")
        return list(decoder.decode(enumerate(_strings(prompt), seed)))

    def generate_one(self, number: int, prompt: str = "") -> str:
        """Generates the text of one number, as `generate_stream` does."""
        return next(self.generate_stream([number], prompt))

    def compile(self, optimizer: Any = "adam", **kwargs: Any) -> None:
        """Configures `fit`; without it, that uses Adam and the default loss.

        Args:
            optimizer: Optimizer, its name or its config.
            **kwargs: Arguments of `keras.Model.compile`. The loss is the mean
                nats per token by default.
        """
        kwargs.setdefault("loss", text_nll)
        kwargs.setdefault("metrics", [perplexity])
        # XLA would compile the step for each length of batch.
        kwargs.setdefault("jit_compile", False)
        self.generator.compile(optimizer, **kwargs)

    def fit(
        self,
        texts: Texts,
        *,
        epochs: int = 1,
        batch_size: int = 32,
        validation_split: float = 0.0,
        validation_data: Texts | None = None,
        seed: int = 0,
        **kwargs: Any,
    ) -> keras.callbacks.History:
        """Fine-tunes the generator on raw texts by maximum likelihood.

        Words outside the vocabulary are trained as unknown, and their share is
        logged.

        Args:
            texts: Strings, a `tf.data.Dataset` of strings, or the path of a
                file of texts (CSV, TSV, TXT, JSON).
            epochs: Number of epochs.
            batch_size: Texts per batch.
            validation_split: Share of the texts, the last ones, to validate
                on.
            validation_data: Texts to validate on, in place of a split.
            seed: Seeds the order of the texts.
            **kwargs: Further arguments of `keras.Model.fit`, such as
                `callbacks` and `verbose`.

        Returns:
            `History`: `loss` in nats per token, `perplexity`, and both of the
            validation set as `val_...`.

        Raises:
            ValueError: If there are too few texts, most words are unknown, or
                the generator takes a latent code.
        """
        if self.generator.latent_dim:
            raise ValueError(
                "a generator with a latent code needs its encoder to be "
                "trained; train it with textgan.GAN"
            )
        train, valid = batches_of(
            texts,
            validation_data,
            self.vocabulary,
            batch_size=batch_size,
            validation_split=validation_split,
            seed=seed,
            longest=max(self.max_length, LEVELS[self.vocabulary.level].longest),
        )
        if not self.generator.compiled:
            self.compile(keras.optimizers.Adam(1e-3))
        kwargs.setdefault("shuffle", False)  # The data are shuffled.
        return self.generator.fit(
            train, validation_data=valid, epochs=epochs, **kwargs
        )

    def save_to_preset(
        self, folder: str | Path, *, overwrite: bool = False
    ) -> None:
        """Saves the generator and its vocabulary for `from_preset`.

        Args:
            folder: Folder for `model.h5`, which every Keras from 2.15 on
                loads, `vocabulary.json` and `config.json`.
            overwrite: Replaces these files in a folder that is not empty.

        Raises:
            ValueError: If the folder is not empty, without `overwrite`.
            RuntimeFailure: If a weight is not finite, or the disk is full.
        """
        metadata = {
            "package": "textgan",
            "vocabulary": self.vocabulary.words,
            "level": self.vocabulary.level,
        }
        save_preset(Path(folder), self.generator, metadata, overwrite=overwrite)


def _strings(prompts: Iterable[Any]) -> list[str]:
    """Reads prompts from a list, array or dataset, batched or not."""
    found: list[str] = []
    for element in prompts:
        for text in np.ravel(np.asarray(element)).tolist():
            if not isinstance(text, str | bytes):
                raise ValueError(
                    f"a prompt is {text!r}; expected a string, a list of "
                    "strings or a tf.data.Dataset of strings"
                )
            found.append(text.decode() if isinstance(text, bytes) else text)
    return found
