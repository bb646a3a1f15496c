"""What the desk can do: one tool a file, each made from the parts that it uses."""
