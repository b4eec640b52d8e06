"""Applications that fixes change and that are run before and after."""
