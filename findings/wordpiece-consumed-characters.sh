#!/usr/bin/env bash
# Microsoft.ML.Tokenizers 2.0.1
#
# Guess: EncodeToIds(text, maxTokenCount, out _, out charsConsumed) says how much of the text its ids cover, so that the next window of a
#        long text begins there.
# Seen:  with WordPiece (BertTokenizer too) it leaves out the last word whenever the limit is reached, even if the text is at its end: the
#        last word of each window comes again in the next one, and a window of one word consumes nothing. SentencePieceTokenizer counts
#        right, and so does GetIndexByTokenCount of the same WordPiece tokenizer.
#
#   ids and characters of "the cat sat" (the words end at 3, 7 and 11)
#   WordPiece, at most 1: 1 id, 0 characters consumed; GetIndexByTokenCount 3
#   WordPiece, at most 2: 2 ids, 3 characters consumed; GetIndexByTokenCount 8
#   WordPiece, at most 3: 3 ids, 7 characters consumed; GetIndexByTokenCount 11
#   WordPiece, at most 4: 3 ids, 11 characters consumed; GetIndexByTokenCount 11
#   windows of 2: the cat | cat sat | sat
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. "$(dirname "$0")/lib/csharp.sh"
csharp "$folder" Microsoft.ML.Tokenizers@2.0.1 <<'CS'
using Findings;
using Microsoft.ML.Tokenizers;

string[] vocabulary = ["[UNK]", "the", "cat", "sat"];
File.WriteAllLines("vocab.txt", vocabulary);
Tokenizer tokenizer = WordPieceTokenizer.Create("vocab.txt");
const string Text = "the cat sat";

Console.WriteLine($"ids and characters of \"{Text}\" (the words end at 3, 7 and 11)");
(string Ids, int Consumed, int Index)[] recorded = [("1 id", 0, 3), ("2 ids", 3, 8), ("3 ids", 7, 11), ("3 ids", 11, 11)];
for (var limit = 1; limit <= 4; limit++)
{
    var count = tokenizer.EncodeToIds(Text, limit, out _, out var consumed).Count;
    var index = tokenizer.GetIndexByTokenCount(Text, limit, out _, out _);
    var (ids, characters, right) = recorded[limit - 1];
    Seen.That($"WordPiece, at most {limit}",
        $"{count} id{(count > 1 ? "s" : "")}, {consumed} characters consumed; GetIndexByTokenCount {index}",
        $"{ids}, {characters} characters consumed; GetIndexByTokenCount {right}");
}

List<string> windows = [];
for (var rest = Text; rest.Length > 0 && windows.Count < 9;)
{
    windows.Add(string.Join(" ", tokenizer.EncodeToIds(rest, 2, out _, out var consumed).Select(id => vocabulary[id])));
    rest = rest[consumed..].TrimStart();
}
Seen.That("windows of 2", string.Join(" | ", windows), "the cat | cat sat | sat");
return Seen.ExitCode;
CS
