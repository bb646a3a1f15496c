"""Pages for people: what waits, what happened, what the model was shown. Rendered here, no script, no build step."""
