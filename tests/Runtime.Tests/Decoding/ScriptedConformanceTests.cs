
namespace XlLoraOnnx.Runtime.Tests;

[TestClass]
public sealed class ScriptedConformanceTests : GeneratorConformance, IDisposable
{
    private readonly ScriptedFolder _folder = new("pos", "neg");

    private protected override string AdapterFile => _folder.AdapterFile;

    public void Dispose() => _folder.Dispose();

    private protected override ITextGenerator Create() => _folder.Generator(new ScriptedDevice());
}
