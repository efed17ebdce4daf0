"""The examination: scaffolds are run against a scripted provider and judged by the audit.

What lives here: the provider, scenarios, perturbations, checks and reports. They say whether a
scaffold sends back what its model thought.

What must not: an import of `keepthinking_adapters` (subjects come through the plugin manager, so a
stranger's scaffold is examined exactly like ours), a second opinion on the law (the audit in
`keepthinking` is the only judge), and a live model. This file imports nothing.
"""
