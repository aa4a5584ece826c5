using System.Text.Json;

namespace XlLoraOnnx.Tokenizers;

/// <summary>The section <c>post_processor</c> of tokenizer.json.</summary>
internal static class PostProcessorReader
{
    private const string Supported = "BertProcessing, ByteLevel, RobertaProcessing, Sequence, TemplateProcessing";

    public static PostProcessor Read(JsonPart? section) => section is { } part ? ReadPart(part) : PostProcessor.None;

    private static PostProcessor ReadPart(JsonPart part) => part.Type switch
    {
        "BertProcessing" => Bert(Token(part, "cls"), Token(part, "sep")),
        "ByteLevel" => PostProcessor.None with
        {
            TrimsOffsets = part.Bool("trim_offsets"),
            AddsPrefixSpace = part.Bool("add_prefix_space"),
        },
        "RobertaProcessing" => Roberta(part, Token(part, "cls"), Token(part, "sep")),
        "Sequence" => Sequence(part),
        "TemplateProcessing" => Template(part),
        var type => throw part.Unsupported($"the post-processor '{type}'", Supported),
    };

    private static PostProcessor Bert(int cls, int sep) => PostProcessor.None with
    {
        Template = new SequenceTemplate(
            [SequenceTemplate.Token(cls, 0), SequenceTemplate.Text(0, 0), SequenceTemplate.Token(sep, 0)],
            [
                SequenceTemplate.Token(cls, 0), SequenceTemplate.Text(0, 0), SequenceTemplate.Token(sep, 0),
                SequenceTemplate.Text(1, 1), SequenceTemplate.Token(sep, 1),
            ]),
    };

    /// <summary>RoBERTa has one type only.</summary>
    private static PostProcessor Roberta(JsonPart part, int cls, int sep) => new(
        new SequenceTemplate(
            [SequenceTemplate.Token(cls, 0), SequenceTemplate.Text(0, 0), SequenceTemplate.Token(sep, 0)],
            [
                SequenceTemplate.Token(cls, 0), SequenceTemplate.Text(0, 0), SequenceTemplate.Token(sep, 0),
                SequenceTemplate.Token(sep, 0), SequenceTemplate.Text(1, 0), SequenceTemplate.Token(sep, 0),
            ]),
        new SequenceTemplate([SequenceTemplate.Text(0, 0)], [SequenceTemplate.Text(0, 0), SequenceTemplate.Text(1, 0)]),
        part.Bool("trim_offsets"), part.Bool("add_prefix_space"));

    private static PostProcessor Sequence(JsonPart part)
    {
        var result = PostProcessor.None;
        foreach (var step in part.Parts("processors").Select(ReadPart))
        {
            if (step.Template != SequenceTemplate.Plain && result.Template != SequenceTemplate.Plain)
                throw part.Unsupported("a second template", "one template, with any number of ByteLevel");
            if (step.Template != SequenceTemplate.Plain)
                result = result with { Template = step.Template, Bare = step.Bare };
            if (step.TrimsOffsets)
                result = result with { TrimsOffsets = true, AddsPrefixSpace = step.AddsPrefixSpace };
        }
        return result;
    }

    private static PostProcessor Template(JsonPart part)
    {
        var template = new SequenceTemplate(Places(part, "single"), Places(part, "pair"));
        return PostProcessor.None with { Template = template, Bare = new SequenceTemplate(Bare(template.Single), Bare(template.Pair)) };
    }

    private static TemplatePlace[] Bare(TemplatePlace[] places) => [.. places.Where(p => p.Sequence != TemplatePlace.Special)];

    private static TemplatePlace[] Places(JsonPart part, string name) =>
        [.. part.Parts(name).Select(place => Place(place, part))];

    private static TemplatePlace Place(JsonPart place, JsonPart owner)
    {
        if (place.Part("Sequence") is { } sequence)
        {
            return sequence.Text("id") switch
            {
                "A" => SequenceTemplate.Text(0, sequence.Count("type_id")),
                "B" => SequenceTemplate.Text(1, sequence.Count("type_id")),
                var id => throw new InvalidDataException($"{sequence.Where}: id is '{id}', expected 'A' or 'B'."),
            };
        }
        var special = place.RequiredPart("SpecialToken");
        var token = owner.RequiredPart("special_tokens").RequiredPart(special.Text("id"));
        return new TemplatePlace(TemplatePlace.Special, special.Count("type_id"), [.. token.Array("ids").Select(id => Id(id, token))]);
    }

    private static int Id(JsonElement id, JsonPart token) => JsonPart.AsCount(id)
        ?? throw new InvalidDataException($"{token.Where}: an id is {id.GetRawText()}, expected a number.");

    /// <summary><c>["[CLS]", 101]</c></summary>
    private static int Token(JsonPart part, string name)
    {
        var values = part.Array(name).ToArray();
        return values is [{ ValueKind: JsonValueKind.String }, var id] && JsonPart.AsCount(id) is { } number
            ? number
            : throw new InvalidDataException(
                $"{part.Where}: '{name}' is {part.Element.GetProperty(name).GetRawText()}, expected [\"token\", id].");
    }
}
