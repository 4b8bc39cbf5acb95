"""Runs svarforslag and its peers on the same data in turn, and writes one table.

Needs the standard library alone; the peers get an environment of their own in the folder that
`--work` names, outside the repository. README.md beside this file says how to read the table.
"""

import argparse
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def environment(work):
    """The Python that has the peers; made once, and again when the requirements have changed."""
    wanted = (HERE / "requirements.txt").read_text(encoding="utf-8")
    folder, made = work / "environment", work / "environment" / "made-of.txt"
    python = folder / "bin" / "python"
    if not made.exists() or made.read_text(encoding="utf-8") != wanted:
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", HERE / "requirements.txt"], check=True)
        made.write_text(wanted, encoding="utf-8")
    return python


def built():
    """Our own bench, built with optimisation."""
    command = ["cargo", "bench", "--bench", "peers", "--no-run", "--message-format", "json"]
    lines = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    messages = (json.loads(line) for line in lines if line.startswith("{"))
    # The program itself is built too; only the bench has a target of this kind.
    found = [m["executable"] for m in messages if m.get("executable") and "bench" in m["target"]["kind"]]
    return found[-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="a folder outside the repository, for all that is made")
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "danish-minilm")
    parser.add_argument("--out", type=Path, help="where the table goes [default: WORK/peers.md]")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="one round, small sizes: whether it runs, not how fast")
    parser.add_argument("--python", type=Path, help="a Python that has the peers already")
    parser.add_argument("--ours", help="our bench, built already; `none` measures the peers alone")
    arguments = parser.parse_args()
    work = arguments.work.resolve()
    if work.is_relative_to(ROOT):
        raise SystemExit(f"{work} lies in the repository; name a folder outside it")
    work.mkdir(parents=True, exist_ok=True)
    # Never resolved: the link is how Python knows its environment.
    python = arguments.python or environment(work)
    ours = arguments.ours or built()
    settings = {
        "work": str(work),
        "model": str(arguments.model.resolve()),
        "out": str((arguments.out or work / "peers.md").resolve()),
        "rounds": 1 if arguments.quick else arguments.rounds,
        "threads": arguments.threads,
        "quick": arguments.quick,
        "ours": None if ours == "none" else str(Path(ours).resolve()),
    }
    threads = str(arguments.threads)
    limits = {name: threads for name in ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"]}
    surroundings = os.environ | limits | {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    command = [str(python), str(HERE / "measure.py"), json.dumps(settings)]
    sys.exit(subprocess.run(command, env=surroundings).returncode)


if __name__ == "__main__":
    main()
