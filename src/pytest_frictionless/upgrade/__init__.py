"""Upgrades in isolation: one component of the stack at a time, and which one broke what."""
