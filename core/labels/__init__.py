"""What columns and form fields are called, in many languages, and which lead field each of them is."""
