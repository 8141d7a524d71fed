"""Well-formed and crafted archives; no file lands outside of the folder."""

import io
import os
import random
import stat
import struct
import zipfile

import pytest

from gancore.errors import RuntimeFailure
from gancore.io import unzip
from gancore.io.unzip import unpack

NOISE = random.Random(0).randbytes(2_000)


def archive_of(path, members, method=zipfile.ZIP_STORED):
    """Writes a zip of pairs of a name or `ZipInfo`, and bytes."""
    with zipfile.ZipFile(path, "w", method) as out:
        for name, data in members:
            # Names are written as they are, however odd.
            info = name if isinstance(name, zipfile.ZipInfo) else None
            if info is None:
                info = zipfile.ZipInfo("plain")
                info.filename = name
            info.compress_type = method
            out.writestr(info, data)
    return path


def everything(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def unpacked(archive, folder, **changes):
    arguments = {"suffixes": [".png"], "max_bytes": 10**6, **changes}
    return unpack(archive, folder, **arguments)


def refused(tmp_path, archive, pattern, **changes):
    """Expects a refusal after which no file is there that was not before."""
    before = everything(tmp_path)
    with pytest.raises(RuntimeFailure, match=pattern):
        unpacked(archive, tmp_path / "in" / "folder", **changes)
    assert everything(tmp_path) == before
    assert not (tmp_path / "in" / "folder").exists()


def test_images_are_unpacked_without_their_folders(tmp_path, capsys):
    archive = archive_of(
        tmp_path / "a.zip",
        [
            ("set/", b""),
            ("set/X4/", b""),
            ("set/X4/0001x4.png", NOISE),
            ("set/X4/0002x4.PNG", b"two"),
            ("set/read me (first).txt", b"hello"),
            ("__MACOSX/X4/._0001x4.png", b"fork"),
        ],
        zipfile.ZIP_DEFLATED,
    )
    folder = tmp_path / "deep" / "folder"
    assert unpacked(archive, folder) == 2
    assert sorted(os.listdir(folder)) == ["0001x4.png", "0002x4.PNG"]
    assert (folder / "0001x4.png").read_bytes() == NOISE
    assert os.listdir(folder.parent) == ["folder"]
    message = capsys.readouterr().err
    assert "a.zip: set/read me (first).txt, __MACOSX" in message


@pytest.mark.parametrize(
    "name",
    [
        "../a.png",
        "set/../../a.png",
        "set/./a.png",
        "/tmp/a.png",
        "//host/share/a.png",
        "C:/a.png",
        "C:a.png",
        "..\\a.png",
        "set\\a.png",
        "a.png:stream",
        "a\n.png",
        "a\x1b[2J.png",
        "set//a.png",
        "~|rm.png",
        "*.png",
        "../",
        "..",
        "/",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path, name):
    members = [("good.png", b"good"), (name, b"bad")]
    archive = archive_of(tmp_path / "a.zip", members)
    refused(tmp_path, archive, "is not a plain name")


def test_a_name_with_a_null_byte_is_refused(tmp_path):
    archive = archive_of(tmp_path / "a.zip", [("abc.png.exe", b"bad")])
    data = archive.read_bytes().replace(b"abc.png.exe", b"abc.png\0exe")
    archive.write_bytes(data)
    refused(tmp_path, archive, "is not a plain name")


@pytest.mark.parametrize(
    "kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK]
)
def test_links_and_devices_are_refused(tmp_path, kind):
    info = zipfile.ZipInfo("link.png")
    info.external_attr = (kind | 0o777) << 16
    archive = archive_of(tmp_path / "a.zip", [(info, b"/etc/passwd")])
    refused(tmp_path, archive, "is a link or a device")


def test_modes_are_ignored(tmp_path):
    info = zipfile.ZipInfo("a.png")
    info.external_attr = (stat.S_IFREG | 0o6777) << 16
    archive = archive_of(tmp_path / "a.zip", [(info, b"data")])
    unpacked(archive, tmp_path / "folder")
    mode = (tmp_path / "folder" / "a.png").stat().st_mode
    assert not mode & (stat.S_ISUID | stat.S_ISGID | stat.S_IXUSR)


def test_a_bomb_is_refused(tmp_path):
    deflate = zipfile.ZIP_DEFLATED
    bomb = [("a.png", bytes(900_000))]
    archive = archive_of(tmp_path / "a.zip", bomb, deflate)
    refused(tmp_path, archive, "unpacks to far more than it is")
    members = [(f"{i}.png", NOISE) for i in range(3)]
    archive = archive_of(tmp_path / "b.zip", members)
    refused(tmp_path, archive, "more than 5999 bytes", max_bytes=5_999)
    assert unpacked(archive, tmp_path / "folder", max_bytes=6_000) == 3


def test_too_many_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(unzip, "_MAX_FILES", 2)
    members = [(f"{i}.png", b"data") for i in range(3)]
    archive = archive_of(tmp_path / "a.zip", members)
    refused(tmp_path, archive, "it holds 3 files")


def test_a_file_larger_than_its_index_entry_is_refused(tmp_path):
    """The index declares 10 bytes: at most 10 are written, none kept."""
    info = zipfile.ZipInfo("a.png")
    archive = archive_of(
        tmp_path / "a.zip", [(info, bytes(1_000) + NOISE)], zipfile.ZIP_DEFLATED
    )
    data = bytearray(archive.read_bytes())
    place = data.rindex(b"PK\x01\x02") + 24
    assert struct.unpack_from("<I", data, place) == (3_000,)
    struct.pack_into("<I", data, place, 10)
    archive.write_bytes(data)
    refused(tmp_path, archive, "Bad CRC-32")


@pytest.mark.parametrize("names", [("a/x.png", "b/x.png"), ("x.png", "X.png")])
def test_two_files_of_one_name_are_refused(tmp_path, names):
    archive = archive_of(tmp_path / "a.zip", [(name, b"") for name in names])
    refused(tmp_path, archive, "it holds two files '[xX].png'")


def test_nothing_to_unpack_is_refused(tmp_path):
    archive = archive_of(tmp_path / "a.zip", [("a.exe", b"MZ")])
    refused(tmp_path, archive, r"it holds no \.png file")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_compression_is_refused(tmp_path, method):
    archive = archive_of(tmp_path / "a.zip", [("a.png", NOISE)], method)
    refused(tmp_path, archive, "uses an unusual compression")


def test_encryption_is_refused(tmp_path):
    archive = archive_of(tmp_path / "a.zip", [("a.png", NOISE)])
    data = bytearray(archive.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(data)
    refused(tmp_path, archive, "is encrypted")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_damage_anywhere_is_reported_and_leaves_nothing(tmp_path, method):
    members = [("a.png", NOISE), ("b.png", bytes(NOISE[:50]) * 9)]
    whole = archive_of(tmp_path / "a.zip", members, method).read_bytes()
    archive = tmp_path / "bad.zip"
    dice = random.Random(1)
    refused = 0
    for _ in range(300):
        data = bytearray(whole)
        if dice.random() < 0.2:
            del data[dice.randrange(len(data)) :]
        for _ in range(dice.randrange(1, 4)):
            if data:
                data[dice.randrange(len(data))] = dice.randrange(256)
        archive.write_bytes(data)
        folder = tmp_path / "folder"
        try:
            unpacked(archive, folder)
        except RuntimeFailure:
            refused += 1
        else:
            # The damage was to what does not matter, such as a time.
            found = {p.read_bytes() for p in everything(folder)}
            assert found <= {data for _, data in members}
            for path in everything(folder):
                path.unlink()
            folder.rmdir()
        assert {p.name for p in tmp_path.iterdir()} == {"a.zip", "bad.zip"}
    assert refused > 200


def test_a_file_that_is_not_a_zip_is_refused(tmp_path):
    archive = tmp_path / "a.zip"
    archive.write_bytes(b"<html>not found</html>")
    refused(tmp_path, archive, "is not unpacked: File is not a zip file")


@pytest.mark.parametrize("failure", [KeyboardInterrupt, RuntimeError])
def test_an_interruption_leaves_nothing(tmp_path, monkeypatch, failure):
    archive = archive_of(
        tmp_path / "a.zip", [("a.png", NOISE), ("b.png", NOISE)]
    )
    write = unzip._write

    def stop(data, path):
        if path.name == "b.png":
            raise failure
        write(data, path)

    monkeypatch.setattr(unzip, "_write", stop)
    with pytest.raises(failure):
        unpacked(archive, tmp_path / "folder")
    assert os.listdir(tmp_path) == ["a.zip"]


def test_files_of_a_killed_attempt_are_replaced(tmp_path):
    (tmp_path / "folder.unpacking").mkdir()
    (tmp_path / "folder.unpacking" / "half.png").write_bytes(b"half")
    archive = archive_of(tmp_path / "a.zip", [("a.png", NOISE)])
    assert unpacked(archive, tmp_path / "folder") == 1
    assert os.listdir(tmp_path / "folder") == ["a.png"]


def test_a_folder_with_files_is_not_replaced(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine.png").write_bytes(b"mine")
    archive = archive_of(tmp_path / "a.zip", [("a.png", NOISE)])
    with pytest.raises(RuntimeFailure, match=r"could not unpack .* not empty"):
        unpacked(archive, tmp_path / "folder")
    assert os.listdir(tmp_path / "folder") == ["mine.png"]


def test_a_full_disk_leaves_nothing(tmp_path, on_a_small_disk):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as out:
        out.writestr("a.png", NOISE)
        out.writestr("b.png", NOISE * 3)
    (tmp_path / "a.zip").write_bytes(data.getvalue())
    result = on_a_small_disk("""
        from pathlib import Path
        from gancore.errors import one_line_errors
        from gancore.io.unzip import unpack

        with one_line_errors("test"):
            unpack(
                Path("a.zip"),
                Path("folder"),
                suffixes=[".png"],
                max_bytes=10**6,
            )
    """)
    assert result.returncode == 1
    message = "test: error: could not unpack a.zip: File too large\n"
    assert result.stderr == message
    assert os.listdir(tmp_path) == ["a.zip"]
