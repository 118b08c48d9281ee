"""The record of a run, results.json, and every report that is made from it."""
