"""Acts on the two folders on disk, notices and invoices. Neither is ever changed."""
