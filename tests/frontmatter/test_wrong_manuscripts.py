"""Front matter: what is wrong is refused in one sentence that names file, line and key."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedinode.errors import ManuscriptError
from fedinode.frontmatter import has_front_matter, parse_manuscript

HEAD = 'type = "{kind}"\ntitle = "x"\nlanguage = "de"\n'
EVENT = 'starts = 2027-05-01T19:00:00\ntimezone = "Europe/Berlin"\n'


def refused(path: Path) -> str:
    """Return the sentence with which a file is refused."""
    with pytest.raises(ManuscriptError) as error:
        parse_manuscript(path)
    sentence = str(error.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def refused_text(folder: Path, front: str, body: str = "Text.") -> str:
    path = folder / "post.md"
    path.write_text(f"+++\n{front}\n+++\n{body}\n", "utf-8")
    return refused(path).removeprefix(f"{path}")


CASES = {
    # unknown keys and tables
    ("news", 'titel = "x"'): ', line 5: there is no key "titel"; did you mean "title".',
    ("news", 'authers = "x"'): ', line 5: there is no key "authers".',
    ("news", 'alt = "x"'): ', line 5: there is no key "alt"; it belongs into [media].',
    ("news", '[[authors]]\nname = "x"\nsumary = "y"'): ', line 7: there is no key "sumary" in [authors].',
    ("news", '[[authors]]\nname = "x"\nrole = "y"'): (
        ', line 7: there is no key "role" in [authors]; it belongs into [source].'
    ),
    ("news", 'authors = [\n  { name = "x",\n nam = "y" },\n]'): "line 6: this is no valid TOML",
    ("news", 'authors = [\n  { name = "x" },\n  { nam = "y" },\n]'): (
        ', line 7: there is no key "nam" in [authors]; did you mean "name".'
    ),
    ("news", '[translations.en]\ntitle = "y"\nbody = "z"\ntags = []'): (
        'line 8: there is no key "tags" in [translations.en]; it belongs into the lines above'
    ),
    ("event", EVENT + '[[organisers]]\nnames.de = "x"'): 'line 7: the key "name" is missing in [organisers].',
    # keys of other types
    ("news", "starts = 2027-05-01T10:00:00"): (
        ', line 5: "starts" may stand only where type is event, and this is type "news".'
    ),
    ("statement", 'show = "full"'): 'line 5: "show" may stand only where type is news',
    ("news", 'place = "x"'): '"place" may stand only where type is event or statement',
    ("news", '[[speakers]]\nname = "x"'): 'line 5: "speakers" may stand only where type is event',
    ("news", '[translations.en]\ntitle = "y"\nbody = "z"\ndemands = []'): (
        'line 8: "translations.en.demands" may stand only where type is statement'
    ),
    # wrong types
    ("news", "title2 = 1\ntags = 5"): 'no key "title2"',
    ("news", "category = 5"): 'line 5: "category" must be a text in quotation marks.',
    ("news", 'deliver = "yes"'): '"deliver" must be true or false',
    ("news", 'tags = "x"'): '"tags" must be a list',
    ("news", 'tags = ["a", 5]'): '"tags" has a wrong entry, number 2: it must be a text',
    ("news", 'tags = ["a b!"]'): "letters and digits",
    ("news", 'tags = ["2027"]'): "not of digits alone",
    ("news", "tags = [" + '"a",' * 31 + "]"): "more than 30 entries",
    ("news", 'authors = "x"'): '"authors" must be written as [[authors]], once for each.',
    ("news", 'authors = ["x"]'): 'line 5: "authors" must be a table.',
    ("news", 'translations = "x"'): '"translations" must be written with a language',
    ("news", 'translations.en = "x"'): '"translations.en" must be a table.',
    ("news", '[[authors]]\nname = "x"\nnames = "y"'): '"authors.names" must be written with a language',
    (
        "statement",
        'signed_elsewhere = { count = "200" }',
    ): 'line 5: "signed_elsewhere.count" must be a whole number',
    ("statement", "signed_elsewhere = { count = true }"): "must be a whole number",
    ("statement", "signed_elsewhere = { count = -1 }"): "must be a whole number",
    ("statement", "signed_elsewhere = 5"): '"signed_elsewhere" must be a table.',
    ("statement", "signed_elsewhere = { count = 1, as_of = 2027-05-01T10:00:00Z }"): "must be a date without",
    # wrong values
    ("news", 'comments = "hold"'): 'must be one of "held", "open", "closed"; did you mean "held".',
    ("news", 'category = ""'): '"category" must not be empty.',
    ("news", 'category = "a\\nb"'): '"category" must be one line.',
    ("news", 'category = "' + "x" * 501 + '"'): "longer than 500 characters",
    ("news", 'category = "<b>"'): "plain text",
    ("news", 'category = "AT&T"'): "plain text",
    ("news", 'slug = "Über uns"'): '"slug" must be small Latin letters',
    (
        "news",
        'in_reply_to = "berlin.example/1"',
    ): '"in_reply_to" must be an address that begins with https://',
    ("news", 'in_reply_to = "https://a b.example/"'): "without blanks",
    ("news", 'in_reply_to = "https://a.example:99999/"'): "must be an address",
    ("news", 'in_reply_to = "https://me:pw@a.example/"'): "user name or password",
    ("news", "in_reply_to = 5"): "must be an address in quotation marks",
    ("news", 'published = "2027-05-01"'): '"published" must be a date and time with an offset',
    ("news", "published = 2027-05-01T10:00:00"): "with an offset",
    ("news", "published = 0001-01-01T00:00:00+14:00"): "outside the years",
    ("statement", "adopted = 9999-12-31T23:59:59-12:00"): "outside the years",
    ("statement", 'adopted = "yesterday"'): '"adopted" must be a date',
    ("statement", "adopted = 2027-05-01T10:00:00"): '"adopted" is a local time: name its "timezone"',
    ("statement", "sign_until = 2027-05-01T10:00:00"): '"sign_until" is a local time',
    ("statement", "sign_until = 2027-05-01"): '"sign_until" must be a date and time',
    ("statement", "individuals = true"): '"individuals" needs a text that never changes',
    ("statement", "goal = 10"): '"goal" has no effect without individuals = true',
    ("statement", 'cosign = "anyone"\nindividuals = true\ngoal = 0'): '"goal" must be a whole number above 0',
    ("statement", 'cosign = "invited"\ninvite = ["berlin"]'): "must be a handle such as",
    ("statement", 'invite = ["@a@b.example"]'): '"invite" has no effect while "cosign" is "closed"',
    ("news", "key = 5\nkey = 6"): "line 6: this is no valid TOML",
    # languages
    ("news", '[translations.en]\nbody = "x"\n[translations.en]\nbody = "y"'): (
        "[translations.en] stands there twice; put both into one"
    ),
    ("news", '[translations.deutsch]\ntitle = "x"\nbody = "y"'): (
        'has the value "deutsch", which is no language tag such as "de" or "pt-BR"; did you mean "de".'
    ),
    ("news", '[translations.de]\ntitle = "x"\nbody = "y"'): 'line 5: "translations.de" says again',
    ("news", '[[related]]\ntitle = "x"\nurl = "https://a.example/"\nlanguage = "ua"'): 'did you mean "uk"',
    ("news", '[[related]]\ntitle = "x"\nurl = "https://a.example/"\nlanguage = 5'): "must be a language tag",
    # translations and files
    ("news", '[translations.en]\ntitle = "y"'): 'needs one of the keys "body" and "body_file".',
    ("news", '[translations.en]\nbody = "z"'): 'line 5: the key "title" is missing in [translations.en].',
    ("news", '[translations.en]\ntitle = "y"\nbody = "z"\nbody_file = "z.md"'): "needs one of the keys",
    ("news", '[translations.en]\ntitle = "y"\nbody_file = "none.md"'): (
        ', line 7: "translations.en.body_file" names the translation file "none.md", which does not exist.'
    ),
    ("news", '[translations.en]\ntitle = "y"\nbody_file = "../en.md"'): (
        'line 7: "translations.en.body_file" leaves the folder of this file with "../en.md"; '
        "put the translation beside it."
    ),
    ("news", '[translations.en]\ntitle = "y"\nbody_file = "/etc/passwd"'): "leaves the folder",
    ("news", '[translations.en]\ntitle = "y"\nbody_file = "' + "x" * 300 + '"'): "is no name of a file",
    ("news", '[translations.en]\ntitle = "y"\nbody_file = "post.md"'): "which has front matter",
    ("news", '[translations.en]\ntitle = "y"\nbody = "' + ">" * 20 + ' z"'): "nested more than 16 deep",
    ("news", '[[media]]\nfile = "a.jpg"\nalt = "x"'): 'names the picture file "a.jpg", which does not exist.',
    ("news", '[[media]]\nfile = "a.jpg"'): (
        'line 5: the key "alt" is missing in [media]; say in a sentence what the picture shows'
    ),
    ("event", EVENT + 'cancelled = "yes"'): '"cancelled" must be true or false',
    # events
    ("event", 'timezone = "Europe/Berlin"'): 'the key "starts" is missing.',
    ("event", "starts = 2027-05-01T19:00:00"): 'line 5: the key "timezone" is missing.',
    ("event", "starts = 2027-05-01"): '"starts" must be a date and time',
    ("event", 'starts = 2027-03-28T02:30:00\ntimezone = "Europe/Berlin"'): (
        '"starts" (2027-03-28 02:30) does not exist in Europe/Berlin'
    ),
    ("event", 'starts = 2027-10-31T02:30:00\ntimezone = "Europe/Berlin"'): "occurs twice in Europe/Berlin",
    ("event", 'starts = 9999-12-31T23:59:59\ntimezone = "America/New_York"'): "outside the years",
    ("event", EVENT + "ends = 2027-05-01T18:00:00"): 'line 7: "ends" is not after "starts"',
    ("event", EVENT + 'show_zones = ["Berlin"]'): 'did you mean "Europe/Berlin".',
    ("event", 'starts = 2027-05-01T19:00:00\ntimezone = "Europe/Berln"'): (
        'line 6: "timezone" names no time zone such as "Europe/Berlin"; did you mean "Europe/Berlin".'
    ),
    ("event", 'starts = 2027-05-01T19:00:00\ntimezone = "europe/tbilisi"'): 'did you mean "Asia/Tbilisi"',
    ("event", 'starts = 2027-05-01T19:00:00\ntimezone = "Xyzzy"'): 'such as "Europe/Berlin".',
    ("event", EVENT + 'sign_up = "there"'): '"sign_up" must be an address',
}


@pytest.mark.parametrize(
    ("case", "said"), CASES.items(), ids=[f"{case[0]}: {case[1][:50]}" for case in CASES]
)
def test_a_wrong_key_or_value_is_named(tmp_path: Path, case: tuple[str, str], said: str) -> None:
    kind, more = case
    assert said in refused_text(tmp_path, HEAD.format(kind=kind) + more)


@pytest.mark.parametrize(
    ("front", "said"),
    [
        ('title = "x"', ', line 1: the key "type" is missing'),
        (
            'type = "newz"',
            ', line 2: "type" must be one of "statement", "news", "event", "page"; did you mean "news".',
        ),
        ("type = 5", '"type" must be one of'),
        ('type = "news"', ', line 1: the key "language" is missing.'),
        ('type = "page"\nlanguage = "de"', ', line 1: the key "title" is missing.'),
        ('type = "news"\nlanguage = "de"\nshow = "teaser"', ', line 1: the key "title" is missing.'),
        ('type = "news"\nlanguage = "german"', 'line 3: "language" has the value "german"'),
        ("type = ", ", line 2: this is no valid TOML"),
        ('type = "news', ", line 2: this is no valid TOML"),
        ("a = " + "[" * 3000, ": the front matter is nested too deeply"),
        ("a = " + "9" * 5000, "a number is too long"),
    ],
)
def test_what_every_post_needs_is_asked_for(tmp_path: Path, front: str, said: str) -> None:
    assert said in refused_text(tmp_path, front)


def test_a_post_without_text_is_refused(tmp_path: Path) -> None:
    assert refused_text(tmp_path, HEAD.format(kind="news"), body=" \n") == ", line 1: there is no text."


@pytest.mark.parametrize("kind", ["statement", "event"])
def test_above_120_words_a_summary_is_wanted(tmp_path: Path, kind: str) -> None:
    front = HEAD.format(kind=kind) + (EVENT if kind == "event" else "")
    sentence = refused_text(tmp_path, front, body="Wort " * 121)
    assert sentence.startswith(f', line 1: the key "summary" is missing: this {kind} has 121 words')


def test_a_long_translation_wants_a_summary_too(tmp_path: Path) -> None:
    translation = '[translations.en]\ntitle = "y"\nbody = "' + "word " * 121 + '"'
    sentence = refused_text(tmp_path, HEAD.format(kind="statement") + translation)
    assert ', line 5: the key "summary" is missing in [translations.en]: ' in sentence


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("+++\ntitle = 'Мир и свобода для всех'\n+++\nТекст".encode("cp1251"), "is written in CP1251"),
        ("+++\n".encode("utf-16"), "is written in UTF-16"),
        ("+++\nüü".encode("utf-16-le"), "is written in UTF-16"),
        (b"+++\ntitle = 'caf\xe9'\n+++\n", ", line 2: here is a character that is not UTF-8"),
        (b"", ", line 1: a post begins with front matter"),
        (b"# Title\n", ", line 1: a post begins with front matter"),
        (b"\n\n+++\ntype = 1\n", ", line 3: the front matter that begins here has no second line"),
        (b"+++\n" + b"#" * 300_000, "is larger than 256 KiB"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "post.md"
    path.write_bytes(content)
    assert said in refused(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.md") == f"There is no file {tmp_path / 'none.md'}."
    assert not has_front_matter(tmp_path / "none.md")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert "cannot be read" in refused(tmp_path)


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "secret.md"
    outside.write_text("secret", "utf-8")
    folder = tmp_path / "posts"
    folder.mkdir()
    (folder / "en.md").symlink_to(outside)
    front = HEAD.format(kind="news") + '[translations.en]\ntitle = "y"\nbody_file = "en.md"'
    assert "leaves the folder" in refused_text(folder, front)


def test_a_translation_in_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "ru.md").write_bytes("Мир и свобода".encode("cp1251"))
    front = HEAD.format(kind="news") + '[translations.ru]\ntitle = "y"\nbody_file = "ru.md"'
    path = tmp_path / "post.md"
    path.write_text(f"+++\n{front}\n+++\nText\n", "utf-8")
    assert refused(path).startswith(f"{tmp_path / 'ru.md'} is written in CP1251")


KEYS = st.sampled_from(
    ["type", "title", "language", "starts", "timezone", "authors", "translations.en", "signed_elsewhere", "x"]
)
VALUES = st.sampled_from(
    [
        '"news"',
        '"event"',
        '"de"',
        '"x"',
        "5",
        "true",
        "[]",
        "{}",
        '[{name = "x"}]',
        "2027-05-01T10:00:00",
        "2027-05-01",
        '"Europe/Berlin"',
        '"""a\n"""',
        "{ count = 1 }",
        "-0.0",
        "nan",
    ]
)


@given(st.lists(st.tuples(KEYS, VALUES), max_size=12), st.text(max_size=50))
def test_any_front_matter_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]], body: str
) -> None:
    front = "\n".join(f"{key} = {value}" for key, value in pairs)
    path = tmp_path_factory.mktemp("any") / "post.md"
    path.write_bytes(f"+++\n{front}\n+++\n{body}".encode("utf-8", "replace"))
    try:
        parse_manuscript(path)
    except ManuscriptError as error:
        assert str(path) in str(error)  # noqa: PT017, either outcome is right


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "post.md"
    path.write_bytes(content)
    with pytest.raises(ManuscriptError):
        parse_manuscript(path)
