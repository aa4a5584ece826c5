namespace XlLoraOnnx.Synthesis;

/// <summary>What keeps an anchor from being sent to the model at all.</summary>
internal static class AnchorCheck
{
    /// <returns>Null if it may be sent.</returns>
    public static Rejection? Refuse(string anchor)
    {
        if (string.IsNullOrWhiteSpace(anchor))
            return new Rejection(RejectionReason.EmptyAnchor, "The anchor is blank.");
        int nul = anchor.IndexOf('\0', StringComparison.Ordinal);
        return nul < 0 ? null : new Rejection(RejectionReason.ControlCharacter, $"The anchor has a NUL character at index {nul}.");
    }
}
