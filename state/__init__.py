"""What is remembered: events, their fold, and the values they are made of. Pure."""
