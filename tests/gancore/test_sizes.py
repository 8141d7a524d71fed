import pytest

from gancore.sizes import format_size, parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("512MiB", 512 * 2**20), ("1 GiB", 2**30), ("1.5g", 3 * 2**29),
        ("2M", 2**21), ("800MB", 800 * 10**6), ("64", 64), ("7b", 7),
        ("3KiB", 3072), ("1TB", 10**12),
    ],
)  # fmt: skip
def test_sizes_are_read(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "MiB", "-1", "1 PiB", "1,5GiB", "x"])
def test_other_words_are_no_sizes(text):
    with pytest.raises(ValueError, match="is no size such as 512MiB"):
        parse_size(text)


def test_sizes_are_formatted():
    sizes = [format_size(n) for n in (7, 2048, 3 * 2**29, 20_000)]
    assert sizes == ["7 bytes", "2 KiB", "1.5 GiB", "19.5 KiB"]
