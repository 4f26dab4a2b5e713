using System;
using System.Collections.Generic;
using System.Linq;
using System.Xml.Linq;

namespace GitLabAgents.Packaging;

/// <summary>What a package says of itself, in the words that Publish-PSResource makes of a module's manifest.</summary>
public sealed record Nuspec
{
    private const string Schema = "http://schemas.microsoft.com/packaging/2011/08/nuspec.xsd";

    /// <summary>Gets the module's name.</summary>
    public required string Id { get; init; }

    /// <summary>Gets the version, with the prerelease if it is one.</summary>
    public required string Version { get; init; }

    /// <summary>Gets the authors.</summary>
    public required string Authors { get; init; }

    /// <summary>Gets the description.</summary>
    public required string Description { get; init; }

    /// <summary>Gets the copyright.</summary>
    public required string Copyright { get; init; }

    /// <summary>Gets the notes of the release.</summary>
    public required string ReleaseNotes { get; init; }

    /// <summary>Gets the address of the license.</summary>
    public required string LicenseUrl { get; init; }

    /// <summary>Gets the address of the project.</summary>
    public required string ProjectUrl { get; init; }

    /// <summary>Gets the address of the icon, if the manifest has one.</summary>
    public string? IconUrl { get; init; }

    /// <summary>Gets the tags: the manifest's, and what the Gallery searches by.</summary>
    public required IReadOnlyList<string> Tags { get; init; }

    /// <summary>Makes it of a manifest.</summary>
    /// <param name="id">The module's name.</param>
    /// <param name="manifest">The module's manifest, with the notes of the release.</param>
    /// <returns>The nuspec.</returns>
    public static Nuspec Of(string id, DataFile manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        string? prerelease = manifest.Text("PrivateData.PSData.Prerelease");
        return new Nuspec
        {
            Id = id,
            Version = Need("ModuleVersion") + (string.IsNullOrEmpty(prerelease) ? string.Empty : $"-{prerelease}"),
            Authors = Need("Author"),
            Description = Need("Description"),
            Copyright = Need("Copyright"),
            ReleaseNotes = Need("PrivateData.PSData.ReleaseNotes"),
            LicenseUrl = Need("PrivateData.PSData.LicenseUri"),
            ProjectUrl = Need("PrivateData.PSData.ProjectUri"),
            IconUrl = manifest.Text("PrivateData.PSData.IconUri"),
            Tags = [.. TagsOf(manifest).Distinct(StringComparer.OrdinalIgnoreCase)],
        };

        string Need(string path)
            => manifest.Text(path) is { Length: > 0 } text ? text : throw new PackageException($"The manifest says nothing for {path}.");
    }

    /// <summary>Gives the nuspec's text.</summary>
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
                new XElement(ns + "owners", Authors),
                new XElement(ns + "requireLicenseAcceptance", "false"),
                new XElement(ns + "licenseUrl", LicenseUrl),
                new XElement(ns + "projectUrl", ProjectUrl),
                IconUrl is null ? null : new XElement(ns + "iconUrl", IconUrl),
                new XElement(ns + "description", Description),
                new XElement(ns + "releaseNotes", ReleaseNotes),
                new XElement(ns + "copyright", Copyright),
                new XElement(ns + "tags", string.Join(' ', Tags)))));
    }

    private static IEnumerable<string> TagsOf(DataFile manifest)
        => manifest.List("PrivateData.PSData.Tags")
            .Append("PSModule")
            .Concat(manifest.List("CompatiblePSEditions").Select(edition => $"PSEdition_{edition}"))
            .Append("PSIncludes_Cmdlet")
            .Concat(manifest.List("CmdletsToExport").SelectMany(name => new[] { $"PSCmdlet_{name}", $"PSCommand_{name}" }));
}
