"""Stage 1: a vocabulary of Danish pieces, trained on a balanced count of words.

Pieces carry no mark for the start of a word, so that "orlov" is one piece with one meaning, alone
and inside "barselsorlov". The commonest words are pieces whole: a unigram model alone cuts even
"hvordan", and a word in two halves has no English word to start from.
"""

import json
import sys
from collections import Counter

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

from common import PIECES, SPECIAL, WORD, lines, pairs, questions, records, words

# Manuals are most of the text: damped counts and a ceiling for each source keep their trade words
# from crowding out everyday ones.
DAMPING = 0.6
OWN_WEIGHT = 12
EVERYDAY_WEIGHT = 6
ENGLISH_SHARE = 0.15
# Pieces of the unigram model; the rest of the vocabulary is whole words.
UNIGRAM_PIECES = 15_000
# A whole word's score above that of its best cut, so that it is never cut (natural logarithm).
WHOLE_BONUS = 0.5


def counts(folder):
    found = Counter()

    def take(texts, weight=1.0):
        own = Counter()
        for text in texts:
            own.update(WORD.findall(text.lower()))
        for word, count in own.items():
            found[word] += weight * count**DAMPING

    take(lines(folder, "text.da.txt"))
    take(record["heading"] + " " + record["text"] for record in records(folder, "headings.da.jsonl"))
    parallel = pairs(folder)
    take(da for source, da, _ in parallel if source != "tatoeba")
    take((da for source, da, _ in parallel if source == "tatoeba"), EVERYDAY_WEIGHT)
    take((en for _, _, en in parallel), ENGLISH_SHARE)
    take((title + " " + text + " " + " ".join(asked) for title, text, asked in questions()), EVERYDAY_WEIGHT)
    for form, _ in words():
        found[form.lower()] += OWN_WEIGHT
    return found


def make(folder, target):
    counted = counts(folder)
    sample = ([word] * max(1, round(count)) for word, count in sorted(counted.items()) if count >= 2)
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.UnigramTrainer(
        vocab_size=UNIGRAM_PIECES,
        special_tokens=SPECIAL,
        unk_token="[UNK]",
        max_piece_length=18,
        shrinking_factor=0.7,
        n_sub_iterations=2,
        initial_alphabet=list("0123456789.,:;!?%&/()[]{}<>=+-*_#@'\"§€$£°|~^`\\–—…»«„“”’‘•·½¼¾²³µ×÷éèêëüöäåæøçñáàâóòôíìîúùûšžčćłńśýđðþß"),
        show_progress=False,
    )
    tokenizer.train_from_iterator((" ".join(batch) for batch in sample), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B [SEP]",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    tokenizer = with_whole_words(tokenizer, counted)
    tokenizer.save(str(target / "tokenizer.json"))
    return tokenizer


def with_whole_words(tokenizer, counted):
    """The same tokenizer with the commonest words, and those of the word lists, as pieces."""
    layout = json.loads(tokenizer.to_str())
    vocabulary = layout["model"]["vocab"]
    scores = dict(map(tuple, vocabulary))
    first = {form: None for form in base_forms() if len(form) > 2}
    common = sorted(counted, key=lambda word: (-counted[word], word))
    wanted = [word for word in common if len(word) > 1 and counted[word] >= 4]
    own = [word for word in wanted if word in first and word not in scores]
    chosen = dict.fromkeys(own[: (PIECES - UNIGRAM_PIECES) // 2])
    for word in common:
        if len(chosen) + len(vocabulary) >= PIECES:
            break
        if len(word) > 1 and word not in scores:
            chosen[word] = None
    for word in chosen:
        cut = tokenizer.encode(word, add_special_tokens=False).tokens
        vocabulary.append([word, sum(scores.get(piece, -20.0) for piece in cut) + WHOLE_BONUS])
    return Tokenizer.from_str(json.dumps(layout, ensure_ascii=False))


def base_forms():
    """The first form of each line of the word lists."""
    previous = None
    for form, english in words():
        if english != previous:
            yield form
        previous = english


if __name__ == "__main__":
    from pathlib import Path

    made = make(sys.argv[1], Path(sys.argv[2]))
    for text in [
        "Hvordan indberetter jeg lønstandsning ved barselsorlov?",
        "medarbejderudviklingssamtale og ferieafholdelsesperioden",
        "Hvem opfandt dampmaskinen, og hvornår begyndte den industrielle revolution?",
    ]:
        print(made.encode(text).tokens)
