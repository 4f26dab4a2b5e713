using System;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
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
/// GitLab's API for agents, with one method per operation. A client holds only its session and its observer, so that a
/// new one can be created for each piece of work.
/// See <see href="https://docs.gitlab.com/api/cluster_agents/"/>.
/// </summary>
/// <remarks>
/// Every method throws <see cref="GitLabApiException"/> if it fails, and <see cref="OperationCanceledException"/> if it
/// is canceled.
/// </remarks>
public sealed partial class GitLabClient
{
    private const int MaxRedirects = 5;

    private static readonly Regex SafeJsonPath = new(
        @"^\$(\[[0-9]+\]|\.[a-z_]{1,30})+$", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));

    private readonly GitLabSession _session;
    private readonly IGitLabObserver? _observer;

    /// <summary>Initializes a new instance of the <see cref="GitLabClient"/> class.</summary>
    /// <param name="session">The session to use.</param>
    /// <param name="observer">The observer of what the client does, or <see langword="null"/>.</param>
    public GitLabClient(GitLabSession session, IGitLabObserver? observer = null)
    {
        _session = session ?? throw new ArgumentNullException(nameof(session));
        _observer = observer;
    }

    /// <summary>Gets the session.</summary>
    public GitLabSession Session => _session;

    /// <summary>Reports that work waits before it is retried.</summary>
    /// <param name="delay">How long.</param>
    /// <param name="reason">Why.</param>
    internal void ReportRetry(TimeSpan delay, string reason)
        => _observer?.OnRetry(delay, DisplayText.Sanitize($"{_session}: {reason}"));

    // Takes back a creation, with a time limit of its own, since the caller's token may be canceled.
    private static async Task<string> RollBackAsync(
        Func<CancellationToken, Task> remove, string success, string failure)
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

    private void ReportVerbose(string message)
        => _observer?.OnVerbose(DisplayText.Sanitize(_session.Token.Redact(message)));

    // Every request goes through this method. A response that is returned is GitLab's own, and a success.
    private async Task<ApiResponse> SendAsync(
        ApiRequest request, CancellationToken cancellationToken, RequestContext? context = null)
    {
        if (_session.IsClosed)
        {
            throw CreateDisconnectedException();
        }

        context ??= new RequestContext();
        context.IsSafe = request.IsSafe;
        context.IsQuery = request.IsGraphQL;
        context.OnRetry = ReportRetry;
        Uri uri = new(_session.ApiUri, await GetPathAsync(request, cancellationToken).ConfigureAwait(false));
        for (int redirects = 0; ; redirects++)
        {
            ApiResponse response = await SendAttemptsAsync(request, uri, context, cancellationToken)
                .ConfigureAwait(false);
            if (request.Method == HttpMethod.Get
                && redirects < MaxRedirects
                && GetRedirectTarget(request, response) is { } target)
            {
                uri = target;
                continue;
            }

            if (!ResponseOrigin.IsFromGitLab(request, response))
            {
                throw ApiExceptionFactory.FromForeignResponse(request, response, _session);
            }

            _session.SetServerTime(response.Headers.Date);

            if (response.IsSuccess)
            {
                return response;
            }

            // A removal whose first response was lost: an earlier attempt removed it, unless there is no such endpoint.
            GitLabApiException error = ApiExceptionFactory.FromError(request, response, _session);
            bool wasRemoved = response.Status == HttpStatusCode.NotFound && request.Method == HttpMethod.Delete
                && context.EarlierAttemptMayHaveSucceeded && !error.IsUnknownRoute;
            if (wasRemoved)
            {
                return response;
            }

            throw response.Status == HttpStatusCode.NotFound
                ? await ResolveNotFoundAsync(request, error, cancellationToken).ConfigureAwait(false)
                : error;
        }
    }

    private async Task<ApiResponse> SendAttemptsAsync(
        ApiRequest request, Uri uri, RequestContext context, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(request.Method, uri);
        if (Environment.Version.Major >= 5)
        {
            message.Version = new Version(2, 0); // If the server offers it; .NET Framework only has 1.1.
        }

        message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        message.Headers.UserAgent.Add(
            new ProductInfoHeaderValue("GitLabAgents", typeof(GitLabClient).Assembly.GetName().Version.ToString(3)));
        if (request.Body is { } body)
        {
            message.Content = new RequestBody(body, context);
            message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }
        else if (!request.IsSafe)
        {
            // .NET resends a request without a body on its own when a kept connection closes. A second DELETE would
            // find nothing, and nobody would know why.
            message.Content = new ByteArrayContent([]);
        }

        context.AttachTo(message);
        var watch = Stopwatch.StartNew();
        try
        {
            _session.Token.AuthorizeRequest(message);
            using HttpResponseMessage response = await _session.Transport.SendAsync(message, cancellationToken)
                .ConfigureAwait(false);
            ReportRequest(request, uri, ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture), watch);
            return new ApiResponse(response, uri, _session.Clock.GetUtcNow());
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            if (!request.IsSafe && (context.InFlight || context.EarlierAttemptMayHaveSucceeded))
            {
                string stopped = $"Stopped during the request to {request.Action} on {_session}: "
                    + $"GitLab may have processed it. {request.RecoveryHint}";
                throw new OperationInterruptedException(stopped.TrimEnd(), cancellationToken);
            }

            throw;
        }
        catch (ObjectDisposedException)
        {
            bool mayBeProcessed = !request.IsSafe && (context.InFlight || context.EarlierAttemptMayHaveSucceeded);
            throw mayBeProcessed ? CreateDisconnectedException(request) : CreateDisconnectedException();
        }
        catch (Exception e) when (e is HttpRequestException or TimeoutException or ResponseTooLargeException)
        {
            ReportRequest(request, uri, e.GetType().Name, watch);
            throw ApiExceptionFactory.FromException(request, uri, _session, e);
        }
        finally
        {
            if (request.Body is { } sent)
            {
                Array.Clear(sent, 0, sent.Length);
            }
        }
    }

    private async Task<T> ReadAsync<T>(ApiRequest request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        ApiResponse response = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        return Parse(request, response, type);
    }

    // Reads an object that has an ID, since nothing could be done with one that has none.
    private async Task<T> ReadAsync<T>(
        ApiRequest request, JsonTypeInfo<T> type, Func<T, long> idOf, CancellationToken cancellationToken)
        where T : class
    {
        ApiResponse response = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        T item = Parse(request, response, type);
        return idOf(item) > 0
            ? item
            : throw ApiExceptionFactory.InvalidResponse(request, response, _session, "it has no ID.");
    }

    private T Parse<T>(ApiRequest request, ApiResponse response, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(response.Body, type)
                ?? throw ApiExceptionFactory.InvalidResponse(request, response, _session, "its body is null.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NotSupportedException)
        {
            // The exception is not passed on, since it could quote the body. So could its path, which has names of it.
            bool isPathSafe = e is JsonException { Path: { Length: > 1 } path } && SafeJsonPath.IsMatch(path);
            string at = isPathSafe ? $" at {((JsonException)e).Path}" : string.Empty;
            throw ApiExceptionFactory.InvalidResponse(
                request, response, _session, $"its body is not the JSON expected{at}.");
        }
    }

    // Credentials only go to the session's own origin. A moved project is found there by the ID in the Location, which
    // GitLab builds from its external URL.
    private Uri? GetRedirectTarget(ApiRequest request, ApiResponse response)
    {
        if ((int)response.Status is not (301 or 302 or 307 or 308)
            || response.Headers.Location is not { } location
            || !Uri.TryCreate(response.RequestUri, location, out Uri? target))
        {
            return null;
        }

        // First, since the Location can have another prefix than the session's address, or lack the page.
        bool isMovedProject = response.Status == HttpStatusCode.MovedPermanently && request.IsProjectNamedByPath;
        if (isMovedProject && GetProjectId(target) is { } id)
        {
            return new Uri(_session.ApiUri, $"projects/{id}{request.Path.Substring(request.ProjectPath!.Length)}");
        }

        const UriComponents Origin = UriComponents.SchemeAndServer | UriComponents.UserInfo;
        bool isSameOrigin = Uri.Compare(
            target, response.RequestUri, Origin, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0;
        return isSameOrigin ? target : null;
    }

    private static string? GetProjectId(Uri location)
    {
        const string Projects = "/api/v4/projects/";
        string path = location.AbsolutePath;
        int start = path.IndexOf(Projects, StringComparison.Ordinal);
        string id = start < 0 ? string.Empty : path.Substring(start + Projects.Length).Split('/')[0];
        return id.Length > 0 && id.All(static c => c is >= '0' and <= '9') ? id : null;
    }

    private GitLabApiException CreateDisconnectedException()
        => new(
            GitLabErrorKind.NotConnected,
            $"The session with {_session} was disconnected.",
            $"Connect again with {SuggestedCommand.Connect}.");

    private GitLabApiException CreateDisconnectedException(ApiRequest request)
        => new(
            GitLabErrorKind.OutcomeUnknown,
            $"Cannot {request.Action} on {_session}: the session was disconnected during the request. "
                + "GitLab may have processed it.",
            $"Connect again with {SuggestedCommand.Connect}. {request.RecoveryHint}".TrimEnd());

    private void ReportRequest(ApiRequest request, Uri uri, string outcome, Stopwatch watch)
        => ReportVerbose($"{request.Method} {uri.AbsoluteUri} -> {outcome} in {watch.ElapsedMilliseconds} ms");
}
