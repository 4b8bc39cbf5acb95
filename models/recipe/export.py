"""Stage 7: the student as files that svarforslag ships: 8-bit rows with scales, in Hugging Face
layout, and reference vectors for the tests, made by PyTorch from the same 8-bit weights."""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file

from common import HERE
from student import Student

NAME = "danish-minilm"
TOKENS_MAX = 256
TEXTS = [
    "Hvornår skal vi senest indberette en lønstandsning?",
    "hvem godkender min ferie",
    "PKAT 026",
    "Ø",
    "Æøå, ÆØÅ og é 🙂",
    "Refusionen ansøges via Virk, og beløbet udbetales med førstkommende lønkørsel, når dagpengene er beregnet.",
    "70.000 kr. netto den 12. marts 2026 efter § 56, stk. 2",
    "The invoice was rejected because the order number was missing.",
    " ".join(["Institutionen indberetter selv fravær i systemet, og sagsbehandleren kontrollerer det."] * 12),
]


def rows_of_8_bits(matrix):
    """Each row as whole numbers from 1 to 255 around 128, with the scale that restores it."""
    scale = np.abs(matrix).max(axis=1) / 127.0
    scale[scale == 0] = 1.0
    whole = np.rint(matrix / scale[:, None]).astype(np.int16) + 128
    return whole.astype(np.uint8), scale.astype(np.float32)


def export(target, folder, tests):
    student = Student(target, target / "trade.pt")
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {}
    state = student.model.state_dict()
    for name, tensor in state.items():
        values = tensor.numpy()
        if name.startswith("pooler") or name.endswith("position_ids"):
            continue
        if values.ndim == 2 and min(values.shape) > 2 and "position" not in name:
            whole, scale = rows_of_8_bits(values)
            tensors[name], tensors[name + "_scale"] = whole, scale
            state[name] = torch.as_tensor((whole.astype(np.float32) - 128) * scale[:, None])
        elif "position" in name:
            tensors[name] = values[:TOKENS_MAX].astype(np.float16)
            state[name][:TOKENS_MAX] = torch.as_tensor(tensors[name].astype(np.float32))
        else:
            tensors[name] = values.astype(np.float32)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = student.model.config.to_dict()
    kept = ["hidden_act", "hidden_size", "intermediate_size", "layer_norm_eps", "num_attention_heads",
            "num_hidden_layers", "type_vocab_size", "vocab_size"]
    config = {key: config[key] for key in kept}
    config |= {"architectures": ["BertModel"], "model_type": "bert", "pad_token_id": 0,
               "max_position_embeddings": TOKENS_MAX, "position_embedding_type": "absolute"}
    write(folder / "config.json", config)
    layout = json.loads((target / "tokenizer.json").read_text(encoding="utf-8"))
    (folder / "tokenizer.json").write_text(json.dumps(layout, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    write(folder / "modules.json", [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}])
    (folder / "1_Pooling").mkdir(exist_ok=True)
    write(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": 384, "pooling_mode_mean_tokens": True,
                                                 "pooling_mode_cls_token": False})
    write(folder / "sentence_bert_config.json", {"max_seq_length": TOKENS_MAX, "do_lower_case": False})
    student.model.load_state_dict(state)
    with torch.inference_mode():
        made = [student.encode([student.tokens(text, TOKENS_MAX)])[0].tolist() for text in TEXTS]
    write(tests, [{"text": text, "vector": [round(v, 7) for v in vector]} for text, vector in zip(TEXTS, made)])
    torch.save(state, target / "student8.pt")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        print(f'"{path.relative_to(folder)}" = {{ bytes = {path.stat().st_size}, sha256 = "{digest}" }}')
    print(f"# {sum(path.stat().st_size for path in files):,} bytes")


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    root = HERE.parent
    export(target, root / NAME, root.parent / "tests" / "data" / "embedding" / "shipped.json")
