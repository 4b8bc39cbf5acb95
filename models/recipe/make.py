"""Makes the shipped model: python make.py DATA WORK

DATA holds the three data files (common.py says their form), WORK what the stages leave behind; a
stage whose result lies there is not made again, and training goes on from its last checkpoint.
Packages: requirements.txt. About two hours on two quiet cores; a GPU is used if the stages are
told so by nobody: they are small.
"""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# (script, what it leaves behind, whether it reads the data)
STAGES = [
    ("vocabulary.py", "tokenizer.json", True),
    ("alignment.py", "alignment.npz", True),
    ("teacher.py", None, True),
    ("start.py", "start.npy", True),
    ("train.py", None, True),
    ("trade.py", "trade.pt", True),
    ("export.py", None, False),
]


def main(data, work):
    work.mkdir(parents=True, exist_ok=True)
    # Threads that wait by spinning starve everything else on a small machine.
    environment = os.environ | {"OMP_WAIT_POLICY": "passive", "HF_HUB_OFFLINE": "1", "PYTHONHASHSEED": "0"}
    for script, result, reads in STAGES:
        if result and (work / result).exists():
            print(f"{script}: {result} lies there", flush=True)
            continue
        print(f"{script} ...", flush=True)
        arguments = [str(data), str(work)] if reads else [str(work)]
        subprocess.run([sys.executable, str(HERE / script), *arguments], check=True, env=environment)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
