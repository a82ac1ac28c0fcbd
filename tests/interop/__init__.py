"""The producers' bench: the portal's workbooks through other programs and back (`make interop`). Not part of the tests."""
