"""The service of the page `Embed it in a web service`, with its tests."""
