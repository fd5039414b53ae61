"""Model files: the store, pins, pulling, checking. The bundled model lies in `bundled/`."""
