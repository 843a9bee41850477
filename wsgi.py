"""What the web server serves."""

from config.logging import configure_logging
from gateway.served import Served

configure_logging()
app = Served()
app.reload_when_asked()
