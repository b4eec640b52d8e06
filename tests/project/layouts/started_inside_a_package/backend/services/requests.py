def get(address):
    return address
