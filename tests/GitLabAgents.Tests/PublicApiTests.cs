using System;
using System.Collections;
using System.Linq;
using System.Reflection;
using System.Threading.Tasks;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks that the types of the client do what they promise, for callers outside of this project.</summary>
public sealed class PublicApiTests
{
    private static readonly Type[] Exported = typeof(GitLabClient).Assembly.GetExportedTypes();

    private static readonly MethodInfo[] Operations =
    [
        .. typeof(GitLabClient)
            .GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
            .Where(static method => !method.IsSpecialName),
    ];

    public static TheoryData<string, Func<GitLabClient, Task>> InvalidArguments => new()
    {
        { "no filter", client => TestClients.ToListAsync(client.GetTokenDetailsAsync(101, 11, null!)) },
        { "no project", client => TestClients.ToListAsync(client.GetTokensAsync(0, 11)) },
        { "no events", client => TestClients.ToListAsync(client.GetActivityAsync(101, 11, 0)) },
        { "negative events", client => TestClients.ToListAsync(client.GetActivityAsync(101, 11, -1)) },
        { "negative timeout", client => WaitAsync(client, -1, 1) },
        { "no poll interval", client => WaitAsync(client, 1, 0) },
        { "negative poll interval", client => WaitAsync(client, 1, -1) },
        { "no content", client => client.CreateUrlConfigurationAsync(101, 11, null!) },
        { "cleared content", client => client.CreateUrlConfigurationAsync(101, 11, CreateCleared()) },
        { "negative project", client => client.CreateTokenAsync(-1, 11, "new") },
        { "empty secret", client => client.FindTokenBySecretAsync(new System.Security.SecureString()) },
    };

    [Theory]
    [MemberData(nameof(InvalidArguments), DisableDiscoveryEnumeration = true)]
    public async Task Invalid_arguments_are_rejected_before_a_request(string what, Func<GitLabClient, Task> act)
    {
        var handler = new FakeHandler(_ => TestClients.Json(TestClients.Agent(11)));
        Exception e = await Assert.ThrowsAnyAsync<Exception>(() => act(TestClients.CreateClient(handler)));
        Assert.True(handler.Requests.IsEmpty, $"{what}: a request was sent before {e.GetType().Name}.");
    }

    [Fact]
    public void A_caller_can_create_each_argument_of_an_operation()
    {
        Type[] results = [.. Operations.Select(static method => GetResult(method.ReturnType))];
        foreach (MethodInfo operation in Operations)
        {
            foreach (ParameterInfo parameter in operation.GetParameters())
            {
                Type type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
                bool isOurs = type.Namespace!.StartsWith("GitLabAgents", StringComparison.Ordinal);
                Assert.True(
                    !isOurs || type.IsEnum || type.IsInterface || results.Contains(type) || CanCreate(type),
                    $"{operation.Name}: nobody else can create a {type.Name}.");
            }
        }
    }

    [Fact]
    public void A_caller_can_create_each_argument_of_a_constructor()
    {
        foreach (ParameterInfo parameter in Exported
            .SelectMany(static type => type.GetConstructors())
            .SelectMany(static constructor => constructor.GetParameters()))
        {
            Type type = parameter.ParameterType;
            bool isOurs = type.Assembly == typeof(GitLabClient).Assembly;
            Assert.True(
                !isOurs || type.IsInterface || type == typeof(GitLabSession) || CanCreate(type),
                $"{parameter.Member.DeclaringType!.Name}: nobody else can create a {type.Name}.");
        }
    }

    // The responses of these operations do not name the project, so objects could not lead back to it.
    [Fact]
    public void Operations_that_need_the_ID_of_the_project_do_not_accept_its_path()
    {
        Type[] nameless = [typeof(AgentToken), typeof(NewAgentToken), typeof(AgentUrlConfiguration)];
        MethodInfo[] operations =
        [
            .. Operations.Where(method => nameless.Contains(GetResult(method.ReturnType))
                && method.GetParameters().Any(static p => p.Name!.StartsWith("project", StringComparison.Ordinal))),
        ];
        Assert.Equal(7, operations.Length);
        foreach (MethodInfo operation in operations)
        {
            ParameterInfo project = operation.GetParameters()[0];
            Assert.Equal((typeof(long), "projectId"), (project.ParameterType, project.Name));
        }
    }

    // PowerShell cannot index the compiler's read-only lists.
    [Fact]
    public void Lists_are_arrays()
    {
        PropertyInfo[] lists =
        [
            .. Exported
                .SelectMany(static type => type.GetProperties())
                .Where(static property => Exported.Contains(property.DeclaringType)
                    && typeof(IEnumerable).IsAssignableFrom(property.PropertyType)
                    && property.PropertyType != typeof(string)),
        ];
        Assert.Contains(lists, static list => list.Name == nameof(AgentConnection.Connections));
        Assert.All(
            lists,
            static list => Assert.True(list.PropertyType.IsArray, $"{list.DeclaringType!.Name}.{list.Name}"));
    }

    private static Task WaitAsync(GitLabClient client, int timeout, int pollInterval)
        => client.WaitForConnectionAsync(
            101, 11, null, TimeSpan.FromSeconds(timeout), TimeSpan.FromSeconds(pollInterval));

    private static NewUrlConfiguration CreateCleared()
    {
        var content = new NewUrlConfiguration(
            "grpcs://host", caCertificate: PemMaterial.Certificate("CA", new PemFiles().Certificate.ToCharArray()));
        content.Dispose();
        return content;
    }

    private static bool CanCreate(Type type) => type.GetConstructors().Length > 0
        || type.GetMethods(BindingFlags.Public | BindingFlags.Static).Any(method => method.ReturnType == type);

    // The item of a task, an array, a sequence or an item result, whichever are around it.
    private static Type GetResult(Type type)
    {
        while (type.IsArray || type.IsGenericType)
        {
            type = type.IsArray ? type.GetElementType()! : type.GetGenericArguments()[0];
        }

        return type;
    }
}
