using System.Globalization;

namespace XlLoraOnnx.Synthesis;

/// <summary>A row has not all its answers, although its shard was finished.</summary>
/// <param name="row">Of the input.</param>
/// <param name="path">Of the input.</param>
#pragma warning disable CA1032 // nobody else has anything to say with it
internal sealed class MissingAnswersException(long row, string path) : IOException(string.Create(CultureInfo.InvariantCulture,
#pragma warning restore CA1032
    $"Row {row} of {path} has not all its answers, although its shard was finished: they were lost where they are kept, and what was made "
    + $"again is not there either. All shards are open again. Look after the disk or the database, then run the same command again: it makes "
    + $"what is missing, and what is there stays."));
