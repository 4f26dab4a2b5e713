namespace GitLabAgents.FakeGitLab.Rest;

/// <summary>The responses of a server that is down for maintenance, or read-only.</summary>
internal static class Maintenance
{
    public static void Check(RequestContext context)
    {
        bool changes = !context.Request.IsSafe && context.Route.Access != Access.GraphQL;
        ApiResponse? response = (context.Options.Maintenance, changes) switch
        {
            (MaintenanceMode.Down, _) => ApiResponse.Message(503, "503 Service Unavailable"),
            (MaintenanceMode.ReadOnly, true) =>
                ApiResponse.Message(403, "You cannot perform write operations on a read-only instance"),
            (MaintenanceMode.Maintenance, true) => ApiResponse.Message(
                503, "GitLab is undergoing maintenance and is operating in read-only mode."),
            _ => null,
        };
        if (response is not null)
        {
            throw new RequestRejectedException(response);
        }
    }
}
