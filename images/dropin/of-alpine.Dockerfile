FROM --platform=${TARGETPLATFORM:-linux/amd64} ghcr.io/openfaas/of-watchdog:0.11.3 AS watchdog
FROM --platform=${TARGETPLATFORM:-linux/amd64} alpine:3.22

COPY --from=watchdog /fwatchdog /usr/bin/fwatchdog
RUN chmod +x /usr/bin/fwatchdog
RUN chmod 777 /tmp
RUN mkdir -p /home/app && printf 'read name\necho "hello, $name ($Http_Method)"\n' >/home/app/handler.sh

USER 100:101
WORKDIR /home/app
ENV mode="streaming"
ENV fprocess="sh ./handler.sh"

EXPOSE 8080
HEALTHCHECK --interval=3s CMD [ -e /tmp/.lock ] || exit 1
CMD ["fwatchdog"]
