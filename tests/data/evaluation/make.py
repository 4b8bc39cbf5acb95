#!/usr/bin/env python3
"""Makes rankings.json and beir/: rankings with the values that ir_measures gives them.

    python3 -m venv venv && venv/bin/pip install ir-measures==0.4.3 pytrec_eval-terrier==0.5.11
    venv/bin/python tests/data/evaluation/make.py

Everything is seeded: the same versions write the same bytes. beir/ is a small set of its own,
cut from the guides of index/demo and judged by hand; its rankings are the real ones here.
"""

import collections
import json
import math
import pathlib
import random
import re

import ir_measures

HERE = pathlib.Path(__file__).resolve().parent
DEMO = HERE.parents[2] / "index" / "demo" / "brugervejledninger"
NAMES = ["nDCG@10", "R@5", "R@20", "R(rel=2)@20", "RR@10", "P@5", "Judged@10", "AP"]
MEASURES = [ir_measures.parse_measure(name) for name in NAMES]

GUIDES = [
    "refusion-ved-sygdom",
    "ferieafregning-ved-fratraeden",
    "fejlindmeldelse-og-aconto-ved-sam-fejl",
    "skyldige-beloeb-og-tilbagebetaling",
    "beskatning-og-skattekort",
    "paragraf-56-aftale",
    "udenlandske-betalinger-og-nemkonto",
]
# Query, and the grade of each section by its guide's number and its own; -1 misleads.
JUDGED = [
    ("Hvad er fristen for en ny sygemelding?", {"1.1": 2, "1.2": 1, "6.3": -1}),
    ("Medarbejderen har en § 56-aftale og har været syg i 20 dage. Hvornår skal det meldes?",
     {"1.2": 2, "6.3": 2, "6.4": 1, "6.2": 1, "1.1": -1}),
    ("Hvor mange timer skal fraværet være om ugen ved delvis sygdom?", {"1.6": 2, "1.5": 1}),
    ("Udbetaler I aconto, når hun mangler 450 kr. netto?",
     {"3.4": 2, "3.6": 1, "3.5": 1, "7.3": 0}),
    ("Skal vi sende en ny blanket, når I har lavet en fejl?",
     {"3.1": 2, "3.2": 2, "3.7": 1, "3.8": 1}),
    ("Hvornår får vi besked om, at fejlen er rettet?", {"3.3": 2, "3.2": 1}),
    ("Hvilken løndel bruges til særlige feriedage ved fratræden?", {"2.5": 2, "2.6": 2, "2.1": 1}),
    ("Hvad koster det i rente, hvis ferien afregnes for sent?", {"2.2": 2}),
    ("Medarbejderen er trukket 55 % i skat", {"5.1": 2, "5.2": 1, "5.3": 1, "5.4": 0}),
    ("Kan løn udbetales til en konto i Tyskland?", {"7.1": 2, "7.2": 1, "7.3": 1}),
    ("En fratrådt skylder penge og svarer ikke", {"4.4": 2, "4.1": 2, "4.5": 1, "4.6": 1}),
    ("Hvem godkender den lægelige dokumentation?", {"6.5": 2, "6.1": 1}),
    ("Hvad er åbningstiden i kantinen?", {"4.6": 0, "5.4": -1}),
]


def sections():
    """The sections of the guides: id, title, text."""
    found = []
    for number, guide in enumerate(GUIDES, 1):
        text = (DEMO / f"{guide}.md").read_text(encoding="utf-8")
        title = re.search(r"(?m)^# (.+)$", text).group(1)
        for place, part in enumerate(re.split(r"(?m)^## ", text)[1:], 1):
            heading, body = part.split("\n", 1)
            body = " ".join(line for line in body.split("\n") if line and "|" not in line)
            found.append((f"{number}.{place}", f"{title}: {heading}", body[:420].strip()))
    return found


def words(text):
    return re.findall(r"\w+", text.lower())


def bm25(corpus, query, k1=0.9, b=0.4):
    held = {key: collections.Counter(words(title + " " + text)) for key, title, text in corpus}
    mean = sum(sum(it.values()) for it in held.values()) / len(held)
    scores = {}
    for key, counts in held.items():
        size, score = sum(counts.values()), 0.0
        for word in words(query):
            frequency = counts[word]
            if frequency:
                holders = sum(1 for it in held.values() if it[word])
                idf = math.log(1 + (len(held) - holders + 0.5) / (holders + 0.5))
                score += idf * frequency / (frequency + k1 * (1 - b + b * size / mean))
        if score:
            scores[key] = score
    return scores


def overlap(corpus, query):
    """How many words are shared: whole numbers, so there are many ties."""
    wanted = set(words(query))
    found = {key: float(len(wanted & set(words(text)))) for key, _, text in corpus}
    return {key: score for key, score in found.items() if score}


def first(scores, count):
    return dict(sorted(scores.items(), key=lambda it: (-it[1], it[0]))[:count])


