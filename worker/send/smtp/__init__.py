"""Acts on the mail server by aiosmtplib, and holds the lock of the one process that may send."""
