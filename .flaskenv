# Where `flask` finds the commands: an application without settings, so that checks work on a bare checkout.
FLASK_APP=gateway.cli:command_app
