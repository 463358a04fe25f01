"""The live system: ear, engine, stage, transport, server."""
