from pathlib import Path

import pytest

from classifiers.classify import SURE
from classifiers.detectors.patterns import Options, build
from classifiers.patterns import contact, europe, money, person, phones, world

DETECTOR = build(Options())
TESTS = "".join(file.read_text() for file in (Path(__file__).parents[1] / "patterns").glob("test_*.py"))


def categories(text: str) -> set[str]:
    return {span.category for span in DETECTOR.detect(text)}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Compare merge sort (O(n log n)) with 3 other algorithms for 10,000 to 1,000,000 items.", id="prose with numbers"),
        pytest.param("commit 43fc912ef59a83054ea7f6706df4d53a7dea4d80 of 2023-01-15T12:30:45.123456Z", id="a hash and a time stamp"),
        pytest.param("id: 123e4567-e89b-12d3-a456-426614174000", id="a uuid"),
        pytest.param("numpy==1.26.4, build 4.0.30319, v10.15.7, 2.3.4.1", id="versions"),
        pytest.param("1700000000 1700000000000 1700000000000000000", id="unix times"),
        pytest.param("order no. 4938271650, invoice 2023-000123, ticket #48291", id="orders and invoices"),
        pytest.param("ISBN 978-3-16-148410-0, EAN 4006381333931", id="books and goods"),
        pytest.param("x = 3.14159265358979 * 0.4111111111111111 - 1e-10", id="decimals"),
        pytest.param("\\int_0^1 x^2 dx = 1/3, 2^31 - 1 = 2147483647", id="mathematics"),
        pytest.param("for i in range(1000): a[i] = i * 0xDEADBEEF  # 12345678", id="code"),
        pytest.param("std::vector<int> a = ns::bad::cafe;", id="scopes that look like IPv6"),
        pytest.param("01 02 03 04 05 06 0a ff", id="a hex dump"),
        pytest.param("chapter 1.2.3.4, see 5.6.7.8", id="sections that look like IP"),
        pytest.param("sha512-Jd5nbHRwDa2XeYsGnXhBCwWIbWW5pXYzJvS/L3cWpNKwBhJ0ISZGZVsfwFGvnVAaO2nJ6cTQW0dIsM==", id="a lock file"),
        pytest.param("icon@2x.png and git@github.com:owner/repository.git", id="an at sign that is no address"),
        pytest.param('"license": "BSD-3-Clause"', id="a licence of software"),
        pytest.param("valid_date('06-04-2020') and 06/04/2020", id="dates"),
    ],
)
def test_look_alikes_are_clean(text: str) -> None:
    assert categories(text) == set()


def test_there_are_numbers_of_many_countries() -> None:
    countries = {category[:2] for category in DETECTOR.categories if category[2] == "_"}
    assert len(DETECTOR.categories) > 140
    assert len(countries) > 45


@pytest.mark.parametrize("category", sorted(DETECTOR.categories - {"address", "crypto_wallet", "username", "date_of_birth", "phone"}))
def test_each_category_is_looked_for_somewhere(category: str) -> None:
    """Families of one category are named by their own file."""
    assert f'"{category}"' in TESTS


@pytest.mark.parametrize("lone", ["yes", 1, None], ids=["a word", "a number", "nothing"])
def test_lone_numbers_are_wanted_or_not(lone: object) -> None:
    with pytest.raises(ValueError, match="lone_numbers must be true or false"):
        build(Options(lone_numbers=lone))  # type: ignore[arg-type]


def test_added_patterns_come_first() -> None:
    detector = build(Options(add=[{"category": "desk", "pattern": r"\b10\.20\.30\.40\b"}]))
    assert "desk" in {span.category for span in detector.detect("it is 10.20.30.40 there")}
    assert "desk" in detector.categories


def test_only_what_is_no_more_sensitive_than_others_may_give_way() -> None:
    rows = (*money.rows(), *contact.rows(), *phones.rows(("US",)), *person.rows(), *europe.rows(), *world.rows())
    assert {row.category for row in rows if row.confidence < SURE} == {"phone"}


def test_categories_can_be_left_out() -> None:
    text = "ann@example.org 10.20.30.40"
    assert {span.category for span in build(Options(without=["email"])).detect(text)} == {"ip_address"}
    assert "email" not in build(Options(without=["email"])).categories


def test_regions_say_which_national_phone_numbers_count() -> None:
    assert list(build(Options(regions=["CH"], lone_numbers=False)).detect("044 668 18 00 it is"))
    assert not list(build(Options(regions=["US"], lone_numbers=False)).detect("044 668 18 00 it is"))


@pytest.mark.parametrize("regions", ["US", ["usa"], ["us"], ["XX"]], ids=["a string", "three letters", "small letters", "no country"])
def test_regions_that_cannot_be_are_refused(regions: list[str]) -> None:
    with pytest.raises(ValueError, match="regions"):
        build(Options(regions=regions))
