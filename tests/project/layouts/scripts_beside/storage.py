def load(name):
    with open(name) as stream:
        return stream.read()
