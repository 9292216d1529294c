"""The sample ``dates``: spans as Babel wrote them, no triple and no text in two parts, no text of two dates."""

import sys
import unicodedata
from collections import defaultdict
from datetime import date, timedelta

import pytest
from babel.dates import format_date

from weft.data.problems import Problems
from weft.data.readers import read_records
from weft.data.samples import _date_forms, _date_triples, dates
from weft.errors import ConfigError

SOME = ("ar", "bo", "cs", "de", "en", "fr", "he", "ja", "ku", "lt", "mn", "nb", "ru", "sv", "th", "vi", "yue", "zh")
SCRIPTS = "LATIN CYRILLIC GREEK ARABIC HEBREW DEVANAGARI BENGALI TAMIL THAI GEORGIAN ARMENIAN ETHIOPIC HANGUL"
PARTS = ("train", "valid", "test")


@pytest.fixture(scope="module")
def found():
    """What there is in all locales."""
    return _date_triples.survey(dates.LOCALES)


@pytest.fixture(scope="module")
def parts():
    """Pairs of each part, of some locales."""
    return {part: dates.pairs(600, part=part, locales=SOME) for part in PARTS}


def test_every_form_writes_what_babel_writes(found):
    for number, ((code, name), form) in enumerate(found.forms.items()):
        for step in range(3):
            day = date(1900 + (7 * number + step) % 200, 1, 1) + timedelta(days=(number * 37 + step * 171) % 365)
            assert form.say(_date_forms.values_of(day))[0] == format_date(day, name, code), (code, name, day)


def test_a_hundred_languages_in_many_scripts(found):
    assert len({code for code, _ in found.forms}) >= 100
    assert len(dates.LOCALES) == len(set(dates.LOCALES))
    words = [found.word((code, 3, name)) for code, name in found.forms]
    scripts = {unicodedata.name(c).split()[0] for word in words for c in word if c.isalpha()}
    assert scripts >= set(SCRIPTS.split())


@pytest.mark.parametrize("part", PARTS)
def test_the_spans_say_the_date(parts, part):
    for pair in parts[part]:
        said = {field: (pair.source[slice(*left)], pair.target[slice(*right)]) for field, left, right in pair.spans}
        assert list(said) == ["year", "month", "day"]
        assert "-".join(right for _, right in said.values()) == pair.target
        year, month, day = (left for left, _ in said.values())
        assert (int(year), int(day)) == (int(pair.target[:4]), int(pair.target[8:]))
        assert month == (_date_triples.survey(SOME).word(pair.triple)), (
            f"{pair.source}: {month!r} is not its month as {pair.locale} says it in the {pair.format} format"
        )


@pytest.mark.parametrize(
    ("code", "name", "day", "source", "spans"),
    [
        ("es", "long", date(2024, 3, 7), "7 de marzo de 2024", ((14, 18), (5, 10), (0, 1))),
        ("de", "medium", date(2024, 3, 7), "07.03.2024", ((6, 10), (3, 5), (0, 2))),
        ("zh", "full", date(2024, 12, 7), "2024年12月7日星期六", ((0, 4), (5, 7), (8, 9))),
        ("th", "long", date(2024, 3, 7), "7 มีนาคม ค.ศ. 2024", ((14, 18), (2, 8), (0, 1))),
    ],
)
def test_spans_of_known_dates(code, name, day, source, spans):
    form = _date_forms.babel_form(code, name)
    text, where = form.say(_date_forms.values_of(day))
    assert (text, tuple(where[part] for part in ("year", "month", "day"))) == (source, spans)


