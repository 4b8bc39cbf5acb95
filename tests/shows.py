#!/usr/bin/env python3
"""Asks the served demo for the draft of tests/data/inquiry.json, and checks it by its JSON alone.

Usage: tests/shows.py FILE, where FILE holds the line in which the server says where it listens.
"""

import json
import re
import sys
import urllib.request

address = re.search(r"http://\S+", open(sys.argv[1], encoding="utf-8").read()).group()
body = open("tests/data/inquiry.json", "rb").read()
request = urllib.request.Request(
    f"{address}/api/v1/drafts", data=body, headers={"content-type": "application/json"}
)
draft = json.load(urllib.request.urlopen(request, timeout=30))

outcomes = [question["outcome"] for question in draft["questions"]]
answered = {"answered", "answered_by_drejebog"}
assert len(outcomes) == 4, outcomes
assert {outcomes[0], outcomes[1], outcomes[3]} <= answered, outcomes
assert outcomes[2] == "needs_case_lookup", outcomes

texts = {hit["passage_id"]: hit["text"] for hit in draft["evidence"]}
second = draft["questions"][1]["sentences"]
assert any("500 kr." in c["quote"] for s in second for c in s["citations"]), second

sentences = draft["greeting"] + [s for q in draft["questions"] for s in q["sentences"]]
sentences += draft["closing"]
quotes = 0
for sentence in sentences:
    assert sentence["text"] in draft["reply"], sentence
    for citation in sentence["citations"]:
        assert citation["quote"] in texts[citation["passage_id"]], citation
        quotes += 1
rest = draft["reply"]
for text in [s["text"] for s in sentences] + [step["text"] for step in draft["next_steps"]]:
    rest = rest.replace(text, "", 1)
assert not rest.strip(), f"stands in the reply and is no sentence: {rest!r}"
assert all(check["ok"] for check in draft["checks"]), draft["checks"]
print(f"{len(outcomes)} questions, {len(sentences)} sentences, {quotes} quotes: all as they should be")
