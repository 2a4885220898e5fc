"""Arrays of colours, and the colour spaces in which distances are measured."""
