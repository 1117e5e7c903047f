"""The store: tables, migrations and the queries on them, the same on SQLite and PostgreSQL."""
