using System;
using System.Text.Json;

namespace GitLabAgents.FakeGitLab.Control;

/// <summary>How another process inspects and controls the server: <c>{prefix}/-/fake-gitlab/…</c>.</summary>
internal static class ControlRoutes
{
    public const string Root = "/-/fake-gitlab/";

    public static ApiResponse Handle(FakeGitLabServer server, string method, string path, ReadOnlyMemory<byte> body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body.IsEmpty ? "{}"u8.ToArray() : body);
            JsonElement json = document.RootElement;
            switch (method, path)
            {
                case ("GET", "requests"):
                    return ApiResponse.Json(200, writer => StateWriter.WriteRequests(writer, server.Requests));
                case ("DELETE", "requests"):
                    server.ClearRequests();
                    return ApiResponse.NoContent;
                case ("GET", "in-flight"):
                    return ApiResponse.Json(200, writer => StateWriter.WriteInFlight(writer, server));
                case ("GET", "state"):
                    return ApiResponse.Json(200, writer => StateWriter.WriteState(writer, server.State));
                case ("POST", "seed"):
                    return ApiResponse.Json(201, writer => new SeedReader(server.State, writer).Read(json));
                case ("POST", "reset"):
                    server.Reset();
                    return ApiResponse.NoContent;
                case ("GET", "faults"):
                    return ApiResponse.Json(200, writer => StateWriter.WriteFaults(writer, server.Faults));
                case ("POST", "faults"):
                    json.ForEach(fault => server.Faults.Add(FaultReader.Read(fault)));
                    return ApiResponse.Json(201, writer => StateWriter.WriteFaults(writer, server.Faults));
                case ("DELETE", "faults"):
                    server.Faults.Clear();
                    return ApiResponse.NoContent;
                case ("POST", "options"):
                    OptionsReader.Read(json, server.Options);
                    return ApiResponse.NoContent;
                default:
                    return ApiResponse.NoRoute;
            }
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return ApiResponse.Error(400, exception.Message);
        }
    }
}