def test_links_between_characters():
    pair = dates.DatePair(
        "7. Mai 2024",
        "2024-05-07",
        (
            dates.FieldLink("year", (7, 11), (0, 4)),
            dates.FieldLink("month", (3, 6), (5, 7)),
            dates.FieldLink("day", (0, 1), (8, 10)),
        ),
        "de",
        "long",
    )
    assert pair.triple == ("de", 5, "long")
    assert pair.links.sure == {(7, 0), (8, 1), (9, 2), (10, 3), (0, 9)}
    assert {(place, mark) for place, mark in pair.links.possible if place < 7} == {
        (0, 8),
        *((place, mark) for place in (3, 4, 5) for mark in (5, 6)),
    }
    assert len(pair.links.possible) == 1 + 6 + 12


def test_no_text_and_no_triple_is_in_two_parts_and_no_text_is_two_dates(parts):
    where, target = defaultdict(set), defaultdict(set)
    for part, pairs in parts.items():
        for pair in pairs:
            where[pair.source].add(part)
            where[pair.triple].add(part)
            target[pair.source].add(pair.target)
    assert {key: found for key, found in where.items() if len(found) > 1} == {}
    assert {text: found for text, found in target.items() if len(found) > 1} == {}


def test_the_parts_have_their_shares_and_every_month_its_training(found):
    cut = _date_triples.cut(found, 1)
    triples = {part: [triple for group in groups for triple in group] for part, groups in cut.items()}
    total = sum(map(len, triples.values()))
    assert total == len({triple for part in triples.values() for triple in part})
    for part, share in (("valid", 0.08), ("test", 0.12)):
        assert len(triples[part]) == pytest.approx(share * total, abs=15)
        assert {name for _, _, name in triples[part]} == set(_date_forms.FORMATS)
    trained = {triple[:2] for triple in triples["train"]}
    assert trained == {(code, month) for code in dates.LOCALES for month in range(1, 13)}


def test_another_seed_cuts_and_draws_otherwise():
    one, again, other = (dates.pairs(50, seed=seed, part="test", locales=SOME) for seed in (1, 1, 2))
    assert one == again
    assert {pair.triple for pair in one} != {pair.triple for pair in other}
    assert dates.pairs(80, seed=1, part="test", locales=SOME)[:50] == one


def test_triples_that_can_write_the_same_are_cut_as_one():
    groups = _date_triples.survey(SOME).groups
    (group,) = (group for group in groups if ("fr", 3, "medium") in group)
    assert {("fr", 3, "long"), ("sv", 3, "medium"), ("sv", 3, "long")} <= set(group)
    (group,) = (group for group in groups if ("zh", 5, "long") in group)
    assert {("zh", 5, "medium"), ("ja", 5, "long"), ("yue", 5, "medium")} <= set(group)


@pytest.mark.parametrize(
    ("triple", "can"),
    [
        (("it", 10, "medium"), True),  # ott, of ottobre
        (("cs", 3, "medium"), True),  # 3
        (("vi", 3, "medium"), True),  # thg 3
        (("ca", 3, "full"), True),  # de març
        (("ku", 1, "medium"), False),  # rbn, of rêbendan
        (("bo", 6, "medium"), False),  # the only place with this digit
        (("th", 3, "medium"), False),  # the letters of the syllables
        (("az", 5, "full"), True),
    ],
)
def test_what_is_held_out_can_be_read(found, triple, can):
    assert found.can_be_held_out((triple,)) is can


def test_a_month_whose_every_format_writes_the_same_is_trained_on(found):
    group = tuple(sorted(found.of_month["ja", 3]))
    assert not found.can_be_held_out(group)


