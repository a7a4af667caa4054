"""The verbs of the command, a module each: `run` does what the arguments say, and returns the exit code."""
