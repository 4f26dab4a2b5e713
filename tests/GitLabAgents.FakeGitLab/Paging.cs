using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace GitLabAgents.FakeGitLab;

/// <summary>Which page of a list the client wants.</summary>
internal readonly record struct PageRequest(int Page, int PerPage)
{
    private const int Default = 20;
    private const int Most = 100;

    /// <summary>Reads <c>page</c> and <c>per_page</c>.</summary>
    public static PageRequest Of(Call call)
    {
        int page = call.Parameters.Integer("page", 1);
        int perPage = call.Parameters.Integer("per_page", Default);
        if (perPage == 0)
        {
            call.Parameters.Complain("per_page has a value not allowed");
        }

        return new PageRequest(Math.Max(1, page), perPage < 0 ? Default : Math.Min(perPage, Most));
    }

    /// <summary>Answers with this page of a list.</summary>
    public Answer Answer<T>(Call call, IReadOnlyList<T> rows, Action<Utf8JsonWriter, T> write)
    {
        int first = (int)Math.Min((long)(Page - 1) * PerPage, rows.Count);
        int end = Math.Min(first + PerPage, rows.Count);
        Answer answer = FakeGitLab.Answer.Json(
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
        AddHeaders(call, answer, rows.Count);
        return answer;
    }

    private void AddHeaders(Call call, Answer answer, int total)
    {
        int pages = Math.Max(1, (total + PerPage - 1) / PerPage);
        int? next = Page < pages ? Page + 1 : null;
        int? previous = Page > 1 && Page <= pages + 1 ? Page - 1 : null;
        bool totals = call.Options.SendTotals && !(total > call.Options.TotalsLimit);

        string address = call.ExternalUrl("/" + string.Join('/', call.Segments));
        string query = OtherQuery(call.Request.Query);
        int perPage = PerPage;
        var link = new StringBuilder();
        Link("prev", previous);
        Link("next", next);
        Link("first", 1);
        Link("last", totals ? pages : null);

        answer.With("Link", link.ToString())
            .With("X-Next-Page", Text(next))
            .With("X-Page", Text(Page))
            .With("X-Per-Page", Text(PerPage))
            .With("X-Prev-Page", Text(previous));
        if (totals)
        {
            answer.With("X-Total", Text(total)).With("X-Total-Pages", Text(pages));
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
                others.Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value.ToString())).Append('&');
            }
        }

        return others.ToString();
    }
}
