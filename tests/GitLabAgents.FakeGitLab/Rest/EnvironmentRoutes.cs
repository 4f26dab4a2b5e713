using System;
using System.Linq;
using System.Text.Json;

namespace GitLabAgents.FakeGitLab.Rest;

/// <summary>A project's environments, and the agents that they deploy through.</summary>
internal static class EnvironmentRoutes
{
    public static ApiResponse List(RequestContext context)
    {
        PageRequest page = PageRequest.Of(context);
        string? name = context.Parameters.Text("name");
        string? search = context.Parameters.Text("search");
        string? state = context.Parameters.Text("states");
        context.Parameters.Check();
        Project project = context.Project();
        if (context.Token.RoleIn(project) < Role.Developer)
        {
            return ApiResponse.Message(403, "403 Forbidden");
        }

        DeploymentEnvironment[] environments = [.. project.Environments
            .Where(environment => (name is null || environment.Name == name)
                && (search is null || environment.Name.Contains(search, StringComparison.OrdinalIgnoreCase))
                && (state is null || environment.State == state))
            .OrderBy(static environment => environment.Name, StringComparer.Ordinal)];
        return page.Respond(context, environments, (writer, environment) => Write(writer, environment, context));
    }

    private static void Write(Utf8JsonWriter writer, DeploymentEnvironment environment, RequestContext context)
    {
        writer.WriteStartObject();
        writer.WriteNumber("id"u8, environment.Id);
        writer.WriteString("name"u8, environment.Name);
        writer.WriteString("state"u8, environment.State);
        if (context.Features.EnvironmentAgents)
        {
            writer.WritePropertyName("cluster_agent"u8);
            if (environment.Agent is { } agent)
            {
                AgentRoutes.Write(writer, agent, context.Options);
            }
            else
            {
                writer.WriteNullValue();
            }

            writer.WriteString("kubernetes_namespace"u8, environment.KubernetesNamespace);
        }

        writer.WriteEndObject();
    }
}
