FROM ghcr.io/openfaas/classic-watchdog:0.3.4 AS watchdog

FROM debian:13-slim
COPY --from=watchdog /fwatchdog /usr/bin/fwatchdog
RUN chmod +x /usr/bin/fwatchdog && useradd --system --create-home app

USER app
WORKDIR /home/app
ENV fprocess="sed -u s/^/>/"
ENV combine_output="false"
ENV exec_timeout="10s" read_timeout="10s" write_timeout="15s"

EXPOSE 8080
HEALTHCHECK --interval=3s CMD [ -e /tmp/.lock ] || exit 1
CMD ["fwatchdog"]
