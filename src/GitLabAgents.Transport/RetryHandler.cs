using System;
using System.Globalization;
using System.Net;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents.Transport;

/// <summary>
/// Retries a request where that does no harm: a request that only reads, or a DELETE, after a transient failure; a POST
/// that creates something only if the server certainly did not process it (429, no connection).
/// </summary>
/// <remarks>
/// This is a loop of our own, because loading and compiling Polly costs a first request 20 ms or more.
/// </remarks>
internal sealed class RetryHandler(TransportOptions options) : DelegatingHandler
{
    private static readonly TimeSpan BaseDelay = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(30);

    // The period over which GitLab counts requests, for a 429 that does not say when it ends.
    private static readonly TimeSpan RateLimitWindow = TimeSpan.FromMinutes(1);

    private static readonly Random Random = new();

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        RequestContext context = RequestContext.Get(request);
        for (int retries = 0; ; retries++)
        {
            TimeSpan? delay = null;
            string reason;
            try
            {
                HttpResponseMessage response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
                delay = GetRetryDelay(request, context, retries, response, failure: null);
                if (delay is null)
                {
                    return response;
                }

                context.EarlierAttemptMayHaveSucceeded |= !IsRateLimited(response);
                reason = string.Format(
                    CultureInfo.InvariantCulture, "the server responded with {0}", (int)response.StatusCode);
                response.Dispose();
            }
            catch (HttpRequestException e)
                when ((delay = GetRetryDelay(request, context, retries, response: null, e)) is not null)
            {
                context.EarlierAttemptMayHaveSucceeded |= !TransportFailure.IsNotSent(e);
                reason = "the connection failed";
            }

            context.RetryDelay += delay.Value;
            context.OnRetry?.Invoke(
                delay.Value,
                string.Format(
                    CultureInfo.InvariantCulture,
                    "{0}; attempt {1} of {2}",
                    reason,
                    retries + 2,
                    options.MaximumRetryCount + 1L));
            await options.Clock.Delay(delay.Value, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool IsJson(HttpResponseMessage response)
        => response.Content?.Headers.ContentType?.MediaType == "application/json";

    private static bool IsRateLimited(HttpResponseMessage? response) => (int?)response?.StatusCode == 429;

    private static TimeSpan Multiply(TimeSpan value, double factor)
        => TimeSpan.FromSeconds(value.TotalSeconds * factor);

    private static double GetRandom()
    {
        lock (Random)
        {
            return Random.NextDouble();
        }
    }

    // Returns null if the request is not to be retried.
    private TimeSpan? GetRetryDelay(
        HttpRequestMessage request,
        RequestContext context,
        int retries,
        HttpResponseMessage? response,
        Exception? failure)
    {
        if (retries >= options.MaximumRetryCount
            || context.NoRetry
            || !IsRetryable(request, context, response, failure))
        {
            return null;
        }

        TimeSpan delay = GetBackoff(retries);
        TimeSpan? requested = response is null ? null : RetryAfter.Parse(response, options.Clock.GetUtcNow());
        if (requested is null && IsRateLimited(response))
        {
            requested = GetRateLimitDelay(retries);
        }

        if (requested > delay)
        {
            delay = requested.Value;
        }

        TimeSpan left = options.RetryBudget - context.RetryDelay;
        return left > TimeSpan.Zero && delay <= left ? delay : null;
    }

    private static bool IsRetryable(
        HttpRequestMessage request, RequestContext context, HttpResponseMessage? response, Exception? failure)
    {
        if (context.IsQuery && response is { StatusCode: HttpStatusCode.ServiceUnavailable } && IsJson(response))
        {
            return false; // GitLab did not finish the query in time, and would not next time.
        }

        bool isIdempotent = request.Method != HttpMethod.Post || context.IsSafe;
        return response is not null
            ? TransportFailure.IsTransient(response.StatusCode) && (isIdempotent || IsRateLimited(response))
            : TransportFailure.IsTransient(failure!) && (isIdempotent || TransportFailure.IsNotSent(failure!));
    }

    // Exponential, with jitter so that clients that failed together do not return together.
    private static TimeSpan GetBackoff(int retries)
    {
        TimeSpan delay = Multiply(BaseDelay, Math.Pow(2, Math.Min(retries, 16)) * (0.5 + GetRandom()));
        return delay < MaxDelay ? delay : MaxDelay;
    }

    // Doubles with each retry, so that all retries together outlast the window.
    private TimeSpan GetRateLimitDelay(int retries)
    {
        double share = Math.Pow(2, retries) / (Math.Pow(2, options.MaximumRetryCount) - 1);
        return double.IsNaN(share) ? TimeSpan.Zero : Multiply(RateLimitWindow, share * (1 + (0.2 * GetRandom())));
    }
}
