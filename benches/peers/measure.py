"""Measures the peers and svarforslag in turn; run.py starts this in the peers' environment."""

import importlib.metadata
import json
import platform
import random
import statistics
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SEED = 20261124
HITS = 10
DIMENSIONS = 384
QUERY_TOKENS = 16
WARM = 5
WORDS_PER_PASSAGE = 150
PASSAGES_PER_FILE = 25
RESAMPLED = 2000
OURS = "svarforslag"


def main():
    settings = json.loads(sys.argv[1])
    work = Path(settings["work"])
    quick = settings["quick"]
    words = demo_words()
    pages = []
    for title, prepare in [("Encoding", encoding), ("Exact vector search", vectors), ("Words", lookups)]:
        about, contenders, checks = prepare(settings, work, words, quick)
        rounds = in_turn(title, contenders, settings["rounds"])
        pages.append(section(title, about, rounds, checks(rounds)))
    text = "\n\n".join([front(settings), *pages]) + "\n"
    Path(settings["out"]).write_text(text, encoding="utf-8")
    print(text)


# What is measured.


def encoding(settings, work, words, quick):
    """Passages of mixed lengths all at once, and short queries one by one."""
    from tokenizers import Tokenizer

    folder = whole_model(Path(settings["model"]), work / "model-f32")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    chance = random.Random(SEED)
    count = 24 if quick else 400
    passages = [cut(tokenizer, chain(words, chance, chance.randint(5, 140)), 250) for _ in range(count)]
    queries = [exactly(tokenizer, words, chance) for _ in range(20 if quick else 200)]
    lengths = [len(tokenizer.encode(text).ids) for text in passages]
    texts, asked = work / "encode-passages.json", work / "encode-queries.json"
    texts.write_text(json.dumps(passages), encoding="utf-8")
    asked.write_text(json.dumps(queries), encoding="utf-8")
    tokens = sum(lengths)
    model = pytorch(folder, settings["threads"])
    session = onnx(model, folder, settings["threads"])
    batch_of, contenders = {}, {}
    for name, encode in [("sentence-transformers, PyTorch f32", lambda t, b: model.encode(t, batch_size=b)),
                         ("ONNX Runtime f32", lambda t, b: run_onnx(session, tokenizer, t, b))]:
        # Each peer gets the batch with which it is fastest here.
        batch = min([8, 16, 32], key=lambda size: seconds(encode, passages[: max(24, count // 4)], size)[0])
        batch_of[name] = batch
        contenders[name] = lambda encode=encode, batch=batch: encoded(encode, passages, queries, batch, tokens)
    if settings["ours"]:
        def own():
            found = ours(settings, "encode", settings["model"], texts, asked, settings["threads"])
            return {"tokens/s": tokens / found["seconds"], "query p50 ms": statistics.median(found["ms"]),
                    "_vectors": np.array(found["vectors"])}
        contenders[OURS] = own
    about = (f"{count} passages of {min(lengths)} to {max(lengths)} tokens, mean {tokens / count:.0f}, marks included; "
             f"{len(queries)} queries of {QUERY_TOKENS} tokens, one at a time; batches of "
             + ", ".join(f"{size} ({name})" for name, size in batch_of.items()) + ".")

    def checks(rounds):
        made = {name: found[0]["_vectors"] for name, found in rounds.items()}
        base = made["sentence-transformers, PyTorch f32"]
        return {name: f"least cosine to PyTorch {(base * other).sum(1).min():.6f}" for name, other in made.items()}

    return about, contenders, checks


def vectors(settings, work, words, quick):
    """Random unit vectors, ten nearest, one query at a time."""
    import faiss

    faiss.omp_set_num_threads(settings["threads"])
    count, asked = (2_000, 20) if quick else (100_000, 200)
    chance = np.random.default_rng(SEED)
    every, queries = unit(chance, count), unit(chance, asked)
    every.tofile(work / "vectors.f32")
    queries.tofile(work / "vector-queries.f32")
    flat = faiss.IndexFlatIP(DIMENSIONS)
    flat.add(every)
    graph = faiss.IndexHNSWFlat(DIMENSIONS, 32, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction, graph.hnsw.efSearch = 200, 64
    started = time.perf_counter()
    graph.add(every)
    built = time.perf_counter() - started

    def by_numpy(query):
        scores = every @ query
        best = np.argpartition(scores, -HITS)[-HITS:]
        return best[np.argsort(-scores[best])]

    def searched(search):
        hits = [search(query) for query in queries]
        return {"p50 ms": p50(search, queries), "_hits": [[int(hit) for hit in one] for one in hits]}

    contenders = {
        "faiss Flat": lambda: searched(lambda query: flat.search(query[None], HITS)[1][0]),
        "faiss HNSW": lambda: searched(lambda query: graph.search(query[None], HITS)[1][0]),
        "NumPy": lambda: searched(by_numpy),
    }
    if settings["ours"]:
        def own():
            found = ours(settings, "search", work / "vectors.f32", work / "vector-queries.f32", DIMENSIONS, work / "vectors")
            return {"p50 ms": statistics.median(found["ms"]), "_hits": found["hits"]}
        contenders[OURS] = own
    about = (f"{count:,} random unit vectors of {DIMENSIONS}, {asked} queries one at a time, top {HITS}. HNSW with M 32, "
             f"efConstruction 200, efSearch 64, built in {built:.1f} s; it is not exact.")

    def checks(rounds):
        exact = rounds["NumPy"][0]["_hits"]
        shares = {name: sum(len(set(a) & set(b)) for a, b in zip(exact, found[0]["_hits"])) / (HITS * asked)
                  for name, found in rounds.items()}
        return {name: f"recall@{HITS} {share:.4f}" for name, share in shares.items()}

    return about, contenders, checks


def lookups(settings, work, words, quick):
    """The same passages for bm25s and for us; short queries one at a time."""
    import bm25s
    import Stemmer

    count, asked = (500, 20) if quick else (100_000, 200)
    chance = random.Random(SEED)
    documents, passages = work / f"documents-{count}", []
    for file in range(count // PASSAGES_PER_FILE):
        text = f"---\ndokumenttype: brugervejledning\ntitel: Dokument {file}\n---\n\n"
        for at in range(PASSAGES_PER_FILE):
            heading, body = " ".join(chance.choices(words[0], k=3)), chain(words, chance, WORDS_PER_PASSAGE)
            passages.append(f"{heading}\n{body}")
            text += f"## {at} {heading}\n\n{body}\n\n"
        path = documents / f"{file // 100:03}" / f"{file}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    long = [word for word in words[0] if len(word) > 4]
    queries = [" ".join(chance.choices(long, k=chance.randint(3, 6))) for _ in range(asked)]
    (work / "word-queries.json").write_text(json.dumps(queries), encoding="utf-8")
    stemmer = Stemmer.Stemmer("danish")

    def tokens(texts):
        return bm25s.tokenize(texts, stopwords=[], stemmer=stemmer, show_progress=False)

    index = bm25s.BM25()
    index.index(tokens(passages), show_progress=False)

    def search(query):
        return index.retrieve(tokens([query]), k=HITS, show_progress=False)

    contenders = {"bm25s": lambda: {"p50 ms": p50(search, queries), "_passages": count}}
    if settings["ours"]:
        def own():
            found = ours(settings, "words", documents, work / "word-queries.json", work / f"data-{count}")
            return {"p50 ms": statistics.median(found["ms"]), "_passages": found["passages"]}
        contenders[OURS] = own
    about = (f"{count:,} passages of {WORDS_PER_PASSAGE} words, {asked} queries of 3 to 6 words one at a time, top {HITS}. "
             "bm25s scores with Snowball stems alone; ours is a whole lookup (scope, compounds, glossary, short answer).")
    return about, contenders, lambda rounds: {name: f"{found[0]['_passages']:,} passages" for name, found in rounds.items()}


# The models of the peers.


def whole_model(shipped, folder):
    """The shipped model with every tensor in f32: what the peers can load."""
    from safetensors.numpy import load_file, save_file

    packed = load_file(shipped / "model.safetensors")
    tensors = {}
    for name, values in packed.items():
        if name.endswith("_scale"):
            continue
        values = values.astype(np.float32)
        if packed[name].dtype == np.uint8:
            values = (values - 128.0) * packed[name + "_scale"][:, None]
        tensors[name] = np.ascontiguousarray(values)
    for path in shipped.rglob("*"):
        if path.is_file() and path.name != "model.safetensors":
            copy = folder / path.relative_to(shipped)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    if not (folder / "tokenizer_config.json").exists():
        marks = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
        config = {f"{name}_token": mark for name, mark in marks.items()} | {"tokenizer_class": "PreTrainedTokenizerFast"}
        (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def pytorch(folder, threads):
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)
    return SentenceTransformer(str(folder), device="cpu").float().eval()


def onnx(model, folder, threads):
    """The same weights with pooling, attention and normalisation fused where ONNX Runtime can."""
    import onnxruntime
    import torch
    from onnxruntime.transformers.optimizer import optimize_model
    from transformers import AutoModel

    bert = AutoModel.from_pretrained(str(folder), attn_implementation="eager", add_pooling_layer=False).float().eval()

    class Pooled(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.bert = bert

        def forward(self, input_ids, attention_mask):
            states = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            mask = attention_mask.unsqueeze(-1).to(states.dtype)
            return torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1), dim=-1)

    plain, fused = folder / "model.onnx", folder / "fused.onnx"
    example = (torch.ones(2, 8, dtype=torch.long), torch.ones(2, 8, dtype=torch.long))
    axes = {name: {0: "batch", 1: "tokens"} for name in ["input_ids", "attention_mask"]} | {"vector": {0: "batch"}}
    torch.onnx.export(Pooled(), example, str(plain), input_names=["input_ids", "attention_mask"],
                      output_names=["vector"], dynamic_axes=axes, opset_version=17, dynamo=False)
    optimised = optimize_model(str(plain), model_type="bert", num_heads=bert.config.num_attention_heads,
                               hidden_size=bert.config.hidden_size, opt_level=0)
    optimised.save_model_to_file(str(fused))
    print("fused by ONNX Runtime:", optimised.get_fused_operator_statistics(), file=sys.stderr)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(fused), options, providers=["CPUExecutionProvider"])


def run_onnx(session, tokenizer, texts, batch):
    """Texts of like length together, as sentence-transformers does it."""
    tokens = [tokenizer.encode(text).ids for text in texts]
    order = sorted(range(len(texts)), key=lambda at: -len(tokens[at]))
    found = [None] * len(texts)
    for start in range(0, len(order), batch):
        part = order[start : start + batch]
        width = len(tokens[part[0]])
        ids, mask = np.zeros((len(part), width), np.int64), np.zeros((len(part), width), np.int64)
        for row, at in enumerate(part):
            ids[row, : len(tokens[at])], mask[row, : len(tokens[at])] = tokens[at], 1
        made = session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
        for row, at in enumerate(part):
            found[at] = made[row]
    return np.array(found)


# How it is measured.


def in_turn(title, contenders, rounds):
    """Every contender in every round, each round beginning with another one."""
    names = list(contenders)
    found = {name: [] for name in names}
    for turn in range(rounds):
        start = turn % len(names)
        for name in names[start:] + names[:start]:
            found[name].append(contenders[name]())
            print(f"{title}, round {turn + 1} of {rounds}: {name}", file=sys.stderr, flush=True)
    return found


def ours(settings, *arguments):
    command = [settings["ours"], *map(str, arguments)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def seconds(encode, texts, batch):
    started = time.perf_counter()
    made = encode(texts, batch)
    return time.perf_counter() - started, made


def encoded(encode, passages, queries, batch, tokens):
    encode(passages[:8], batch)
    took, made = seconds(encode, passages, batch)
    return {"tokens/s": tokens / took, "query p50 ms": p50(lambda query: encode([query], 1), queries), "_vectors": made}


def p50(call, queries):
    for query in queries[:WARM]:
        call(query)
    times = []
    for query in queries:
        started = time.perf_counter()
        call(query)
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


# What is written.


def front(settings):
    names = ["sentence-transformers", "torch", "onnxruntime", "faiss-cpu", "numpy", "bm25s"]
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)
    lines = [
        "# svarforslag beside its peers", "",
        f"{date.today()}, `benches/peers/run.py{' --quick' if settings['quick'] else ''}`, rounds in turn: {settings['rounds']}, "
        f"threads: {settings['threads']}, {processor()}, Python {platform.python_version()}; {versions}.",
        "A ratio above 1 says that svarforslag is so many times faster: the median over rounds, with a 95 % interval of the median.",
    ]
    if settings["quick"]:
        lines.append("`--quick` shows that the script runs; its figures say nothing about speed.")
    return "\n".join(lines)


def processor():
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def section(title, about, rounds, checks):
    measures = [name for name in next(iter(rounds.values()))[0] if not name.startswith("_")]
    heads = [head for name in measures for head in (name, "ours faster by")]
    lines = [f"## {title}", "", about, "", "| | " + " | ".join(heads) + " | check |", "|---" * (len(heads) + 2) + "|"]
    for name, found in rounds.items():
        cells = []
        for measure in measures:
            cells.append(shown(statistics.median(one[measure] for one in found)))
            cells.append(ratio(measure, found, rounds.get(OURS)) if name != OURS else "1")
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {checks[name]} |")
    return "\n".join(lines)


def shown(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def ratio(measure, peer, own):
    """How many times faster ours is, round by round."""
    if own is None:
        return "not measured"
    more_is_better = measure.endswith("/s")
    of_round = [o[measure] / p[measure] if more_is_better else p[measure] / o[measure] for p, o in zip(peer, own)]
    if len(of_round) < 3:
        return f"{statistics.median(of_round):.2f}"
    chance = random.Random(SEED)
    medians = sorted(statistics.median(chance.choices(of_round, k=len(of_round))) for _ in range(RESAMPLED))
    low, high = medians[int(RESAMPLED * 0.025)], medians[int(RESAMPLED * 0.975)]
    return f"{statistics.median(of_round):.2f} ({low:.2f} to {high:.2f})"


# The data.


def demo_words():
    """The words of the demo's prose, and which follow which: text that reads like the demo's."""
    every = []
    for path in sorted((ROOT / "index" / "demo").rglob("*.md")):
        body = path.read_text(encoding="utf-8").split("---\n", 2)[-1]
        every += [word for line in body.splitlines() if not line.startswith(("#", "|", "-")) for word in line.split()]
    after = {}
    for word, following in zip(every, every[1:]):
        after.setdefault(word, []).append(following)
    return every, after


def chain(words, chance, length):
    every, after = words
    word, text = chance.choice(every), []
    for _ in range(length):
        text.append(word)
        # A new thread now and then, so that texts are not the demo's own sentences.
        word = chance.choice(after[word] if word in after and chance.random() > 1 / 6 else every)
    return " ".join(text)


def cut(tokenizer, text, tokens_max):
    """The text without the words that would not fit in one window of every contender."""
    words = text.split()
    while len(tokenizer.encode(" ".join(words)).ids) > tokens_max:
        words.pop()
    return " ".join(words)


def exactly(tokenizer, words, chance):
    """A query of as many tokens as the bound speaks of."""
    while True:
        text = chain(words, chance, chance.randint(6, 12))
        if len(tokenizer.encode(text).ids) == QUERY_TOKENS:
            return text


def unit(chance, count):
    values = chance.standard_normal((count, DIMENSIONS), dtype=np.float32)
    return values / np.linalg.norm(values, axis=1, keepdims=True)


if __name__ == "__main__":
    main()
