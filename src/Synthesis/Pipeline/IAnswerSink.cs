namespace XlLoraOnnx.Synthesis;

/// <summary>Takes what <see cref="AnswerPump"/> brings; called on several threads at once, but for one row on one.</summary>
internal interface IAnswerSink
{
    /// <summary>An answer, with what it is worth; two where one of them decides about the other. Must not wait for other rows.</summary>
    void Answered(RowWork row, IReadOnlyList<SettledAnswer> answers);

    /// <summary>No more answers are ready: what has come should be safe now.</summary>
    ValueTask PauseAsync();

    /// <summary>Nothing more comes for this row.</summary>
    ValueTask SettledAsync(RowWork row);
}
