"""nDCG@10 of a student on a test set in BEIR layout; measures, and is never used in training."""

import json
import math
import sys
from pathlib import Path

import numpy as np
import torch

from student import Student
from teacher import batches

TOKENS_MAX = 256


def vectors(student, texts):
    tokens = [student.tokens(text, TOKENS_MAX) for text in texts]
    lengths = [len(t) for t in tokens]
    made = np.zeros((len(texts), 384), np.float32)
    student.model.eval()
    with torch.inference_mode():
        for batch in batches(lengths, sorted(range(len(texts)), key=lengths.__getitem__)):
            made[batch] = student.encode([tokens[index] for index in batch]).numpy()
    return made


def read(folder):
    rows = lambda name: [json.loads(line) for line in (folder / name).open(encoding="utf-8")]
    wanted = {}
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query, document, grade = line.split("\t")
        if int(grade) > 0:
            wanted.setdefault(query, set()).add(document)
    return rows("corpus.jsonl"), rows("queries.jsonl"), wanted


def ndcg(student, folder):
    corpus, queries, wanted = read(Path(folder))
    documents = vectors(student, [(d["title"] + ". " if d.get("title") else "") + d["text"] for d in corpus])
    asked = vectors(student, [query["text"] for query in queries])
    names = [document["_id"] for document in corpus]
    scores = []
    for query, row in zip(queries, asked @ documents.T):
        best = [names[i] for i in np.argsort(-row, kind="stable")[:10]]
        right = wanted.get(query["_id"], set())
        gain = sum(1 / math.log2(rank + 2) for rank, name in enumerate(best) if name in right)
        scores.append(gain / sum(1 / math.log2(rank + 2) for rank in range(min(10, len(right)))))
    return float(np.mean(scores)), len(scores)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    student = Student(target, sys.argv[2] if len(sys.argv) > 2 and sys.argv[2].endswith(".pt") else None)
    for folder in [name for name in sys.argv[2:] if not name.endswith(".pt")]:
        score, n = ndcg(student, folder)
        print(f"{folder}: nDCG@10 {score:.4f} (n={n})", flush=True)
