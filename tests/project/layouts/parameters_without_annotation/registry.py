from registries import registry

injected = registry.injected
