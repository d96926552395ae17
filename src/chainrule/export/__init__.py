"""What leaves the library: source code that runs by itself."""
