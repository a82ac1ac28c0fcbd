"""Other systems that connect to the portal (对接系统): their tokens for the API."""
