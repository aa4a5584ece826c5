#!/usr/bin/env bash
# Microsoft.ML.Tokenizers 2.0.1 beside Tokenizers.DotNet 1.4.1 (the tokenizers library that models are trained with), one vocabulary
#
# Guess: BertTokenizer splits text as BERT does: at all white space, with every symbol a token of its own.
# Seen:  line ends and tabs are deleted before words are split, so the last word of a line and the first of the next become one word, and
#        symbols such as $, + and = are deleted although the vocabulary has them. No [UNK] shows that anything went wrong.
#
#   the\ncat, reference: the cat
#   the\ncat, BertTokenizer: the ##cat
#   the\tcat, reference: the cat
#   the\tcat, BertTokenizer: the ##cat
#   a + a = $5, reference: a + a = $ 5
#   a + a = $5, BertTokenizer: a a 5
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. "$(dirname "$0")/lib/csharp.sh"
csharp "$folder" Microsoft.ML.Tokenizers@2.0.1 Tokenizers.DotNet@1.4.1 Tokenizers.DotNet.runtime.linux-x64@1.4.1 <<'CS'
using System.Text.Json;
using Findings;

string[] vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "##cat", "a", "+", "=", "$", "5"];
File.WriteAllLines("vocab.txt", vocabulary);
File.WriteAllText("tokenizer.json", $$$"""
    {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "post_processor": null, "decoder": null,
     "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
     "pre_tokenizer": {"type": "BertPreTokenizer"},
     "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
       "vocab": {{{JsonSerializer.Serialize(vocabulary.Select((token, id) => (token, id)).ToDictionary(t => t.token, t => t.id))}}}}}
    """);
var bert = Microsoft.ML.Tokenizers.BertTokenizer.Create("vocab.txt");
using var reference = new Tokenizers.DotNet.Tokenizer("tokenizer.json");
Compare("the\ncat", "the cat", "the ##cat");
Compare("the\tcat", "the cat", "the ##cat");
Compare("a + a = $5", "a + a = $ 5", "a a 5");
return Seen.ExitCode;

void Compare(string text, string ofReference, string ofBert)
{
    var shown = text.Replace("\n", @"\n").Replace("\t", @"\t");
    Seen.That($"{shown}, reference", Tokens(reference.Encode(text).Select(id => (int)id)), ofReference);
    Seen.That($"{shown}, BertTokenizer", Tokens(bert.EncodeToIds(text, addSpecialTokens: false)), ofBert);
}

string Tokens(IEnumerable<int> ids) => string.Join(" ", ids.Select(id => vocabulary[id]));
CS
