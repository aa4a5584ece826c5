namespace XlLoraOnnx.Runtime;

/// <summary>An engine that comes in a package of its own: makes generators over model folders.</summary>
public interface ITextGeneratorFactory
{
    /// <summary>Loads a folder that generates text; the caller disposes the generator.</summary>
    /// <exception cref="InvalidDataException">It is not a complete model folder, or the engine cannot load a file of it.</exception>
    /// <exception cref="NotSupportedException">The engine cannot do what the options ask for.</exception>
    ITextGenerator Create(string folder, XlLoraModelOptions options);
}
