"""What the agent serves over HTTP at the site: metrics and health."""
