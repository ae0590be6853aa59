"""What happened, as polars frames."""
