FROM debian:13-slim
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends haproxy socat && rm -rf /var/lib/apt/lists/*
CMD ["haproxy", "-W", "-f", "/etc/haproxy/haproxy.cfg"]