def test_a_text_of_two_dates_is_left_out(monkeypatch):
    patterns = {("en", "medium"): "M/d/y", ("de", "medium"): "d/M/y", ("fr", "medium"): "d/M/y"}
    monkeypatch.setattr(
        _date_triples,
        "babel_form",
        lambda code, name: _date_forms.form_of(code, name, patterns.get((code, name), f"'{code}{name}' y-MM-d")),
    )
    mixed = _date_triples._survey.__wrapped__(("en", "de", "fr"))
    assert mixed.ambiguous == {(code, month, "medium") for code in ("en", "de", "fr") for month in range(1, 13)}
    assert {triple[2] for group in mixed.groups for triple in group} == {"long", "full"}


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("d.M.yy", "the year 1900 is written '00'"),
        ("d. MMMM", "the year is written 0 times"),
        ("d. MMMM y (M)", "the month is written 2 times"),
        ("d. MMMM y 'KW' w", "a field is none of year, month, day, weekday and era: 'w'"),
        ("d. MMMMM y", "two months are written alike: 'J'"),
        ("d. MMMM y ", "reading would change it: white space at an end, or not composed Unicode (NFC)"),
        ("d. MMMM y 'e\u0301'", "reading would change it: white space at an end, or not composed Unicode (NFC)"),
    ],
)
def test_forms_that_are_refused(pattern, why):
    assert _date_forms.form_of("en", "medium", pattern) == why


def test_a_locale_without_names_of_months():
    assert _date_forms.form_of("root", "long", "y MMMM d") == "the months have no names"
    assert _date_forms.babel_form("jbo", "long") == "the months have no names"


def test_quoted_text_and_percent_signs_stand_as_they_are():
    text, spans = _date_forms.form_of("en", "long", "'o''clock' %d% MMM y").say(
        {"year": 2024, "month": 3, "day": 7, "weekday": 0}
    )
    assert text == "o'clock %7% Mar 2024"
    assert text[slice(*spans["day"])] == "7"


def test_babel_is_asked_once_for_each_word():
    dates.pairs(3000, locales=SOME)
    before = _date_forms._said.cache_info().misses
    dates.pairs(3000, locales=SOME)
    assert _date_forms._said.cache_info().misses == before


def test_what_is_written_is_read_back(tmp_path, monkeypatch):
    monkeypatch.setattr(dates, "LOCALES", SOME)
    monkeypatch.setattr(dates, "COUNTS", dict.fromkeys(PARTS, 300))
    paths = dates.make(tmp_path, seed=3)
    problems = Problems()
    columns = {name: name for name in ("source", "target", "locale", "format", "spans")}
    for path in paths:
        records = list(read_records([path], columns, quoting="auto", problems=problems))
        pairs = dates.pairs(300, seed=3, part=path.stem, locales=SOME)
        assert [(record.values["source"], record.values["target"]) for record in records] == [
            (pair.source, pair.target) for pair in pairs
        ]
        first, pair = records[0].values, pairs[0]
        assert (first["locale"], first["format"]) == (pair.locale, pair.format)
        assert first["spans"] == " ".join(f"{field}={start}:{end}" for field, (start, end), _ in pair.spans)


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        ({"part": "tset"}, "dates: there is no part 'tset', did you mean 'test'?", "parts: train, valid, test"),
        (
            {"locales": ("en", "dee")},
            f"dates: locale 'dee' is none of the {len(dates.LOCALES)} there are, did you mean 'de'?",
            "locales: af, am, ",
        ),
        (
            {"locales": ("en",), "count": 10**6},
            "dates: asked for 1,000,000 pairs of the part 'train'; 3 forms of 1 locales give 0 to ",
            "ask for fewer pairs or for more locales",
        ),
        (
            {"locales": ("en",), "count": -1},
            "dates: asked for -1 pairs of the part 'train'; 3 forms of 1 locales give 0 to ",
            "ask for fewer pairs or for more locales",
        ),
    ],
)
def test_what_cannot_be_asked_for(given, message, hint):
    with pytest.raises(ConfigError) as caught:
        dates.pairs(**({"count": 1} | given))
    assert str(caught.value).startswith(message)
    assert caught.value.hint.startswith(hint)


def test_without_babel_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "babel", None)
    with pytest.raises(ConfigError, match="'babel' is not installed") as caught:
        dates.make(tmp_path)
    assert caught.value.hint == "pip install 'weft[demo]'"
