"""A few products, customers and orders, so that an empty shop is worth a look."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.database import SessionLocal, create_tables
from shop.models import Address, Category, Coupon, Order, OrderLine, OrderStatus, Product, Review, User
from shop.security import hash_password

PRODUCTS = {
    "Tea": [("Assam", 690), ("Darjeeling", 890), ("Sencha", 1090), ("Rooibos", 590)],
    "Coffee": [("House blend", 1190), ("Decaf", 1290), ("Single origin", 1690)],
    "Kitchen": [("Milk jug", 1990), ("Kettle", 4990), ("Scale", 2990), ("Grinder", 8990)],
}
CUSTOMERS = ["Ada Byron", "Grace Murray", "Alan Mathison", "Edsger Wybe"]


def seed_when_empty() -> bool:
    create_tables()
    with SessionLocal() as session:
        if session.scalar(select(User.id).limit(1)) is not None:
            return False
        products = add_catalogue(session)
        add_customers(session, products)
        session.add(Coupon(code="WELCOME", percent=10))
        session.commit()
    return True


def add_catalogue(session: Session) -> list[Product]:
    products = []
    for category_name, items in PRODUCTS.items():
        category = Category(name=category_name)
        for name, cents in items:
            slug = name.lower().replace(" ", "-")
            product = Product(
                slug=slug, name=name, price_cents=cents, stock=25, category=category, brand="Corner"
            )
            product.reviews.append(Review(author="Ada", stars=5, text=f"{name}: would buy again."))
            products.append(product)
        session.add(category)
    session.flush()
    return products


def add_customers(session: Session, products: list[Product]) -> None:
    password_hash = hash_password("corner-shop")
    for number, name in enumerate(CUSTOMERS):
        user = User(
            email=f"{name.split()[0].lower()}@corner-shop.example",
            name=name,
            password_hash=password_hash,
            is_admin=number == 0,
            addresses=[Address(street=f"{number + 1} Market Square", city="Berlin")],
        )
        product = products[number % len(products)]
        order = Order(reference=f"CS-{1000 + number}", user=user, status=OrderStatus.PAID)
        order.lines.append(OrderLine(product=product, quantity=2, unit_cents=product.price_cents))
        order.total_cents = 2 * product.price_cents
        session.add(order)