def real():
    corpus = sections()
    folder = HERE / "beir"
    folder.mkdir(exist_ok=True)
    known = {key for key, _, _ in corpus}
    qrels = {f"q{at}": grades for at, (_, grades) in enumerate(JUDGED, 1)}
    assert all(key in known for grades in qrels.values() for key in grades)

    def write(name, lines):
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")

    def jsonl(entries):
        return [json.dumps(entry, ensure_ascii=False) for entry in entries]

    write("corpus.jsonl", jsonl({"_id": k, "title": t, "text": x} for k, t, x in corpus))
    queries = {f"q{at}": text for at, (text, _) in enumerate(JUDGED, 1)}
    unjudged = {"q99": "Hvad er et lønnummer?"}
    write("queries.jsonl", jsonl({"_id": k, "text": t} for k, t in (queries | unjudged).items()))
    rows = [f"{q}\t{d}\t{grade}" for q, grades in qrels.items() for d, grade in grades.items()]
    write("qrels.tsv", ["query-id\tcorpus-id\tscore", *rows])

    def run(score, count):
        return {q: first(score(corpus, text), count) for q, text in queries.items()}

    yield "the guides by BM25", qrels, run(bm25, 20)
    yield "the guides by shared words", qrels, run(overlap, 20)
    yield "the guides by BM25, three each", qrels, run(bm25, 3)
    coarse = {q: {d: round(s) * 1.0 for d, s in it.items()} for q, it in run(bm25, 20).items()}
    yield "the guides by BM25 in whole numbers", qrels, coarse


def made(seed, form):
    """A ranking by chance: one in five documents is relevant, and most of those come early."""
    chance = random.Random(seed)
    qrels, run = {}, {}
    for at in range(chance.randint(4, 6)):
        query = f"t{seed}-{at}"
        # Ids of many forms: the order of bytes decides ties.
        pool = [chance.choice(["d", "D", "æ", "doc-", "é"]) + str(n) for n in range(40)]
        grades = {}
        for document in chance.sample(pool, chance.randint(3, 14)):
            grades[document] = chance.choice(form.get("grades", [0, 1, 1, 2]))
        qrels[query] = grades
        if form.get("missing") and at % 2:
            continue
        retrieved = chance.sample(pool, chance.randint(*form.get("depth", (18, 30))))
        run[query] = {
            document: form["score"](chance, grades.get(document, 0), rank)
            for rank, document in enumerate(retrieved)
        }
    if form.get("unjudged"):
        run[f"t{seed}-unjudged"] = {"d1": 2.0, "d2": 1.0}
    return qrels, run


def smooth(chance, grade, _):
    return round(chance.random() + 0.3 * max(grade, 0), 6)


def tied(chance, grade, _):
    return float(chance.randint(0, 2) + max(grade, 0))


def single(chance, grade, _):
    """Different in double precision, equal in single."""
    return 10.0 + max(grade, 0) * chance.randint(0, 1) + chance.randint(0, 9) * 1e-9


def mixed(chance, grade, rank):
    return [tied, smooth, single][rank % 3](chance, grade, rank)


FORMS = {
    "smooth scores": {"score": smooth},
    "smooth scores again": {"score": smooth},
    "ties": {"score": tied},
    "ties in a long ranking": {"score": tied, "depth": (30, 38)},
    "all scores equal": {"score": lambda *_: 1.0},
    "all scores zero of either sign": {"score": lambda c, *_: c.choice([0.0, -0.0])},
    "equal in single precision": {"score": single},
    "equal in single precision, short": {"score": single, "depth": (1, 9)},
    "all three kinds of score": {"score": mixed},
    "negative scores": {"score": lambda c, g, _: tied(c, g, 0) - 9.5},
    "tiny and huge scores": {"score": lambda c, g, _: 10.0 ** c.randint(-12, 12) * (1 + g)},
    "shorter than k": {"score": smooth, "depth": (1, 4)},
    "shorter than k with ties": {"score": tied, "depth": (2, 7)},
    "missing queries": {"score": smooth, "missing": True},
    "missing queries with ties": {"score": tied, "missing": True, "unjudged": True},
    "queries that nobody judged": {"score": smooth, "unjudged": True},
    "grades to five": {"score": smooth, "grades": [0, 1, 2, 3, 4, 5]},
    "negative grades": {"score": smooth, "grades": [-2, -1, 0, 1, 2]},
    "negative grades and ties": {"score": tied, "grades": [-1, 0, 1, 2]},
    "nothing relevant": {"score": smooth, "grades": [0, 0, -1]},
    "only the highest grade": {"score": tied, "grades": [2]},
    "only the lowest relevant grade": {"score": mixed, "grades": [1]},
}


def case(name, qrels, run):
    per_query = collections.defaultdict(dict)
    for found in ir_measures.iter_calc(MEASURES, qrels, run):
        per_query[found.query_id][str(found.measure)] = found.value
    assert set(per_query) == set(qrels), name
    mean = ir_measures.calc_aggregate(MEASURES, qrels, run)
    mean = {str(measure): value for measure, value in mean.items()}
    return {
        "name": name,
        "qrels": [f"{q} 0 {d} {grade}" for q, it in qrels.items() for d, grade in it.items()],
        "run": [f"{q} Q0 {d} 0 {score!r} made" for q, it in run.items() for d, score in it.items()],
        "mean": [round(mean[measure], 9) for measure in NAMES],
        "queries": {
            q: [round(per_query[q][measure], 9) for measure in NAMES] for q in sorted(per_query)
        },
    }


def main():
    cases = [case(*it) for it in real()]
    cases += [case(name, *made(seed, form)) for seed, (name, form) in enumerate(FORMS.items(), 1)]
    text = json.dumps({"measures": NAMES, "cases": cases}, ensure_ascii=False, indent=0)
    # One list of numbers a line, so that a changed value is one changed line.
    text = re.sub(r"\[\n([-\d.,\ne]+)\n\]", lambda it: f"[{it[1].replace(chr(10), ' ')}]", text)
    (HERE / "rankings.json").write_text(text + "\n", encoding="utf-8")
    print(f"{len(cases)} rankings, {len(text)} bytes")


if __name__ == "__main__":
    main()
