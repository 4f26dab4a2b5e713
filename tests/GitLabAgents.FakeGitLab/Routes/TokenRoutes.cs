using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.Json;

namespace GitLabAgents.FakeGitLab.Routes;

/// <summary>Operations 5 to 8.</summary>
internal static class TokenRoutes
{
    private const int MostActive = 2;
    private const int LongestName = 255;
    private const int LongestDescription = 1024;

    /// <summary>How much of a token an answer shows.</summary>
    private enum Detail
    {
        Listed,
        Single,
        New,
    }

    public static Answer List(Call call)
    {
        long id = call.Parameters.Id("agent_id");
        PageRequest page = PageRequest.Of(call);
        call.Parameters.Check();
        Agent agent = AgentToRead(call, id);
        StoredToken[] active = [.. agent.Tokens
            .Where(static token => !token.IsRevoked)
            .OrderByDescending(static token => token.LastUsedAt ?? DateTimeOffset.MinValue)];
        return page.Answer(call, active, (writer, token) => Write(writer, token, Detail.Listed, call.Options));
    }

    public static Answer Get(Call call)
    {
        long agentId = call.Parameters.Id("agent_id");
        long id = call.Parameters.Id("token_id");
        call.Parameters.Check();
        Agent agent = AgentToRead(call, agentId);
        return call.State.FindToken(id) is { IsRevoked: false } token && token.Agent == agent
            ? Answer.Json(200, writer => Write(writer, token, Detail.Single, call.Options))
            : Answer.Message(404, "404 Not found");
    }

    public static Answer Create(Call call)
    {
        long agentId = call.Parameters.Id("agent_id");
        string name = call.Parameters.RequiredText("name");
        string? description = call.Parameters.Text("description");
        call.Parameters.Check();
        Agent agent = AgentToChange(call, agentId);
        if (agent.Tokens.Count(static token => !token.IsRevoked) >= MostActive)
        {
            return Answer.BadRequest("An agent can have only two active tokens at a time");
        }

        if (Errors(name, description) is { Count: > 0 } errors)
        {
            return Answer.Invalid(errors);
        }

        StoredToken token = call.State.AddToken(agent, name, description, createdByUserId: call.Token.UserId);
        return Answer.Json(201, writer => Write(writer, token, Detail.New, call.Options));
    }

    public static Answer Revoke(Call call)
    {
        long agentId = call.Parameters.Id("agent_id");
        long id = call.Parameters.Id("token_id");
        call.Parameters.Check();
        Agent agent = AgentToChange(call, agentId);
        if (call.State.FindToken(id) is not { } token || token.Agent != agent)
        {
            return Answer.Message(404, "404 Not found");
        }

        call.State.RevokeToken(id);
        return Answer.NoContent;
    }

    private static Agent AgentToRead(Call call, long id)
    {
        Project project = call.Project();
        call.RequireReader(project);
        return call.Agent(project, id);
    }

    private static Agent AgentToChange(Call call, long id)
    {
        Project project = call.Project();
        call.RequireMaintainer(project);
        return call.Agent(project, id);
    }

    private static List<string> Errors(string name, string? description)
    {
        List<string> errors = [];
        if (string.IsNullOrWhiteSpace(name))
        {
            errors.Add("Name can't be blank");
        }

        if (name.Length > LongestName)
        {
            errors.Add("Name is too long (maximum is 255 characters)");
        }

        if (description?.Length > LongestDescription)
        {
            errors.Add("Description is too long (maximum is 1024 characters)");
        }

        return errors;
    }

    private static void Write(Utf8JsonWriter writer, StoredToken token, Detail detail, FakeGitLabOptions options)
    {
        writer.WriteStartObject();
        writer.WriteNumber("id"u8, token.Id);
        writer.WriteString("name"u8, token.Name);
        writer.WriteString("description"u8, token.Description);
        writer.WriteNumber("agent_id"u8, token.Agent.Id);
        writer.WriteString("status"u8, token.Status);
        writer.WriteMoment("created_at"u8, token.CreatedAt);
        if (options.UserIdsAsStrings && token.CreatedByUserId is { } user)
        {
            writer.WriteString("created_by_user_id"u8, user.ToString(CultureInfo.InvariantCulture));
        }
        else
        {
            writer.WriteNumberOrNull("created_by_user_id"u8, token.CreatedByUserId);
        }

        if (detail != Detail.Listed)
        {
            writer.WriteMoment("last_used_at"u8, token.LastUsedAt);
        }

        if (detail == Detail.New)
        {
            writer.WriteString("token"u8, token.Secret);
        }

        writer.WriteEndObject();
    }
}
