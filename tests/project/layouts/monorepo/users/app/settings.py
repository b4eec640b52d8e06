from pathlib import Path


class Settings:
    @property
    def root(self):
        return Path("root.txt").read_text()


settings = Settings()
