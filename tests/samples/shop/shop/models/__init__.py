from shop.models.accounts import Address, AuditEvent, User
from shop.models.catalogue import Category, Product, ProductImage, Review
from shop.models.sales import CartItem, Coupon, Order, OrderLine, OrderStatus

__all__ = [
    "Address",
    "AuditEvent",
    "CartItem",
    "Category",
    "Coupon",
    "Order",
    "OrderLine",
    "OrderStatus",
    "Product",
    "ProductImage",
    "Review",
    "User",
]
