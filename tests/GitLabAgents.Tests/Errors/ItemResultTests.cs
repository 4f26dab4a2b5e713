using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks that one failing item does not end a list.</summary>
public sealed class ItemResultTests
{
    private static readonly GitLabApiException Failure = new(GitLabErrorKind.Forbidden, "No.");

    [Fact]
    public async Task A_read_is_its_item_or_its_failure()
    {
        ItemResult<string> result = await ItemResult.CaptureAsync("target", static () => Task.FromResult("item"));
        Assert.Equal(("item", null, "item"), (result.Value, result.Error, result.Target));
        result = await ItemResult.CaptureAsync<string>("target", static () => throw Failure);
        Assert.Equal((null, Failure, "target"), (result.Value, result.Error, result.Target));
        await Assert.ThrowsAsync<OperationCanceledException>(
            () => ItemResult.CaptureAsync<string>("target", static () => throw new OperationCanceledException()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_failure_of_a_sequence_is_its_last_result(bool fails)
    {
        List<ItemResult<string>> results = await TestClients.ToListAsync(
            ItemResult.Capture("target", ReadAsync(fails)));
        (string?, GitLabApiException?, object)[] expected = [("a", null, "a"), ("b", null, "b")];
        Assert.Equal(
            fails ? [.. expected, (null, Failure, "target")] : expected,
            results.Select(static result => (result.Value, result.Error, result.Target)));
    }

    private static async IAsyncEnumerable<ItemResult<string>> ReadAsync(bool fails)
    {
        yield return new ItemResult<string>("a");
        await Task.Yield();
        yield return new ItemResult<string>("b");
        if (fails)
        {
            throw Failure;
        }
    }
}
