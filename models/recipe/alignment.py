"""Stage 2: which English pieces each Danish piece stands for.

IBM model 1 in both directions with a preference for the diagonal (word order is much the same in
the two languages); a link counts as far as both directions believe in it. The word lists take part
as very short parallel texts.
"""

import sys
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from common import english, pairs, words

PIECES_MAX = 24
ROUNDS = 6
DIAGONAL = 3.0
# An entry of the word lists counts as this many sightings in parallel text.
WORD_WEIGHT = 6.0


def links(folder, target):
    danish = Tokenizer.from_file(str(target / "tokenizer.json"))
    saxon = Tokenizer.from_file(str(english() / "tokenizer.json"))
    saxon.no_truncation()
    saxon.no_padding()
    texts = [(da, en, 1.0) for _, da, en in pairs(folder)]
    for form, meanings in words():
        for rank, meaning in enumerate(meanings):
            texts.append((form, meaning, WORD_WEIGHT / (1 + rank)))
    left = [e.ids for e in danish.encode_batch([t[0] for t in texts], add_special_tokens=False)]
    right = [e.ids for e in saxon.encode_batch([t[1] for t in texts], add_special_tokens=False)]
    da_ids, en_ids, weights, diagonal, starts, shapes = [], [], [], [], [0], []
    for a, b, (_, _, weight) in zip(left, right, texts):
        n, m = len(a), len(b)
        if not (0 < n <= PIECES_MAX and 0 < m <= PIECES_MAX):
            continue
        da_ids.append(np.repeat(np.asarray(a, np.int64), m))
        en_ids.append(np.tile(np.asarray(b, np.int64), n))
        weights.append(np.full(n * m, weight, np.float32))
        place = np.abs(np.arange(n)[:, None] / n - np.arange(m)[None] / m).ravel()
        diagonal.append(np.exp(-DIAGONAL * place).astype(np.float32))
        shapes.append((n, m))
    return danish, saxon, tuple(map(np.concatenate, (da_ids, en_ids, weights, diagonal))), shapes


def align(folder, target):
    danish, saxon, (da, en, weight, near), shapes = links(folder, target)
    key, link = np.unique(da * saxon.get_vocab_size() + en, return_inverse=True)
    of_da, of_en = key // saxon.get_vocab_size(), key % saxon.get_vocab_size()
    sizes = np.asarray([n * m for n, m in shapes])
    begins = np.r_[0, np.cumsum(sizes)[:-1]]
    rows = np.concatenate([np.repeat(np.arange(n), m) for n, m in shapes])
    cols = np.concatenate([np.tile(np.arange(m), n) for n, m in shapes])
    # One number for each Danish (English) place of each text: the sums of the E-step.
    da_place = rows + np.repeat(np.r_[0, np.cumsum([n for n, _ in shapes])[:-1]], sizes)
    en_place = cols + np.repeat(np.r_[0, np.cumsum([m for _, m in shapes])[:-1]], sizes)
    assert begins[-1] + sizes[-1] == len(da)

    def model(source, place):
        """Posterior of each link when `source` pieces make those at `place`."""
        t = np.ones(len(key), np.float64)
        for _ in range(ROUNDS):
            belief = t[link] * near
            belief /= np.bincount(place, belief)[place]
            count = np.bincount(link, belief * weight, len(key))
            t = count / np.bincount(source, count)[source]
        return belief

    both = np.sqrt(model(of_da, en_place) * model(of_en, da_place))
    count = np.bincount(link, both * weight, len(key))
    seen = np.bincount(da_place, None)
    sightings = np.zeros(danish.get_vocab_size())
    first = np.r_[True, da_place[1:] != da_place[:-1]]
    np.add.at(sightings, da[first], weight[first])
    np.savez(target / "alignment.npz", da=of_da, en=of_en, count=count, sightings=sightings)
    print(f"{len(shapes):,} texts, {len(seen):,} Danish places, {len(key):,} kinds of link")
    return danish, saxon, of_da, of_en, count, sightings


if __name__ == "__main__":
    danish, saxon, of_da, of_en, count, sightings = align(sys.argv[1], Path(sys.argv[2]))
    for word in ["løn", "ferie", "barsel", "medarbejder", "indberette", "hus", "hvornår", "orlov", "sygdom", "udbetaling"]:
        piece = danish.token_to_id(word)
        mine = np.flatnonzero(of_da == piece) if piece is not None else []
        best = sorted(mine, key=lambda k: -count[k])[:5]
        print(word, piece, [(saxon.id_to_token(int(of_en[k])), round(float(count[k]), 1)) for k in best])
