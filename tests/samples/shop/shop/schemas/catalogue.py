from pydantic import BaseModel, ConfigDict, Field


class ImageOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    file_name: str
    width: int
    height: int


class ReviewIn(BaseModel):
    author: str = Field(min_length=1, max_length=120)
    stars: int = Field(ge=1, le=5)
    text: str = ""


class ReviewOut(ReviewIn):
    model_config = ConfigDict(from_attributes=True)

    id: int


class ProductIn(BaseModel):
    slug: str = Field(pattern=r"^[a-z0-9-]+$", max_length=120)
    name: str = Field(min_length=1, max_length=120)
    price_cents: int = Field(gt=0)
    stock: int = Field(0, ge=0)
    category_id: int
    brand: str = ""
    description: str = ""


class ProductOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    slug: str
    name: str
    price_cents: int
    stock: int


class ProductDetail(ProductOut):
    description: str
    images: list[ImageOut]
    reviews: list[ReviewOut]


class PriceOut(BaseModel):
    slug: str
    currency: str
    amount: float


class StockOut(BaseModel):
    product_id: int
    available: int
    reserved: int = 0


class SearchResult(BaseModel):
    products: list[ProductOut]
    categories: list[str] = []
    suggestions: list[str] = []
    trending: list[str] = []
