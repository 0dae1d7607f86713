"""Rehearsals: the lifecycle of an environment against an AWS emulator on this machine."""
