"""Tables as people have them; the right texts were worked out by hand."""

import pytest

# Texts with whatever separates columns elsewhere.
ONE = "Why, oh why; did it | cross?"
TWO = 'She said "no".'
THREE = "It cost 3,50; or 4"
TEXTS = [ONE, TWO, THREE]


def rows(pattern, texts=TEXTS):
    return "".join(
        pattern.format(i=i, t=text) for i, text in enumerate(texts, start=1)
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tabs.tsv", "ID\tJoke\n" + rows("{i}\t{t}\n")),
        ("tabs.csv", "ID\tJoke\n" + rows("{i}\t{t}\n")),
        ("tabs.txt", "ID\tJoke\n" + rows("{i}\t{t}\n")),
        ("no_suffix", "ID\tJoke\r\n" + rows("{i}\t{t}\r\n")),
        ("no_header.tsv", rows("0.{i}\t{t}\n")),
        ("no_header.txt", rows("-{i},5\t{t}\n")),
        ("labels.txt", rows("ham\t{t}\n")),
        ("one.csv", "Joke\n" + rows("{t}\n")),
        ("lines.csv", rows("{t}\n")),
        ("lines.txt", rows("{t}\n")),
        ("text_first.tsv", "text\tscore\n" + rows("{t}\t{i}\n")),
        ("blank_before.tsv", "\n\nID\tJoke\n" + rows("{i}\t{t}\n")),
    ],
)
def test_plain_texts(read, name, content):
    assert read(name, content) == TEXTS


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("header", ["ID{s}Joke{s}n\n", ""])
@pytest.mark.parametrize("quote", ['""', '\\"'])
@pytest.mark.parametrize("break_", ["\n", "\r\n"])
def test_quoted_texts(read, separator, header, quote, break_):
    content = header.format(s=separator) + "".join(
        f'{i}{separator}"' + text.replace('"', quote) + f'"{separator}{i}\n'
        for i, text in enumerate([*TEXTS, "two\nlines"], start=1)
    )
    content = content.replace("\n", break_)
    texts = read("a.csv", content)
    assert texts == [*TEXTS, f"two{break_}lines"]


def test_semicolons_with_decimal_commas(read):
    content = rows("{i};3,{i};{t}\n", ["a, b", "c", "d, e, f"])
    texts = ["a, b", "c", "d, e, f"]
    assert read("a.csv", "ID;score;Joke\n" + content) == texts
    assert read("b.csv", content) == texts


def test_semicolons_keep_rows_with_commas(read):
    # Such a file was read as whole lines, and each row with a comma dropped.
    texts = ["one, two", "three", "four, five, six"]
    assert read("a.csv", "ID;Joke\n" + rows("{i};{t}\n", texts)) == texts


def test_texts_that_begin_with_a_quotation_mark(read):
    # Such a file lost all rows.
    texts = ['"Yes," he said.', '"No', 'two" and "three"', '"All of it."']
    table = "ID\tJoke\n" + rows("{i}\t{t}\n", texts)
    assert read("a.tsv", table) == texts
    assert read("b.csv", "Joke\n" + rows("{t}\n", texts)) == texts


def test_marks_that_are_open_at_the_end_of_their_line(read):
    # As two quoted fields of two lines, they are well-formed.
    texts = ['"One', 'and two"', '"Three', 'and four"']
    assert read("a.tsv", "ID\tJoke\n" + rows("{i}\t{t}\n", texts)) == texts


def test_a_quoted_text_keeps_backslashes(read):
    content = 'ID,Joke\n1,"say \\"a\\", C:\\new"\n2,"b\\\\"\n3,"plain, text"\n'
    texts = ['say "a", C:\\new', "b\\", "plain, text"]
    assert read("a.csv", content) == texts
    # Without an escaped mark a backslash is one.
    assert read("b.csv", 'ID,Joke\n1,"C:\\"\n2,"a, b"\n') == ["C:\\", "a, b"]


def test_commas_of_prose_make_no_columns(read):
    texts = ["Hello, world", "Goodbye, moon", "One, two"]
    assert read("a.csv", rows("{t}\n", texts)) == texts


