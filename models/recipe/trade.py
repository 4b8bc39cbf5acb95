"""Stage 6: the student learns the trade: questions of customers beside the passages, and the
sentences within them, that answer; passages of one guide or one subject share a batch, so that the
wrong ones are near. What a passage of the same subject does not answer is kept away from its sentences, and
on other text the student stays where it was.

    python trade.py DATA WORK [THREADS [FROM]]

Reads student.pt of the stages before, writes trade.pt. About an hour on two quiet cores. FROM is
the state of an earlier run, or the model.safetensors of a shipped one (its tokenizer.json is then all
that WORK must hold), to go on from when texts were added: so the shipped weights came about. The run
from student.pt over all the texts was not made in one piece (decisions 0036 and 0038).
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

EPOCHS, EPOCHS_ON = 3, 2  # rounds over the passages, and of a run that goes on
PASSAGES = 32  # side by side in a step, in runs of one guide or one file
NEAR_AT_ONCE = 16
ASKED_AT_ONCE = 4  # questions of each of them
MAILED = 0.6  # how often it is one of mails/, where the passage has some of both kinds
TEXT_TOKENS_MAX, SENTENCE_TOKENS_MAX, QUESTION_TOKENS_MAX, MAIL_TOKENS_MAX = 160, 64, 48, 72
PART_TOKENS = 1600
TEMPERATURE = 20.0
RATE = 1.5e-4  # of the layers; the table of pieces learns three times as fast
LAYERS_KEPT = 2
# How often a question stands below its subject (or a heading, as below the subject of a mail), and
# behind what the mail tells before it.
HEADED, TOLD = 0.25, 0.45
UNANSWERED = 0.35
ALSO = 0.5  # what a sentence that belongs beside the answer weighs, where the answer itself weighs 1
FAR = 0.40  # how near a question may be to sentences that do not answer it
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-ZÆØÅ0-9»])")


class Question:
    def __init__(self, asked, heading, sentences):
        at = lambda answer: next((n for n, s in enumerate(sentences) if answer in s or s in answer), None)
        self.text = asked["q"]
        self.subject = asked.get("subject") or heading
        self.before = asked.get("before", "")
        self.answer = at(asked["answer"]) if "answer" in asked else None
        # (passage, sentence) of what else belongs in the reply; None is the passage itself.
        self.also = [(None, at(answer)) for answer in asked.get("also", [])]

    def words(self, random):
        """The question as it may be searched for: alone, below a subject, behind what was told."""
        drawn = random.random()
        if drawn < HEADED:
            return f"{self.subject.rstrip('.!?')}. {self.text}"
        if drawn < HEADED + TOLD and self.before:
            return f"{self.subject.rstrip('.!?')}. {self.before} {self.text}"
        return self.text


class Passage:
    def __init__(self, student, group, title, heading, text, asked, unanswered):
        self.group, self.heading, self.unanswered = group, heading, unanswered
        sentences = [sentence.strip() for sentence in SENTENCE_END.split(text) if sentence.strip()]
        self.text = student.tokens(f"{title}\n{heading}\n{text}", TEXT_TOKENS_MAX)
        self.sentences = [student.tokens(f"{heading}\n{s}", SENTENCE_TOKENS_MAX) for s in sentences]
        self.asked = [Question(one, heading, sentences) for one in asked]
        self.mailed = []  # questions of mails/

    def some(self, random):
        """Some of its questions."""
        plain, mailed = (random.sample(kind, len(kind)) for kind in (self.asked, self.mailed))
        chosen = []
        while (plain or mailed) and len(chosen) < ASKED_AT_ONCE:
            from_mails = mailed and (not plain or random.random() < MAILED)
            chosen.append((mailed if from_mails else plain).pop())
        return chosen


def passages(student):
    held, at = [], {}
    for path in sorted((HERE / "trade").glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            p = json.loads(line)
            group = f"{path.stem} {p.get('guide', '')}"
            at[path.stem, number] = len(held)
            held.append(Passage(student, group, p["title"], p["heading"], p["text"], p["asked"], p["unanswered"]))
    for mailed in (json.loads(line) for path in sorted((HERE / "mails").glob("*.jsonl"))
                   for line in path.read_text(encoding="utf-8").splitlines()):
        passage = held[at[mailed["file"], mailed["line"]]]
        question = Question({key: mailed[key] for key in ("q", "subject", "before")}, passage.heading, [])
        question.answer = mailed["answer"] - 1
        question.also = [(at[mailed["file"], line], sentence - 1) for line, sentence in mailed["also"]]
        passage.mailed.append(question)
    for title, text, asked in questions():
        held.append(Passage(student, "questions", title, title, text, [{"q": q} for q in asked], []))
    return held


def encode(model, batch):
    """Vectors of texts, in parts of like length, so that little is padding; products in 16 bits."""
    order = sorted(range(len(batch)), key=lambda at: len(batch[at]))
    parts, part = [], []
    for at in order:
        if part and len(batch[at]) * (len(part) + 1) > PART_TOKENS:
            parts.append(part)
            part = []
        part.append(at)
    parts.append(part)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        made = torch.cat([mean_vectors(model, [batch[at] for at in part]) for part in parts])
    back = torch.empty(len(batch), dtype=torch.long)
    back[torch.as_tensor([at for part in parts for at in part])] = torch.arange(len(batch))
    return F.normalize(made.float(), dim=-1)[back]


def deal(random, groups):
    """All passages once, in runs of one group, the runs in random order."""
    runs = []
    for members in groups.values():
        order = random.sample(members, len(members))
        runs += [order[at : at + NEAR_AT_ONCE] for at in range(0, len(order), NEAR_AT_ONCE)]
    random.shuffle(runs)
    return runs


def apart(likeness, right, barred=None):
    """The loss of picking the right column of each row, from columns that are not barred."""
    if barred is not None:
        likeness = likeness.masked_fill(barred, -1e4)
    return F.cross_entropy(likeness, right)


def both_ways(a, b, right):
    """Rows of `a` find their row of `b`, and each row of `b` the rows of `a` that are its own."""
    likeness = TEMPERATURE * a @ b.T
    own = torch.zeros_like(likeness, dtype=torch.bool)
    own[torch.arange(len(a)), right] = True
    back = torch.logsumexp(likeness, 0) - torch.logsumexp(likeness.masked_fill(~own, -1e4), 0)
    return apart(likeness, right) + 0.5 * back.mean()


def answering(student, random, held, drawn):
    """The loss of some questions of each drawn passage: passages, sentences, what is not answered."""
    chosen, row_of = [held[at] for at in drawn], {at: row for row, at in enumerate(drawn)}
    asked = [(row, one) for row, passage in enumerate(chosen) for one in passage.some(random)]
    words = [one.words(random) for _, one in asked]
    tokens = [student.tokens(text, MAIL_TOKENS_MAX if one.before else QUESTION_TOKENS_MAX)
              for text, (_, one) in zip(words, asked)]
    vectors = encode(student.model, tokens)
    own = torch.as_tensor([row for row, _ in asked])
    loss = both_ways(vectors, encode(student.model, [passage.text for passage in chosen]), own)
    sentences, owner = [], []
    for row, passage in enumerate(chosen):
        sentences += passage.sentences
        owner += [row] * len(passage.sentences)
    first = [owner.index(row) for row in range(len(chosen))]
    rows = [at for at, (_, one) in enumerate(asked) if one.answer is not None]
    if not rows:
        return loss
    sentences, owner = encode(student.model, sentences), torch.as_tensor(owner)
    likeness = TEMPERATURE * vectors[rows] @ sentences.T
    right, beside = [], {}
    barred = torch.zeros(len(rows), len(sentences), dtype=torch.bool)
    for line, at in enumerate(rows):
        row, one = asked[at]
        right.append(first[row] + one.answer)
        # What also belongs in the reply is neither the answer nor a wrong one.
        also = [(row if at is None else row_of.get(at), sentence) for at, sentence in one.also]
        others = [first[at] + sentence for at, sentence in also
                  if at is not None and sentence is not None and (at, sentence) != (row, one.answer)]
        barred[line, others] = True
        if others:
            beside[line] = random.choice(others)
    loss = loss + apart(likeness, torch.as_tensor(right), barred)
    if beside:
        # It stands above what does not belong there, without a race against the answer.
        some, also = list(beside), torch.as_tensor(list(beside.values()))
        barred = barred[some]
        each = torch.arange(len(some))
        barred[each, torch.as_tensor([right[line] for line in some])] = True
        barred[each, also] = False
        loss = loss + ALSO * len(some) / len(rows) * apart(likeness[some], also, barred)
    open_ = [(row, random.choice(passage.unanswered)) for row, passage in enumerate(chosen)
             if passage.unanswered and random.random() < UNANSWERED]
    if open_:
        strange = encode(student.model, [student.tokens(text, QUESTION_TOKENS_MAX) for _, text in open_])
        near = [F.relu((vector @ sentences[owner == row].T).max() - FAR) ** 2
                for vector, (row, _) in zip(strange, open_)]
        loss = loss + 8.0 * torch.stack(near).mean()
    return loss


def train(folder, target, earlier=None):
    state = earlier or target / "student.pt"
    student, before = Student(target, state), Student(target, state)
    for parameter in before.model.parameters():
        parameter.requires_grad = False
    held = passages(student)
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
    runs = []
    steps = int(len(held) * (EPOCHS_ON if earlier else EPOCHS)) // PASSAGES
    began = time.monotonic()
    for step in range(steps):
        drawn = []
        while len(drawn) < PASSAGES:
            runs = runs or deal(random, groups)
            drawn += [at for at in runs.pop() if at not in drawn]
        share = min(1.0, (step + 1) / 20) * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * step / steps)))
        for group, most in zip(optimiser.param_groups, (RATE, 3 * RATE)):
            group["lr"] = share * most
        optimiser.zero_grad()
        loss = answering(student, random, held, drawn)
        same = [student.tokens(line, SENTENCE_TOKENS_MAX) for line in random.sample(kept, 24)]
        with torch.no_grad():
            there = encode(before.model, same)
        loss = loss + 4.0 * (1 - (encode(student.model, same) * there).sum(-1)).mean()
        if step % 3 == 0:
            some = random.sample(heads, 24)
            over = encode(student.model, [student.tokens(head, 28) for head, _ in some])
            under = encode(student.model, [student.tokens(text, 88) for _, text in some])
            loss = loss + 0.5 * both_ways(over, under, torch.arange(len(over))) / 1.5
        loss.backward()
        torch.nn.utils.clip_grad_norm_([table, *body], 1.0)
        optimiser.step()
        if step % 20 == 0:
            print(f"step {step} of {steps}: {float(loss.detach()):.3f}, {time.monotonic() - began:.0f} s", flush=True)
    torch.save(student.model.state_dict(), target / "trade.pt")


if __name__ == "__main__":
    torch.manual_seed(SEED)
    torch.set_num_threads(int(sys.argv[3]) if len(sys.argv) > 3 else 2)
    train(sys.argv[1], Path(sys.argv[2]), sys.argv[4] if len(sys.argv) > 4 else None)
