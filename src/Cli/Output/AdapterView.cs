using Spectre.Console;

namespace XlLoraOnnx.Cli;

/// <summary>An adapter of a model folder: a line, and the coverage of its tensors.</summary>
internal static class AdapterView
{
    public static void Write(string name, AdapterEntry adapter)
    {
        var rank = adapter.MinRank == adapter.MaxRank ? $"rank {adapter.MaxRank}" : $"ranks {adapter.MinRank} to {adapter.MaxRank}";
        Consoles.Output.WriteLine($"adapter {name}: {rank}, alpha {adapter.LoraAlpha}{(adapter.UseRslora ? ", rsLoRA" : "")}, " +
            $"{Quantities.Count(adapter.Modules)} modules, {Quantities.Count(adapter.Parameters)} parameters, " +
            $"{Quantities.Bytes(adapter.Bytes)} in {adapter.File}");
        Consoles.Output.Write(CoverageTable.Create(adapter.Coverage));
    }
}
