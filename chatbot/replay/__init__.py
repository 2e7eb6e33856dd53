"""Conversations as tests: scripts are run, held against what they expect, and reported."""
