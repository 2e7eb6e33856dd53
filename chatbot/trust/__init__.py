"""What holds whatever a model says: guards, what they go by, and whether a call is admitted."""
