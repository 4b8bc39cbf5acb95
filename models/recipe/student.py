"""The student: the English model's layers under a Danish vocabulary."""

from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file
from tokenizers import Tokenizer
from transformers import AutoModel

from common import english
from teacher import mean_vectors

CLS, SEP = 2, 3


def restored(path, state):
    """The state that the 8-bit rows of a shipped model stand for, over a state of the same layout."""
    stored = load_file(path)
    for name, values in stored.items():
        if name.endswith("_scale"):
            continue
        if name + "_scale" in stored:
            values = (values.astype(np.float32) - 128) * stored[name + "_scale"][:, None]
        # Of the places of a text only those that the program uses are shipped.
        state[name][: len(values)] = torch.as_tensor(values.astype(np.float32))
    return state


class Student:
    def __init__(self, target, state=None):
        target = Path(target)
        self.tokenizer = Tokenizer.from_file(str(target / "tokenizer.json"))
        self.model = AutoModel.from_pretrained(english(), attn_implementation="sdpa")
        shipped = state is not None and str(state).endswith(".safetensors")
        pieces = self.tokenizer.get_vocab_size()
        # A state brings its own table.
        size = (pieces, self.model.config.hidden_size)
        first = np.load(target / "start.npy") if state is None else np.zeros(size, np.float32)
        first = torch.as_tensor(first)
        table = torch.nn.Embedding(*first.shape, padding_idx=0, sparse=True)
        table.weight.data.copy_(first)
        self.model.embeddings.word_embeddings = table
        self.model.config.vocab_size = len(first)
        self.model.eval()  # no dropout: short training, and the teacher has none either
        if shipped:
            self.model.load_state_dict(restored(state, self.model.state_dict()))
        elif state is not None:
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
