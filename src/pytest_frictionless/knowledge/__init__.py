"""What is known of the field, as tables with their sources; unknown stays unknown."""
