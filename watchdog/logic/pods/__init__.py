"""Why a pod does not run: image, configuration, crash, probe, drift."""
