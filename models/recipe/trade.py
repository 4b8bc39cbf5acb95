"""Stage 6: the student learns the trade: questions of customers beside the passages, and the
sentences within them, that answer; passages of one subject share a batch, so that the wrong ones
are near. What a passage of the same subject does not answer is kept away from its sentences, and
on other text the student stays where it was.

    python trade.py DATA WORK [THREADS]

Reads student.pt of the stages before, writes trade.pt. About 25 minutes on two quiet cores.
"""

import json
import math
import re
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F

from common import HERE, SEED, chance, lines, questions, records
from student import Student
from teacher import mean_vectors

EPOCHS = 2
AT_ONCE = 32
NEAR_AT_ONCE = 16  # questions of one file that stand side by side in a batch
TEXT_TOKENS_MAX, SENTENCE_TOKENS_MAX, QUESTION_TOKENS_MAX = 160, 64, 48
PART_TOKENS = 1600
TEMPERATURE = 20.0
RATE = 5e-5  # of the layers; the table of pieces learns three times as fast
LAYERS_KEPT = 2
HEADED = 0.25  # how often a question stands below a heading, as below the subject of a mail
UNANSWERED = 0.35
FAR = 0.40  # how near a question may be to sentences that do not answer it
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-ZÆØÅ0-9»])")


class Passage:
    def __init__(self, student, group, title, heading, text, asked, unanswered):
        self.group, self.heading, self.unanswered = group, heading, unanswered
        sentences = [sentence.strip() for sentence in SENTENCE_END.split(text) if sentence.strip()]
        self.text = student.tokens(f"{title}\n{heading}\n{text}", TEXT_TOKENS_MAX)
        self.sentences = [student.tokens(f"{heading}\n{s}", SENTENCE_TOKENS_MAX) for s in sentences]
        at = lambda answer: next((n for n, s in enumerate(sentences) if answer in s or s in answer), None)
        self.asked = [(question, at(answer) if answer else None) for question, answer in asked]


