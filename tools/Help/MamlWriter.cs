using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace GitLabAgents.Help;

/// <summary>Writes the pages of cmdlets as MAML, which <c>Get-Help</c> reads.</summary>
internal static class MamlWriter
{
    private static readonly XNamespace Msh = "http://msh";
    private static readonly XNamespace Maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    /// <summary>Makes the help file.</summary>
    public static string Write(IEnumerable<CommandPage> pages)
    {
        var document = new XDocument(
            new XComment(" Made of docs/en-US by tools/Help: change it there. "),
            new XElement(Msh + "helpItems", new XAttribute("schema", "maml"), pages.Select(CommandOf)));
        var text = new StringBuilder();
        var settings = new XmlWriterSettings { Indent = true, NewLineChars = "\n", OmitXmlDeclaration = true };
        using (var writer = XmlWriter.Create(text, settings))
        {
            document.WriteTo(writer);
        }

        return "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" + text + "\n";
    }

    private static XElement CommandOf(CommandPage page)
        => new(
            Command + "command",
            new XAttribute(XNamespace.Xmlns + "maml", Maml),
            new XAttribute(XNamespace.Xmlns + "command", Command),
            new XAttribute(XNamespace.Xmlns + "dev", Dev),
            new XElement(
                Command + "details",
                new XElement(Command + "name", page.Name),
                new XElement(Command + "verb", page.Name.Split('-')[0]),
                new XElement(Command + "noun", page.Name.Split('-')[1]),
                Paragraphs(Maml + "description", [page.Synopsis])),
            Paragraphs(Maml + "description", page.Description),
            new XElement(Command + "syntax", page.Syntax.Select(s => SyntaxOf(page, s.Set))),
            new XElement(Command + "parameters", page.Parameters.OrderBy(p => p.Name, StringComparer.Ordinal).Select(p => ParameterOf(p, p.Facts[0], inSyntax: false))),
            new XElement(Command + "inputTypes", page.Inputs.Select(t => TypeOf("inputType", t))),
            new XElement(Command + "returnValues", page.Outputs.Select(t => TypeOf("returnValue", t))),
            new XElement(Maml + "alertSet", Paragraphs(Maml + "alert", page.Notes)),
            new XElement(Command + "examples", page.Examples.Select(ExampleOf)),
            new XElement(Command + "relatedLinks", LinksOf(page)));

    private static XElement SyntaxOf(CommandPage page, string set)
        => new(
            Command + "syntaxItem",
            new XElement(Maml + "name", page.Name),
            page.ParametersOf(set).Select(p => ParameterOf(p.Parameter, p.Facts, inSyntax: true)));

    // In a syntax, a switch has no value, and the value of everything else is one that must be given.
    private static XElement ParameterOf(ParameterEntry parameter, ParameterFacts facts, bool inSyntax)
    {
        var element = new XElement(
            Command + "parameter",
            new XAttribute("required", Lower(facts.IsRequired)),
            new XAttribute("variableLength", Lower(facts.Type.EndsWith("[]", StringComparison.Ordinal))),
            new XAttribute("globbing", Lower(facts.AcceptsWildcards)),
            new XAttribute("pipelineInput", facts.PipelineInput),
            new XAttribute("position", facts.PositionText),
            new XAttribute("aliases", facts.AliasText),
            new XElement(Maml + "name", parameter.Name),
            Paragraphs(Maml + "description", parameter.Description));
        if (inSyntax && facts.AcceptedValues.Count > 0)
        {
            element.Add(new XElement(Command + "parameterValueGroup", facts.AcceptedValues.Select(value => ValueOf(value, required: false))));
        }

        if (!inSyntax || !facts.IsSwitch)
        {
            element.Add(ValueOf(facts.Type, required: !facts.IsSwitch));
        }

        element.Add(
            new XElement(Dev + "type", new XElement(Maml + "name", facts.Type), new XElement(Maml + "uri")),
            new XElement(Dev + "defaultValue", facts.DefaultText ?? "None"));
        return element;
    }

    private static XElement ValueOf(string value, bool required)
        => new(Command + "parameterValue", new XAttribute("required", Lower(required)), new XAttribute("variableLength", "false"), value);

    private static XElement TypeOf(string element, TypeEntry type)
        => new(
            Command + element,
            new XElement(Dev + "type", new XElement(Maml + "name", type.Name)),
            Paragraphs(Maml + "description", type.Description));

    private static XElement ExampleOf(Example example)
        => new(
            Command + "example",
            new XElement(Maml + "title", TitleOf(example.Title)),
            // Get-Help puts nothing between the paragraphs of an introduction, nor behind it.
            example.Introduction.Count == 0 ? null : Paragraphs(Maml + "introduction", [string.Join("\n\n", example.Introduction) + "\n\n"]),
            new XElement(Dev + "code", example.Code),
            Paragraphs(Dev + "remarks", [.. example.Remarks, string.Empty, string.Empty]));

    private static string TitleOf(string title)
    {
        string line = new('-', Math.Max(3, (72 - title.Length) / 2));
        return string.Create(CultureInfo.InvariantCulture, $"{line} {title} {line}");
    }

    private static IEnumerable<XElement> LinksOf(CommandPage page)
        => page.Links
            .Where(link => link.Url != page.OnlineVersion)
            .Prepend(("Online Version:", page.OnlineVersion))
            .Select(link => new XElement(Maml + "navigationLink", new XElement(Maml + "linkText", link.Item1), new XElement(Maml + "uri", link.Item2)));

    private static XElement Paragraphs(XName name, IReadOnlyList<string> texts)
        => new(name, texts.Select(text => new XElement(Maml + "para", text)));

    private static string Lower(bool value) => value ? "true" : "false";
}
