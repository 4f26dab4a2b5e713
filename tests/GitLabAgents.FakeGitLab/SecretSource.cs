using System;
using System.Security.Cryptography;

namespace GitLabAgents.FakeGitLab;

/// <summary>Makes secrets, the same in every run if there is a seed.</summary>
internal sealed class SecretSource(int? seed)
{
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

    private readonly Random? random = seed is { } value ? new Random(value) : null;

    public string Text(int length) =>
        random is null ? RandomNumberGenerator.GetString(Letters, length) : new string(random.GetItems<char>(Letters, length));

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
}