def passages(student):
    for path in sorted((HERE / "trade").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            p = json.loads(line)
            asked = [(a["q"], a["answer"]) for a in p["asked"]]
            yield Passage(student, path.stem, p["title"], p["heading"], p["text"], asked, p["unanswered"])
    for title, text, asked in questions():
        yield Passage(student, "questions", title, title, text, [(q, None) for q in asked], [])


def encode(model, batch):
    """Vectors of texts, in parts of like length, so that little is padding."""
    order = sorted(range(len(batch)), key=lambda at: len(batch[at]))
    parts, part = [], []
    for at in order:
        if part and len(batch[at]) * (len(part) + 1) > PART_TOKENS:
            parts.append(part)
            part = []
        part.append(at)
    parts.append(part)
    made = torch.cat([mean_vectors(model, [batch[at] for at in part]) for part in parts])
    back = torch.empty(len(batch), dtype=torch.long)
    back[torch.as_tensor([at for part in parts for at in part])] = torch.arange(len(batch))
    return made[back]


def deal(random, groups, all_passages):
    """All questions once, in runs of one group, the runs in random order."""
    runs = []
    for members in groups.values():
        asked = [(p, n) for p in members for n in range(len(all_passages[p].asked))]
        random.shuffle(asked)
        runs += [asked[at : at + NEAR_AT_ONCE] for at in range(0, len(asked), NEAR_AT_ONCE)]
    random.shuffle(runs)
    return runs


def both_ways(a, b):
    likeness, right = TEMPERATURE * a @ b.T, torch.arange(len(a))
    return F.cross_entropy(likeness, right) + 0.5 * F.cross_entropy(likeness.T, right)


def answering(student, random, chosen):
    """The loss of one batch of questions: passages, sentences, and what is not answered."""
    asked = []
    for passage, n in chosen:
        question = passage.asked[n][0]
        if random.random() < HEADED:
            question = f"{passage.heading}. {question}"
        asked.append(student.tokens(question, QUESTION_TOKENS_MAX))
    asked = encode(student.model, asked)
    loss = both_ways(asked, encode(student.model, [passage.text for passage, _ in chosen]))
    sentences, owner, rows, right = [], [], [], []
    for row, (passage, n) in enumerate(chosen):
        answer = passage.asked[n][1]
        if answer is None:
            continue
        rows.append(row)
        right.append(len(sentences) + answer)
        sentences += passage.sentences
        owner += [row] * len(passage.sentences)
    if not rows:
        return loss
    sentences, owner = encode(student.model, sentences), torch.as_tensor(owner)
    loss = loss + F.cross_entropy(TEMPERATURE * asked[rows] @ sentences.T, torch.as_tensor(right))
    open_ = [(row, random.choice(passage.unanswered)) for row, (passage, _) in enumerate(chosen)
             if passage.unanswered and random.random() < UNANSWERED]
    if open_:
        vectors = encode(student.model, [student.tokens(text, QUESTION_TOKENS_MAX) for _, text in open_])
        near = [F.relu((vector @ sentences[owner == row].T).max() - FAR) ** 2
                for vector, (row, _) in zip(vectors, open_) if bool((owner == row).any())]
        if near:
            loss = loss + 8.0 * torch.stack(near).mean()
    return loss


def train(folder, target):
    state = target / "student.pt"
    student, before = Student(target, state), Student(target, state)
    for parameter in before.model.parameters():
        parameter.requires_grad = False
    held = list(passages(student))
    groups = {}
    for at, passage in enumerate(held):
        groups.setdefault(passage.group, []).append(at)
    random = chance("trade")
    kept = [line for line in random.sample(list(lines(folder, "text.da.txt")), 30_000) if 4 <= len(line.split()) <= 40]
    heads = [(r["heading"], r["text"]) for r in records(folder, "headings.da.jsonl")
             if 2 <= len(r["heading"].split()) <= 24 and len(r["text"].split()) >= 12]
    table, body = student.trainable(LAYERS_KEPT)
    student.model.embeddings.word_embeddings.sparse = False
    optimiser = torch.optim.AdamW([{"params": body}, {"params": [table]}], weight_decay=0.0, betas=(0.9, 0.98))
    steps = sum(len(passage.asked) for passage in held) // AT_ONCE * EPOCHS
    began, runs = time.monotonic(), []
    for step in range(steps):
        if len(runs) < 2:
            runs += deal(random, groups, held)
        seen, chosen = set(), []
        for at, n in runs.pop() + runs.pop():
            if at not in seen:
                seen.add(at)
                chosen.append((held[at], n))
        share = min(1.0, (step + 1) / 20) * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * step / steps)))
        for group, most in zip(optimiser.param_groups, (RATE, 3 * RATE)):
            group["lr"] = share * most
        optimiser.zero_grad()
        loss = answering(student, random, chosen)
        same = [student.tokens(line, SENTENCE_TOKENS_MAX) for line in random.sample(kept, 24)]
        with torch.no_grad():
            there = encode(before.model, same)
        loss = loss + 4.0 * (1 - (encode(student.model, same) * there).sum(-1)).mean()
        if step % 3 == 0:
            some = random.sample(heads, 24)
            over = encode(student.model, [student.tokens(head, 28) for head, _ in some])
            under = encode(student.model, [student.tokens(text, 88) for _, text in some])
            loss = loss + 0.5 * both_ways(over, under) / 1.5
        loss.backward()
        torch.nn.utils.clip_grad_norm_([table, *body], 1.0)
        optimiser.step()
        if step % 20 == 0:
            print(f"step {step} of {steps}: {float(loss.detach()):.3f}, {time.monotonic() - began:.0f} s", flush=True)
    torch.save(student.model.state_dict(), target / "trade.pt")


if __name__ == "__main__":
    torch.manual_seed(SEED)
    torch.set_num_threads(int(sys.argv[3]) if len(sys.argv) > 3 else 2)
    train(sys.argv[1], Path(sys.argv[2]))
