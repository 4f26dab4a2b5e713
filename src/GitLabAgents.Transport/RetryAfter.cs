using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net.Http;
using System.Net.Http.Headers;

namespace GitLabAgents.Transport;

/// <summary>Reads how long a server asks its client to wait before the next attempt.</summary>
internal static class RetryAfter
{
    // GitLab sends the Unix time of the reset; many gateways send the seconds until then.
    private const long MinUnixTime = 1_000_000_000;

    /// <summary>
    /// Gets the delay from <c>Retry-After</c> or, for a 429 without it, from <c>RateLimit-Reset</c>. Times are compared
    /// with the response's own <c>Date</c>, so that a client whose clock is wrong waits as long as the server meant.
    /// </summary>
    /// <param name="response">The response.</param>
    /// <param name="now">The client's time, for a response without a <c>Date</c>.</param>
    /// <returns>The delay, never negative, or <see langword="null"/> if the server does not ask for one.</returns>
    public static TimeSpan? Parse(HttpResponseMessage response, DateTimeOffset now)
    {
        now = response.Headers.Date ?? now;
        RetryConditionHeaderValue? header = response.Headers.RetryAfter;
        TimeSpan? delay = header?.Delta ?? (header?.Date - now);
        if (delay is null && (int)response.StatusCode == 429)
        {
            delay = ParseReset(response.Headers, now);
        }

        return delay < TimeSpan.Zero ? TimeSpan.Zero : delay;
    }

    private static TimeSpan? ParseReset(HttpResponseHeaders headers, DateTimeOffset now)
    {
        if (!headers.TryGetValues("RateLimit-Reset", out IEnumerable<string>? values)
            || !long.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out long reset)
            || reset > DateTimeOffset.MaxValue.ToUnixTimeSeconds())
        {
            return null;
        }

        return reset < MinUnixTime ? TimeSpan.FromSeconds(reset) : DateTimeOffset.FromUnixTimeSeconds(reset) - now;
    }
}
