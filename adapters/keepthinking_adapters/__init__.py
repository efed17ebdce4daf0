"""Frameworks, one room each, and the proxy.

What lives here: the modules that turn keepthinking's messages into a framework's own and back, and
that framework's model class speaking any dialect. One room per framework, all with the same names
in the same order, so that a diff of two rooms shows only the frameworks. A room imports its
framework at its top; nothing else imports the room, so the import is the guard.

What must not: knowledge of a wire (that is a dialect, in `keepthinking`), judgement (the audit, in
`keepthinking`, and `keepthinking_conformance`), and any import of another room. Users and the
conformance suite reach a room by name through the plugin manager. This file imports nothing.
"""
