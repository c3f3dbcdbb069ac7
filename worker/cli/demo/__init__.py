"""The demonstration on embedded mail servers, which serve the tests too."""
