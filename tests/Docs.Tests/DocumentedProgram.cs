using System.Collections.Immutable;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace XlLoraOnnx.Docs.Tests;

/// <summary>A block of C#: a program as a new console project compiles it, with the packages of this project.</summary>
internal sealed class DocumentedProgram
{
    /// <summary>ImplicitUsings of Microsoft.NET.Sdk.</summary>
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private static readonly ImmutableArray<MetadataReference> References =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path))];

    private readonly byte[] _assembly;

    private DocumentedProgram(byte[] assembly) => _assembly = assembly;

    /// <exception cref="InvalidDataException">It does not compile without a warning.</exception>
    public static DocumentedProgram Compile(MarkdownBlock block)
    {
        var options = new CSharpParseOptions(LanguageVersion.Latest);
        var compilation = CSharpCompilation.Create(
            Path.GetFileNameWithoutExtension(block.File) + block.Line,
            [CSharpSyntaxTree.ParseText(block.Text, options), CSharpSyntaxTree.ParseText(ImplicitUsings, options)],
            References,
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));
        using var assembly = new MemoryStream();
        var problems = compilation.Emit(assembly).Diagnostics.Where(d => d.Severity >= DiagnosticSeverity.Warning)
            .Select(d => $"{block.File}, line {block.Line + 1 + d.Location.GetLineSpan().StartLinePosition.Line}: {d.GetMessage()}")
            .ToArray();
        return problems.Length == 0 ? new DocumentedProgram(assembly.ToArray())
            : throw new InvalidDataException(string.Join('\n', problems));
    }

    public void Run() => Assembly.Load(_assembly).EntryPoint!.Invoke(null, [Array.Empty<string>()]);
}
