from deps import ClientDep as OuterClient
from deps import NestedDep, UserDep

__all__ = ["NestedDep", "OuterClient", "UserDep"]
