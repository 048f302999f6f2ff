"""Networks that were not written as specs: each importer makes the Spec that describes one."""
