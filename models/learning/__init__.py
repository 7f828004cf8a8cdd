"""What is normal, what is drifting, what will fail: numpy and scikit-learn, vectorised over the fleet.

Scores are evidence and graphs; a ticket comes from a rule or from a guarded prediction, never from a score.
scikit-learn is imported only where a model is fitted or loaded: the agent starts without it.
"""
