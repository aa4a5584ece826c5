#!/usr/bin/env bash
# System.Numerics.Tensors 11.0.0; 10.0.15 gives the same
#
# Guess: sums over Half vectors (embeddings kept in 16 bits) are made in float32 inside and rounded to Half once, at the end.
# Seen:  Sum, Average, Norm and Distance add up in Half. A sum of ones stops at 2048, so the mean of many ones is less than one, and the
#        length of a vector whose length is 320 is infinite. CosineSimilarity of the same type is right, so a trial with cosines shows
#        nothing.
#
#   Sum of 5000 ones: 2048
#   Average of 5000 ones: 0.4097
#   Norm of 1024 tens (320): Infinity
#   Distance of 1024 tens from zero (320): Infinity
#   CosineSimilarity of 1024 tens with themselves: 1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. "$(dirname "$0")/lib/csharp.sh"
csharp "$folder" System.Numerics.Tensors@11.0.0 <<'CS'
using System.Numerics.Tensors;
using Findings;

Half[] ones = [.. Enumerable.Repeat((Half)1, 5000)];
Half[] tens = [.. Enumerable.Repeat((Half)10, 1024)];
Seen.That("Sum of 5000 ones", TensorPrimitives.Sum<Half>(ones), "2048");
Seen.That("Average of 5000 ones", TensorPrimitives.Average<Half>(ones), "0.4097");
Seen.That("Norm of 1024 tens (320)", TensorPrimitives.Norm<Half>(tens), "Infinity");
Seen.That("Distance of 1024 tens from zero (320)", TensorPrimitives.Distance<Half>(tens, new Half[1024]), "Infinity");
Seen.That("CosineSimilarity of 1024 tens with themselves", TensorPrimitives.CosineSimilarity<Half>(tens, tens), "1");
return Seen.ExitCode;
CS
