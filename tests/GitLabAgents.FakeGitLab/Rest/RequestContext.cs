using System;
using System.Collections.Generic;
using System.Globalization;

namespace GitLabAgents.FakeGitLab.Rest;

/// <summary>A request that has found its route: what the handlers work with.</summary>
internal sealed class RequestContext
{
    public required IncomingRequest Request { get; init; }

    public required Route Route { get; init; }

    public required string[] Segments { get; init; }

    public required State State { get; init; }

    public required FakeGitLabOptions Options { get; init; }

    public required RequestParameters Parameters { get; init; }

    public ServerFeatures Features => field ??= Options.Features;

    /// <summary>The caller. Null until it is authenticated, and for anonymous GraphQL.</summary>
    public AccessToken? Caller { get; set; }

    public AccessToken Token => Caller ?? throw new InvalidOperationException("The request is anonymous.");

    /// <summary>The address of a path, as the server's configuration has it.</summary>
    public string ExternalUrl(string path) =>
        (Options.ExternalUrl?.TrimEnd('/') ?? Request.Origin + Options.NormalizedPrefix) + path;

    /// <summary>The project of <c>:id</c>, if the caller may see it and it is where the caller expects it.</summary>
    public Project Project()
    {
        Project? project = State.FindProject(Parameters.FromPath("id"), out bool moved);
        if (project is null || !Token.CanSee(project))
        {
            throw new RequestRejectedException(ApiResponse.Message(404, "404 Project Not Found"));
        }

        if (!moved)
        {
            return project;
        }

        if (!Request.IsSafe)
        {
            throw new RequestRejectedException(
                ApiResponse.Message(405, "Non GET methods are not allowed for moved projects"));
        }

        string[] segments = (string[])Segments.Clone();
        segments[Route.IndexOf(":id")] = project.Id.ToString(CultureInfo.InvariantCulture);
        string location = ExternalUrl("/" + string.Join('/', segments) + Request.Query);
        throw new RequestRejectedException(ApiResponse
            .Text(301, $"This resource has been moved permanently to {location}.", contentType: null)
            .With("Location", location));
    }

    /// <summary>The project's agent of <c>:agent_id</c>.</summary>
    public Agent Agent(Project project, long id) =>
        State.FindAgent(id) is { } agent && agent.Project == project
            ? agent
            : throw new RequestRejectedException(ApiResponse.Message(404, "404 Not found"));

    /// <summary>Reads below Developer are 404, as if there were nothing.</summary>
    public void RequireReader(Project project, string notFound = "404 Not found")
    {
        if (Token.RoleIn(project) < Role.Developer)
        {
            throw new RequestRejectedException(ApiResponse.Message(404, notFound));
        }
    }

    /// <summary>Changes need a Maintainer, and a project that is not archived and has Infrastructure on.</summary>
    public void RequireMaintainer(Project project)
    {
        if (Token.RoleIn(project) < Role.Maintainer || !project.AllowsChanges)
        {
            throw new RequestRejectedException(ApiResponse.Message(403, "403 Forbidden"));
        }
    }

    /// <summary>Honours <c>If-Unmodified-Since</c>, to the second.</summary>
    public void RequireUnmodified(DateTimeOffset changed)
    {
        if (Request.Headers.GetValueOrDefault("If-Unmodified-Since") is { } text
            && DateTimeOffset.TryParse(
                text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset since)
            && changed.ToUnixTimeSeconds() > since.ToUnixTimeSeconds())
        {
            throw new RequestRejectedException(ApiResponse.Message(412, "412 Precondition Failed"));
        }
    }

    /// <summary>
    /// Whether a limit counts a row: not if it was created after the arrival of this request.
    /// </summary>
    public bool IsCounted(long createdIn) => !Options.RacyLimits || createdIn <= Request.CreationsAtArrival;
}
