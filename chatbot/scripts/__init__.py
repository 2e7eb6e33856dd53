"""What is said in a conversation, and what is expected to happen: text scripts, YAML scripts, transcripts."""
