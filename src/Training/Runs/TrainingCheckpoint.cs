using System.Runtime.InteropServices;

namespace XlLoraOnnx.Training;

/// <summary>
/// A checkpoint folder: <c>weights.safetensors</c> with the parameters by their names, <c>optimizer.safetensors</c> with
/// <c>exp_avg.NAME</c> and <c>exp_avg_sq.NAME</c>, of tables only the rows that had a gradient, and <c>state.json</c>.
/// </summary>
internal static class TrainingCheckpoint
{
    private const string WeightsFile = "weights.safetensors";
    private const string OptimizerFile = "optimizer.safetensors";
    private const string StateFile = "state.json";
    private const string First = "exp_avg.";
    private const string Second = "exp_avg_sq.";

    private static readonly Dictionary<string, string> Metadata = new() { ["format"] = "pt" };

    /// <summary>Writes a whole one.</summary>
    public static void Write(string path, IReadOnlyList<AdamMoments> moments, CheckpointState state) => WholeFolder.Write(path,
    [
        (WeightsFile, stream => WriteParameters(stream, moments.Select(m => m.Parameter))),
        (OptimizerFile, stream => WriteMoments(stream, moments)),
        (StateFile, state.Write),
    ]);

    /// <summary>Writes the parameters alone.</summary>
    public static void WriteWeights(string path, IReadOnlyList<Parameter> parameters) =>
        WholeFolder.Write(path, [(WeightsFile, stream => WriteParameters(stream, parameters))]);

    /// <summary>Reads the state and checks everything; nothing is changed.</summary>
    /// <exception cref="InvalidDataException">Something is missing or damaged.</exception>
    public static CheckpointState ReadState(string path)
    {
        WholeFolder.Verify(path);
        var state = CheckpointState.Read(Path.Combine(path, StateFile));
        return state.Steps.Count == state.Step
            ? state
            : throw new InvalidDataException($"'{path}' is of step {state.Step} and has a history of {state.Steps.Count} steps.");
    }

    /// <summary>Gives parameters and moments the values of a checkpoint whose state was read.</summary>
    public static void Read(string path, CheckpointState state, IReadOnlyList<AdamMoments> moments)
    {
        var (found, expected) = (state.Optimizer.Select(o => (o.Name, o.Touched.Length)).ToArray(),
            moments.Select(m => (m.Parameter.Name, m.Touched.Length)).ToArray());
        var same = found.Zip(expected).TakeWhile(pair => pair.First == pair.Second).Count();
        if (same < Math.Max(found.Length, expected.Length))
            throw new InvalidDataException($"'{path}' has {found.Length} parameters, {expected.Length} are trained; the first that differs "
                + $"is '{found.ElementAtOrDefault(same).Name}' there and '{expected.ElementAtOrDefault(same).Name}' here. "
                + "Begin again in another folder.");
        ReadParameters(Path.Combine(path, WeightsFile), moments.Select(m => m.Parameter));
        using var file = SafetensorsFile.Open(Path.Combine(path, OptimizerFile));
        foreach (var (i, moment) in moments.Index())
        {
            moment.Steps = state.Optimizer[i].Steps;
            state.Optimizer[i].Touched.CopyTo(moment.Touched);
            ReadMoments(file, First, moment, moment.First);
            ReadMoments(file, Second, moment, moment.Second);
        }
    }

    /// <summary>Reads what <see cref="WriteWeights(string, IReadOnlyList{Parameter})"/> wrote.</summary>
    public static void ReadWeights(string path, IReadOnlyList<Parameter> parameters)
    {
        WholeFolder.Verify(path);
        ReadParameters(Path.Combine(path, WeightsFile), parameters);
    }

    private static void WriteParameters(Stream stream, IEnumerable<Parameter> parameters)
    {
        var writer = new SafetensorsWriter(stream, [.. parameters.Select(p => (p.Name, (IReadOnlyList<long>)p.Shape))], Metadata);
        foreach (var parameter in parameters)
            writer.Write(parameter.Name, parameter.Values);
    }

    private static void WriteMoments(Stream stream, IReadOnlyList<AdamMoments> moments)
    {
        var writer = new SafetensorsWriter(stream,
            [.. moments.SelectMany(m => new[] { First, Second }
                .Select(kind => (kind + m.Parameter.Name, (IReadOnlyList<long>)KeptShape(m))))], Metadata);
        foreach (var moment in moments)
        {
            writer.Write(First + moment.Parameter.Name, Kept(moment, moment.First));
            writer.Write(Second + moment.Parameter.Name, Kept(moment, moment.Second));
        }
    }

    private static long[] KeptShape(AdamMoments moments) =>
        moments.Parameter.IsTable ? [moments.TouchedCount, moments.Parameter.Width] : moments.Parameter.Shape;

    private static ReadOnlySpan<float> Kept(AdamMoments moments, ReadOnlySpan<float> all)
    {
        if (!moments.Parameter.IsTable)
            return all;
        var (width, next) = (moments.Parameter.Width, 0);
        var kept = new float[moments.TouchedCount * width];
        foreach (var row in moments.TouchedRows())
            all.Slice(row * width, width).CopyTo(kept.AsSpan(width * next++));
        return kept;
    }

    private static void ReadParameters(string path, IEnumerable<Parameter> parameters)
    {
        using var file = SafetensorsFile.Open(path);
        foreach (var parameter in parameters)
            file.ReadBytes(Tensor(file, parameter.Name, parameter.Shape), 0, MemoryMarshal.AsBytes(parameter.Values));
    }

    private static void ReadMoments(SafetensorsFile file, string kind, AdamMoments moments, Span<float> destination)
    {
        var tensor = Tensor(file, kind + moments.Parameter.Name, KeptShape(moments));
        if (!moments.Parameter.IsTable)
        {
            file.ReadBytes(tensor, 0, MemoryMarshal.AsBytes(destination));
            return;
        }
        var (width, next) = (moments.Parameter.Width, 0L);
        foreach (var row in moments.TouchedRows())
            file.ReadBytes(tensor, next++ * width * sizeof(float), MemoryMarshal.AsBytes(destination.Slice(row * width, width)));
    }

    private static SafetensorsTensor Tensor(SafetensorsFile file, string name, IReadOnlyList<long> shape)
    {
        if (!file.Tensors.TryGetValue(name, out var tensor))
            throw new InvalidDataException($"'{file.Path}' has no tensor '{name}'. Begin again in another folder.");
        return tensor.DType == "F32" && tensor.Shape.SequenceEqual(shape)
            ? tensor
            : throw new InvalidDataException($"'{file.Path}': '{name}' is {tensor.DType} {tensor.ShapeText}, expected F32 "
                + $"[{string.Join(", ", shape)}]. Begin again in another folder.");
    }
}
