"""What is drawn, without how: colours, cylinders, the options of a drawing."""
