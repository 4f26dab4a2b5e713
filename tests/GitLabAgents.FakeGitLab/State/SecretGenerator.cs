using System;
using System.Security.Cryptography;

namespace GitLabAgents.FakeGitLab;

/// <summary>Creates secrets, the same in every run if there is a seed.</summary>
internal sealed class SecretGenerator(int? seed)
{
    private const string Prefix = "glagent-";
    private const string Base64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    private const string Base36 = "0123456789abcdefghijklmnopqrstuvwxyz";
    private const int OldLength = 50;
    private const int PayloadLength = 39;
    private const int TrailerLength = 9;

    private readonly Random? random = seed is { } value ? new Random(value) : null;

    /// <summary>An agent token's secret: routable since GitLab 18.5, 50 random characters before.</summary>
    public string AgentToken(bool isRoutable) => isRoutable
        ? Prefix + Text(Base64Url, PayloadLength) + ".01." + Text(Base36, TrailerLength)
        : Prefix + Text(Base64Url, OldLength);

    public byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        if (random is null)
        {
            RandomNumberGenerator.Fill(bytes);
        }
        else
        {
            random.NextBytes(bytes);
        }

        return bytes;
    }

    private string Text(string characters, int length) => random is null
        ? RandomNumberGenerator.GetString(characters, length)
        : new string(random.GetItems<char>(characters, length));
}
