"""Whether the portal works: heartbeats of worker and beat, the checks of `/readyz` and of the page 运行状况."""
