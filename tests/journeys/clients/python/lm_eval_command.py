"""EleutherAI's lm-evaluation-harness: a task with questions from a file of its own, asked by chat."""

import json
from pathlib import Path

from cases import API_KEY, AT_ONCE, BASE_URL, BUSY, WORDS, WRONG, command, raised, run

TASK = """
task: tried
dataset_path: json
dataset_kwargs: {data_files: {test: FOLDER/questions.jsonl}}
test_split: test
output_type: generate_until
doc_to_text: "{{question}}"
doc_to_target: "{{answer}}"
generation_kwargs: {until: ["nothing ends it"], max_gen_toks: 256}
metric_list: [{metric: exact_match, aggregation: mean, higher_is_better: true}]
"""


def evaluated(name: str, rows: int = 1, key: str = API_KEY) -> str:
    """How many questions were answered, all at once, and with which words."""
    folder = Path(f"{name}-{rows}-{len(key)}").absolute()
    folder.mkdir()
    questions = [{"question": f"Question {place}?", "answer": answer_of(name)} for place in range(rows)]
    (folder / "questions.jsonl").write_text("".join(json.dumps(one) + "\n" for one in questions))
    (folder / "tried.yaml").write_text(TASK.replace("FOLDER", str(folder)))
    where = f"model={name},base_url={BASE_URL}/chat/completions,num_concurrent={rows},max_retries=2,tokenizer_backend=None"
    command(
        *f"lm_eval run --model local-chat-completions --model_args {where} --tasks tried --include_path {folder}".split(),
        *f"--apply_chat_template --log_samples --output_path {folder}/out".split(),
        env={"OPENAI_API_KEY": key, "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(folder / "hf")},
    )
    samples = [json.loads(line) for file in folder.rglob("samples_*.jsonl") for line in file.read_text().splitlines()]
    assert all(sample["exact_match"] for sample in samples), samples[0]
    said = {sample["filtered_resps"][0] for sample in samples}
    assert len(said) == 1, said
    return f"{len(samples)} {said.pop()}"


def answer_of(name: str) -> str:
    """What the model is known to say, which is the right answer here."""
    model, *_ = name.split("-")
    return (
        f"[stand-in for {model}] No model has read this. The words are always the same, however the question is put, and they stand here so "
        "that the answer has a length, a number of tokens and a price. Point the gateway at a real engine, and this text gives way to an answer."
    )


def plain() -> str:
    return evaluated(WORDS)


def retried() -> str:
    return evaluated(BUSY)


def at_once() -> str:
    return evaluated(WORDS, AT_ONCE)


def refused() -> str:
    return raised(AssertionError, lambda: evaluated(WRONG))


def key() -> str:
    return raised(AssertionError, lambda: evaluated(WORDS, key="not-a-key"))


run(globals())
