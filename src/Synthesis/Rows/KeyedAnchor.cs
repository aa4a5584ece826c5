namespace XlLoraOnnx.Synthesis;

/// <summary>An anchor in its place, with the name that its row has in every file of a run.</summary>
/// <param name="Row">0-based index in the input.</param>
/// <param name="Occurrence">How often this text came before in this language.</param>
/// <param name="Language">Where the input has one for each row; else null.</param>
internal readonly record struct KeyedAnchor(long Row, RowKey Key, long Occurrence, string Text, string? Language = null);
