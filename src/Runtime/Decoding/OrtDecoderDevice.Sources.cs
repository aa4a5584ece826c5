using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Runtime;

/// <summary>What a decoder with an encoder does beside.</summary>
internal sealed partial class OrtDecoderDevice
{
    public int Beams => _options.Beams;

    public void Encode(IReadOnlyList<SourceRow> rows) => Guard("read texts", () =>
    {
        var longest = rows.Max(r => r.Ids.Length);
        if (_source!.MustGrow(longest))
        {
            Forget();
            _source.Grow(longest);
        }
        _source.Encode(rows, _bank);
    });

    public void CopyBeam(int slot, int from, int to, int length) => _cache!.CopySlot(slot * Beams + from, slot * Beams + to, length);

    /// <exception cref="InvalidDataException">ONNX Runtime cannot load the graph.</exception>
    internal static InferenceSession Open(string path, SessionOptions options, DeviceName device)
    {
        try
        {
            return new InferenceSession(path, options);
        }
        catch (OnnxRuntimeException e)
        {
            var cause = device.IsCpu ? "A file was changed after the export; export the model again."
                : "Is the CUDA provider installed, and the device there?";
            throw new InvalidDataException($"ONNX Runtime cannot load '{path}' on {device}: {e.Message} {cause}", e);
        }
    }
}
