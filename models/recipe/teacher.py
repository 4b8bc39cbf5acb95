"""Stage 3: what the English model makes of the English side of each pair. Resumable by part."""

import sys
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import AutoModel

from common import english, pairs

TOKENS_MAX = 128
BATCH_TOKENS = 2048
PART = 8192


def mean_vectors(model, batch):
    """Normalised mean of the last layer; `batch` holds lists of token ids."""
    longest = max(map(len, batch))
    ids = torch.zeros(len(batch), longest, dtype=torch.long)
    mask = torch.zeros(len(batch), longest)
    for row, tokens in enumerate(batch):
        ids[row, : len(tokens)] = torch.as_tensor(tokens)
        mask[row, : len(tokens)] = 1.0
    attention = None if bool(mask.all()) else mask.long()
    last = model(input_ids=ids, attention_mask=attention).last_hidden_state
    mean = (last * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
    return torch.nn.functional.normalize(mean, dim=-1)


def batches(lengths, order, budget=BATCH_TOKENS):
    """Cuts `order`, which is sorted by length, into batches of a budget of tokens."""
    batch, longest = [], 0
    for index in order:
        longest = max(longest, lengths[index])
        if batch and longest * (len(batch) + 1) > budget:
            yield batch
            batch, longest = [], lengths[index]
        batch.append(index)
    if batch:
        yield batch


def teach(folder, target):
    target = target / "teacher"
    target.mkdir(exist_ok=True)
    tokenizer = Tokenizer.from_file(str(english() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(TOKENS_MAX)
    texts = [en for _, _, en in pairs(folder)]
    tokens = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    model = AutoModel.from_pretrained(english(), attn_implementation="sdpa").eval()
    for part in range(0, len(texts), PART):
        path = target / f"{part:07}.npy"
        if path.exists():
            continue
        lengths = {index: len(tokens[index]) for index in range(part, min(part + PART, len(texts)))}
        made = np.zeros((len(lengths), 384), np.float16)
        with torch.inference_mode():
            for batch in batches(lengths, sorted(lengths, key=lengths.get)):
                rows = [index - part for index in batch]
                made[rows] = mean_vectors(model, [tokens[index] for index in batch]).numpy()
        np.save(path.with_suffix(".tmp.npy"), made)
        path.with_suffix(".tmp.npy").rename(path)
        print(f"teacher: {part + len(lengths):,} of {len(texts):,}", flush=True)


def taught(target):
    """The teacher's vectors, in the order of the pairs."""
    return np.concatenate([np.load(path) for path in sorted((target / "teacher").glob("???????.npy"))])


if __name__ == "__main__":
    torch.manual_seed(0)
    teach(sys.argv[1], Path(sys.argv[2]))
