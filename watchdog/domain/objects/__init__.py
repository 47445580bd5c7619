"""Slim, frozen records of Kubernetes objects: the only home of Kubernetes field names.

One module per API group, under the names that Go clients give them. Each record holds the fields
that checks read and nothing else; unknown fields are skipped while decoding. Every field but the
name has a default, as one missing key would fail a whole page.
Source of names and meanings: the Kubernetes API reference v1.36 and the add-ons' own references.
"""
