"""The commands of the program ``kmc``, one a module, each loaded when it is called."""
