"""The command line: turns arguments into one run of the engine and its result into text.

Everything here may do I/O and may be slow to import; nothing else imports it.
"""
