#!/usr/bin/env bash
# System.Numerics.Tensors 11.0.0; 10.0.15 gives the same
#
# Guess: TensorPrimitives.SoftMax takes the largest value off first, as every softmax for logits does.
# Seen:  it takes e to the power of what it is given. From 89 on that is infinite in float32 and the answer NaN; below -104 all are 0 and
#        the answer is NaN as well; a little above that, wrong figures come without NaN. Logits of 30 at a temperature of 0.3 are enough.
#
#   SoftMax of two values that differ by 1 (right: 0.731 0.269)
#   88, 87: 0.731 0.269
#   89, 88: NaN 0.000
#   -102, -103: 0.800 0.200
#   -104, -105: NaN NaN
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. "$(dirname "$0")/lib/csharp.sh"
csharp "$folder" System.Numerics.Tensors@11.0.0 <<'CS'
using System.Globalization;
using System.Numerics.Tensors;
using Findings;

Console.WriteLine("SoftMax of two values that differ by 1 (right: 0.731 0.269)");
Seen.That("88, 87", Of(88, 87), "0.731 0.269");
Seen.That("89, 88", Of(89, 88), "NaN 0.000");
Seen.That("-102, -103", Of(-102, -103), "0.800 0.200");
Seen.That("-104, -105", Of(-104, -105), "NaN NaN");
return Seen.ExitCode;

static string Of(params float[] logits)
{
    var result = new float[logits.Length];
    TensorPrimitives.SoftMax<float>(logits, result);
    return string.Join(" ", result.Select(p => p.ToString("F3", CultureInfo.InvariantCulture)));
}
CS
