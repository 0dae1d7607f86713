"""The AWS emulator of rehearsals: moto in a process of its own, with what it lacks."""
