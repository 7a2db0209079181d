import pytest

from gateway.usage.address import address
from gateway.usage.plan import UsagePlan, named


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("postgresql://db/usage", ("db", 5432)),
        ("postgres://someone:secret@db.internal:6000/usage?sslmode=require", ("db.internal", 6000)),
        ("postgresql://[::1]:6000/usage", ("::1", 6000)),
        ("postgresql://someone@/usage?host=/run/postgresql&port=6000", ("/run/postgresql", 6000)),
        ("postgresql://%2Frun%2Fpostgresql/usage", ("/run/postgresql", 5432)),
        ("postgresql://someone@db?sslmode=require", ("db", 5432)),
        ("postgresql://db/usage?user=someone@tenant", ("db", 5432)),
    ],
)
def test_where_a_database_is(url: str, place: tuple[str, int]) -> None:
    assert address(url) == place


@pytest.mark.parametrize(
    "url",
    [
        "postgresql:///usage",
        "postgresql://a,b/usage",
        "postgresql://a/usage?host=b",
        "postgresql://a/usage?hostaddr=10.0.0.1",
        "postgresql://a/usage?service=x",
        "postgresql://a:port/usage",
        "postgresql://a/usage#?hostaddr=10.0.0.1",
        "postgresql://a#x@b/usage",
        "postgresql://a?x@b/usage",
        "postgresql://x@a?y@b/usage",
        "postgresql://x@a:secret@b/usage",
        "postgresql://a\tb/usage",
        "postgresql://a/usage?port=1&port=2",
        "postgresql://a/usage?oauth_issuer=https://b",
        "mysql://a/usage",
    ],
)
def test_one_place_and_no_other(url: str) -> None:
    with pytest.raises(ValueError, match="host"):
        address(url)


def test_a_store_is_shown_without_its_password() -> None:
    assert named(UsagePlan("/srv/usage.db")) == "/srv/usage.db"
    assert named(UsagePlan("postgresql://someone:hunter2@db/usage")) == "PostgreSQL at db:5432"
