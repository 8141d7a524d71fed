from srgan.image_io.folders import describe_left_out, scan_folder


def make(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def found(folder):
    return [str(p.relative_to(folder)) for p in scan_folder(folder).images]


def test_links_to_folders_are_followed(tmp_path):
    make(tmp_path, "photos/a.png", "other/b.jpg", "other/deep/c.tif")
    (tmp_path / "photos" / "link").symlink_to("../other")
    assert found(tmp_path / "photos") == [
        "a.png", "link/b.jpg", "link/deep/c.tif",
    ]  # fmt: skip


def test_links_in_a_circle_end(tmp_path):
    make(tmp_path, "a/b/c.png", "d/e.png")
    (tmp_path / "a" / "b" / "up").symlink_to("..")
    (tmp_path / "a" / "self").symlink_to("self")
    (tmp_path / "a" / "to_d").symlink_to("../d")
    (tmp_path / "d" / "to_a").symlink_to("../a")
    assert found(tmp_path) == ["a/b/c.png", "d/e.png"]
    assert found(tmp_path / "a") == ["b/c.png", "to_d/e.png"]


def test_a_folder_is_found_under_its_own_path_first(tmp_path):
    make(tmp_path, "z/c.png")
    (tmp_path / "a").symlink_to("z")
    assert found(tmp_path) == ["z/c.png"]


def test_what_is_left_out_is_counted(tmp_path):
    make(tmp_path, "a.png", "b.txt", "s/c.TXT", "d.psd", "e", ".f/g.png")
    scan = scan_folder(tmp_path)
    assert [path.name for path in scan.images] == ["a.png"]
    assert scan.left_out == {
        ".txt": 2, ".psd": 1, "without a suffix": 1, "hidden": 1,
    }  # fmt: skip
    assert describe_left_out(scan.left_out).startswith("2 .txt, 1 ")
