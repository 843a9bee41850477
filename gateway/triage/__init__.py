"""The officers' web: sign in, queue, case page, desk."""
