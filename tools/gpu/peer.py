"""Generates with transformers and a PEFT adapter, one padded batch, and prints one JSON line: the usual way, to compare with.

python3 peer.py CHECKPOINT ADAPTER DEVICE ROWS LONGEST NEW_TOKENS
"""
import json
import sys
import time

import peft
import torch
import transformers


def main() -> None:
    checkpoint, adapter, device = sys.argv[1:4]
    rows, longest, new_tokens = map(int, sys.argv[4:7])
    dtype = torch.float32 if device == "cpu" else torch.bfloat16
    model = transformers.AutoModelForCausalLM.from_pretrained(checkpoint, dtype=dtype).to(device)
    model = peft.PeftModel.from_pretrained(model, adapter).eval()

    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(5, 1900, (rows, longest), generator=generator)
    mask = torch.ones_like(ids)
    for row in range(rows):
        padding = longest - max(1, longest * (row + 1) // rows)
        ids[row, :padding] = 0
        mask[row, :padding] = 0
    ids, mask = ids.to(device), mask.to(device)

    def generate() -> float:
        started = time.perf_counter()
        with torch.inference_mode():
            output = model.generate(input_ids=ids, attention_mask=mask, do_sample=False, pad_token_id=0,
                                    min_new_tokens=new_tokens, max_new_tokens=new_tokens)
        if device != "cpu":
            torch.cuda.synchronize()
        assert output.shape[1] == longest + new_tokens
        return time.perf_counter() - started

    generate()
    seconds = min(generate(), generate())
    print(json.dumps({
        "tokens_per_s": round(rows * new_tokens / seconds, 1), "seconds_for_all": round(seconds, 3), "torch": torch.__version__,
        "transformers": transformers.__version__, "peft": peft.__version__,
    }))


if __name__ == "__main__":
    main()
