using System;
using System.Linq;
using System.Threading.Tasks;
using RichardSzalay.MockHttp;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks which characters of a server's text are displayed.</summary>
public sealed class DisplayTextTests
{
    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("größe 名前 🔑 عربى", "größe 名前 🔑 عربى")]
    [InlineData("e\u0301", "e\u0301")]
    [InlineData("a\0b", "a b")]
    [InlineData("a\r\nb\tc", "a  b c")]
    [InlineData("\u001b[31mred", " [31mred")]
    [InlineData("a\u007fb\u0085c\u009b31m", "a b c 31m")]
    [InlineData("a\u2028b\u2029c", "a b c")]
    [InlineData("a\u202Ab\u202Bc\u202Cd\u202De\u202Ef", "a b c d e f")]
    [InlineData("a\u2066b\u2067c\u2068d\u2069e", "a b c d e")]
    [InlineData("a\u200Eb\u200Fc\u061Cd", "a b c d")]
    [InlineData("a\u200Bb\u200Cc\u200Dd\u2060e\uFEFFf\u00ADg\u180Eh", "a b c d e f g h")]
    [InlineData("a\u034Fb\u115Fc\u3164d\uFFA0e", "a b c d e")]
    [InlineData("a\U000E0041b", "a  b")]
    public void Control_and_bidirectional_characters_are_replaced(string text, string expected)
        => Assert.Equal(expected, DisplayText.Sanitize(text));

    [Theory]
    [InlineData("a{0}b", 0xD800)]
    [InlineData("a{0}b", 0xDC00)]
    [InlineData("{0}", 0xDBFF)]
    public void Lone_surrogates_are_replaced(string format, int unit)
        => Assert.Equal(
            format.Replace("{0}", "\uFFFD", StringComparison.Ordinal),
            DisplayText.Sanitize(format.Replace("{0}", ((char)unit).ToString(), StringComparison.Ordinal)));

    [Theory]
    [InlineData("")]
    [InlineData(" \n")]
    [InlineData("\u200B\u202E")]
    public void A_message_without_visible_text_is_ignored(string text)
        => Assert.Null(DisplayText.SanitizeMessage(text, static t => t));

    [Theory]
    [InlineData(500, "", 500)]
    [InlineData(501, "…", 500)]
    public void A_message_has_at_most_500_characters(int length, string end, int kept)
        => Assert.Equal(
            new string('x', kept) + end, DisplayText.SanitizeMessage($" {new string('x', length)}\n", static t => t));

    [Fact]
    public void Secrets_are_removed_before_a_message_is_truncated()
    {
        string message = DisplayText.SanitizeMessage(
            new string('x', 497) + "secret", static t => t.Replace("secret", "***", StringComparison.Ordinal))!;
        Assert.Equal(new string('x', 497) + "***", message);
    }

    [Fact]
    public void Truncation_does_not_split_a_character()
    {
        string text = string.Concat(Enumerable.Repeat("🔑", 400));
        foreach (string padding in (string[])[string.Empty, "x"])
        {
            string message = DisplayText.SanitizeMessage(padding + text, static t => t)!;
            Assert.InRange(message.Length, 400, 501);
            Assert.DoesNotContain('\uFFFD', DisplayText.Sanitize(message));
        }
    }

    [Fact]
    public async Task No_exception_contains_such_characters_of_a_response()
    {
        const string Text = "a\u202Eb\u2028c\u200Bd";
        using MockHttpMessageHandler handler = TestClients.CreateHandler(
            () => TestClients.Json($$"""{"message":"{{Text}}"}""", 400, ("X-Request-Id", "r\u001bs")));
        GitLabApiException exception = await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidRequest, () => TestClients.CreateClient(handler).GetAgentAsync(101, 11));
        Assert.Equal("a b c d", exception.ServerMessage);
        foreach (string? text in (string?[])
        [
            exception.Message,
            exception.Problem,
            exception.RecommendedAction,
            exception.ServerMessage,
            exception.RequestId,
        ])
        {
            Assert.Equal(DisplayText.Sanitize(text!), text);
        }
    }

    [Fact]
    public void No_exception_contains_such_characters_of_a_name()
    {
        Assert.Equal(
            "agent a b Look.", new GitLabApiException(GitLabErrorKind.Conflict, "agent a\u202Eb", "Look.").Message);
        Assert.Equal("agent a b", new GitLabApiException(GitLabErrorKind.Conflict, "agent a\u202Eb").Message);
    }
}
