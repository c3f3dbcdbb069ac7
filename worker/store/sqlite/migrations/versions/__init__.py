"""The migrations, each with its statements."""
