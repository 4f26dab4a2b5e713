using System;
using System.Collections.Generic;
using System.Linq;

namespace GitLabAgents;

/// <summary>
/// The errors that affect one place of a response: those whose path names the place, something in it, or something
/// around it. An error without a path affects everything.
/// </summary>
internal sealed class GraphQLErrorScope
{
    private static readonly GraphQLErrorScope Empty = new([], null);

    private readonly List<GraphQLError> _outer;
    private readonly Node? _node;

    private GraphQLErrorScope(List<GraphQLError> outer, Node? node)
    {
        _outer = outer;
        _node = node;
    }

    /// <summary>Creates the scope of a whole response.</summary>
    public static GraphQLErrorScope Create(IEnumerable<GraphQLError?>? errors)
    {
        var root = new Node();
        bool any = false;
        foreach (GraphQLError error in (errors ?? []).OfType<GraphQLError>())
        {
            Node node = root;
            foreach (string segment in (error.Path ?? []).Select(static segment => segment.ToString()))
            {
                node = node.GetOrAdd(segment);
            }

            node.Errors.Add(error);
            any = true;
        }

        return any ? new GraphQLErrorScope(root.Errors, root) : Empty;
    }

    /// <summary>Returns the scope of a field or of an item within this place.</summary>
    public GraphQLErrorScope Enter(string segment)
    {
        if (_node is null)
        {
            return this;
        }

        Node? child = _node.Find(segment);
        return child is null && _outer.Count == 0
            ? Empty
            : new GraphQLErrorScope([.. _outer, .. child?.Errors ?? []], child);
    }

    /// <summary>Returns the scope of an item of a list.</summary>
    public GraphQLErrorScope Enter(int index)
        => _node is null ? this : Enter(index.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Returns the errors.</summary>
    public IReadOnlyList<GraphQLError> ToList()
    {
        if (_node is null && _outer.Count == 0)
        {
            return [];
        }

        List<GraphQLError> errors = [.. _outer];
        foreach (Node child in _node?.Children ?? [])
        {
            child.CopyTo(errors);
        }

        return errors;
    }

    private sealed class Node
    {
        private Dictionary<string, Node>? _children;

        public List<GraphQLError> Errors { get; } = [];

        public IEnumerable<Node> Children => _children?.Values ?? Enumerable.Empty<Node>();

        public Node GetOrAdd(string segment)
        {
            _children ??= new Dictionary<string, Node>(StringComparer.Ordinal);
            if (!_children.TryGetValue(segment, out Node? child))
            {
                _children.Add(segment, child = new Node());
            }

            return child;
        }

        public Node? Find(string segment)
            => _children is not null && _children.TryGetValue(segment, out Node? child) ? child : null;

        public void CopyTo(List<GraphQLError> errors)
        {
            errors.AddRange(Errors);
            foreach (Node child in Children)
            {
                child.CopyTo(errors);
            }
        }
    }
}
