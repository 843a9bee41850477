"""What the web server serves."""

from config.logging import configure_logging
from gateway import create_app

configure_logging()
app = create_app()
