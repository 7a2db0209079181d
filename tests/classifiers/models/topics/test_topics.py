import hashlib
from importlib import resources

import numpy as np
import pytest

from classifiers.models.topics.names import SHIPPED, NoPhrase
from classifiers.models.topics.topics import LEAST_OWN, Topics, own, shipped

OURS = shipped()
PHRASES = {
    "billing": ["I was charged twice this month", "Where is my invoice?", "Please refund my payment"],
    "travel": ["Book me a flight to Rome", "Is there a train on Sunday?", "Find a hotel near the airport"],
}
OWN = own(PHRASES)


def test_the_word_vectors_are_those_that_it_was_made_for() -> None:
    with resources.files("classifiers.models.topics").joinpath("topics.npz").open("rb") as file, np.load(file) as arrays:
        made_for = arrays["words"].tobytes()
    assert hashlib.sha256(OURS.space.words.vectors.tobytes()).digest() == made_for, "run benchmarks/train_topics.py"


def test_the_card_is_of_this_file() -> None:
    folder = resources.files("classifiers.models.topics")
    digest = hashlib.sha256(folder.joinpath("topics.npz").read_bytes()).hexdigest()
    assert digest in folder.joinpath("CARD.md").read_text()


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        pytest.param("Can the plaintiff sue the landlord for negligence under this statute?", "law", id="law"),
        pytest.param("What does the enzyme in the mitochondria of a cell do with glucose?", "biology", id="biology"),
        pytest.param("WHAT IS THE  INTEGRAL\nof a polynomial with integer coefficients?", "math", id="case and white space do not matter"),
        pytest.param("The patient has a fever and low blood pressure; which treatment comes first?", "health", id="health"),
        pytest.param("Compute the velocity of a particle in a magnetic field", "physics", id="physics"),
        pytest.param("ok", None, id="nothing to go by"),
        pytest.param("", None, id="nothing"),
        pytest.param("☃ 12 + 3", None, id="no word that is known"),
        pytest.param("wake me up at six tomorrow", None, id="an everyday request"),
    ],
)
def test_the_domains(text: str, topic: str | None) -> None:
    assert OURS.of(text) == topic


def test_all_domains_are_there_and_the_nearest_is_first() -> None:
    near = OURS.near("supply and demand at the market price under inflation")
    assert OURS.names == SHIPPED
    assert sorted(name for name, _ in near) == sorted(SHIPPED)
    assert near[0][0] == "economics"
    assert [cosine for _, cosine in near] == sorted((cosine for _, cosine in near), reverse=True)


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        pytest.param("Why was my payment charged twice?", "billing", id="one of them"),
        pytest.param("I need a hotel and a flight", "travel", id="another"),
        pytest.param("Prove that there are infinitely many primes", None, id="none"),
    ],
)
def test_topics_of_ones_own_take_the_place_of_ours(text: str, topic: str | None) -> None:
    assert OWN.names == ("billing", "travel")
    assert OWN.of(text) == topic


def test_a_phrase_without_a_known_word_does_not_count() -> None:
    both = own({"billing": ["☃☃", *PHRASES["billing"]]})
    assert np.allclose(both.centroids[0], OWN.centroids[0])
    with pytest.raises(NoPhrase, match="'snow' has no phrase"):
        own({"snow": ["☃☃", ""]})


def test_the_beginning_and_the_end_of_a_long_text_are_read() -> None:
    text = "Where is my invoice? " + "☃ " * 5_000 + " Please refund my payment"
    assert OWN.of(text) == "billing"


def test_what_is_nearest_but_far_is_unknown() -> None:
    strict = Topics(OWN.space, OWN.names, OWN.centroids, 0.999)
    text = PHRASES["travel"][0]
    assert (OWN.of(text), strict.of(text)) == ("travel", None)
    assert OWN.near(text)[0][1] > LEAST_OWN
