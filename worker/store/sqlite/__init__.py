"""The store on SQLite. Start reading at ``store``: the connection, its transactions, and what can fail about them."""
