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

/// <summary>Promise 1, on the client's side: no secret is in what it says, throws or gives, even where a server echoes it.</summary>
public sealed class SecretTests
{
    private const string Secret = "glpat-0123456789-SECRET";
    private const string Made = "glagent-9876543210-MADE";

    private static readonly Dictionary<string, Func<HttpResponseMessage>> Echoes = new()
    {
        ["message"] = () => TestClients.Json($$"""{"message":"bad token {{Secret}}"}""", 400),
        ["message, escaped"] = () => TestClients.Json($$"""{"message":"bad token \u0067{{Secret[1..]}}"}""", 400),
        ["message, as key"] = () => TestClients.Json($$$"""{"message":{"{{{Secret}}}":["is bad"]}}""", 400),
        ["message, over the cut"] = () => TestClients.Json($$"""{"message":"{{new string('x', 490)}}{{Secret}}"}""", 400),
        ["error"] = () => TestClients.Json($$"""{"error":"{{Secret}}","error_description":"Bearer {{Secret}}"}""", 401),
        ["text"] = () => TestClients.Text("PRIVATE-TOKEN: " + Secret, 403),
        ["html"] = () => TestClients.Text($"<html>{Secret}</html>", 502, "text/html"),
        ["request id"] = () => TestClients.Json("{}", 404, ("X-Request-Id", Secret)),
        ["request id, of a success"] = () => TestClients.Json("[1]", 200, ("X-Request-Id", Secret)),
        ["location, host"] = () => TestClients.Json("{}", 302, ("Location", $"https://{Secret}.example.org/")),
        ["location, user"] = () => TestClients.Json("{}", 302, ("Location", $"https://oauth2:{Secret}@gitlab.example.com/")),
        ["location, path"] = () => TestClients.Json("{}", 302, ("Location", $"https://example.org/{Secret}")),
        ["reason phrase"] = () => Reason(TestClients.Json("{}", 500)),
        ["retry after"] = () => TestClients.Json("{}", 429, ("Retry-After", Secret)),
        ["next page"] = () => TestClients.Json("[]", 200, ("X-Next-Page", Secret)),
        ["broken JSON, key"] = () => TestClients.Json($$$"""{"id":1,"{{{Secret}}}":{"a":tru}}"""),
        ["broken JSON, value"] = () => TestClients.Json($$"""{"id":"{{Secret}}"}"""),
        ["broken JSON, made"] = () => TestClients.Json($$"""{"id":1,"token":"{{Made}}","created_at":"{{Made}}"}""", 201),
        ["broken JSON, cut"] = () => TestClients.Json($$"""{"id":1,"token":"{{Made}}","x":""", 201),
        ["exception"] = () => throw new HttpRequestException("could not send " + Secret, new InvalidOperationException("with " + Secret)),
    };

