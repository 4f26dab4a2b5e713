using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.Json;

namespace GitLabAgents.FakeGitLab.Rest;

/// <summary>Operations 5 to 8.</summary>
internal static class TokenRoutes
{
    private const int MaxActive = 2;
    private const int MaxNameLength = 255;
    private const int MaxDescriptionLength = 1024;

    /// <summary>How much of a token a response shows.</summary>
    private enum Detail
    {
        Listed,
        Single,
        New,
    }

    public static ApiResponse List(RequestContext context)
    {
        long id = context.Parameters.Id("agent_id");
        PageRequest page = PageRequest.Of(context);
        context.Parameters.Check();
        Agent agent = AgentToRead(context, id);
        bool reverses = context.Options.UnstableTokenOrder && page.Page % 2 == 0;
        StoredToken[] active = [.. agent.Tokens
            .Where(token => context.Options.ListsRevokedTokens || !token.IsRevoked)
            .OrderByDescending(static token => token.LastUsedAt ?? DateTimeOffset.MinValue)
            .ThenBy(token => reverses ? -token.Id : token.Id)];
        return page.Respond(context, active, (writer, token) => Write(writer, token, Detail.Listed, context.Options));
    }

    public static ApiResponse Get(RequestContext context)
    {
        long agentId = context.Parameters.Id("agent_id");
        long id = context.Parameters.Id("token_id");
        context.Parameters.Check();
        Agent agent = AgentToRead(context, agentId);
        return context.State.FindToken(id) is { } token && token.Agent == agent
            && (context.Options.ListsRevokedTokens || !token.IsRevoked)
            ? ApiResponse.Json(200, writer => Write(writer, token, Detail.Single, context.Options))
            : ApiResponse.Message(404, "404 Not found");
    }

    public static ApiResponse Create(RequestContext context)
    {
        long agentId = context.Parameters.Id("agent_id");
        string name = context.Parameters.RequiredText("name");
        string? description = context.Parameters.Text("description");
        context.Parameters.Check();
        Agent agent = AgentToChange(context, agentId);
        if (agent.Tokens.Count(token => !token.IsRevoked && context.IsCounted(token.CreatedIn)) >= MaxActive)
        {
            return ApiResponse.BadRequest("An agent can have only two active tokens at a time");
        }

        if (Errors(name, description) is { Count: > 0 } errors)
        {
            return ApiResponse.Invalid(errors);
        }

        StoredToken token = context.State.AddToken(
            agent,
            name,
            description,
            secret: context.State.CreateSecret(context.Features.RoutableTokens),
            createdByUserId: context.Token.UserId);
        return ApiResponse.Json(201, writer => Write(writer, token, Detail.New, context.Options));
    }

    public static ApiResponse Revoke(RequestContext context)
    {
        long agentId = context.Parameters.Id("agent_id");
        long id = context.Parameters.Id("token_id");
        context.Parameters.Check();
        Agent agent = AgentToChange(context, agentId);
        if (context.State.FindToken(id) is not { } token || token.Agent != agent)
        {
            return ApiResponse.Message(404, "404 Not found");
        }

        context.State.RevokeToken(id, context.Token.UserId);
        return ApiResponse.NoContent;
    }

    /// <summary>Writes a token as operation 6 shows it.</summary>
    public static void WriteSingle(Utf8JsonWriter writer, StoredToken token, FakeGitLabOptions options) =>
        Write(writer, token, Detail.Single, options);

    private static Agent AgentToRead(RequestContext context, long id)
    {
        Project project = context.Project();
        context.RequireReader(project);
        return context.Agent(project, id);
    }

    private static Agent AgentToChange(RequestContext context, long id)
    {
        Project project = context.Project();
        context.RequireMaintainer(project);
        return context.Agent(project, id);
    }

    private static List<string> Errors(string name, string? description)
    {
        List<string> errors = [];
        if (string.IsNullOrWhiteSpace(name))
        {
            errors.Add("Name can't be blank");
        }

        if (name.Length > MaxNameLength)
        {
            errors.Add("Name is too long (maximum is 255 characters)");
        }

        if (description?.Length > MaxDescriptionLength)
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
