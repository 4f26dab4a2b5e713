using System;
using System.Collections.Generic;
using System.Text.Json;

namespace GitLabAgents.FakeGitLab.Routes;

/// <summary>Operations 1 to 4.</summary>
internal static class AgentRoutes
{
    private const int LongestName = 63;

    private static readonly JsonEncodedText ConfigProject = JsonEncodedText.Encode("config_project");

    public static Answer List(Call call)
    {
        PageRequest page = PageRequest.Of(call);
        call.Parameters.Check();
        Project project = call.Project();
        call.RequireReader(project, "404 ClusterAgents Not Found");
        return page.Answer(call, project.Agents, (writer, agent) => Write(writer, agent, call.Options));
    }

    public static Answer Get(Call call)
    {
        long id = call.Parameters.Id("agent_id");
        call.Parameters.Check();
        Project project = call.Project();
        call.RequireReader(project);
        Agent agent = call.Agent(project, id);
        return Answer.Json(200, writer => Write(writer, agent, call.Options));
    }

    public static Answer Create(Call call)
    {
        string name = call.Parameters.RequiredText("name");
        call.Parameters.Check();
        Project project = call.Project();
        call.RequireMaintainer(project);
        if (Errors(project, name) is { Count: > 0 } errors)
        {
            return Answer.Invalid(errors);
        }

        Agent agent = call.State.AddAgent(project, name, call.Token.UserId);
        return Answer.Json(201, writer => Write(writer, agent, call.Options));
    }

    public static Answer Delete(Call call)
    {
        long id = call.Parameters.Id("agent_id");
        call.Parameters.Check();
        Project project = call.Project();
        call.RequireMaintainer(project);
        Agent agent = call.Agent(project, id);
        call.RequireUnmodified(agent.CreatedAt);
        call.State.RemoveAgent(agent);
        return Answer.NoContent;
    }

    private static void Write(Utf8JsonWriter writer, Agent agent, FakeGitLabOptions options)
    {
        writer.WriteStartObject();
        writer.WriteNumber("id"u8, agent.Id);
        if (!options.OldServer)
        {
            writer.WriteString("name"u8, agent.Name);
        }

        writer.WritePropertyName(ConfigProject);
        writer.WriteRawValue(agent.Project.ConfigJson ??= ProjectRoutes.ConfigJson(agent.Project), skipInputValidation: true);
        if (!options.OldServer)
        {
            writer.WriteMoment("created_at"u8, agent.CreatedAt);
            writer.WriteNumberOrNull("created_by_user_id"u8, agent.CreatedByUserId);
            if (options.IsEnterprise && options.ReceptiveAgents != ReceptiveAgents.Absent)
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

        if (name.Length > LongestName)
        {
            errors.Add("Name is too long (maximum is 63 characters)");
        }

        if (name.AsSpan().ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789-") || name is "" or ['-', ..] or [.., '-'])
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
