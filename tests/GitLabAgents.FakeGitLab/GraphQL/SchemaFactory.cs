using System.Collections.Concurrent;
using System.IO;
using System.Linq;
using GraphQL.Types;
using GraphQLParser;
using GraphQLParser.AST;
using GraphQLParser.Visitors;

namespace GitLabAgents.FakeGitLab.GraphQLApi;

/// <summary>Builds GitLab's GraphQL schema, without what a version or edition lacks.</summary>
internal static class SchemaFactory
{
    private const string Resource = "gitlab-agents.graphqls";

    private static readonly ConcurrentDictionary<ServerFeatures, ISchema> Schemas = new();

    public static ISchema Newest { get; } = For(new FakeGitLabOptions().Features);

    public static ISchema For(ServerFeatures features) => Schemas.GetOrAdd(features, Build);

    private static Schema Build(ServerFeatures features)
    {
        GraphQLDocument document = Parser.Parse(ReadResource());
        foreach (GraphQLObjectTypeDefinition type in document.Definitions.OfType<GraphQLObjectTypeDefinition>())
        {
            string name = type.Name.StringValue;
            type.Fields!.Items.RemoveAll(field => IsMissing(features, name, field.Name.StringValue));
            foreach (GraphQLFieldDefinition field in type.Fields.Items)
            {
                field.Arguments?.Items.RemoveAll(argument =>
                    !features.AccessLevels && argument.Name.StringValue == "includeArchived");
            }
        }

        Schema schema = Schema.For(Print(document), builder =>
        {
            RootResolvers.AddTo(builder);
            NamespaceResolvers.AddTo(builder);
            AgentResolvers.AddTo(builder);
            ConnectionResolvers.AddTo(builder);
        });
        schema.RegisterType(new TextScalar("Time"));
        schema.RegisterType(new TextScalar("BigInt"));
        schema.RegisterType(new TextScalar("JSON"));
        schema.Initialize();
        return schema;
    }

    private static bool IsMissing(ServerFeatures features, string type, string field) => (type, field) switch
    {
        ("Group" or "Project", "maxAccessLevel") => !features.AccessLevels,
        ("Group", "clusterAgents") => !features.GroupAgents,
        ("Project", "archived" or "userPermissions") => !features.ProjectPermissions,
        ("ClusterAgent", "isReceptive" or "urlConfigurations") => !features.Receptive,
        ("ClusterAgent", "connections") => !features.Connections,
        ("ConnectedAgent", "warnings") => !features.Warnings,
        _ => false,
    };

    private static string ReadResource()
    {
        using Stream stream = typeof(SchemaFactory).Assembly.GetManifestResourceStream(Resource)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static string Print(GraphQLDocument document)
    {
        using var writer = new StringWriter();
        new SDLPrinter().PrintAsync(document, writer).AsTask().GetAwaiter().GetResult();
        return writer.ToString();
    }

    /// <summary>A scalar that GitLab writes as text, or as it is.</summary>
    private sealed class TextScalar : ScalarGraphType
    {
        public TextScalar(string name) => Name = name;

        public override object? ParseValue(object? value) => value;

        public override object? Serialize(object? value) => value;
    }
}
