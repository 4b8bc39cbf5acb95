#!/usr/bin/env python3
"""Starts llama.cpp's own HTTP server on a tiny model with random weights.

    python3 tests/llama/serve.py [--venv FOLDER] [--prepare]

Makes a virtual environment outside the repository where there is none yet (PyPI `xllamacpp` and
`gguf`, about 210 MB), writes the model (a llama of two layers, seeded: the same bytes every time),
and prints one line when the server answers:

    llama.cpp listens on http://127.0.0.1:PORT/v1

It stops when it is told to (SIGTERM, Ctrl-C).
"""

import argparse
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import venv

HERE = pathlib.Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements.txt"
LAYERS, WIDTH, HEADS, INNER, CONTEXT = 2, 64, 4, 128, 8192
SEED = 20251015
# Roles and turns in the manner of ChatML, in letters: a grammar begins with what opens an answer,
# and a control token is no letter of it.
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def prepared(folder: pathlib.Path) -> pathlib.Path:
    """The Python of an environment that has the packages."""
    python = folder / "bin" / "python"
    done = folder / "requirements.txt"
    if not done.exists() or done.read_text() != REQUIREMENTS.read_text():
        venv.create(folder, with_pip=True)
        install = [python, "-m", "pip", "install", "--quiet", "--only-binary", ":all:"]
        subprocess.run([*install, "-r", REQUIREMENTS], check=True, stdout=sys.stderr)
        done.write_text(REQUIREMENTS.read_text())
    return python


def vocabulary():
    """Control marks, every byte, and the letters and signs that Danish and JSON are made of."""
    import gguf

    kinds = gguf.TokenType
    words = [("<unk>", kinds.UNKNOWN), ("<s>", kinds.CONTROL), ("</s>", kinds.CONTROL)]
    words += [(f"<0x{byte:02X}>", kinds.BYTE) for byte in range(256)]
    letters = "abcdefghijklmnopqrstuvwxyzæøåABCDEFGHIJKLMNOPQRSTUVWXYZÆØÅ0123456789"
    words += [(letter, kinds.NORMAL) for letter in "▁" + letters + ".,:;!?()[]{}\"'-_/§»«"]
    return words


def write_model(path: pathlib.Path) -> None:
    """A llama with seeded random weights."""
    import gguf
    import numpy

    chance = numpy.random.default_rng(SEED)
    words = vocabulary()
    model = gguf.GGUFWriter(str(path), "llama")
    model.add_name("tiny-random")
    model.add_context_length(CONTEXT)
    model.add_embedding_length(WIDTH)
    model.add_block_count(LAYERS)
    model.add_feed_forward_length(INNER)
    model.add_head_count(HEADS)
    model.add_head_count_kv(HEADS)
    model.add_layer_norm_rms_eps(1e-5)
    model.add_rope_dimension_count(WIDTH // HEADS)
    model.add_vocab_size(len(words))
    model.add_tokenizer_model("llama")
    model.add_token_list([word.encode() for word, _ in words])
    model.add_token_scores([0.0 if kind != gguf.TokenType.NORMAL else -1.0 for _, kind in words])
    model.add_token_types([int(kind) for _, kind in words])
    model.add_unk_token_id(0)
    model.add_bos_token_id(1)
    model.add_eos_token_id(2)
    model.add_chat_template(TEMPLATE)

    def weights(*shape):
        return chance.normal(0.0, 0.05, shape).astype(numpy.float32)

    ones = numpy.ones(WIDTH, dtype=numpy.float32)
    model.add_tensor("token_embd.weight", weights(len(words), WIDTH))
    model.add_tensor("output.weight", weights(len(words), WIDTH))
    model.add_tensor("output_norm.weight", ones)
    for layer in range(LAYERS):
        name = f"blk.{layer}"
        for norm in ("attn_norm", "ffn_norm"):
            model.add_tensor(f"{name}.{norm}.weight", ones)
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            model.add_tensor(f"{name}.{part}.weight", weights(WIDTH, WIDTH))
        model.add_tensor(f"{name}.ffn_gate.weight", weights(INNER, WIDTH))
        model.add_tensor(f"{name}.ffn_up.weight", weights(INNER, WIDTH))
        model.add_tensor(f"{name}.ffn_down.weight", weights(WIDTH, INNER))
    model.write_header_to_file()
    model.write_kv_data_to_file()
    model.write_tensors_to_file()
    model.close()


def serve() -> None:
    """Runs the server in this process until it is told to stop."""
    import xllamacpp

    told = threading.Event()
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "tiny-random.gguf"
        write_model(path)
        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.hostnames = ["127.0.0.1"]
        params.port = 0
        params.n_ctx = CONTEXT
        params.n_parallel = 1
        params.warmup = False
        # Two that wait for each other on a busy machine are slower than one.
        params.cpuparams.n_threads = 1
        params.cpuparams_batch.n_threads = 1
        server = xllamacpp.Server(params)
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: told.set())
        print(f"llama.cpp listens on {server.listening_address}/v1", flush=True)
        told.wait()


def main() -> None:
    usual = pathlib.Path(tempfile.gettempdir()) / "svarforslag-llama"
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--venv", type=pathlib.Path, default=usual)
    arguments.add_argument("--prepare", action="store_true", help="make the environment only")
    arguments.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.here:
        serve()
        return
    python = prepared(chosen.venv)
    if chosen.prepare:
        return
    os.execv(python, [str(python), str(HERE / "serve.py"), "--here"])


if __name__ == "__main__":
    main()
