import msgspec
import yaml

from gateway.advice.advise import advise
from gateway.advice.document import document
from gateway.advice.traffic import counted
from tests.fakes.week import HOUSE, house, minutes, requests

PLAN, CONTENT = house()


def test_a_week_in_json() -> None:
    found = msgspec.json.decode(msgspec.json.encode(document(advise(PLAN, CONTENT, counted(PLAN, requests(), minutes()), {}))))
    assert found["period"]["answered"] == 4_032
    assert (found["assessment"]["low"], found["assessment"]["high"]) == (15, 20)
    assert found["assessment"]["dimensions"][0]["name"] == "capability"
    (stand,) = found["break_even"]
    assert stand["gpus"] == {"usd": "2920.00", "micro_usd": 2_920_000_000}
    assert stand["against"][0]["requests_a_day"] == 48_000
    assert found["actions"][0]["saves"]["usd"] == "2899.56"
    assert found["actions"][0]["low"] is None
    phases = found["migration"]["phases"]
    assert phases[1]["patch"]["routes"][2]["when"] == {"share": "95%"}
    assert phases[5]["patch"]["routes"] == yaml.safe_load(HOUSE)["routes"]


def test_without_anything_it_is_null() -> None:
    plan, content = house(HOUSE.replace("to: [qwen], fallback: [gpt]", "to: [qwen]"))
    found = msgspec.json.decode(msgspec.json.encode(document(advise(plan, content, None, {}))))
    assert (found["period"], found["migration"], found["break_even"]) == (None, None, [])
    assert len(found["missing"]) == 1
