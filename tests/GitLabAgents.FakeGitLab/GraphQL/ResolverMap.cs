using System;
using System.Globalization;
using GraphQL;
using GraphQL.Resolvers;
using GraphQL.Utilities;

namespace GitLabAgents.FakeGitLab.GraphQLApi;

/// <summary>Sets the resolvers of an object type, whose values are of one C# type.</summary>
internal sealed class ResolverMap<TSource>(SchemaBuilder builder, string type)
    where TSource : class
{
    public ResolverMap<TSource> Field(string name, Func<TSource, object?> resolve) =>
        Field(name, (source, _) => resolve(source));

    public ResolverMap<TSource> Field(string name, Func<TSource, IResolveFieldContext, object?> resolve)
    {
        builder.Types.For(type).FieldFor(name).Resolver =
            new FuncFieldResolver<object>(context => resolve((TSource)context.Source!, context));
        return this;
    }
}

/// <summary>What resolvers need of the request.</summary>
internal static class ResolverExtensions
{
    public static QueryContext Query(this IResolveFieldContext context) => (QueryContext)context.UserContext;

    /// <summary>An argument, or null if it is absent or null.</summary>
    public static object? Argument(this IResolveFieldContext context, string name) =>
        context.Arguments?.TryGetValue(name, out GraphQL.Execution.ArgumentValue value) == true ? value.Value : null;

    public static string? Text(this IResolveFieldContext context, string name) =>
        Convert.ToString(context.Argument(name), CultureInfo.InvariantCulture) is { Length: > 0 } text ? text : null;

    public static bool Flag(this IResolveFieldContext context, string name) => context.Argument(name) is true;

    public static int? Integer(this IResolveFieldContext context, string name) =>
        context.Argument(name) is { } value ? Convert.ToInt32(value, CultureInfo.InvariantCulture) : null;
}
