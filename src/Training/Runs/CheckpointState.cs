using System.Text.Json;
using System.Text.Json.Serialization;

namespace XlLoraOnnx.Training;

/// <summary><c>state.json</c> of a checkpoint: all but the tensors.</summary>
internal sealed record CheckpointState
{
    private const int CurrentVersion = 1;

    // a hundred bytes for each step
    private const long MaxBytes = 1L << 30;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    public int Version { get; init; } = CurrentVersion;

    /// <summary>See <see cref="TrainingIdentity"/>.</summary>
    public required string Identity { get; init; }

    /// <summary>Steps that are made.</summary>
    public required long Step { get; init; }

    /// <summary>In the order of the parameters.</summary>
    public required IReadOnlyList<MomentState> Optimizer { get; init; }

    public required IReadOnlyList<TrainedStep> Steps { get; init; }

    public required IReadOnlyList<DevEvaluation> Evaluations { get; init; }

    public static CheckpointState Read(string path)
    {
        using var document = UntrustedJson.Parse(path, MaxBytes);
        if (!document.RootElement.TryGetProperty("version", out var version) || version.ValueKind != JsonValueKind.Number
            || !version.TryGetInt32(out var number) || number != CurrentVersion)
            throw new NotSupportedException($"'{path}' has the version {version}; this program reads {CurrentVersion}. "
                + "Go on with the program that began the training, or begin again in another folder.");
        try
        {
            return document.Deserialize<CheckpointState>(Json)!;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"'{path}' is not the state of a training: {e.Message}", e);
        }
    }

    public void Write(Stream stream) => JsonSerializer.Serialize(stream, this, Json);

    public TrainingHistory History()
    {
        var history = new TrainingHistory();
        foreach (var step in Steps)
            history.Add(step);
        foreach (var evaluation in Evaluations)
            history.Add(evaluation);
        return history;
    }
}

/// <param name="Touched">See <see cref="AdamMoments.Touched"/>.</param>
internal sealed record MomentState(string Name, long Steps, byte[] Touched);
