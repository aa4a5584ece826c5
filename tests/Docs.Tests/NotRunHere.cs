namespace XlLoraOnnx.Docs.Tests;

/// <summary>
/// Commands of the documentation that do not run in these tests, with the reason. Those of xllora-onnx are still parsed by its own parser.
/// </summary>
internal static class NotRunHere
{
    private const string Itself = "runs these tests, or is what CI runs around them";
    private const string Packing = "packs or installs, which takes minutes and changes the machine";

    /// <summary>Still shown and checked, by the tests of the command line.</summary>
    public const string Serves = "runs until it is stopped; ServeCommandTests starts it, asks it and stops it";

    public static IReadOnlyDictionary<string, string> Reasons { get; } = new Dictionary<string, string>
    {
        ["dotnet build -c Release"] = Itself,
        ["dotnet test -c Release"] = Itself,
        ["dotnet format --verify-no-changes"] = Itself,
        ["dotnet pack src/Cli -o nupkg"] = Packing,
        ["dotnet pack -o nupkg"] = Packing,
        ["dotnet tool install --global xllora-onnx --prerelease --add-source nupkg"] = Packing,
        ["dotnet nuget add source \"$PWD/nupkg\" --name xllora-onnx"] = Packing,
        ["dotnet add package XlLoraOnnx.Synthesis --prerelease"] = Packing,
        ["xllora-onnx serve --model onnx-models/gemma-3-1b --model onnx-models/minilm"] = Serves,
        ["xllora-onnx serve --model onnx-models/gemma-3-1b --adapter-root adapters --admin-key admin.key"] = Serves,
        ["xllora-onnx synthesize --model onnx-models/gemma-3-1b --input anchors.csv "
            + "--run \"postgres://xllora@db.example/runs?name=hausa\" --output run-hausa"] = "needs a PostgreSQL (Synthesis.PostgreSQL.Tests)",
        ["xllora-onnx generate --model onnx-models/gemma-3-1b-bf16 --devices cuda:0 --adapter pos "
            + "\"In English: Der Fischer trägt Holz.\""] = "needs a CUDA device",
    };

    /// <summary>Arguments that make a command shorter without making it another one: CI runs it whole.</summary>
    public static IReadOnlyDictionary<string, string[]> Shortened { get; } = new Dictionary<string, string[]>
    {
        ["dotnet run -c Release --project src/Cli -- synthesize --demo"] = ["--limit", "20"],
        ["xllora-onnx synthesize --demo --output demo.csv"] = ["--limit", "20"],
        ["xllora-onnx demo"] = ["--limit", "20"],
        ["xllora-onnx bench --model onnx-models/gemma-3-1b --adapters pos,neg --output bench"] =
            ["--batch-sizes", "1,2", "--new-tokens", "4", "--runs", "1"],
        ["xllora-onnx bench --model onnx-models/gemma-3-1b --adapters none --roofline"] =
            ["--batch-sizes", "1,2", "--new-tokens", "4", "--runs", "1"],
    };
}
