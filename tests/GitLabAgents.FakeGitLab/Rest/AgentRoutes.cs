using System;
using System.Collections.Generic;
using System.Text.Json;

namespace GitLabAgents.FakeGitLab.Rest;

/// <summary>Operations 1 to 4.</summary>
internal static class AgentRoutes
{
    private const int MaxNameLength = 63;

    private static readonly JsonEncodedText ConfigProject = JsonEncodedText.Encode("config_project");

    public static ApiResponse List(RequestContext context)
    {
        PageRequest page = PageRequest.Of(context);
        context.Parameters.Check();
        Project project = context.Project();
        context.RequireReader(project, "404 ClusterAgents Not Found");
        return page.Respond(context, project.Agents, (writer, agent) => Write(writer, agent, context.Options));
    }

    public static ApiResponse Get(RequestContext context)
    {
        long id = context.Parameters.Id("agent_id");
        context.Parameters.Check();
        Project project = context.Project();
        context.RequireReader(project);
        Agent agent = context.Agent(project, id);
        return ApiResponse.Json(200, writer => Write(writer, agent, context.Options));
    }

    public static ApiResponse Create(RequestContext context)
    {
        string name = context.Parameters.RequiredText("name");
        context.Parameters.Check();
        Project project = context.Project();
        context.RequireMaintainer(project);
        if (Errors(project, name) is { Count: > 0 } errors)
        {
            return ApiResponse.Invalid(errors);
        }

        Agent agent = context.State.AddAgent(project, name, context.Token.UserId);
        return ApiResponse.Json(201, writer => Write(writer, agent, context.Options));
    }

    public static ApiResponse Delete(RequestContext context)
    {
        long id = context.Parameters.Id("agent_id");
        context.Parameters.Check();
        Project project = context.Project();
        context.RequireMaintainer(project);
        Agent agent = context.Agent(project, id);
        context.RequireUnmodified(agent.UpdatedAt);
        context.State.RemoveAgent(agent);
        return ApiResponse.NoContent;
    }

    public static void Write(Utf8JsonWriter writer, Agent agent, FakeGitLabOptions options)
    {
        writer.WriteStartObject();
        writer.WriteNumber("id"u8, agent.Id);
        if (!options.OldServer)
        {
            writer.WriteString("name"u8, agent.Name);
        }

        writer.WritePropertyName(ConfigProject);
        agent.Project.ConfigJson ??= ProjectRoutes.ConfigJson(agent.Project);
        writer.WriteRawValue(agent.Project.ConfigJson, skipInputValidation: true);
        if (!options.OldServer)
        {
            writer.WriteMoment("created_at"u8, agent.CreatedAt);
            writer.WriteNumberOrNull("created_by_user_id"u8, agent.CreatedByUserId);
            if (options.Features.Receptive && options.ReceptiveAgents != ReceptiveAgents.Absent)
            {
                writer.WriteBoolean("is_receptive"u8, agent.UrlConfiguration is not null);
            }
        }

        writer.WriteEndObject();
    }

    private static List<string> Errors(Project project, string name)
    {
        List<string> errors = [];
        if (name.Length == 0)
        {
            errors.Add("Name can't be blank");
        }

        if (name.Length > MaxNameLength)
        {
            errors.Add("Name is too long (maximum is 63 characters)");
        }

        if (name.AsSpan().ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789-")
            || name is "" or ['-', ..] or [.., '-'])
        {
            errors.Add("Name can contain only lowercase letters, digits, and '-', but cannot start or end with '-'");
        }

        if (State.FindIndex(project, name) >= 0)
        {
            errors.Add("Name has already been taken");
        }

        return errors;
    }
}
