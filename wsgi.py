"""What the web server serves."""

from gateway import create_app

app = create_app()
