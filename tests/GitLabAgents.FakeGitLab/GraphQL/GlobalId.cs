using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using GraphQL;

namespace GitLabAgents.FakeGitLab.GraphQLApi;

/// <summary>GitLab's global IDs and times, as GraphQL writes them.</summary>
internal static class GlobalId
{
    private const string Scheme = "gid://gitlab/";

    public static string Of(string model, long id) =>
        string.Create(CultureInfo.InvariantCulture, $"{Scheme}{model}/{id}");

    /// <summary>Reads the global IDs of an argument; null if it is absent.</summary>
    /// <exception cref="ExecutionError">One is not valid.</exception>
    public static HashSet<long>? Parse(string model, object? argument)
    {
        if (argument is not IEnumerable<object> values)
        {
            return null;
        }

        return values.Select(value => Parse(model, Convert.ToString(value, CultureInfo.InvariantCulture)!)).ToHashSet();
    }

    /// <summary>A time in UTC, to the second.</summary>
    public static string? Time(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    /// <summary>A time with an offset, to the second.</summary>
    public static string Time(DateTimeOffset time, TimeSpan offset) =>
        time.ToOffset(offset).ToString("yyyy-MM-ddTHH:mm:sszzz", CultureInfo.InvariantCulture);

    private static long Parse(string model, string text)
    {
        string prefix = Scheme + model + "/";
        return text.StartsWith(prefix, StringComparison.Ordinal) && State.TryParseId(text[prefix.Length..], out long id)
            ? id
            : throw new ExecutionError($"\"{text}\" is not a valid GitLab ID.");
    }
}
