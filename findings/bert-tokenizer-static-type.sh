#!/usr/bin/env bash
# Microsoft.ML.Tokenizers 2.0.1
#
# Guess: the ids that a BertTokenizer gives depend on the object and the text, whatever type the variable has that holds it.
# Seen:  EncodeToIds of BertTokenizer hides that of its parents instead of overriding it. Through a variable of type Tokenizer, as
#        dependency injection or a list of tokenizers has it, the same object gives no [CLS] and no [SEP]: an encoder that pools the first
#        token then pools the first word. CountTokens never counts the two, so texts that are cut to a limit by it are two tokens too
#        long.
#
#   the cat sat
#   BertTokenizer.EncodeToIds: [CLS] the cat sat [SEP]
#   the same object as Tokenizer: the cat sat
#   CountTokens: 3
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. "$(dirname "$0")/lib/csharp.sh"
csharp "$folder" Microsoft.ML.Tokenizers@2.0.1 <<'CS'
using Findings;
using Microsoft.ML.Tokenizers;

string[] vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "sat"];
File.WriteAllLines("vocab.txt", vocabulary);
var bert = BertTokenizer.Create("vocab.txt");
Tokenizer tokenizer = bert;
const string Text = "the cat sat";

Console.WriteLine(Text);
Seen.That("BertTokenizer.EncodeToIds", Tokens(bert.EncodeToIds(Text)), "[CLS] the cat sat [SEP]");
Seen.That("the same object as Tokenizer", Tokens(tokenizer.EncodeToIds(Text)), "the cat sat");
Seen.That("CountTokens", bert.CountTokens(Text), "3");
return Seen.ExitCode;

string Tokens(IEnumerable<int> ids) => string.Join(" ", ids.Select(id => vocabulary[id]));
CS
