using System.Reflection;

namespace XlLoraOnnx.Tests;

/// <summary>Where the checkout lies: test data and the demonstration material are read in place.</summary>
internal static class Repository
{
    public static string Root { get; } = typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(a => a.Key == "RepositoryRoot").Value!;

    public static string Data(params string[] parts) => Path.Combine([Root, "tests", "Data", .. parts]);

    public static string Demo(params string[] parts) => Path.Combine([Root, "onnx-models", "demo-gemma3", .. parts]);
}
