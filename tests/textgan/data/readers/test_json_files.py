"""JSON by line, in an array, or in an object that wraps one."""

import json

import pytest

from gancore.errors import UserError
from textgan.data.readers import json_stream

RECORDS = [
    {"id": 1, "q": "What is brown, and sticky?", "a": "A stick."},
    {"id": 2, "q": "What is red, and bad for teeth?", "a": "A brick."},
]
QUESTIONS = [record["q"] for record in RECORDS]
COLUMNS = {key: [record[key] for record in RECORDS] for key in RECORDS[0]}
INDEXED = {
    key: {str(i): v for i, v in enumerate(values)}
    for key, values in COLUMNS.items()
}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(
    "value",
    [
        RECORDS,
        {"jokes": RECORDS},
        {"version": 2, "tags": ["x"], "data": RECORDS, "meta": {"n": 2}},
        {"result": {"jokes": RECORDS}},
        COLUMNS,
        INDEXED,
        {"first": RECORDS[0], "second": RECORDS[1]},
    ],
)
def test_records_are_found(read, value, indent):
    assert read("a.json", json.dumps(value, indent=indent)) == QUESTIONS
    assert read("no_suffix", json.dumps(value, indent=indent)) == QUESTIONS


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.ndjson", "stream"])
def test_records_by_line(read, found, name):
    lines = "".join(json.dumps(record) + "\n" for record in RECORDS)
    assert read(name, lines) == QUESTIONS
    assert read(name, lines, columns=("q", "a"))[0] == (
        "What is brown, and sticky? A stick."
    )
    assert found(name, lines) == (
        'JSON lines, column "q" of 3 (others with texts: "a")'
    )


def test_where_records_were_found_is_said(found):
    assert found("a.json", json.dumps({"result": {"jokes": ["a"]}})) == (
        'JSON, records of "result.jokes", None'
    )


def test_values_that_are_no_texts_are_named(read):
    value = [{"joke": "one"}, {"other": 1}, {"joke": None}, "two", {"joke": ""}]
    texts = ["one", "without text", "without text", "two", ""]
    assert read("a.json", json.dumps(value)) == texts
    assert read("a.json", '["one", 1, [], "two"]') == [
        "one",
        "without text",
        "without text",
        "two",
    ]
    assert read("a.jsonl", '{"text": "one"}\n\n3\n') == [
        "one",
        "",
        "without text",
    ]


def test_keys_of_later_records_are_found(read):
    assert read("a.json", '[{"id": 1}, {"id": 2, "x": "one"}]') == [
        "without text",
        "one",
    ]


@pytest.mark.parametrize("chunk", [1, 7, 64])
def test_an_array_is_read_in_chunks(read, monkeypatch, chunk):
    monkeypatch.setattr(json_stream, "_CHUNK", chunk)
    values = ["a", {"text": 'é "\\ud83d\\ude00" ]'}, "12", 345, [1.5e3], "end"]
    content = " \n" + json.dumps(values, indent=1) + " \n"
    assert read("a.json", content) == [
        "a",
        values[1]["text"],
        "12",
        "without text",
        "without text",
        "end",
    ]


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.jsonl", '{"joke": "x"}\n{"jo', "line 2 is not JSON: it is cut off"),
        ("a.jsonl", '"x"\n{{{', "line 2 is not JSON: Expecting property"),
        ("a.json", '["one",\n "tw', "line 2, record 2 is not JSON: it is cut"),
        ("a.json", '["one",\n', "not JSON: it is cut off"),
        ("a.json", '["one"', "not JSON: it is cut off: ] is missing|cut off"),
        ("a.json", '["one" "two"]', "line 1 is not JSON: , is missing"),
        ("a.json", '["one",]', "not JSON: a comma before ]"),
        ("a.json", '["one"]\n["two"]', "line 2 is not JSON: something follows"),
        ("a.json", '{"jokes": ["one", "t', "not JSON: it is cut off"),
        ("a.json", '{"jokes": [\n"one",\n"t', "not JSON: it is cut off"),
        ("a.json", "[" * 200_000, "not JSON"),
        ("a.json", "[]", "holds no records"),
        ("a.json", "[1, 2]", "holds no texts"),
        ("a.json", '{"n": 1}', "holds no texts"),
    ],
)
def test_bad_json_raises(read, name, content, complaint):
    with pytest.raises(UserError, match=complaint) as caught:
        read(name, content)
    assert "\n" not in str(caught.value)
