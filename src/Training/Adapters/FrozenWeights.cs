using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Training;

/// <summary>The base of an adapter and its rotary caches, as they are or quantised.</summary>
internal sealed class FrozenWeights : IDisposable
{
    private readonly List<Parameter> _floats = [];
    private readonly List<KeyValuePair<string, OrtValue>> _quantized = [];

    /// <exception cref="InvalidDataException">A weight that is to be quantised holds what is no number.</exception>
    public FrozenWeights(AdapterBase model, AdapterBasePrecision precision)
    {
        var quantization = WeightQuantization.Of(precision);
        try
        {
            foreach (var tensor in model.Graph.ExternalTensors)
            {
                var weight = new Parameter(tensor.Proto.Name, [.. tensor.Proto.Dims]);
                _floats.Add(weight);
                tensor.Source.Fill(0, checked((int)tensor.Source.Rows), MemoryMarshal.AsBytes(weight.Values));
                if (quantization is null || !WeightQuantization.Takes(tensor.Proto))
                    continue;
                Quantize(quantization, weight, model.Name);
                _floats.Remove(weight);
                weight.Dispose();
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Those in float32.</summary>
    public IReadOnlyList<Parameter> Floats => _floats;

    /// <summary>By the inputs of the graph.</summary>
    public IReadOnlyList<KeyValuePair<string, OrtValue>> Quantized => _quantized;

    /// <summary>How much there will be, without reading it.</summary>
    public static (long Elements, long Bytes) Describe(AdapterBase model, AdapterBasePrecision precision)
    {
        var quantization = WeightQuantization.Of(precision);
        var (elements, bytes) = (0L, 0L);
        foreach (var dims in model.Graph.ExternalTensors.Select(t => t.Proto))
        {
            var count = dims.Dims.Aggregate(1L, (product, dim) => product * dim);
            elements += count;
            bytes += quantization is not null && WeightQuantization.Takes(dims)
                ? quantization.Parts((int)dims.Dims[1], (int)dims.Dims[0]).Sum(p => p.Bytes) : count * sizeof(float);
        }
        return (elements, bytes);
    }

    public void Dispose()
    {
        _floats.ForEach(p => p.Dispose());
        _quantized.ForEach(q => q.Value.Dispose());
    }

    /// <param name="weight">[in, out]</param>
    private void Quantize(WeightQuantization quantization, Parameter weight, string model)
    {
        if (NonFinite.IndexOf(weight.Values) is var place and >= 0)
            throw new InvalidDataException($"'{model}': the weight '{weight.Name}' holds {weight.Values[place]}; only finite numbers can be "
                + "quantised. Get the checkpoint again.");
        var (columns, rows) = ((int)weight.Shape[0], (int)weight.Shape[1]);
        var turned = new float[weight.Length];
        TiledTransposition.Transpose(weight.Values, columns, rows, 1, turned, columns);
        var values = quantization.Quantize(turned, rows, columns);
        foreach (var (part, value) in quantization.Parts(rows, columns).Zip(values))
            _quantized.Add(new(weight.Name + part.Suffix, value));
    }
}
