#!/usr/bin/env bash
# FastBertTokenizer 1.2.6
#
# Guess: Encode(text, maximumTokens) returns at most maximumTokens ids, as its first call does; Decode takes back what Encode gave.
# Seen:  the limit that holds is the greatest one that this tokenizer was ever asked for. After one call for 16, a call for 4 returns ten
#        ids without an error. Decode throws on every special token, so on everything that Encode returns.
#
#   eight words, tokens returned
#   at most 4: 4
#   at most 16: 10
#   at most 4: 10
#   Decode of the words alone: a b c
#   Decode of what Encode gave: The given key '2' was not present in the dictionary.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. "$(dirname "$0")/lib/csharp.sh"
csharp "$folder" FastBertTokenizer@1.2.6 <<'CS'
using Findings;
using FastBertTokenizer;

string[] vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "c"];
var tokenizer = new BertTokenizer();
tokenizer.LoadVocabulary(new StringReader(string.Join('\n', vocabulary)), convertInputToLowercase: true);

Console.WriteLine("eight words, tokens returned");
foreach (var (limit, recorded) in new[] { (4, "4"), (16, "10"), (4, "10") })
    Seen.That($"at most {limit}", tokenizer.Encode("a b c a b c a b", limit).Item1.Length, recorded);
Seen.That("Decode of the words alone", tokenizer.Decode([5L, 6L, 7L]), "a b c");
Seen.That("Decode of what Encode gave", Seen.Outcome(() => tokenizer.Decode(tokenizer.Encode("a b c", 16).Item1.Span)),
    "The given key '2' was not present in the dictionary.");
return Seen.ExitCode;
CS
