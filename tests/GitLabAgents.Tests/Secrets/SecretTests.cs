using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Reflection;
using System.Security;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>
/// Checks that no message, exception or property of the client contains a secret, even if a server echoes it.
/// </summary>
public sealed class SecretTests
{
    private const string Secret = "glpat-0123456789-SECRET";
    private const string NewTokenSecret = "glagent-9876543210-SECRET-2";

    private static readonly Dictionary<string, Func<HttpResponseMessage>> Echoes = new()
    {
        ["message"] = () => TestClients.Json($$"""{"message":"bad token {{Secret}}"}""", 400),
        ["message, escaped"] = () => TestClients.Json($$"""{"message":"bad token \u0067{{Secret[1..]}}"}""", 400),
        ["message, as key"] = () => TestClients.Json($$$"""{"message":{"{{{Secret}}}":["is bad"]}}""", 400),
        ["message, at the truncation"] = () => TestClients.Json(
            $$"""{"message":"{{new string('x', 490)}}{{Secret}}"}""", 400),
        ["error"] = () => TestClients.Json($$"""{"error":"{{Secret}}","error_description":"Bearer {{Secret}}"}""", 401),
        ["text"] = () => TestClients.Text("PRIVATE-TOKEN: " + Secret, 403),
        ["html"] = () => TestClients.Text($"<html>{Secret}</html>", 502, "text/html"),
        ["request id"] = () => TestClients.Json("{}", 404, ("X-Request-Id", Secret)),
        ["request id, of a success"] = () => TestClients.Json("[1]", 200, ("X-Request-Id", Secret)),
        ["location, host"] = () => TestClients.Json("{}", 302, ("Location", $"https://{Secret}.example.org/")),
        ["location, user"] = () => TestClients.Json(
            "{}", 302, ("Location", $"https://oauth2:{Secret}@gitlab.example.com/")),
        ["location, path"] = () => TestClients.Json("{}", 302, ("Location", $"https://example.org/{Secret}")),
        ["reason phrase"] = () => WithReasonPhrase(TestClients.Json("{}", 500)),
        ["retry after"] = () => TestClients.Json("{}", 429, ("Retry-After", Secret)),
        ["next page"] = () => TestClients.Json("[]", 200, ("X-Next-Page", Secret)),
        ["broken JSON, key"] = () => TestClients.Json($$$"""{"id":1,"{{{Secret}}}":{"a":tru}}"""),
        ["broken JSON, value"] = () => TestClients.Json($$"""{"id":"{{Secret}}"}"""),
        ["broken JSON, new token"] = () => TestClients.Json(
            $$"""{"id":1,"token":"{{NewTokenSecret}}","created_at":"{{NewTokenSecret}}"}""", 201),
        ["broken JSON, truncated"] = () => TestClients.Json($$"""{"id":1,"token":"{{NewTokenSecret}}","x":""", 201),
        ["exception"] = () => throw new HttpRequestException(
            "could not send " + Secret, new InvalidOperationException("with " + Secret)),
    };

