using System;
using System.Collections.Generic;
using System.Globalization;

namespace GitLabAgents.FakeGitLab;

/// <summary>A request that has found its route: what the handlers work with.</summary>
internal sealed class Call
{
    public required IncomingRequest Request { get; init; }

    public required Route Route { get; init; }

    public required string[] Segments { get; init; }

    public required State State { get; init; }

    public required FakeGitLabOptions Options { get; init; }

    public AccessToken Token { get; set; } = null!;

    /// <summary>The rest is filled once the caller is known.</summary>
    public Parameters Parameters { get; set; } = null!;

    /// <summary>The address of a path below the API, as the client knows it.</summary>
    public string LocalUrl(string path) => Request.Origin + Options.NormalizedPrefix + path;

    /// <summary>The address of a path below the API, as the server's configuration has it.</summary>
    public string ExternalUrl(string path) => Options.ExternalUrl is { } external ? external.TrimEnd('/') + path : LocalUrl(path);

    /// <summary>The project of <c>:id</c>, if the caller may see it and it is where the caller thinks.</summary>
    public Project Project()
    {
        Project? project = State.FindProject(Parameters.FromPath("id"), out bool moved);
        if (project is null || Token.RoleIn(project) == Role.None)
        {
            throw new RefusedException(Answer.Message(404, "404 Project Not Found"));
        }

        if (!moved)
        {
            return project;
        }

        if (!Request.IsRead)
        {
            throw new RefusedException(Answer.Message(405, "Non GET methods are not allowed for moved projects"));
        }

        string[] segments = (string[])Segments.Clone();
        segments[Route.IndexOf(":id")] = project.Id.ToString(CultureInfo.InvariantCulture);
        string location = LocalUrl("/" + string.Join('/', segments) + Request.Query);
        throw new RefusedException(Answer.Message(301, "301 Moved Permanently").With("Location", location));
    }

    /// <summary>The project's agent of <c>:agent_id</c>.</summary>
    public Agent Agent(Project project, long id) =>
        State.FindAgent(id) is { } agent && agent.Project == project
            ? agent
            : throw new RefusedException(Answer.Message(404, "404 Not found"));

    /// <summary>Reads below Developer: as if nothing were there.</summary>
    public void RequireReader(Project project, string hidden = "404 Not found")
    {
        if (Token.RoleIn(project) < Role.Developer)
        {
            throw new RefusedException(Answer.Message(404, hidden));
        }
    }

    public void RequireMaintainer(Project project)
    {
        if (Token.RoleIn(project) < Role.Maintainer)
        {
            throw new RefusedException(Answer.Message(403, "403 Forbidden"));
        }
    }

    /// <summary>Honours <c>If-Unmodified-Since</c>, to the second.</summary>
    public void RequireUnmodified(DateTimeOffset changed)
    {
        if (Request.Headers.GetValueOrDefault("If-Unmodified-Since") is { } text
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset since)
            && changed.ToUnixTimeSeconds() > since.ToUnixTimeSeconds())
        {
            throw new RefusedException(Answer.Message(412, "412 Precondition Failed"));
        }
    }
}
