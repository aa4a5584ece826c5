#!/usr/bin/env bash
# Microsoft.ML.Tokenizers 2.0.1 beside Tokenizers.DotNet 1.4.1 (the tokenizers library that models are trained with), one Unigram vocabulary
#
# Guess: two readers of one SentencePiece vocabulary give the same ids, and what is unknown comes back as <unk>.
# Seen:  a word in an unknown script is one <unk> to the tokenizers library and as many as it has characters to SentencePieceTokenizer:
#        other ids, other positions, another length than in training. Decoding drops them without a trace.
#
#   hello xyz, reference: _hello _ <unk>
#   hello xyz, SentencePieceTokenizer: _hello _ <unk> <unk> <unk>
#   hello xyz the and back, reference: hello <unk> the
#   hello xyz the and back, SentencePieceTokenizer: hello  the
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. "$(dirname "$0")/lib/csharp.sh"
csharp "$folder" Microsoft.ML.Tokenizers@2.0.1 Tokenizers.DotNet@1.4.1 Tokenizers.DotNet.runtime.linux-x64@1.4.1 <<'CS'
using System.Text.Json;
using Findings;
using static Findings.Onnx;

(string Text, float Score)[] pieces = [
    ("<unk>", 0), ("<s>", 0), ("</s>", 0), ("\u2581", -3), ("\u2581hello", -4), ("\u2581the", -4), ("a", -5)];
const string Metaspace = """{"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": true}""";
File.WriteAllText("tokenizer.json", $$$"""
    {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null, "post_processor": null,
     "pre_tokenizer": {{{Metaspace}}}, "decoder": {{{Metaspace}}}, "model": {"type": "Unigram", "unk_id": 0, "byte_fallback": false,
       "vocab": {{{JsonSerializer.Serialize(pieces.Select(p => new object[] { p.Text, p.Score }))}}}}}
    """);
// sentencepiece_model.proto: pieces of text, score and type (2 unknown, 3 control, 1 normal); Unigram, its special ids; normalizer.
var model = new Message()
    .Parts(1, pieces.Select((p, id) => new Message().Text(1, p.Text).Single(2, p.Score).Number(3, id == 0 ? 2 : id < 3 ? 3 : 1)))
    .Part(2, new Message().Number(3, 1).Number(40, 0).Number(41, 1).Number(42, 2))
    .Part(3, new Message().Text(1, "identity").Number(3, 1).Number(4, 1).Number(5, 1)).ToArray();
var sentencePiece = Microsoft.ML.Tokenizers.SentencePieceTokenizer.Create(new MemoryStream(model), addBeginningOfSentence: false);
using var reference = new Tokenizers.DotNet.Tokenizer("tokenizer.json");

Seen.That("hello xyz, reference", Tokens(reference.Encode("hello xyz").Select(id => (int)id)), "_hello _ <unk>");
Seen.That("hello xyz, SentencePieceTokenizer", Tokens(sentencePiece.EncodeToIds("hello xyz")), "_hello _ <unk> <unk> <unk>");
const string Text = "hello xyz the";
Seen.That($"{Text} and back, reference", reference.Decode(reference.Encode(Text)), "hello <unk> the");
Seen.That($"{Text} and back, SentencePieceTokenizer", sentencePiece.Decode(sentencePiece.EncodeToIds(Text)), "hello  the");
return Seen.ExitCode;

string Tokens(IEnumerable<int> ids) => string.Join(" ", ids.Select(id => pieces[id].Text.Replace('\u2581', '_')));
CS
