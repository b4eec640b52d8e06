"""Asks jedi what receivers are that the resolver left open: in a process of its own, when nothing else is to do.

`questions` finds what is worth asking, `child` is the only module that knows jedi, `asking` starts, feeds and
ends the child. Nothing here says what an answer means: it comes back as the name of something outside the project.
"""
