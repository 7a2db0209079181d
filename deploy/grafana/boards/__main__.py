"""Write the dashboards: `python -m deploy.grafana.boards`, which `make dashboards` does."""

from pathlib import Path

from deploy.grafana.boards import made

FOLDER = Path(__file__).parents[1] / "dashboards"

if __name__ == "__main__":
    for name, text in made().items():
        (FOLDER / name).write_text(text)
