from sqlalchemy import select

from shop.models import User
from shop.repositories.base import Repository


class UserRepository(Repository[User]):
    model = User

    def by_email(self, email: str) -> User | None:
        return self.session.scalar(select(User).where(User.email == email))

    def by_referral(self, code: str) -> User | None:
        return self.session.scalars(select(User).where(User.referral_code == code)).first()
