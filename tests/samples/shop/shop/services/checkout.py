"""From a cart to a paid order."""

from __future__ import annotations

from dataclasses import dataclass

from shop.caching import tax_rates
from shop.clients.payments import PaymentProvider, Receipt, provider_for


@dataclass
class Checkout:
    provider: PaymentProvider
    country: str = "DE"

    @classmethod
    def for_method(cls, method: str, country: str = "DE") -> Checkout:
        return cls(provider_for(method), country)

    def pay(self, reference: str, cents: int) -> Receipt:
        return self.provider.charge(reference, self.with_fee(cents))

    def give_back(self, receipt_id: str, cents: int) -> Receipt:
        return self.provider.refund(receipt_id, cents)

    def with_fee(self, cents: int) -> int:
        return cents + self.provider.fee(cents)

    def tax(self, cents: int) -> int:
        rate = tax_rates().get(self.country, 0.0)
        return round(cents * rate / (1 + rate))
