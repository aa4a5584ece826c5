namespace XlLoraOnnx.Training;

/// <summary>What a row of the training data holds.</summary>
internal enum TripletKind
{
    /// <summary>A text, which is its own positive: the two differ by their dropout (unsupervised SimCSE).</summary>
    Texts,

    /// <summary>An anchor and its positive.</summary>
    Pairs,

    /// <summary>An anchor, its positive and its hard negative.</summary>
    Triplets,
}
