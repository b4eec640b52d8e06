"""What a project's deployment files say: which commands they start, with which packages.

Reads Dockerfiles, compose files, Procfiles, shell scripts, systemd units, requirements and
pyproject.toml from their text; runs none of them and judges nothing.
"""
