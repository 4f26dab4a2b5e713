using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace GitLabAgents.FakeGitLab.Rest;

/// <summary>The page of a list that the client asks for.</summary>
internal readonly record struct PageRequest(int Page, int PerPage)
{
    private const int Default = 20;
    private const int Max = 100;

    /// <summary>Reads <c>page</c> and <c>per_page</c>.</summary>
    public static PageRequest Of(RequestContext context)
    {
        int page = context.Parameters.Integer("page", 1);
        int perPage = context.Parameters.Integer("per_page", Default);
        if (perPage == 0)
        {
            context.Parameters.AddError("per_page has a value not allowed");
        }

        return new PageRequest(Math.Max(1, page), perPage < 0 ? Default : Math.Min(perPage, Max));
    }

    /// <summary>Responds with this page of a list.</summary>
    public ApiResponse Respond<T>(RequestContext context, IReadOnlyList<T> rows, Action<Utf8JsonWriter, T> write)
    {
        int first = (int)Math.Min((long)(Page - 1) * PerPage, rows.Count);
        int end = Math.Min(first + PerPage, rows.Count);
        ApiResponse response = ApiResponse.Json(
            200,
            writer =>
            {
                writer.WriteStartArray();
                for (int index = first; index < end; index++)
                {
                    write(writer, rows[index]);
                }

                writer.WriteEndArray();
            },
            Math.Max(256, (end - first) * 640));
        AddHeaders(context, response, rows.Count);
        return response;
    }

    private void AddHeaders(RequestContext context, ApiResponse response, int total)
    {
        int pages = Math.Max(1, (total + PerPage - 1) / PerPage);
        int? next = Page < pages ? Page + 1 : null;
        int? previous = Page > 1 && Page <= pages + 1 ? Page - 1 : null;
        bool totals = context.Options.SendTotals && !(total > context.Options.TotalsLimit);

        string address = LinkAddress(context);
        string query = PathParameters(context) + OtherQuery(context.Request.Query);
        int perPage = PerPage;
        var link = new StringBuilder();
        Link("prev", previous);
        Link("next", next);
        Link("first", 1);
        Link("last", totals ? pages : null);

        response.With("Link", link.ToString())
            .With("X-Next-Page", Text(next))
            .With("X-Page", Text(Page))
            .With("X-Per-Page", Text(PerPage))
            .With("X-Prev-Page", Text(previous));
        if (totals)
        {
            response.With("X-Total", Text(total)).With("X-Total-Pages", Text(pages));
        }

        void Link(string relation, int? page)
        {
            if (page is { } number)
            {
                link.Append(link.Length > 0 ? ", " : string.Empty).Append(
                    CultureInfo.InvariantCulture,
                    $"<{address}?{query}page={number}&per_page={perPage}>; rel=\"{relation}\"");
            }
        }
    }

    private static string Text(int? number) => number?.ToString(CultureInfo.InvariantCulture) ?? string.Empty;

    /// <summary>
    /// GitLab behind a proxy mixes the scheme of one with the port of the other: <c>http://host:443</c>.
    /// </summary>
    private static string LinkAddress(RequestContext context)
    {
        string url = context.ExternalUrl("/" + string.Join('/', context.Segments));
        const string Https = "https://";
        if (context.Options.ExternalUrl is null || !url.StartsWith(Https, StringComparison.OrdinalIgnoreCase))
        {
            return url;
        }

        string rest = url[Https.Length..];
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        string host = rest[..slash];
        return "http://" + (host.Contains(':', StringComparison.Ordinal) ? host : host + ":443") + rest[slash..];
    }

    /// <summary>GitLab repeats the path's parameters in the query.</summary>
    private static string PathParameters(RequestContext context)
    {
        var query = new StringBuilder();
        for (int index = 0; index < context.Segments.Length; index++)
        {
            if (context.Route.Segments[index] is [':', .. string name])
            {
                query.Append(name).Append('=').Append(context.Segments[index]).Append('&');
            }
        }

        return query.ToString();
    }

    private static string OtherQuery(string query)
    {
        if (query.Length <= 1)
        {
            return string.Empty;
        }

        var others = new StringBuilder();
        foreach ((string name, StringValues value) in QueryHelpers.ParseQuery(query))
        {
            if (name is not ("page" or "per_page"))
            {
                others.Append(Uri.EscapeDataString(name))
                    .Append('=')
                    .Append(Uri.EscapeDataString(value.ToString()))
                    .Append('&');
            }
        }

        return others.ToString();
    }
}
