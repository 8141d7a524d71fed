from gancore.grouping import connected_groups


def test_chains_and_rings_are_one_group():
    pairs = [(5, 4), (4, 2), (2, 5), (1, 6), (3, 3)]
    assert connected_groups(7, pairs) == [[0], [1, 6], [2, 4, 5], [3]]


def test_late_links_join_whole_groups():
    assert connected_groups(6, [(4, 5), (0, 1), (1, 4)]) == [
        [0, 1, 4, 5],
        [2],
        [3],
    ]
    assert connected_groups(0, []) == []