    public static TheoryData<string> Names() => new(Echoes.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task An_echoed_secret_is_in_no_message_or_exception(string echo)
    {
        foreach (Func<GitLabClient, Task> act in (Func<GitLabClient, Task>[])
        [
            client => TestClients.ToListAsync(client.GetAgentsAsync(101)),
            client => client.GetTokenAsync(101, 11, 7),
            client => client.CreateAgentAsync(101, "new"),
            client => client.CreateTokenAsync(101, 11, "new"),
            client => client.DeleteAgentAsync(101, 11),
        ])
        {
            var observer = new RecordingObserver();
            var handler = new FakeHandler(_ => Echoes[echo]());
            Exception? exception = await Record.ExceptionAsync(
                () => act(TestClients.CreateClient(handler, observer: observer, token: Secret)));
            AssertNoSecret(observer.ToString());
            for (Exception? e = exception; e is not null; e = e.InnerException)
            {
                AssertNoSecret(e.ToString());
                AssertNoSecretInside(e, depth: 3);
            }
        }
    }

    [Fact]
    public async Task A_redirect_that_echoes_the_token_does_not_reveal_it()
    {
        var observer = new RecordingObserver();
        var handler = new FakeHandler(request => request.Number == 1
            ? TestClients.Json("{}", 301, ("Location", "/api/v4/x?private_token=" + Secret))
            : TestClients.Json("{}", 404));
        GitLabApiException exception = await Assert.ThrowsAsync<GitLabApiException>(
            () => TestClients.CreateClient(handler, observer: observer, token: Secret).GetAgentAsync(101, 11));
        Assert.Equal(2, handler.Requests.Count);
        AssertNoSecret(observer.ToString());
        AssertNoSecret(exception.ToString());
        AssertNoSecretInside(exception, depth: 3);
    }

    [Fact]
    public async Task No_property_of_a_session_reveals_the_token()
    {
        await using FakeGitLab.FakeGitLabServer server = await TestClients.StartServerAsync();
        var observer = new RecordingObserver();
        using GitLabSession session = await GitLabClient.ConnectAsync(
            server.Url,
            TestClients.ToSecureString(TestClients.Token),
            TokenType.PrivateToken,
            new Transport.TransportOptions { NoProxy = true },
            observer: observer);
        Assert.NotEmpty(observer.Messages);
        AssertNoSecret(observer.ToString(), TestClients.Token);
        AssertNoSecret(session.ToString(), TestClients.Token);
        AssertNoSecret(JsonSerializer.Serialize(session), TestClients.Token);
        AssertNoSecretInside(session, depth: 4, secret: TestClients.Token);
        Assert.All(server.Requests, request => Assert.Equal(TestClients.Token, request.Headers["PRIVATE-TOKEN"]));
    }

    [Fact]
    public async Task Only_RevealToken_reveals_the_secret_of_a_new_token()
    {
        var observer = new RecordingObserver();
        var handler = new FakeHandler(
            _ => TestClients.Json($$"""{"id":7,"name":"ci","agent_id":11,"token":"{{NewTokenSecret}}"}""", 201));
        NewAgentToken token = await TestClients.CreateClient(handler, observer: observer, token: Secret)
            .CreateTokenAsync(101, 11, "ci");
        Assert.Equal(NewTokenSecret, token.RevealToken());
        Assert.Equal(NewTokenSecret.Length, token.Token.Length);
        Assert.True(token.Token.IsReadOnly());
        Assert.Equal("ci", token.ToString());
        AssertNoSecret(observer.ToString());
        AssertNoSecretInside(token, depth: 4);
        string json = string.Empty;
        Exception? exception = Record.Exception(() => json = JsonSerializer.Serialize(token));
        AssertNoSecret(json + exception);
    }

    [Fact]
    public async Task Secrets_with_non_ASCII_characters_and_escapes_are_read_completely()
    {
        var handler = new FakeHandler(
            _ => TestClients.Json("""{"id":7,"agent_id":11,"token":"a\u00e4\n\ud83d\udd11\"ключ"}""", 201));
        NewAgentToken token = await TestClients.CreateClient(handler).CreateTokenAsync(101, 11, "ci");
        Assert.Equal("aä\n🔑\"ключ", token.RevealToken());
    }

    private static HttpResponseMessage WithReasonPhrase(HttpResponseMessage response)
    {
        response.ReasonPhrase = "No " + Secret;
        return response;
    }

    private static void AssertNoSecret(string text, string secret = Secret)
    {
        Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)), text, StringComparison.Ordinal);
        Assert.DoesNotContain(NewTokenSecret, text, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", text, StringComparison.Ordinal);
    }

    // Checks every property that Format-List -Force or ConvertTo-Json would show.
    private static void AssertNoSecretInside(object? value, int depth, string secret = Secret)
    {
        switch (value)
        {
            case null or SecureString or MemberInfo or Type:
                return;
            case string text:
                AssertNoSecret(text, secret);
                return;
            case IEnumerable items:
                foreach (object? item in items)
                {
                    AssertNoSecretInside(item, depth - 1, secret);
                }

                return;
        }

        AssertNoSecret(value.ToString() ?? string.Empty, secret);
        if (depth == 0 || value.GetType().IsPrimitive)
        {
            return;
        }

        foreach (PropertyInfo property in value.GetType()
            .GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.GetIndexParameters().Length == 0))
        {
            object? inner;
            try
            {
                inner = property.GetValue(value);
            }
            catch (TargetInvocationException)
            {
                continue;
            }

            AssertNoSecretInside(inner, depth - 1, secret);
        }
    }
}
