"""The options of a TextGAN training, with units and ranges."""

from __future__ import annotations

import dataclasses

from gancore.config_fields import option
from gancore.errors import UserError
from gancore.training.config import DATA, OUTPUT, TRAINING, TrainingConfig
from textgan.data.readers.flags import ReadingFlags
from textgan.losses.config import LossConfig

_GENERATOR = "generator"
_DISCRIMINATOR = "discriminator"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(ReadingFlags, TrainingConfig):
    """Options of one training; the defaults suit 1,000 jokes on a CPU.

    Attributes:
        losses: Kinds and weights of the loss terms; its options are
            flags and keys of files like all others.

    Raises:
        UserError: If a value is out of its range or makes no sense.
    """

    losses: LossConfig = dataclasses.field(default_factory=LossConfig)

    dataset: str = option(
        "kaggle_jokes",
        "kaggle_jokes (until it is downloaded, the bundled sample); a file of "
        "texts: a table (CSV, TSV, Excel, Parquet), TXT or JSON, also .gz; a "
        "folder of .txt files, each a text; - for standard input.",
        group=DATA,
        takes="FILE",
    )
    data_dir: str | None = option(
        None,
        "File, or folder with one such file, to read the dataset from; "
        "without it, datasets/ in the working directory.",
        group=DATA,
        takes="FILE",
    )
    extra_datasets: tuple[str, ...] = option(
        (),
        "Further training files; none of their texts are used for validation.",
        group=DATA,
        takes="FILE",
        was="more_texts",
    )
    split: str = option(
        "grouped",
        "How validation texts are drawn: grouped keeps near-duplicates "
        "together; random ignores them, for texts of one template.",
        group=DATA,
        choices=("grouped", "random"),
    )
    filter_profanity: bool = option(
        False,
        "Drop texts with slurs, profanity or sensitive topics, by word lists.",
        group=DATA,
        was="only_clean",
    )
    token_level: str = option(
        "word",
        "Level of tokenization: words and punctuation, or characters.",
        group=DATA,
        choices=("word", "char"),
        was="level",
    )
    max_words: int = option(
        70,
        "Maximum length of a text; longer ones are left out.",
        group=DATA,
        unit="words",
        low=1,
    )
    vocabulary_size: int = option(
        10_000,
        "Maximum size of the vocabulary; the most frequent words are kept.",
        group=DATA,
        unit="words",
        low=10,
    )
    min_count: int = option(
        1,
        "Minimum number of occurrences of a word; rarer ones become <unk>.",
        group=DATA,
        unit="occurrences",
        low=1,
    )
    unk_dropout: float = option(
        0.25,
        "In training, a word that occurs c times is replaced by <unk> with "
        "probability X/(X + c); 0 for never.",
        group=DATA,
        low=0.0,
        high=1_000.0,
        was="unknown_rate",
    )
    latent_dim: int = option(
        0,
        "Size of the generator's latent code; 0 for none.",
        group=_GENERATOR,
        unit="features",
        low=0,
        high=16_384,
    )
    embedding_dim: int = option(
        128,
        "Size of the word embeddings; input and output embeddings are tied.",
        group=_GENERATOR,
        unit="features",
        low=1,
        high=16_384,
    )
    embeddings: str | None = option(
        None,
        "Text file of pretrained word vectors: GloVe, word2vec or fastText.",
        group=_GENERATOR,
        takes="FILE",
    )
    train_embeddings: bool = option(
        True,
        "Train the word embeddings; otherwise they are frozen.",
        group=_GENERATOR,
        was="tune_embeddings",
    )
    init_from: str | None = option(
        None,
        "Model to warm-start from, whose vocabulary is used and whose sizes "
        "must be the same: name of pretrained weights, or an .h5 file.",
        group=_GENERATOR,
        takes="FILE",
        was="init",
    )
    units: int = option(
        256,
        "Units of the LSTM.",
        group=_GENERATOR,
        unit="units",
        low=1,
        high=16_384,
    )
    dropout: float = option(
        0.3,
        "Dropout rate before and after the LSTM.",
        group=_GENERATOR,
        low=0.0,
        high=0.9,
    )
    discriminator_embedding_dim: int = option(
        64,
        "Size of the word embeddings of the discriminator.",
        group=_DISCRIMINATOR,
        unit="features",
        low=1,
        high=16_384,
        was="judge_embedding_dim",
    )
    discriminator_kernel_sizes: tuple[int, ...] = option(
        (2, 3, 4, 5),
        "Kernel sizes of the discriminator's convolutions.",
        group=_DISCRIMINATOR,
        unit="words",
        low=1,
        high=100,
        was="judge_widths",
    )
    discriminator_filters: int = option(
        64,
        "Filters of each kernel size, or units of the recurrent discriminator "
        "(with --adversarial_loss reinforce).",
        group=_DISCRIMINATOR,
        low=1,
        high=16_384,
        was="judge_filters",
    )
    batch_size: int = option(
        64,
        "Texts per training step.",
        group=TRAINING,
        unit="texts",
        low=1,
        high=1_000_000,
    )
    epochs: int = option(
        10,
        "Epochs in which both networks are trained from the first step on; "
        "the weight of the adversarial loss rises from 0 in the second half.",
        group=TRAINING,
        unit="epochs",
        low=0,
    )
    mle_epochs: int = option(
        0,
        "Epochs of MLE pre-training.",
        group=TRAINING,
        unit="epochs",
        low=0,
    )
    discriminator_epochs: int = option(
        0,
        "Epochs in which only the discriminator is trained.",
        group=TRAINING,
        unit="epochs",
        low=0,
        was="judge_epochs",
    )
    adversarial_epochs: int = option(
        0,
        "Epochs of adversarial training at the end, with a constant weight "
        "and learning rate.",
        group=TRAINING,
        unit="epochs",
        low=0,
    )
    learning_rate: float = option(
        2e-2,
        "Peak learning rate of the generator, with cosine decay; but see "
        "--adversarial_learning_rate.",
        group=TRAINING,
        low=0.0,
        high=1.0,
    )
    adversarial_learning_rate: float = option(
        4e-4,
        "Learning rate of the generator in the adversarial stage.",
        group=TRAINING,
        low=0.0,
        high=1.0,
    )
    discriminator_learning_rate: float = option(
        1e-3,
        "Learning rate of the discriminator.",
        group=TRAINING,
        low=0.0,
        high=1.0,
    )
    weight_decay: float = option(
        0.0,
        "Decoupled weight decay of the generator (AdamW).",
        group=TRAINING,
        low=0.0,
        high=1.0,
    )
    clip_norm: float = option(
        5.0,
        "Clips gradients to this global norm; 0 disables it.",
        group=TRAINING,
        low=0.0,
    )
    monitor: str = option(
        "nll",
        "Validation metric by which the saved epoch is chosen, over all "
        "stages; last saves the last epoch.",
        group=OUTPUT,
        choices=("nll", "last"),
        was="keep_best",
    )
    joke: int = option(
        10_000,
        "Number of the text generated at the end; it seeds the sampling.",
        group=OUTPUT,
        low=0,
    )
    temperature: float = option(
        0.7,
        "Sampling temperature of that text; 0 for greedy decoding.",
        group=OUTPUT,
        low=0.0,
        high=100.0,
    )
    top_p: float = option(
        0.9,
        "Nucleus sampling of that text: only the most likely words that "
        "together reach this probability; 1 keeps all.",
        group=OUTPUT,
        low=0.01,
        high=1.0,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_extras()
        names = (
            "mle_epochs",
            "discriminator_epochs",
            "epochs",
            "adversarial_epochs",
        )
        if not any(getattr(self, name) for name in names):
            raise UserError(
                f"--{', --'.join(names[:-1])} and --{names[-1]} are all 0; at "
                "least one is needed"
            )
        if self.init_from and self.embeddings:
            raise UserError("--init_from and --embeddings exclude each other")
        if not (self.train_embeddings or self.embeddings or self.init_from):
            raise UserError(
                "--no-train_embeddings takes --embeddings or --init_from"
            )
        if self.latent_dim and self.losses.sampled_softmax:
            raise UserError("--sampled_softmax takes no --latent_dim")
        if self.latent_dim and self.losses.adversarial_loss == "reinforce":
            raise UserError(
                "--adversarial_loss reinforce takes no --latent_dim"
            )
