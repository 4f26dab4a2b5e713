using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;

namespace GitLabAgents.FakeGitLab;

/// <summary>
/// Counts requests per minute and access token, in fixed windows, and describes them as GitLab.com does.
/// </summary>
internal sealed class RateLimiter(TimeProvider clock)
{
    private const int WindowSeconds = 60;

    private readonly Lock gate = new();
    private readonly Dictionary<string, int> counts = new(StringComparer.Ordinal);
    private long window;

    /// <summary>Counts a request.</summary>
    /// <returns>The response that rejects it, or null. Every response gets the headers.</returns>
    public (ApiResponse? Rejection, IReadOnlyList<(string Name, string Value)> Headers) Count(string client, int limit)
    {
        DateTimeOffset now = clock.GetUtcNow();
        int observed;
        long reset;
        lock (gate)
        {
            long current = now.ToUnixTimeSeconds() / WindowSeconds;
            if (current != window)
            {
                window = current;
                counts.Clear();
            }

            observed = counts[client] = counts.GetValueOrDefault(client) + 1;
            reset = (current + 1) * WindowSeconds;
        }

        List<(string Name, string Value)> headers =
        [
            ("RateLimit-Limit", Text(limit)),
            ("RateLimit-Name", "throttle_authenticated_api"),
            ("RateLimit-Observed", Text(observed)),
            ("RateLimit-Remaining", Text(Math.Max(0, limit - observed))),
            ("RateLimit-Reset", Text(reset)),
        ];
        if (observed <= limit)
        {
            return (null, headers);
        }

        headers.Add(("Retry-After", Text(reset - now.ToUnixTimeSeconds())));
        return (ApiResponse.Text(429, "Retry later\n", "text/plain"), headers);
    }

    public void Clear()
    {
        lock (gate)
        {
            counts.Clear();
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
