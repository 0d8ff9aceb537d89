#!/bin/sh
# Redis's server with the libraries of the image it was taken from; they are nobody else's here.
LD_LIBRARY_PATH=/opt/redis/lib exec /opt/redis/redis-server "$@"
