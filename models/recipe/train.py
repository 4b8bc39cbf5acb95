"""Stage 5: training. First the student learns to say in Danish what the teacher says in English
(distillation); then also to bring a heading or question near the text that answers it (contrast).

Resumable: a checkpoint every CHECKPOINT steps holds the model, the optimisers and the step; what a
step trains on depends on its number alone.
"""

import math
import re
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from common import SEED, chance, pairs, questions, records
from student import Student
from teacher import taught

DISTIL_STEPS = 620
CONTRAST_STEPS = 480
CHECKPOINT = 100
LAYERS_KEPT = 2  # the lowest layers stay as they are: they know little of one language or another
DISTIL_TOKENS = 2048
DISTIL_TOKENS_BESIDE = 640
PAIR_TOKENS_MAX = 96
PAIRS_AT_ONCE = 44
QUERY_TOKENS_MAX = 28
TEXT_TOKENS_MAX = 88
TEMPERATURE = 20.0
# How often a source is drawn from, beside its size; machine-translated text teaches less.
SHARE = {"tatoeba": 2.0, "lomo": 0.35, "azure": 0.6}
HEADING_SHARE = {"azure": 0.3, "own": 0.0}
OWN_EVERY = 5  # one contrast batch in this many is of the recipe's own questions
WORD = re.compile(r"\w+")


class Pairs:
    """Batches of parallel text of like length, with the teacher's vectors."""

    def __init__(self, folder, target, student):
        found = pairs(folder)
        self.teacher = torch.as_tensor(taught(target).astype(np.float32))
        assert len(found) == len(self.teacher), "the teacher's vectors are of other pairs: delete them"
        random = chance("pairs")
        self.tokens = [student.tokens(da, PAIR_TOKENS_MAX) for _, da, _ in found]
        drawn = []
        for index, (source, _, _) in enumerate(found):
            size = len(self.tokens[index])
            share = SHARE.get(source, 1.0) * (0.35 if size <= 5 else 1.0)
            times = int(share) + (random.random() < share % 1)
            drawn += [index] * (times if size < PAIR_TOKENS_MAX else 0)
        random.shuffle(drawn)
        self.order = drawn

    def batch(self, random, budget):
        """Texts near one length, so that little is padding."""
        pool = random.sample(self.order, 1500)
        pool.sort(key=lambda index: len(self.tokens[index]))
        begin = random.randrange(len(pool))
        batch = []
        for index in pool[begin:] + pool[:begin][::-1]:
            if batch and max(len(self.tokens[index]), len(self.tokens[batch[0]])) * (len(batch) + 1) > budget:
                break
            batch.append(index)
        return batch


class Headings:
    """Batches of a heading or question and the text below it, from one source at a time: texts of
    one manual are harder to tell apart."""

    def __init__(self, folder):
        self.by_source = {}
        for record in records(folder, "headings.da.jsonl"):
            words = len(record["heading"].split())
            if 2 <= words <= 24 and len(record["text"].split()) >= 12:
                self.by_source.setdefault(record["source"], []).append((record["heading"], record["text"]))
        self.own = [(title, text, asked) for title, text, asked in questions()]
        self.names = sorted(self.by_source)
        self.weights = [len(self.by_source[n]) * HEADING_SHARE.get(n, 1.0) for n in self.names]

    def batch(self, random, step):
        if step % OWN_EVERY == 0:
            chosen = random.sample(self.own, min(PAIRS_AT_ONCE, len(self.own)))
            return [(random.choice([title, *asked, *asked]), text) for title, text, asked in chosen]
        name = random.choices(self.names, self.weights)[0]
        chosen, heads, texts = [], set(), set()
        for head, text in random.sample(self.by_source[name], min(3 * PAIRS_AT_ONCE, len(self.by_source[name]))):
            if head.lower() not in heads and text[:60] not in texts and len(chosen) < PAIRS_AT_ONCE:
                heads.add(head.lower())
                texts.add(text[:60])
                chosen.append((without_shared_words(random, head, text), text))
        return chosen


