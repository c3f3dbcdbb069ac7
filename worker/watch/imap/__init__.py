"""Acts on mailboxes by imapclient: looks, listens, and marks or moves where the configuration says so."""
