"""How likely a passage answers, and how likely a sentence belongs in the reply: fits the weights of
models/sentence-odds/weights.tsv on what was judged, and says how well sets are told that it has not seen.

    svarforslag evaluate --signs dev.jsonl                            (for each gold file)
    python odds.py [--check] DEV.jsonl OTHER.jsonl...    --check prints the figures and writes nothing

Each file is what `svarforslag evaluate --signs FILE` writes. Inquiries of the part `test` take no part.
A passage answers when it was judged to (grade 1 or 2); a sentence belongs when it stands in a judged quote.
Needs scikit-learn. A few seconds.
"""

import json
import sys
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

TARGET = Path(__file__).resolve().parent.parent / "sentence-odds" / "weights.tsv"
# What is the same for all sentences of a passage.
OF_PASSAGE = ["passage_near", "passage_relative", "hit_alone", "passage_cover", "hit", "similarity", "head",
              "whole", "words", "letters", "others_hit", "others_relative"]
STRENGTH = 0.3


class Questions:
    """The questions of one file that have sentences to choose from."""

    def __init__(self, path):
        self.name, self.asked = Path(path).stem, []
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            question = json.loads(line)
            if question["part"] != "test" and question["candidates"]:
                self.asked.append(question)
        self.signs = self.asked[0]["names"]


def rows(sets, signs, label, once):
    """The signs and labels of all sentences, or of one sentence of each passage."""
    made, labels = [], []
    for questions in sets:
        at = [questions.signs.index(sign) for sign in signs]
        for question in questions.asked:
            seen = set()
            for candidate in question["candidates"]:
                if once and candidate["passage"] in seen:
                    continue
                seen.add(candidate["passage"])
                made.append([candidate["signs"][n] for n in at])
                labels.append(label(candidate))
    return np.asarray(made), np.asarray(labels)


def fit(sets, signs, label, once):
    """A weight for each sign, and the base."""
    made, labels = rows(sets, signs, label, once)
    mean, spread = made.mean(0), made.std(0) + 1e-6
    model = LogisticRegression(C=STRENGTH, max_iter=3000).fit((made - mean) / spread, labels)
    weights = model.coef_[0] / spread
    return weights, float(model.intercept_[0] - (model.coef_[0] * mean / spread).sum())


def precision(questions, signs, weights, label):
    """Mean average precision over the questions that have a right candidate."""
    found, at = [], [questions.signs.index(sign) for sign in signs]
    for question in questions.asked:
        right = np.asarray([label(candidate) for candidate in question["candidates"]])
        if not right.any():
            continue
        score = np.asarray([[c["signs"][n] for n in at] for c in question["candidates"]]) @ weights
        right = right[np.argsort(-score, kind="stable")]
        found.append((np.cumsum(right) / np.arange(1, len(right) + 1))[right].mean())
    return f"{np.mean(found):.3f} (n={len(found)})"


def main(paths, check):
    sets = [Questions(path) for path in paths]
    signs = sets[0].signs
    models = {"belongs": (signs, lambda c: c["quoted"], False), "answers": (OF_PASSAGE, lambda c: c["grade"] > 0, True)}
    fitted = {}
    for name, (used, label, once) in models.items():
        for held in sets:
            if len(sets) > 1:
                weights, _ = fit([one for one in sets if one is not held], used, label, once)
                print(f"{name}: {held.name}, told by the others: {precision(held, used, weights, label)}")
        weights, base = fit(sets, used, label, once)
        fitted[name] = dict(zip(used, weights)) | {"base": base}
    if check:
        return
    table = ["# Weights of models/recipe/odds.py: a sign, then of a sentence that belongs, of a passage that answers."]
    for sign in ["base", *signs]:
        table.append("\t".join([sign, *(f"{fitted[name].get(sign, 0.0):.4f}" for name in models)]))
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text("\n".join(table) + "\n", encoding="utf-8")
    print(f"wrote {TARGET.name}: {len(signs)} signs")


if __name__ == "__main__":
    given = [argument for argument in sys.argv[1:] if argument != "--check"]
    if not given:
        raise SystemExit(__doc__)
    main(given, "--check" in sys.argv)
