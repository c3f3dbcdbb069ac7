"""Acts on the DNS: verifies DKIM signatures by dkimpy on the raw bytes."""
