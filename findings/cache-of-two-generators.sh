#!/usr/bin/env bash
# Microsoft.Extensions.AI 10.11.0
#
# Guess: UseDistributedCache keeps answers apart by the model that gave them, since every client and generator says its model in its
#        metadata.
# Seen:  the key is made of the values and the options of the call. Two adapters, each behind a client of its own over one shared cache,
#        get each other's vectors and answers. What differs from model to model must be in the options of every call or in the cache's
#        key.
#
#   vector of adapter one: 1
#   vector of adapter two, same cache: 1, made by one
#   vector of adapter two, ModelId in the options: 2, made by two
#   answer of chat client two after one, same cache: from one
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. "$(dirname "$0")/lib/csharp.sh"
csharp "$folder" Microsoft.Extensions.AI@10.11.0 Microsoft.Extensions.Caching.Memory@11.0.0 <<'CS'
using Findings;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

var cache = new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions()));
var one = new Generator("one", 1).AsBuilder().UseDistributedCache(cache).Build();
var two = new Generator("two", 2).AsBuilder().UseDistributedCache(cache).Build();
Seen.That("vector of adapter one", (await one.GenerateAsync("a text")).Vector.Span[0], "1");
var vector = await two.GenerateAsync("a text");
Seen.That("vector of adapter two, same cache", $"{vector.Vector.Span[0]}, made by {vector.ModelId}", "1, made by one");
vector = await two.GenerateAsync("a text", new EmbeddingGenerationOptions { ModelId = "two" });
Seen.That("vector of adapter two, ModelId in the options", $"{vector.Vector.Span[0]}, made by {vector.ModelId}", "2, made by two");

var chatOne = new Chat("one").AsBuilder().UseDistributedCache(cache).Build();
var chatTwo = new Chat("two").AsBuilder().UseDistributedCache(cache).Build();
await chatOne.GetResponseAsync("a question");
Seen.That("answer of chat client two after one, same cache", await chatTwo.GetResponseAsync("a question"), "from one");
return Seen.ExitCode;

sealed class Generator(string model, float value) : IEmbeddingGenerator<string, Embedding<float>>
{
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options, CancellationToken cancellationToken) =>
        Task.FromResult(new GeneratedEmbeddings<Embedding<float>>(
            values.Select(_ => new Embedding<float>(new[] { value }) { ModelId = model })));

    public object? GetService(Type type, object? key) =>
        type == typeof(EmbeddingGeneratorMetadata) ? new EmbeddingGeneratorMetadata("local", null, model) : null;

    public void Dispose() { }
}

sealed class Chat(string model) : IChatClient
{
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken) =>
        Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, $"from {model}")));

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken) => throw new NotSupportedException();

    public object? GetService(Type type, object? key) =>
        type == typeof(ChatClientMetadata) ? new ChatClientMetadata("local", null, model) : null;

    public void Dispose() { }
}
CS