def test_pipes_of_prose_make_no_columns(read):
    texts = ["What? | That.", "Who? | Me."]
    assert read("a.csv", rows("{i},{t}\n", texts)) == texts


@pytest.mark.parametrize("place", [0, 1, 2])
def test_malformed_rows_are_named(read, place):
    for bad, reason in (
        ("9,a,b", "with too many fields"),
        ('9,"a" b",c', "with a stray quotation mark"),
    ):
        lines = ['1,"one"', "2,two"]
        lines.insert(place, bad)
        texts = ["one", "two"]
        texts.insert(place, reason)
        assert read("a.csv", "\n".join(["ID,Joke", *lines, ""])) == texts


def test_commas_in_the_last_column_are_text_where_nothing_is_quoted(read):
    texts = ["Why, oh why?", "Who", 'I, "me", and you, too']
    assert read("a.csv", "ID,Joke\n" + rows("{i},{t}\n", texts)) == texts
    # Not in another column, nor where fields can be quoted.
    table = "Joke,ID\none,1\ntwo,2,3\n"
    assert read("b.csv", table) == ["one", "with too many fields"]
    table = 'ID,Joke\n1,"a, b"\n2,c, d\n'
    assert read("c.csv", table) == ["a, b", "with too many fields"]


def test_a_field_of_a_book_is_named(read):
    content = f"ID,Joke\n1,one\n2,{'a' * 200_000}\n3,three\n"
    assert read("a.csv", content) == ["one", "with too long a field", "three"]


def test_excel_names_its_separator(read):
    content = "sep=;\r\nID;Joke\r\n1;one, two\r\n2;three\r\n"
    assert read("a.csv", content) == ["one, two", "three"]


def test_one_malformed_row_does_not_make_all_marks_text(read):
    lines = [f'{i},"text {i}"' for i in range(30)]
    texts = [f"text {i}" for i in range(30)]
    lines[20] = '20,"a" b"'
    texts[20] = "with a stray quotation mark"
    assert read("a.csv", "\n".join(["ID,Joke", *lines])) == texts


def test_rows_that_a_stray_mark_took_in_are_counted(read):
    lines = [f'{i},"a, {i}"' for i in range(30)]
    texts = [f"a, {i}" for i in range(30)]
    lines[20] = '20,"open, and not closed'
    texts[20:22] = ["with a stray quotation mark"] * 2
    assert read("a.csv", "\n".join(["ID,Joke", *lines])) == texts


def test_words_that_look_like_missing_values_are_kept(read):
    assert read("a.csv", "Joke\nNA\nnull\n007\n") == ["NA", "null", "007"]


def test_blank_rows_keep_their_numbers(read):
    content = "ID,Joke\n1,one\n2,\n\n4,four\n"
    assert read("a.csv", content) == ["one", "", "", "four"]


def test_the_format_is_said(found):
    assert found("a.csv", "ID;Joke\n1;a, b\n") == (
        'separated by semicolons, column "Joke" of 2'
    )
    assert found("a.tsv", '1\t"a" b\n2\tc\n') == (
        "separated by tabs, quotation marks are text, no header, "
        'column "2" of 2'
    )
    assert found("a.csv", 'a,Joke\n1,"\\"b\\", c"\n') == (
        'separated by commas, quotation marks escaped, column "Joke" of 2'
    )


def test_flags_decide_where_content_does_not(read):
    content = "Anna\nBen\nCarla\n"
    assert read("a.csv", content) == ["Anna", "Ben", "Carla"]
    assert read("a.csv", content, header="yes") == ["Ben", "Carla"]
    content = "joke;text\nd;e, f\n"
    assert read("a.csv", content) == ["d"]
    assert read("a.csv", content, header="no") == ["text", "e, f"]
    content = "x,y;z\nu,v;w\n"
    assert read("a.csv", content, separator="comma") == ["y;z", "v;w"]
    assert read("a.csv", content, separator="semicolon") == ["x,y", "u,v"]
    assert read("a.csv", content, separator="none") == ["x,y;z", "u,v;w"]
