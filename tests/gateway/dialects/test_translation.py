from gateway.dialects.translation import hex_of


def test_ids_come_from_the_request() -> None:
    assert hex_of("req_0a1b") == "0a1b"
    assert hex_of("01a2077f-6242-7062-baf6-e5a5eb0a5eb7") == "01a2077f62427062baf6e5a5eb0a5eb7"
