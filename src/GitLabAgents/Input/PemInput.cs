using System;
using System.IO;
using System.Management.Automation;
using System.Runtime.InteropServices;
using System.Security;
using System.Text;

namespace GitLabAgents;

/// <summary>
/// Reads PEM from a path, text or a <see cref="SecureString"/>, without creating a string for a private key.
/// </summary>
internal static class PemInput
{
    /// <summary>Reads a file named by a PowerShell path.</summary>
    /// <param name="cmdlet">The cmdlet that resolves the path.</param>
    /// <param name="parameter">The name of the parameter, for messages.</param>
    /// <param name="path">The path.</param>
    /// <param name="read">Reads the expected kind of PEM.</param>
    /// <exception cref="GitLabApiException">
    /// The file cannot be read, or does not contain the expected kind of PEM.
    /// </exception>
    public static PemMaterial FromFile(
        PSCmdlet cmdlet, string parameter, string path, Func<string, char[], PemMaterial> read)
    {
        PathIntrinsics paths = cmdlet.SessionState.Path;
        string file = paths.GetUnresolvedProviderPathFromPSPath(path, out ProviderInfo provider, out _);
        string source = $"-{parameter} {file}";
        if (provider.Name != "FileSystem")
        {
            throw PemMaterial.CreateException(source, "is not a file.");
        }

        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw PemMaterial.CreateException(source, $"cannot be read: {e.Message}");
        }

        char[] text = Encoding.UTF8.GetChars(bytes);
        Array.Clear(bytes, 0, bytes.Length);
        return ReadAndClear(source, text, read);
    }

    /// <summary>Reads a certificate from text.</summary>
    /// <param name="parameter">The name of the parameter, for messages.</param>
    /// <param name="text">The text.</param>
    /// <exception cref="GitLabApiException">The text has no valid certificate.</exception>
    public static PemMaterial FromText(string parameter, string text)
        => PemMaterial.Certificate($"-{parameter}", text.ToCharArray());

    /// <summary>Reads a private key.</summary>
    /// <param name="parameter">The name of the parameter, for messages.</param>
    /// <param name="secret">The key.</param>
    /// <exception cref="GitLabApiException">The text has no private key, or an encrypted one.</exception>
    public static PemMaterial FromSecret(string parameter, SecureString secret)
    {
        char[] text = new char[secret.Length];
        IntPtr pointer = Marshal.SecureStringToGlobalAllocUnicode(secret);
        try
        {
            Marshal.Copy(pointer, text, 0, text.Length);
        }
        finally
        {
            Marshal.ZeroFreeGlobalAllocUnicode(pointer);
        }

        return ReadAndClear($"-{parameter}", text, PemMaterial.PrivateKey);
    }

    private static PemMaterial ReadAndClear(string source, char[] text, Func<string, char[], PemMaterial> read)
    {
        try
        {
            return read(source, text);
        }
        finally
        {
            Array.Clear(text, 0, text.Length);
        }
    }
}
