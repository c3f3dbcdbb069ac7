"""Acts on mailboxes by imapclient: looks, listens, and marks or moves if the configuration says so."""