    public static TheoryData<string> Names() => new(Echoes.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_secret_that_is_echoed_is_in_nothing_that_is_said(string echo)
    {
        foreach (Func<GitLabClient, Task> act in (Func<GitLabClient, Task>[])
        [
            client => TestClients.ListAsync(client.GetAgentsAsync(101)),
            client => client.GetTokenAsync(101, 11, 7),
            client => client.CreateAgentAsync(101, "new"),
            client => client.CreateTokenAsync(101, 11, "new"),
            client => client.DeleteAgentAsync(101, 11),
        ])
        {
            var observer = new RecordingObserver();
            var wire = new FakeHandler(_ => Echoes[echo]());
            Exception? exception = await Record.ExceptionAsync(() => act(TestClients.Client(wire, observer: observer, token: Secret)));
            Clean(observer.ToString());
            for (Exception? e = exception; e is not null; e = e.InnerException)
            {
                Clean(e.ToString());
                Walk(e, depth: 3);
            }
        }
    }

    [Fact]
    public async Task A_redirect_within_the_origin_that_echoes_the_token_shows_it_nowhere()
    {
        var observer = new RecordingObserver();
        var wire = new FakeHandler(request => request.Number == 1
            ? TestClients.Json("{}", 301, ("Location", "/api/v4/x?private_token=" + Secret))
            : TestClients.Json("{}", 404));
        GitLabApiException exception = await Assert.ThrowsAsync<GitLabApiException>(() => TestClients.Client(wire, observer: observer, token: Secret).GetAgentAsync(101, 11));
        Assert.Equal(2, wire.Requests.Count);
        Clean(observer.ToString());
        Clean(exception.ToString());
        Walk(exception, depth: 3);
    }

    [Fact]
    public async Task Nothing_of_a_session_shows_the_token()
    {
        await using FakeGitLab.FakeGitLabServer server = await TestClients.ServerAsync();
        var observer = new RecordingObserver();
        using GitLabSession session = await GitLabClient.ConnectAsync(server.Url, TestClients.Secure(TestClients.Token), TokenType.PrivateToken, new Transport.TransportOptions { NoProxy = true }, observer: observer);
        Assert.NotEmpty(observer.Lines);
        Clean(observer.ToString(), TestClients.Token);
        Clean(session.ToString(), TestClients.Token);
        Clean(JsonSerializer.Serialize(session), TestClients.Token);
        Walk(session, depth: 4, secret: TestClients.Token);
        Assert.All(server.Requests, request => Assert.Equal(TestClients.Token, request.Headers["PRIVATE-TOKEN"]));
    }

    [Fact]
    public async Task Nothing_of_a_new_token_shows_its_secret_but_the_method_for_it()
    {
        var observer = new RecordingObserver();
        var wire = new FakeHandler(_ => TestClients.Json($$"""{"id":7,"name":"ci","agent_id":11,"token":"{{Made}}"}""", 201));
        NewAgentToken token = await TestClients.Client(wire, observer: observer, token: Secret).CreateTokenAsync(101, 11, "ci");
        Assert.Equal(Made, token.RevealToken());
        Assert.Equal(Made.Length, token.Token.Length);
        Assert.True(token.Token.IsReadOnly());
        Assert.Equal("ci", token.ToString());
        Clean(observer.ToString());
        Walk(token, depth: 4);
        string json = string.Empty;
        Exception? refused = Record.Exception(() => json = JsonSerializer.Serialize(token));
        Clean(json + refused);
    }

    [Fact]
    public async Task Secrets_beyond_ASCII_and_escapes_are_read_whole()
    {
        var wire = new FakeHandler(_ => TestClients.Json("""{"id":7,"agent_id":11,"token":"a\u00e4\n\ud83d\udd11\"ключ"}""", 201));
        NewAgentToken token = await TestClients.Client(wire).CreateTokenAsync(101, 11, "ci");
        Assert.Equal("aä\n🔑\"ключ", token.RevealToken());
    }

    private static HttpResponseMessage Reason(HttpResponseMessage response)
    {
        response.ReasonPhrase = "No " + Secret;
        return response;
    }

    private static void Clean(string text, string secret = Secret)
    {
        Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)), text, StringComparison.Ordinal);
        Assert.DoesNotContain(Made, text, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", text, StringComparison.Ordinal);
    }

    // What Format-List -Force, ConvertTo-Json and the like would show.
    private static void Walk(object? value, int depth, string secret = Secret)
    {
        switch (value)
        {
            case null or SecureString or MemberInfo or Type:
                return;
            case string text:
                Clean(text, secret);
                return;
            case IEnumerable items:
                foreach (object? item in items)
                {
                    Walk(item, depth - 1, secret);
                }

                return;
        }

        Clean(value.ToString() ?? string.Empty, secret);
        if (depth == 0 || value.GetType().IsPrimitive)
        {
            return;
        }

        foreach (PropertyInfo property in value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.GetIndexParameters().Length == 0))
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

            Walk(inner, depth - 1, secret);
        }
    }
}
