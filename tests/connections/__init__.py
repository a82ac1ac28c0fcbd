"""Tests of other systems that connect to the portal."""
