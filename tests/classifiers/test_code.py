import pytest

from classifiers.code import HEAD, Code

CODE = Code()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Why does this fail?\n```\nx\n```", id="a fenced block"),
        pytest.param("fix this: \ndef add(a, b):\n    return a + b", id="Python"),
        pytest.param("#include <stdio.h>\nint main() {", id="C"),
        pytest.param("public static void main(String[] args)", id="Java"),
        pytest.param("SELECT name FROM users WHERE id = 7", id="SQL"),
        pytest.param("Traceback (most recent call last):\n  File", id="a traceback"),
        pytest.param("const total = items.map(item => item.price);", id="several likely lines"),
        pytest.param("@@ -1,7 +1,6 @@", id="a difference"),
        pytest.param("fn main() {\n", id="Rust"),
    ],
)
def test_there_is_code(text: str) -> None:
    assert CODE.is_in(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("Write a Python function that sorts a list of names.", id="an ask for code holds none"),
        pytest.param("Please select a good book from the list, and return it; thanks.", id="words of code in prose"),
        pytest.param("A. 3\nB. 4\nC. 5\nD. 6\nAnswer:", id="choices"),
        pytest.param("The function f(x) = x^2 has a minimum -> where?", id="one likely thing"),
        pytest.param("Import taxes rise. Class sizes fall.", id="words that begin lines of code"),
    ],
)
def test_there_is_none(text: str) -> None:
    assert not CODE.is_in(text)


def test_only_the_beginning_is_read() -> None:
    assert not CODE.is_in("x " * HEAD + "```")
