#!/usr/bin/env python3
"""Holds a running service against its own specification, with thousands of made-up requests.

    python3 tests/contract/run.py http://127.0.0.1:8080 [--cases 2000] [--venv FOLDER]

Makes a virtual environment outside the repository where there is none yet (PyPI `schemathesis`).
Fails if an answer is a 5xx, or a status, a content type or a body that the specification does not
name, or if fewer requests were made than asked for.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.request
import venv

HERE = pathlib.Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements.txt"
SEED = 20251015
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance,response_headers_conformance"
)


def prepared(folder: pathlib.Path) -> pathlib.Path:
    """The program of an environment that has the package."""
    done = folder / "requirements.txt"
    if not done.exists() or done.read_text() != REQUIREMENTS.read_text():
        venv.create(folder, with_pip=True)
        python = folder / "bin" / "python"
        install = [python, "-m", "pip", "install", "--quiet", "--only-binary", ":all:"]
        subprocess.run([*install, "-r", REQUIREMENTS], check=True, stdout=sys.stderr)
        done.write_text(REQUIREMENTS.read_text())
    return folder / "bin" / "st"


def answered(address: str) -> dict[str, int]:
    """How many requests the service has answered so far, by status."""
    text = urllib.request.urlopen(f"{address}/metrics", timeout=30).read().decode()
    counts: dict[str, int] = {}
    for line in text.splitlines():
        found = re.match(r'svarforslag_requests_total\{.*status="(\d+)".*\} (\d+)', line)
        if found:
            counts[found[1]] = counts.get(found[1], 0) + int(found[2])
    return counts


def examples(address: str, cases: int) -> int:
    """How many requests each operation is given, so that all of them make the number."""
    specification = json.load(urllib.request.urlopen(f"{address}/api/openapi.json", timeout=30))
    operations = sum(len(path) for path in specification["paths"].values())
    return -(-cases // max(operations, 1))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("address")
    arguments.add_argument("--cases", type=int, default=2000)
    default = pathlib.Path(tempfile.gettempdir()) / "svarforslag-contract"
    arguments.add_argument("--venv", type=pathlib.Path, default=default)
    given = arguments.parse_args()
    program = prepared(given.venv)
    before = answered(given.address)
    command = [
        program, "run", f"{given.address}/api/openapi.json",
        "--checks", CHECKS,
        "--max-examples", str(examples(given.address, given.cases) * 2),
        "--phases", "examples,coverage,fuzzing",
        "--seed", str(SEED),
        # One: parsing Python in two threads at once makes CPython 3.11 raise "AST constructor
        # recursion depth mismatch" now and then, which the run counts as an error of the service.
        "--workers", "1",
        "--request-timeout", "60",
        "--continue-on-failure",
        "--no-color",
    ]
    # What it keeps of earlier runs would make this one another.
    with tempfile.TemporaryDirectory() as folder:
        environment = {"PATH": os.environ["PATH"], "HOME": folder, "NO_PROXY": "*"}
        ended = subprocess.run(command, cwd=folder, env=environment)
    after = answered(given.address)
    counts = {status: count - before.get(status, 0) for status, count in after.items()}
    counts = {status: count for status, count in sorted(counts.items()) if count}
    total = sum(counts.values())
    print(f"contract: {total} requests, by status {counts}")
    failed = sum(count for status, count in counts.items() if status.startswith("5"))
    assert failed == 0, f"{failed} answers are 5xx"
    assert total >= given.cases, f"only {total} requests were made"
    assert ended.returncode == 0, "an answer is not as the specification says"


main()
