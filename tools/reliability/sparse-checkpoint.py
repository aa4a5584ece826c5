"""A checkpoint with the shape of a real Gemma 3 that costs no disk: true safetensors headers, sparse files, a few tensors filled.

    python3 tools/reliability/sparse-checkpoint.py 27b DIR

Shapes: tiny (190 MB, all of it filled), 1b, 4b, 12b, 27b. Needs nothing but Python; config and tokenizer are the demonstration's.
"""
import json
import pathlib
import random
import shutil
import struct
import sys

# hidden, intermediate, layers, heads, key-value heads, head_dim, vocabulary
SHAPES = {
    "tiny": (512, 2048, 24, 8, 4, 64, 2000),
    "1b": (1152, 6912, 26, 4, 1, 256, 262144),
    "4b": (2560, 10240, 34, 8, 4, 256, 262208),
    "12b": (3840, 15360, 48, 16, 8, 256, 262208),
    "27b": (5376, 21504, 62, 32, 16, 128, 262208),
}
SHARD_BYTES = 5_000_000_000
FILLED_BYTES = 1 << 20


def tensors(hidden, intermediate, layers, heads, kv_heads, head_dim, vocabulary):
    yield "model.embed_tokens.weight", [vocabulary, hidden]
    for layer in range(layers):
        prefix = f"model.layers.{layer}."
        for name, rows in (("q_proj", heads * head_dim), ("k_proj", kv_heads * head_dim), ("v_proj", kv_heads * head_dim)):
            yield f"{prefix}self_attn.{name}.weight", [rows, hidden]
        yield f"{prefix}self_attn.o_proj.weight", [hidden, heads * head_dim]
        for name in ("q_norm", "k_norm"):
            yield f"{prefix}self_attn.{name}.weight", [head_dim]
        for name, shape in (("gate", [intermediate, hidden]), ("up", [intermediate, hidden]), ("down", [hidden, intermediate])):
            yield f"{prefix}mlp.{name}_proj.weight", shape
        for name in ("input", "post_attention", "pre_feedforward", "post_feedforward"):
            yield f"{prefix}{name}_layernorm.weight", [hidden]
    yield "model.norm.weight", [hidden]


def size(shape):
    elements = 1
    for dim in shape:
        elements *= dim
    return 2 * elements


def write_shard(path, shard, fill_all, random_source):
    header, offset = {}, 0
    for name, shape in shard:
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [offset, offset + size(shape)]}
        offset += size(shape)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        start = file.tell()
        for name, shape in shard:
            if fill_all or "layers.0." in name:
                file.seek(start + header[name]["data_offsets"][0])
                count = size(shape) if fill_all else min(size(shape), FILLED_BYTES)
                # exponents of small numbers: upper byte 0x3C or 0xBC, as trained weights have
                values = bytearray(random_source.randbytes(count))
                values[1::2] = bytes(0x3C | (byte & 0x80) for byte in values[1::2])
                file.write(values)
        file.truncate(start + offset)


def main():
    shape, target = SHAPES[sys.argv[1]], pathlib.Path(sys.argv[2])
    demo = pathlib.Path(__file__).resolve().parents[2] / "onnx-models" / "demo-gemma3" / "base"
    target.mkdir(parents=True)
    for name in ("generation_config.json", "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(demo / name, target / name)
    hidden, intermediate, layers, heads, kv_heads, head_dim, vocabulary = shape
    config = json.loads((demo / "config.json").read_text())
    del config["layer_types"]
    config.update(hidden_size=hidden, intermediate_size=intermediate, num_hidden_layers=layers, num_attention_heads=heads,
                  num_key_value_heads=kv_heads, head_dim=head_dim, vocab_size=vocabulary, query_pre_attn_scalar=head_dim,
                  max_position_embeddings=131072, sliding_window=1024)
    (target / "config.json").write_text(json.dumps(config, indent=2))

    shards = [[]]
    for tensor in tensors(*shape):
        if shards[-1] and sum(size(s) for _, s in shards[-1]) + size(tensor[1]) > SHARD_BYTES:
            shards.append([])
        shards[-1].append(tensor)
    random_source = random.Random(0)
    weight_map = {}
    for i, shard in enumerate(shards, 1):
        name = f"model-{i:05}-of-{len(shards):05}.safetensors"
        write_shard(target / name, shard, sys.argv[1] == "tiny", random_source)
        weight_map.update({tensor: name for tensor, _ in shard})
    (target / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))


main()
