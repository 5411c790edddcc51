FROM --platform=${TARGETPLATFORM:-linux/amd64} ghcr.io/openfaas/classic-watchdog:0.3.4 AS watchdog
FROM --platform=${TARGETPLATFORM:-linux/amd64} alpine:3.22

COPY --from=watchdog /fwatchdog /usr/bin/fwatchdog
RUN chmod +x /usr/bin/fwatchdog

RUN mkdir -p /home/app && chown 100:101 /home/app
USER 100:101

ENV fprocess="tr a-z A-Z"
ENV write_debug="false"

EXPOSE 8080
HEALTHCHECK --interval=3s CMD [ -e /tmp/.lock ] || exit 1
CMD ["fwatchdog"]
