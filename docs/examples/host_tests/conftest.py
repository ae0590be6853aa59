"""The test suite of a host: it has `ori_campaigns` installed, and asks for its fixtures."""

pytest_plugins = ["ori_campaigns.testing.plugin"]
