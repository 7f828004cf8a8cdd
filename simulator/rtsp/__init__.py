"""The RTSP server of a simulated device: scenes rendered and encoded live, only while somebody watches."""
