"""Starts a PostgreSQL server with pgvector (pip install pgserver) in a folder, prints its address, and stops it when stdin ends.

    python gallery_server.py FOLDER
"""
import sys

import pgserver

server = pgserver.get_server(sys.argv[1], cleanup_mode="stop")
try:
    print(server.get_uri(), flush=True)
    sys.stdin.read()
finally:
    server.cleanup()
