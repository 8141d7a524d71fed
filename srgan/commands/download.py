"""The command `download`: downloads the images of DIV2K."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from gancore.cli.confirm import DownloadOptions, confirm
from gancore.config_fields import option, positional
from gancore.errors import UserError
from gancore.training.config import DATA
from srgan.data.div2k import LICENSE, PAGE, SCALES, Archive, archives

# PNG files hardly compress: an archive that expands more is not the official
# one.
_MAX_EXPANSION = 2


@dataclasses.dataclass(frozen=True, kw_only=True)
class ImageDownloadOptions(DownloadOptions):
    """Options of `python -m srgan download`."""

    dataset: str = positional("Dataset: div2k.")
    scale: tuple[int, ...] = option(
        (),
        "Also download the official LR images of these scales; without them, "
        "training makes its own by MATLAB's bicubic.",
        group=DATA,
        choices=SCALES,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.dataset != "div2k":
            raise UserError(
                f"{self.dataset} is no dataset to download; try div2k"
            )


def run(options: ImageDownloadOptions) -> int:
    """Downloads, verifies and unpacks the archives that are missing.

    Returns:
        0, or 1 if the user declines.
    """
    from gancore.io.download import bytes_left, check_disk_space, format_bytes
    from gancore.io.locks import lock
    from gancore.io.paths import check_folder, create_folder
    from srgan.data.locations import div2k_dir

    root = Path(options.data_dir) if options.data_dir else div2k_dir()
    wanted = archives(sorted(set(options.scale)))
    missing = [
        archive for archive in wanted if not (root / archive.folder).is_dir()
    ]
    if missing:
        check_folder(root)
        left = sum(bytes_left(archive.file, root) for archive in missing)
        # At the end the largest is on disk twice, packed and unpacked.
        room = left + missing[-1].file.size
        noun = "archive" if len(missing) == 1 else "archives"
        facts = (
            "DIV2K, 800 training and 100 validation images: "
            f"{PAGE}\n"
            f"License: {LICENSE}\n"
            f"To download: {format_bytes(left)} in {len(missing)} {noun}; "
            f"{format_bytes(room)} of disk while unpacking\n"
            f"Into: {root.resolve()}"
        )
        if not confirm(facts, options.yes):
            return 1
        create_folder(root)
        lock(root)
        check_disk_space(root, room)
        for archive in missing:
            _download_and_unpack(archive, root)
    where = f" --data_dir {options.data_dir}" if options.data_dir else ""
    print(
        f"DIV2K is in {root.resolve()}; to train on it: "
        f"python train_srgan.py --dataset div2k{where}"
    )
    return 0


def _download_and_unpack(archive: Archive, root: Path) -> None:
    from gancore.io.download import download
    from gancore.io.unzip import unpack

    path = download(archive.file, root)
    folder = root / archive.folder
    count = unpack(
        path,
        folder,
        suffixes=[".png"],
        max_bytes=_MAX_EXPANSION * archive.file.size,
    )
    path.unlink()
    print(f"{count} images in {folder}", flush=True)
