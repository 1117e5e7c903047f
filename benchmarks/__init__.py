"""Measurements of the budgets in the design, each beside a floor that is measured in the same run: `make bench`."""
