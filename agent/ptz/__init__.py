"""The scheduled function test of cameras that can be turned; off unless `ptz_test:` names them."""
