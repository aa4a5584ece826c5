#!/usr/bin/env bash
# Microsoft.ML.OnnxRuntimeGenAI 0.18.0, CPU, linux-x64
#
# Guess: prompts of a batch may be padded at the left, as transformers does for decoders, since the mask covers pad tokens wherever they
#        stand; a token that really belongs to a prompt is seen whether the row runs alone or in a batch.
# Seen:  the mask is guessed from the ids at the end of each row, and only in a batch. Pads at the left count as text. A prompt that ends
#        in the pad id (where pad and end of turn are one token, a chat that ends a turn) loses its last tokens in a batch and keeps them
#        alone.
#
#   ones in the attention mask; 0 is the pad id
#   alone, [5 0]: 2
#   batch [3 4] [5 6]: 2 2
#   batch [3 4] [5 0]: 2 1
#   batch [3 4] [0 5]: 2 2
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. "$(dirname "$0")/lib/csharp.sh"
csharp "$folder" Microsoft.ML.OnnxRuntimeGenAI@0.18.0 <<'CS'
using Findings;
using Microsoft.ML.OnnxRuntimeGenAI;

TinyGenAiModel.Write("model");
using var model = new Model("model");
Console.WriteLine("ones in the attention mask; 0 is the pad id");
Seen.That("alone, [5 0]", Ones(1, 5, 0), "2");
Seen.That("batch [3 4] [5 6]", Ones(2, 3, 4, 5, 6), "2 2");
Seen.That("batch [3 4] [5 0]", Ones(2, 3, 4, 5, 0), "2 1");
Seen.That("batch [3 4] [0 5]", Ones(2, 3, 4, 0, 5), "2 2");
return Seen.ExitCode;

// The last logit of the model says how many ones the mask of the row has.
string Ones(int rows, params int[] ids)
{
    using var options = new GeneratorParams(model);
    options.SetSearchOption("batch_size", rows);
    using var generator = new Generator(model, options);
    generator.AppendTokens(ids);
    using var logits = generator.GetOutput("logits");
    var ofRows = logits.GetData<float>().ToArray().Chunk(ids.Length / rows * TinyGenAiModel.Vocabulary);
    return string.Join(" ", ofRows.Select(row => row[^1]));
}
CS
