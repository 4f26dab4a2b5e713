using GitLabAgents.Windows;

// The client runs under wine, the server outside.
return args is ["--serve", string folder]
    ? await ProgramServer.RunAsync(folder)
    : await ProgramClient.RunAsync(args);
