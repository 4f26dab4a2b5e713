using System;
using System.Collections.Generic;
using System.Linq;
using System.Xml.Linq;

namespace GitLabAgents.Build.Packaging;

/// <summary>
/// The metadata of a package: what Compress-PSResource takes from a module manifest, and the tags for the cmdlets that
/// PowerShellGet adds.
/// </summary>
public sealed record Nuspec
{
    private const string Schema = "http://schemas.microsoft.com/packaging/2011/08/nuspec.xsd";
    private const string PsData = "PrivateData.PSData.";

    /// <summary>Gets the module's name.</summary>
    public required string Id { get; init; }

    /// <summary>Gets the version, including the prerelease label if there is one.</summary>
    public required string Version { get; init; }

    /// <summary>Gets the authors.</summary>
    public required string Authors { get; init; }

    /// <summary>Gets the description.</summary>
    public required string Description { get; init; }

    /// <summary>Gets the copyright.</summary>
    public required string Copyright { get; init; }

    /// <summary>Gets the release notes.</summary>
    public required string ReleaseNotes { get; init; }

    /// <summary>Gets the URL of the license.</summary>
    public required string LicenseUrl { get; init; }

    /// <summary>Gets the URL of the project.</summary>
    public required string ProjectUrl { get; init; }

    /// <summary>Gets the URL of the icon, or <see langword="null"/> if the manifest has none.</summary>
    public string? IconUrl { get; init; }

    /// <summary>Gets the tags of the manifest and those by which the PowerShell Gallery searches.</summary>
    public required IReadOnlyList<string> Tags { get; init; }

    /// <summary>Creates the metadata of a module's package.</summary>
    /// <param name="id">The module's name.</param>
    /// <param name="manifest">The module's manifest, with the release notes.</param>
    /// <returns>The metadata.</returns>
    /// <exception cref="BuildException">The manifest lacks a value that the PowerShell Gallery requires.</exception>
    public static Nuspec Create(string id, ModuleManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        string? label = manifest.GetString(PsData + "Prerelease");
        string suffix = string.IsNullOrEmpty(label) ? string.Empty : $"-{label}";
        return new Nuspec
        {
            Id = id,
            Version = GetRequired("ModuleVersion") + suffix,
            Authors = GetRequired("Author"),
            Description = GetRequired("Description"),
            Copyright = GetRequired("Copyright"),
            ReleaseNotes = GetRequired(PsData + "ReleaseNotes"),
            LicenseUrl = GetRequired(PsData + "LicenseUri"),
            ProjectUrl = GetRequired(PsData + "ProjectUri"),
            IconUrl = manifest.GetString(PsData + "IconUri"),
            Tags = [.. GetTags(manifest).Distinct(StringComparer.OrdinalIgnoreCase)],
        };

        string GetRequired(string path)
            => manifest.GetString(path) is { Length: > 0 } text
                ? text
                : throw new BuildException($"GitLabAgents.psd1: {path} is missing.");
    }

    /// <summary>Gets the text of the .nuspec file.</summary>
    /// <returns>UTF-8.</returns>
    public byte[] ToBytes()
    {
        XNamespace ns = Schema;
        return Nupkg.ToBytes(new XElement(
            ns + "package",
            new XElement(
                ns + "metadata",
                new XElement(ns + "id", Id),
                new XElement(ns + "version", Version),
                new XElement(ns + "authors", Authors),
                new XElement(ns + "requireLicenseAcceptance", "false"),
                new XElement(ns + "licenseUrl", LicenseUrl),
                new XElement(ns + "projectUrl", ProjectUrl),
                IconUrl is null ? null : new XElement(ns + "iconUrl", IconUrl),
                new XElement(ns + "description", Description),
                new XElement(ns + "releaseNotes", ReleaseNotes),
                new XElement(ns + "copyright", Copyright),
                new XElement(ns + "tags", string.Join(' ', Tags)))));
    }

    private static IEnumerable<string> GetTags(ModuleManifest manifest)
        => manifest.GetStrings(PsData + "Tags")
            .Prepend("PSModule")
            .Concat(manifest.GetStrings("CompatiblePSEditions").Select(static edition => $"PSEdition_{edition}"))
            .Append("PSIncludes_Cmdlet")
            .Concat(manifest.GetStrings("CmdletsToExport").SelectMany(
                static name => new[] { $"PSCmdlet_{name}", $"PSCommand_{name}" }));
}
