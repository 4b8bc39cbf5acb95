"""Stage 4: a first vector for each Danish piece, before any training.

A piece starts as the mean of the English pieces it is aligned to. One that is seldom or never
aligned starts near the aligned pieces that keep the same company in Danish text (as FOCUS does).
"""

import sys
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import svds
from tokenizers import Tokenizer
from transformers import AutoModel

from common import SEED, english, lines, pairs, questions, records

SHARE_MIN = 0.04
TRUSTED = 3.0
COMPANY_WINDOW = 5
COMPANY_DIMENSIONS = 160
NEIGHBOURS = 12
SHARPNESS = 12.0


def company(folder, tokenizer):
    """Vectors of pieces by the pieces around them: positive PMI, cut down by SVD."""
    size = tokenizer.get_vocab_size()
    counts = sparse.csr_matrix((size, size), dtype=np.float64)
    texts = list(lines(folder, "text.da.txt"))
    texts += [da for _, da, _ in pairs(folder)]
    texts += [r["heading"] + ". " + r["text"] for r in records(folder, "headings.da.jsonl")]
    texts += [" ".join([title, text, *asked]) for title, text, asked in questions() for _ in range(3)]
    for begin in range(0, len(texts), 20_000):
        encoded = tokenizer.encode_batch(texts[begin : begin + 20_000], add_special_tokens=False)
        gap = [-1] * COMPANY_WINDOW
        flat = np.asarray([piece for e in encoded for piece in (*e.ids, *gap)], np.int64)
        for step in range(1, COMPANY_WINDOW + 1):
            a, b = flat[:-step], flat[step:]
            both = (a >= 0) & (b >= 0)
            weight = np.full(int(both.sum()), 1.0 / step)
            counts = counts + sparse.csr_matrix((weight, (a[both], b[both])), shape=(size, size))
    counts = (counts + counts.T).tocoo()
    total = np.asarray(counts.tocsr().sum(1)).ravel()
    damped = total**0.75 / (total**0.75).sum()
    pmi = np.log(counts.data / (total[counts.row] * damped[counts.col]))
    keep = pmi > 0
    ppmi = sparse.csr_matrix((pmi[keep], (counts.row[keep], counts.col[keep])), shape=(size, size))
    first = np.random.default_rng(SEED).standard_normal(size)
    u, s, _ = svds(ppmi, k=COMPANY_DIMENSIONS, v0=first)
    vectors = u * np.sqrt(s)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), total


def start(folder, target):
    danish = Tokenizer.from_file(str(target / "tokenizer.json"))
    saxon = Tokenizer.from_file(str(english() / "tokenizer.json"))
    saxon.no_truncation()
    saxon.no_padding()
    source = AutoModel.from_pretrained(english()).embeddings.word_embeddings.weight.data.numpy()
    norms = np.linalg.norm(source, axis=1)
    size = danish.get_vocab_size()
    stored = np.load(target / "alignment.npz")
    of_da, of_en, count = stored["da"], stored["en"], stored["count"]
    total = np.bincount(of_da, count, size)
    share = count / np.maximum(total[of_da], 1e-9)
    keep = share > SHARE_MIN
    vectors, norm, kept = np.zeros((size, 384)), np.zeros(size), np.zeros(size)
    np.add.at(vectors, of_da[keep], share[keep, None] * source[of_en[keep]])
    np.add.at(norm, of_da[keep], share[keep] * norms[of_en[keep]])
    np.add.at(kept, of_da[keep], share[keep])
    vectors /= np.maximum(kept, 1e-9)[:, None]
    norm /= np.maximum(kept, 1e-9)
    known = saxon.get_vocab()
    same = {index: known[piece] for piece, index in danish.get_vocab().items() if piece in known}
    # Names, numbers and signs are the same in both languages.
    for index, other in same.items():
        trust = total[index] / (total[index] + TRUSTED)
        if not danish.id_to_token(index).isalpha():
            trust = 0.0
        vectors[index] = trust * vectors[index] + (1 - trust) * source[other]
        norm[index] = trust * norm[index] + (1 - trust) * norms[other]
        total[index] = max(total[index], TRUSTED if trust else 100.0)
    aligned = total >= TRUSTED
    nearby, seen = company(folder, danish)
    trusted = np.flatnonzero(aligned & (seen > 20))
    weak = np.flatnonzero((total < 4 * TRUSTED) & (seen > 0))
    likeness = nearby[weak] @ nearby[trusted].T
    likeness[weak[:, None] == trusted[None]] = -1.0
    best = np.argpartition(-likeness, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    weight = np.exp(SHARPNESS * np.take_along_axis(likeness, best, 1))
    weight /= weight.sum(1, keepdims=True)
    mixed = (weight[..., None] * vectors[trusted][best]).sum(1)
    mixed_norm = (weight * norm[trusted][best]).sum(1)
    trust = (total[weak] / (total[weak] + TRUSTED))[:, None]
    vectors[weak] = trust * vectors[weak] + (1 - trust) * mixed
    norm[weak] = trust[:, 0] * norm[weak] + (1 - trust[:, 0]) * mixed_norm
    for index in np.flatnonzero((total <= 0) & (seen <= 0)):
        cut = saxon.encode(danish.id_to_token(int(index)), add_special_tokens=False).ids or [100]
        vectors[index], norm[index] = source[cut].mean(0), norms[cut].mean()
    vectors *= (norm / np.maximum(np.linalg.norm(vectors, axis=1), 1e-9))[:, None]
    for index, other in enumerate([0, 100, 101, 102, 103]):
        vectors[index] = source[other]
    np.save(target / "start.npy", vectors.astype(np.float32))
    print(f"aligned {int(aligned.sum()):,}, by company {int((~aligned & (seen > 0)).sum()):,}, of {size:,}")


if __name__ == "__main__":
    start(sys.argv[1], Path(sys.argv[2]))
