FROM --platform=${TARGETPLATFORM:-linux/amd64} ghcr.io/openfaas/of-watchdog:0.11.3 AS watchdog
FROM --platform=${TARGETPLATFORM:-linux/amd64} python:3.13-slim

COPY --from=watchdog /fwatchdog /usr/bin/fwatchdog
RUN chmod +x /usr/bin/fwatchdog && useradd --system --create-home app

USER app
WORKDIR /home/app
RUN mkdir site && echo 'hello from a file' >site/index.html

ENV fprocess="python3 -m http.server 5000 --bind 127.0.0.1 --directory site"
ENV mode="http"
ENV upstream_url="http://127.0.0.1:5000"
ENV cgi_headers="true" prefix_logs="false"
ENV exec_timeout="10s" write_timeout="15s" read_timeout="15s"

EXPOSE 8080
HEALTHCHECK --interval=5s CMD [ -e /tmp/.lock ] || exit 1
CMD ["fwatchdog"]
