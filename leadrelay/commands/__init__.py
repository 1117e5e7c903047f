"""What people type: one module a subject, heavy imports inside the commands so that every command starts at once."""
