"""The student: the English model's layers under a Danish vocabulary."""

from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import AutoModel

from common import english
from teacher import mean_vectors

CLS, SEP = 2, 3


class Student:
    def __init__(self, target, state=None):
        target = Path(target)
        self.tokenizer = Tokenizer.from_file(str(target / "tokenizer.json"))
        self.model = AutoModel.from_pretrained(english(), attn_implementation="sdpa")
        first = torch.as_tensor(np.load(target / "start.npy"))
        table = torch.nn.Embedding(*first.shape, padding_idx=0, sparse=True)
        table.weight.data.copy_(first)
        self.model.embeddings.word_embeddings = table
        self.model.config.vocab_size = len(first)
        self.model.eval()  # no dropout: short training, and the teacher has none either
        if state is not None:
            self.model.load_state_dict(torch.load(state, weights_only=True))

    def tokens(self, text, most):
        ids = self.tokenizer.encode(text, add_special_tokens=False).ids[: most - 2]
        return [CLS, *ids, SEP]

    def encode(self, batch):
        return mean_vectors(self.model, batch)
