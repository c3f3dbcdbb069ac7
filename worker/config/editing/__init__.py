"""Changes the files of projects and issuers for a person: fields, ledgers, TOML text, and files replaced as a whole."""
