class Settings:
    root = ""


settings = Settings()
