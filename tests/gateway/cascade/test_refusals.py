import pytest

from gateway.cascade.refusals import SHORT, refuses


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I\u2019m sorry, I cannot assist with this request.",
        "Sorry, I am unable to open files.",
        "Unfortunately, I do not have access to your calendar.",
        "I apologize, but I won't be able to do so.",
        "I can't provide that information.",
        "I don't know.",
        "I must decline.",
        "As an AI language model, I do not have opinions.",
        '"I am unable to answer."',
        "Es tut mir leid, aber das geht nicht.",
        "Dabei kann ich dir leider nicht helfen.",
        "Das weiß ich nicht.",
        "Als KI habe ich keine Meinung.",
        "Désolé, je ne peux pas répondre à cette question.",
        "Je ne suis pas en mesure de vous aider.",
        "En tant qu'intelligence artificielle, je n'ai pas d'avis.",
        "Lo siento, pero no puedo ayudar con eso.",
        "No puedo proporcionar esa información.",
        "Mi dispiace, ma non posso aiutarti.",
        "Non sono in grado di rispondere.",
        "Desculpe, mas não posso ajudar com isso.",
        "Não consigo responder.",
        "Het spijt me, dat kan ik niet doen.",
        "Ik kan je daar niet mee helpen.",
        "很抱歉，我无法回答这个问题。",
        "我不能提供这些信息。",
        "申し訳ありませんが、お答えできません。",
    ],
)
def test_it_declines(text: str) -> None:
    assert refuses(text)
    assert refuses(f"  \n{text.upper()}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "42",
        "I can't sleep.",
        "No puedo dormir.",
        "Sorry for the wait! The answer is 4.",
        "Leider regnet es morgen.",
        "Unfortunately, the train was late.",
        "Malheureusement, il pleut.",
        "She said that she could not help.",
        "To apologise, write: I'm sorry, but I can't come.",
        "Als Kind konnte er nicht schwimmen.",
        "我喜欢这个问题。",
    ],
)
def test_it_answers(text: str) -> None:
    assert not refuses(text)


def test_a_long_answer_that_begins_so_goes_on() -> None:
    beginning = "I'm sorry, but I can't say for sure. "
    assert refuses(beginning)
    assert not refuses(beginning + "But here is how to find out. " * (SHORT // 20))
