"""LAG3, validation and serialisation: work that Pydantic and FastAPI are made to do twice, or slowly."""
