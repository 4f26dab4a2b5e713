using System.Collections.Generic;
using System.Text.Json.Serialization;

namespace GitLabAgents;

/// <summary>The source-generated serialization of GitLab's JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    NumberHandling = JsonNumberHandling.AllowReadingFromString,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(LenientDateConverter), typeof(LenientIdConverter)])]
[JsonSerializable(typeof(List<ClusterAgent>))]
[JsonSerializable(typeof(ClusterAgent))]
[JsonSerializable(typeof(List<AgentToken>))]
[JsonSerializable(typeof(AgentToken))]
[JsonSerializable(typeof(NewAgentToken))]
[JsonSerializable(typeof(List<AgentUrlConfiguration>))]
[JsonSerializable(typeof(AgentUrlConfiguration))]
[JsonSerializable(typeof(List<ProjectInfo>))]
[JsonSerializable(typeof(ProjectInfo))]
[JsonSerializable(typeof(List<GroupInfo>))]
[JsonSerializable(typeof(GroupInfo))]
[JsonSerializable(typeof(List<ProjectEnvironment>))]
[JsonSerializable(typeof(UserInfo))]
[JsonSerializable(typeof(ServerInfo))]
[JsonSerializable(typeof(TokenInfo))]
[JsonSerializable(typeof(NewAgentBody))]
[JsonSerializable(typeof(NewTokenBody))]
internal sealed partial class GitLabJson : JsonSerializerContext;
