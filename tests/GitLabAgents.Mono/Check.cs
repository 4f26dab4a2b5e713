using System;
using System.Collections.Generic;
using System.Net;
using System.Security;
using System.Threading.Tasks;
using GitLabAgents.Transport;

namespace GitLabAgents.Mono;

/// <summary>What the checks have in common.</summary>
internal static class Check
{
    public static async Task<GitLabClient> ConnectAsync(
        string url, TransportOptions? options = null, IGitLabObserver? observer = null, bool validate = true)
    {
        options ??= new TransportOptions();
        options.NoProxy = true;
        SecureString token = new NetworkCredential(string.Empty, "glpat-maintainer").SecurePassword;
        GitLabSession session = await GitLabClient.ConnectAsync(
            new Uri(url), token, TokenType.PrivateToken, options, validate);
        return new GitLabClient(session, observer);
    }

    public static async Task<List<T>> ListAsync<T>(IAsyncEnumerable<T> items)
    {
        var list = new List<T>();
        await foreach (T item in items)
        {
            list.Add(item);
        }

        return list;
    }

    public static void Equal<T>(T expected, T actual)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            throw new InvalidOperationException($"Expected {expected}, but it is {actual}.");
        }
    }

    public static void Sequence(IEnumerable<string?> expected, IEnumerable<string?> actual)
        => Equal(string.Join(", ", expected), string.Join(", ", actual));

    public static void True(bool condition, string expectation)
    {
        if (!condition)
        {
            throw new InvalidOperationException("Expected " + expectation);
        }
    }

    public static async Task<GitLabApiException> ThrowsAsync(GitLabErrorKind kind, Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (GitLabApiException e)
        {
            Equal(kind, e.Kind);
            return e;
        }

        throw new InvalidOperationException($"Expected {kind}, but there was no error.");
    }
}
