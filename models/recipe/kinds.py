"""The kinds of sentences: fits the weights of models/sentence-kinds/weights.tsv on sentences/*.jsonl,
and says how well sentences of writers are told that it has not seen. About two minutes on one core.

    python kinds.py [--check]      --check prints the figures and writes nothing

A line of sentences/*.jsonl: {"text", "before", "kind", "channel"}. The features are those of
src/inquiry/kinds.rs, which must read a text as this does.
"""

import json
import re
import sys
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

HERE = Path(__file__).resolve().parent
KINDS = ["rule", "case", "unclear", "elsewhere", "refuse", "tell"]
PIECES = range(3, 6)
PIECE_SHARE, BEFORE_SHARE, CHANNEL_SHARE = 0.5, 0.3, 0.5
WORDS_MAX = 80
SEEN_MIN = 3
STRENGTH = 0.5
LEAST_WEIGHT = 0.03
GROUP = 40  # sentences of one writer that stand together are told by the others


def words(text):
    found = re.findall(r"\w+|\?", text.lower())
    return [word for word in found if "_" not in word][:WORDS_MAX]


def features(line):
    """Each feature once, with what it counts."""
    found = {}
    spoken = words(line["text"])
    for at, word in enumerate(spoken):
        found.setdefault(f"w:{word}", 1.0)
        if at + 1 < len(spoken):
            found.setdefault(f"w:{word} {spoken[at + 1]}", 1.0)
        if word != "?":
            padded = f" {word} "
            for length in PIECES:
                for start in range(len(padded) - length + 1):
                    found.setdefault(f"c:{padded[start:start + length]}", PIECE_SHARE)
    for word in words(line["before"]):
        found.setdefault(f"b:{word}", BEFORE_SHARE)
    found[f"ch:{line['channel']}"] = CHANNEL_SHARE
    return found


def read():
    lines, groups = [], []
    for path in sorted((HERE / "sentences").glob("*.jsonl")):
        for at, text in enumerate(path.read_text(encoding="utf-8").splitlines()):
            lines.append(json.loads(text))
            groups.append(f"{path.stem} {at // GROUP}")
    return lines, np.array(groups)


def table(lines):
    """The features of all lines as a sparse matrix, and their names."""
    read = [features(line) for line in lines]
    counts = {}
    for one in read:
        for name in one:
            counts[name] = counts.get(name, 0) + 1
    names = sorted(name for name, count in counts.items() if count >= SEEN_MIN)
    column = {name: at for at, name in enumerate(names)}
    rows, columns, values = [], [], []
    for row, one in enumerate(read):
        for name, value in one.items():
            if name in column:
                rows.append(row)
                columns.append(column[name])
                values.append(value)
    return csr_matrix((values, (rows, columns)), shape=(len(lines), len(names))), names


def fit(x, y):
    return LogisticRegression(C=STRENGTH, max_iter=4000).fit(x, y)


def check(x, y, groups):
    """Each sentence told by a model that has not seen its neighbours."""
    told = np.zeros((len(y), len(KINDS)))
    for seen, unseen in GroupKFold(10).split(x, y, groups):
        told[unseen] = fit(x[seen], y[seen]).predict_proba(x[unseen])
    best = told.argmax(1)
    tell = KINDS.index("tell")
    print(f"right kind: {(best == y).mean():.3f} (n={len(y)}); "
          f"asks or not: {((best == tell) == (y == tell)).mean():.3f}")
    for at, kind in enumerate(KINDS):
        hit = ((best == at) & (y == at)).sum()
        print(f"  {kind}: precision {hit / max(1, (best == at).sum()):.3f}, recall {hit / (y == at).sum():.3f}, n={(y == at).sum()}")
        for least in (0.5, 0.6, 0.7, 0.8, 0.9):
            sure = told[:, at] >= least
            print(f"    at {least}: precision {(y[sure] == at).mean() if sure.any() else 1:.3f}, recall {(sure & (y == at)).sum() / (y == at).sum():.3f}")
    return told


def main():
    lines, groups = read()
    y = np.array([KINDS.index(line["kind"]) for line in lines])
    x, names = table(lines)
    if "--check" in sys.argv:
        check(x, y, groups)
        return
    model = fit(x, y)
    target = HERE.parent / "sentence-kinds" / "weights.tsv"
    kept = 0
    with target.open("w", encoding="utf-8") as out:
        out.write("# Weights of models/recipe/kinds.py: a feature, then " + ", ".join(KINDS) + ".\n")
        rows = [("base", model.intercept_)] + [(name, model.coef_[:, at]) for at, name in enumerate(names)]
        for name, weights in rows:
            if name == "base" or np.abs(weights).max() >= LEAST_WEIGHT:
                kept += 1
                out.write(name + "\t" + "\t".join(f"{w:.2f}".replace("-0.00", "0.00") for w in weights) + "\n")
    print(f"{kept} features of {len(names)}, fitted on {len(lines)} sentences")


if __name__ == "__main__":
    main()
