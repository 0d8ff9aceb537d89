#!/bin/bash
# Status 0 when this container's process is ready for work, by its ops port. A shell, since a node each few seconds in each
# container would cost a small machine more than some services do.
exec 3<>"/dev/tcp/127.0.0.1/${OPS_PORT:-9090}" || exit 1
printf 'GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3
read -r -t 4 _ status _ <&3
[ "$status" = 200 ]
