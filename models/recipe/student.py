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

    def trainable(self, layers_kept):
        """Leaves the lowest layers as they are, and gives what learns: the table of pieces, and the rest."""
        table, body = self.model.embeddings.word_embeddings.weight, []
        for parameter in self.model.parameters():
            parameter.requires_grad = False
        for layer in self.model.encoder.layer[layers_kept:]:
            body += list(layer.parameters())
        body += list(self.model.embeddings.LayerNorm.parameters())
        for parameter in [table, *body]:
            parameter.requires_grad = True
        return table, body
