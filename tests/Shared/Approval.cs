using System.Runtime.CompilerServices;

namespace XlLoraOnnx.Tests;

/// <summary>
/// Text that changes only on purpose: compared with <c>Approvals/NAME.approved.txt</c> beside the test; a difference leaves
/// <c>NAME.received.txt</c> there, which is renamed to approve it.
/// </summary>
internal static class Approval
{
    public static void Verify(string name, string text, [CallerFilePath] string testFile = "")
    {
        var folder = Path.Combine(Path.GetDirectoryName(testFile)!, "Approvals");
        var approved = Path.Combine(folder, $"{name}.approved.txt");
        var received = Path.Combine(folder, $"{name}.received.txt");
        text = text.ReplaceLineEndings("\n").TrimEnd('\n') + "\n";
        if (File.Exists(approved) && File.ReadAllText(approved) == text)
        {
            File.Delete(received);
            return;
        }
        Directory.CreateDirectory(folder);
        File.WriteAllText(received, text);
        Assert.Fail($"'{name}' is not what was approved. Compare {received} with {approved}, and rename it if the change is meant.");
    }
}
