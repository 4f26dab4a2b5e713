using System;
using System.Diagnostics;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.Transport;

namespace GitLabAgents;

/// <summary>
/// GitLab's API for agents, one method an operation. It holds nothing but the session and whom to tell what it does, so
/// one can be made for each piece of work.
/// See <see href="https://docs.gitlab.com/api/cluster_agents/"/>.
/// </summary>
/// <remarks>Every method throws <see cref="GitLabApiException"/> where it does not succeed, and <see cref="OperationCanceledException"/> where it is stopped.</remarks>
public sealed partial class GitLabClient
{
    private const int MaxRedirects = 5;

    private static readonly Regex SafeJsonPath = new(@"^\$(\[[0-9]+\]|\.[a-z_]{1,30})+$", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));

    private readonly GitLabSession _session;
    private readonly IGitLabObserver? _observer;

    /// <summary>Initializes a new instance of the <see cref="GitLabClient"/> class.</summary>
    /// <param name="session">The session to work with.</param>
    /// <param name="observer">Who is told what happens, or <see langword="null"/>.</param>
    public GitLabClient(GitLabSession session, IGitLabObserver? observer = null)
    {
        _session = session ?? throw new ArgumentNullException(nameof(session));
        _observer = observer;
    }

    /// <summary>Gets the session.</summary>
    public GitLabSession Session => _session;

    /// <summary>Lets it be known that work waits before it is tried again.</summary>
    internal void ReportRetry(TimeSpan delay, string reason) => _observer?.OnRetry(delay, $"{_session}: {reason}");

    // Takes back a creation, with a time limit of its own, since the caller's token may be canceled.
    private static async Task<string> RollBackAsync(Func<CancellationToken, Task> remove, string success, string failure)
    {
        using var timeout = new CancellationTokenSource(RollBackTimeout);
        try
        {
            await remove(timeout.Token).ConfigureAwait(false);
            return success;
        }
        catch (Exception e) when (e is GitLabApiException or OperationCanceledException)
        {
            return failure;
        }
    }

    // Every request passes here.
    private async Task<ApiResponse> SendAsync(ApiRequest call, CancellationToken cancellationToken, RequestContext? context = null)
    {
        if (_session.IsClosed)
        {
            throw CreateDisconnectedException();
        }

        context ??= new RequestContext();
        context.IsSafe = call.IsSafe;
        context.OnRetry = ReportRetry;
        Uri uri = new(_session.ApiUri, await GetPathAsync(call, cancellationToken).ConfigureAwait(false));
        for (int redirects = 0; ; redirects++)
        {
            ApiResponse answer = await SendAttemptAsync(call, uri, context, cancellationToken).ConfigureAwait(false);
            if (answer.IsSuccess)
            {
                return answer;
            }

            if (call.Method == HttpMethod.Get && redirects < MaxRedirects && GetRedirectTarget(answer) is { } moved)
            {
                uri = moved;
                continue;
            }

            if (call.Method == HttpMethod.Delete && answer.Status == HttpStatusCode.NotFound && context.EarlierAttemptMayHaveSucceeded)
            {
                return answer; // An earlier try removed it, and only its answer was lost.
            }

            throw ApiExceptionFactory.FromResponse(call, answer, _session);
        }
    }

    private async Task<ApiResponse> SendAttemptAsync(ApiRequest call, Uri uri, RequestContext context, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(call.Method, uri);
        if (Environment.Version.Major >= 5)
        {
            request.Version = new Version(2, 0); // Where the server offers it; .NET Framework knows 1.1 alone.
        }

        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("GitLabAgents", typeof(GitLabClient).Assembly.GetName().Version.ToString(3)));
        if (call.Body is { } body)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }
        else if (!call.IsSafe)
        {
            // With a body, be it empty, .NET does not by itself send the request a second time when a kept connection
            // closes: a second DELETE would find nothing, and no one would know why.
            request.Content = new ByteArrayContent([]);
        }

        context.AttachTo(request);
        var watch = Stopwatch.StartNew();
        try
        {
            _session.Token.AuthorizeRequest(request);
            using HttpResponseMessage response = await _session.Transport.SendAsync(request, cancellationToken).ConfigureAwait(false);
            ReportRequest(call, uri, ((int)response.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture), watch);
            return new ApiResponse(response, context.Body, uri);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            if (!call.IsSafe && (context.InFlight || context.EarlierAttemptMayHaveSucceeded))
            {
                throw new OperationInterruptedException($"Stopped while the request to {call.Action} on {_session} was under way: it may have been done. {call.RecoveryHint}".TrimEnd(), cancellationToken);
            }

            throw;
        }
        catch (ObjectDisposedException)
        {
            throw CreateDisconnectedException();
        }
        catch (Exception e) when (e is HttpRequestException or TimeoutException or ResponseTooLargeException)
        {
            ReportRequest(call, uri, e.GetType().Name, watch);
            throw ApiExceptionFactory.FromException(call, uri, _session, e);
        }
        finally
        {
            if (call.Body is { } sent)
            {
                Array.Clear(sent, 0, sent.Length);
            }
        }
    }

    private async Task<T> ReadAsync<T>(ApiRequest call, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        ApiResponse answer = await SendAsync(call, cancellationToken).ConfigureAwait(false);
        return Parse(call, answer, type);
    }

    // Reads an object that has an id: without one it could lead nowhere.
    private async Task<T> ReadAsync<T>(ApiRequest call, JsonTypeInfo<T> type, Func<T, long> idOf, CancellationToken cancellationToken)
        where T : class
    {
        ApiResponse answer = await SendAsync(call, cancellationToken).ConfigureAwait(false);
        T item = Parse(call, answer, type);
        return idOf(item) > 0 ? item : throw ApiExceptionFactory.InvalidResponse(call, answer, _session, "it has no id.");
    }

    private T Parse<T>(ApiRequest call, ApiResponse answer, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(answer.Body, type)
                ?? throw ApiExceptionFactory.InvalidResponse(call, answer, _session, "its body is null.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NotSupportedException)
        {
            // The exception is not passed on: it could quote the body. So could the path, which has the body's names.
            string at = e is JsonException { Path: { Length: > 1 } path } && SafeJsonPath.IsMatch(path) ? $" at {path}" : string.Empty;
            throw ApiExceptionFactory.InvalidResponse(call, answer, _session, $"its body is not the JSON expected{at}.");
        }
    }

    // A project that was moved or renamed answers 301 with its new place. Credentials go to the session's origin alone.
    private static Uri? GetRedirectTarget(ApiResponse answer)
    {
        if ((int)answer.Status is not (301 or 302 or 307 or 308) || answer.Headers.Location is not { } location)
        {
            return null;
        }

        Uri target = new(answer.RequestUri, location);
        bool sameOrigin = Uri.Compare(target, answer.RequestUri, UriComponents.SchemeAndServer | UriComponents.UserInfo, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0;
        return sameOrigin ? target : null;
    }

    private GitLabApiException CreateDisconnectedException()
        => new(GitLabErrorKind.NotConnected, $"The session with {_session} was disconnected.", "Connect again with Connect-GitLab.");

    private void ReportRequest(ApiRequest call, Uri uri, string outcome, Stopwatch watch)
        => _observer?.OnVerbose(_session.Token.Redact($"{call.Method} {uri.AbsoluteUri} -> {outcome} in {watch.ElapsedMilliseconds} ms"));
}
