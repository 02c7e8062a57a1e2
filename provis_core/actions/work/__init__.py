"""What the commands do: shared by several, or too heavy to be imported while a viewer starts."""