def without_shared_words(random, heading, text):
    """Sometimes leaves out words that the text repeats: those a search by words finds anyway."""
    if random.random() < 0.5:
        return heading
    there = set(WORD.findall(text.lower()))
    words = heading.split()
    kept = [w for w in words if w.lower().strip(".,:;?!()") not in there or random.random() < 0.6]
    return " ".join(kept) if len(kept) >= 2 else heading


def contrast(student, batch):
    asked = student.encode([student.tokens(query, QUERY_TOKENS_MAX) for query, _ in batch])
    texts = student.encode([student.tokens(text, TEXT_TOKENS_MAX) for _, text in batch])
    likeness = TEMPERATURE * asked @ texts.T
    right = torch.arange(len(batch))
    return 0.5 * (F.cross_entropy(likeness, right) + F.cross_entropy(likeness.T, right))


def distil(student, data, batch):
    made = student.encode([data.tokens[index] for index in batch])
    wanted = F.normalize(data.teacher[batch], dim=-1)
    cosine = (made * wanted).sum(-1).mean()
    apart = F.cross_entropy(TEMPERATURE * made @ wanted.T, torch.arange(len(batch)))
    return 4.0 * (1.0 - cosine) + 0.3 * apart, float(cosine)


def optimisers(student):
    table, body = student.trainable(LAYERS_KEPT)
    return body, [
        torch.optim.SparseAdam([table], lr=1e-3, betas=(0.9, 0.98)),
        torch.optim.AdamW(body, lr=5e-5, weight_decay=0.0),
    ]


def rates(step):
    """Learning rates of the pieces and of the layers: a short rise, then down along a cosine."""
    if step < DISTIL_STEPS:
        done, first, most = step / DISTIL_STEPS, step / 30, (1.2e-3, 6e-5)
        floor = 0.25
    else:
        done, first = (step - DISTIL_STEPS) / CONTRAST_STEPS, (step - DISTIL_STEPS + 1) / 15
        most, floor = (5e-4, 4e-5), 0.02
    share = min(1.0, first) * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * done)))
    return [share * rate for rate in most]


def train(folder, target):
    student = Student(target)
    data, headings = Pairs(folder, target, student), Headings(folder)
    body, both = optimisers(student)
    path, step = target / "checkpoint.pt", 0
    if path.exists():
        stored = torch.load(path, weights_only=False)
        student.model.load_state_dict(stored["model"])
        for optimiser, state in zip(both, stored["optimisers"]):
            optimiser.load_state_dict(state)
        step = stored["step"]
    began, tokens = time.monotonic(), 0
    while step < DISTIL_STEPS + CONTRAST_STEPS:
        random = chance(f"step {step}")
        for optimiser, rate in zip(both, rates(step)):
            optimiser.param_groups[0]["lr"] = rate
            optimiser.zero_grad()
        later = step >= DISTIL_STEPS
        batch = data.batch(random, DISTIL_TOKENS_BESIDE if later else DISTIL_TOKENS)
        loss, cosine = distil(student, data, batch)
        told = f"cosine {cosine:.3f}"
        if later:
            apart = contrast(student, headings.batch(random, step))
            loss = apart + 0.5 * loss
            told += f", contrast {float(apart):.3f}"
        loss.backward()
        torch.nn.utils.clip_grad_norm_(body, 1.0)
        for optimiser in both:
            optimiser.step()
        step += 1
        if step % 20 == 0:
            print(f"step {step}: {told}, {time.monotonic() - began:.0f} s", flush=True)
        if step % CHECKPOINT == 0 or step in (DISTIL_STEPS, DISTIL_STEPS + CONTRAST_STEPS):
            state = {"model": student.model.state_dict(), "optimisers": [o.state_dict() for o in both], "step": step}
            torch.save(state, path.with_suffix(".tmp"))
            path.with_suffix(".tmp").rename(path)
            torch.save(student.model.state_dict(), target / "student.pt")


if __name__ == "__main__":
    torch.manual_seed(SEED)
    torch.set_num_threads(int(sys.argv[3]) if len(sys.argv) > 3 else 2)
    train(sys.argv[1], Path(sys.argv[2]))
