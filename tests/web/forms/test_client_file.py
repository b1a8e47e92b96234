"""Files of clients as other programs write them: encodings, delimiters, headings, and faults."""

import pytest
from flask import Flask

from portal.web.forms.client_file import MOST_BYTES, MOST_LINES, read_client_file, short_name


def read(app: Flask, content: bytes | str) -> list[dict[str, object]]:
    data = content.encode() if isinstance(content, str) else content
    with app.test_request_context():
        return read_client_file(data)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters(app: Flask, encoding: str, delimiter: str) -> None:
    rows = [("name", "e-mail", "notes"), ("Kim Sørensen", "Kim@Example.com", "tea")]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    [line] = read(app, text.encode(encoding))
    assert (line["name"], line["email"]) == ("Kim Sørensen", "kim@example.com")
    assert (line["line"], line["notes"]) == (2, "tea")


def test_letters_that_only_windows_has(app: Flask) -> None:
    [line] = read(app, "name\nŽofie O’Neil".encode("cp1252"))
    assert line["name"] == "Žofie O’Neil"


@pytest.mark.parametrize(
    "headings",
    ["Name,Email,Phone", "full_name,E-Mail Address,Mobile", "Client:,mail,Telephone number*"],
)
def test_headings_by_other_names(app: Flask, headings: str) -> None:
    [line] = read(app, f"{headings},Shoe size\nLee Park,lee@example.com,+1 212 555 0114,9")
    assert (line["name"], line["email"]) == ("Lee Park", "lee@example.com")
    assert line["phone"] == "+1 212 555 0114"


@pytest.mark.parametrize(
    ("one", "other"), [("email", "email"), ("E-Mail", "mail"), ("tel", "Cell")]
)
def test_two_columns_of_one_thing_are_refused_by_name(app: Flask, one: str, other: str) -> None:
    with pytest.raises(ValueError, match=f"“{one}” and “{other}”"):
        read(app, f"name,{one},{other}\nLee Park,lee@example.com,kim@example.com")


def test_first_and_last_name_may_stand_apart(app: Flask) -> None:
    lines = read(app, "Last name,First name\nPark,Lee\n,Kim\n")
    assert [line["name"] for line in lines] == ["Lee Park", "Kim"]


def test_each_wrong_line_says_what_is_wrong_and_the_others_stay(app: Flask) -> None:
    text = 'name,email,phone,zone\nLee,not one,,\n,k@x.org,,\nAda,,12ab,Mars/Base\n"A\nB",,,\n'
    lines = read(app, text)
    assert [line["line"] for line in lines] == [2, 3, 4, 6]
    faults = [str(line.get("fault", "")) for line in lines]
    assert faults[0].startswith("Email: This isn’t an email address.")
    assert faults[1] == "Name: Please fill this in."
    assert faults[2].startswith("Phone: ")
    assert "Time zone: " in faults[2]
    assert faults[3] == "Name: contains a line break: is a quote not closed?"


@pytest.mark.parametrize("quoted", ['"Lee,,,', 'Lee,,"12345,'], ids=["name", "phone"])
def test_a_quote_that_is_never_closed_is_no_client(app: Flask, quoted: str) -> None:
    lines = read(app, f"name,email,phone,notes\nAda,,,\n{quoted}\nKim,kim@x.org,,\n")
    assert [line["name"] for line in lines if "fault" not in line] == ["Ada"]
    assert "contains a line break: is a quote not closed?" in str(lines[1]["fault"])


def test_notes_have_line_breaks_and_their_quotes_are_closed(app: Flask) -> None:
    good = read(app, 'name,notes\nAda,"Tea.\nNo milk."\nLee,\n')
    assert [line.get("fault") for line in good] == [None, None]
    (torn,) = read(app, 'name,notes\nAda,"Tea.\nLee,\n')
    assert torn["fault"] == "A quote is opened in this line and never closed."


def test_what_the_export_wrote_is_read_as_it_was(app: Flask) -> None:
    [line] = read(app, "name,phone,notes\n\"'=Lee\",'+1 212 555 0114,'tis fine\n")
    assert (line["name"], line["phone"]) == ("=Lee", "+1 212 555 0114")
    assert line["notes"] == "'tis fine"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"PK\x03\x04\x00\x00", "isn’t a text file"),
        ("name\nLee".encode("utf-16"), "isn’t a text file"),
        (b"name\nL\x81\xff", "letters in this file can’t be read"),
        (b"", "first line has to say"),
        (b"age,city\n9,Rome", "first line has to say"),
        (b"name,email\n\n , \n", "no client in this file"),
        (b"name\n" + b'"' + b"a" * 140_000, "isn’t a table"),
        (b"name\n" + b"Lee\n" * (MOST_LINES + 1), "more than 5000 lines"),
        (b"name\n" + b"a" * MOST_BYTES, "larger than 900 KB"),
    ],
    ids=["spreadsheet", "utf-16", "bytes", "empty", "headings", "blank", "broken", "long", "large"],
)
def test_a_file_that_is_of_no_use_is_refused_with_a_sentence(
    app: Flask, content: bytes, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        read(app, content)


def test_a_file_is_called_without_its_folders() -> None:
    assert short_name("C:\\Users\\ana\\clients\r\n.csv") == "clients .csv"
    assert short_name("../../etc/passwd") == "passwd"
    assert short_name(None) == "clients.csv"
