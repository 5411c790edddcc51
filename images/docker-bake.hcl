# docker buildx bake -f images/docker-bake.hcl, after images/build. PREFIX, VERSION and COMMIT come from the environment.

variable "PREFIX" { default = "ghcr.io/fwatchdog" }
variable "VERSION" { default = "0.1.0" }
variable "COMMIT" { default = "" }

group "default" { targets = ["watchdog"] }

target "watchdog" {
  name       = "${flavour}-watchdog"
  matrix     = { flavour = ["of", "classic"] }
  context    = "images"
  dockerfile = "Dockerfile"
  args       = { FLAVOUR = flavour }
  platforms = [
    "linux/amd64", "linux/arm64", "linux/arm/v7", "linux/arm/v6", "linux/riscv64", "linux/ppc64le", "linux/s390x",
  ]
  tags = compact([
    "${PREFIX}/${flavour}-watchdog:${VERSION}",
    "${PREFIX}/${flavour}-watchdog:${regex_replace(VERSION, "\\.[0-9]+$", "")}",
    "${PREFIX}/${flavour}-watchdog:latest",
    COMMIT == "" ? "" : "${PREFIX}/${flavour}-watchdog:${substr(COMMIT, 0, 12)}",
  ])
  labels = {
    "org.opencontainers.image.title"    = "${flavour}-watchdog"
    "org.opencontainers.image.version"  = VERSION
    "org.opencontainers.image.revision" = COMMIT
    "org.opencontainers.image.licenses" = "MIT"
    "org.opencontainers.image.source"   = "https://github.com/fwatchdog/fwatchdog"
  }
  output = ["type=image"]
}
