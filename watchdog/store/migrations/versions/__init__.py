"""One module per schema change, in the order of `migrations.REVISIONS`."""
