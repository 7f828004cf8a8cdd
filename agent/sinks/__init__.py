"""Where readings and incidents leave the agent: MQTT and Prometheus."""
